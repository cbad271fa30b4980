"""Softmax, sigmoids and activations against PyTorch; labels and reliability against loops."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.explain.logits import ACTIVATIONS, BINS, Activation, activate, decide, pixel_output, reliability
from segcore.types import IGNORE

LOGITS = st.lists(st.floats(-30, 30), min_size=2, max_size=7)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(LOGITS, st.floats(-10, 10), st.floats(0.25, 4))
def test_readings_are_those_of_pytorch(z: list[float], constant: float, temperature: float) -> None:
    reading = pixel_output(np.array(z), constant=constant, temperature=temperature)
    u = (torch.tensor(z, dtype=torch.float64) + constant) / temperature
    np.testing.assert_allclose(reading.softmax, u.softmax(0).numpy(), rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(reading.sigmoid, u.sigmoid().numpy(), rtol=1e-9)
    assert reading.of("softmax").sum() == pytest.approx(1)
    assert reading.of("sigmoid") is reading.sigmoid


@settings(deadline=None, max_examples=25, derandomize=True)
@given(LOGITS, st.floats(-10, 10))
def test_a_constant_changes_sigmoids_only(z: list[float], constant: float) -> None:
    plain, shifted = pixel_output(np.array(z)), pixel_output(np.array(z), constant=constant)
    np.testing.assert_allclose(shifted.softmax, plain.softmax, rtol=1e-6, atol=1e-12)
    assert np.all((shifted.sigmoid - plain.sigmoid) * constant >= 0)


def test_huge_logits_do_not_overflow() -> None:
    assert pixel_output(np.array([1000.0, 0.0])).softmax.tolist() == [1.0, 0.0]
    with pytest.raises(ValueError, match="temperature"):
        pixel_output(np.zeros(2), temperature=0.0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_those_of_autograd(name: Activation) -> None:
    x = torch.linspace(-9, 9, 37, dtype=torch.float64, requires_grad=True)  # 0 is among them
    y = F.relu(x) if name == "relu" else getattr(torch, name)(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    values, slopes = activate(name, x.detach().numpy())
    np.testing.assert_allclose(values, y.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(slopes, slope.numpy(), atol=1e-12)


def test_labels_pixel_by_pixel() -> None:
    logits = torch.randn(4, 5, 6, generator=torch.Generator().manual_seed(0)) * 2
    for squash in ("softmax", "sigmoid"):
        found = decide(logits, squash, constant=1.0, temperature=2.0, threshold=0.6)
        for row, col in np.ndindex(5, 6):
            reading = pixel_output(logits[:, row, col].double().numpy(), constant=1.0, temperature=2.0).of(squash)
            assert found.confidence[row, col] == pytest.approx(reading.max(), abs=1e-6)
            assert found.answers[row, col] == (reading >= 0.6).sum()
            sure = reading.max() >= 0.6
            assert found.labels[row, col] == (reading.argmax() if sure else IGNORE)
    assert {0, 1} < set(found.answers.ravel().tolist())


def test_the_temperature_moves_confidences_but_no_label() -> None:
    logits = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(1)) * 3
    truth = torch.randint(0, 4, (3, 8, 8), generator=torch.Generator().manual_seed(2)).byte().numpy()
    truth[0, :2] = IGNORE
    cold, warm = reliability(logits, truth, 0.5), reliability(logits, truth, 3.0)
    right = (logits.argmax(1).numpy() == truth)[truth != IGNORE].mean()
    for diagram in (cold, warm):
        hits = np.nansum(np.array(diagram.accuracy) * np.array(diagram.pixels))
        assert hits / sum(diagram.pixels) == pytest.approx(right)
        assert len(diagram.pixels) == BINS and sum(diagram.pixels) == (truth != IGNORE).sum()
    sure = (logits / 3.0).softmax(1).amax(1).numpy()[truth != IGNORE].mean()
    assert warm.over == pytest.approx(sure - right, abs=1e-6) and cold.over > warm.over

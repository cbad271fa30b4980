"""Walking downhill against formulas of the papers, and the landscape against plain loops."""

import math

import numpy as np
import pytest

from segcore.explain.descent import (
    BETAS,
    DISC,
    EPSILON,
    HIGH,
    LOW,
    MOMENTUM,
    OPTIMISERS,
    PIXELS,
    Optimiser,
    Pair,
    landscape,
    pixels,
    run_optimiser,
)

START = (-4.0, -2.0)


def slope(weights: Pair) -> tuple[float, Pair]:
    """Loss and gradient over all pixels, by calculus in numpy."""
    x, t = (values.numpy() for values in pixels())
    logits = x @ np.array(weights)
    p = 1 / (1 + np.exp(-logits))
    loss = np.mean(np.logaddexp(0, logits) - t * logits)  # -log p for t = 1, -log (1 - p) for t = 0
    first, second = ((p - t)[:, None] * x).mean(0)
    return float(loss), (float(first), float(second))


def test_there_are_as_many_discs_as_others_and_the_features_are_centred() -> None:
    x, t = pixels()
    assert x.shape == (PIXELS, 2) and t.sum() == PIXELS / 2
    means = [x[t == kind].mean(0) for kind in (0, 1)]
    assert (means[0] + means[1]).abs().max() < 1e-9
    assert (means[1] > means[0]).all(), "discs are redder"
    assert DISC == 1


def test_the_landscape_is_the_loss() -> None:
    axis, losses = landscape(5)
    assert (axis[0], axis[-1]) == (LOW, HIGH)
    for row, col in ((0, 0), (1, 3), (4, 2)):
        assert losses[row, col] == pytest.approx(slope((axis[col], axis[row]))[0])


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("rate", [1.0, 30.0])
def test_every_step_is_that_of_the_formula(name: Optimiser, rate: float) -> None:
    w, kept, squares = np.array(START), np.zeros(2), np.zeros(2)
    for number, stride in enumerate(run_optimiser(name, START, rate, 12), 1):
        loss, gradient = slope(stride.before)
        assert stride.loss == pytest.approx(loss)
        assert stride.gradient == pytest.approx(gradient)
        assert stride.before == pytest.approx(w, rel=1e-5)
        w, g = np.array(stride.before), np.array(gradient)
        if name == "sgd":
            w = w - rate * g
        elif name == "momentum":
            kept = MOMENTUM * kept + g
            w = w - rate * kept
        else:
            kept = BETAS[0] * kept + (1 - BETAS[0]) * g
            squares = BETAS[1] * squares + (1 - BETAS[1]) * g**2
            w = w - rate * (kept / (1 - BETAS[0] ** number)) / (np.sqrt(squares / (1 - BETAS[1] ** number)) + EPSILON)
        assert stride.after == pytest.approx(w)
        assert stride.first_moment == pytest.approx(kept) and stride.second_moment == pytest.approx(squares)


def test_small_batches_are_noisy_around_the_slope_and_always_the_same() -> None:
    noisy = run_optimiser("sgd", START, 1e-9, 200, batch=32)
    gradients = np.array([stride.gradient for stride in noisy])
    assert gradients.std(0).min() > 1e-3
    assert gradients.mean(0) == pytest.approx(slope(START)[1], abs=4 * gradients.std() / math.sqrt(200))
    assert noisy == run_optimiser("sgd", START, 1e-9, 200, batch=32)

"""Reliability diagrams against a loop over pixels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.metrics import Calibration
from segcore.types import IGNORE


@settings(deadline=None, max_examples=25, derandomize=True)
@given(seed=st.integers(0, 999), bins=st.sampled_from([1, 4, 15]), images=st.integers(1, 3))
def test_by_loops(seed: int, bins: int, images: int) -> None:
    rng = np.random.default_rng(seed)
    k = 3
    calibration = Calibration(k, bins)
    seen = []
    for _ in range(images):
        size = tuple(rng.integers(1, 9, 2))
        confidence = rng.choice([0.0, 0.25, 0.5, 1.0, *rng.random(5)], size).astype(np.float32)
        labels, truth = (rng.integers(0, k, size).astype(np.uint8) for _ in range(2))
        truth[rng.random(size) < 0.2] = IGNORE
        calibration.update(confidence, labels, truth)
        for p, found, true in zip(confidence.ravel(), labels.ravel(), truth.ravel(), strict=True):
            if true != IGNORE:
                m = next(m for m in range(bins) if float(p) <= (m + 1) / bins)
                seen.append((m, int(found), float(p), found == true))
    result = calibration.result()
    assert result.pixels == tuple(sum(each[0] == m for each in seen) for m in range(bins))

    def ece(pixels: list) -> float:
        gaps = 0.0
        for m in range(bins):
            inside = [each for each in pixels if each[0] == m]
            if inside:
                accuracy, confidence = (np.mean([each[i] for each in inside]) for i in (3, 2))
                gaps += len(inside) / len(pixels) * abs(accuracy - confidence)
        return gaps if pixels else math.nan

    assert result.ece == pytest.approx(ece(seen), nan_ok=True)
    for c in range(k):
        assert result.class_ece[c] == pytest.approx(ece([each for each in seen if each[1] == c]), nan_ok=True)
    if seen:
        assert result.over == pytest.approx(np.mean([each[2] for each in seen]) - np.mean([each[3] for each in seen]))


def test_against_torchmetrics() -> None:
    classification = pytest.importorskip("torchmetrics.functional.classification")
    import torch

    rng = np.random.default_rng(0)
    probs = rng.dirichlet([0.5] * 4, 500).astype(np.float32)
    labels, truth = probs.argmax(1).astype(np.uint8)[None], rng.integers(0, 4, (1, 500)).astype(np.uint8)
    calibration = Calibration(4)
    calibration.update(probs.max(1)[None], labels, truth)
    result = calibration.result()
    for norm, mine in (("l1", result.ece), ("max", result.mce)):
        theirs = classification.multiclass_calibration_error(
            torch.from_numpy(probs), torch.from_numpy(truth[0].astype(np.int64)), 4, n_bins=15, norm=norm
        )
        assert mine == pytest.approx(float(theirs), abs=1e-5)


def test_a_network_that_is_as_often_right_as_it_says() -> None:
    truth = np.repeat(np.array([[0, 1]], np.uint8), [80, 20], axis=1)
    calibration = Calibration(2)
    calibration.update(np.full(truth.shape, 0.8, np.float32), np.zeros_like(truth), truth)
    assert calibration.result().ece == pytest.approx(0, abs=1e-6)
    boaster = Calibration(2)
    boaster.update(np.ones(truth.shape, np.float32), np.zeros_like(truth), truth)
    result = boaster.result()
    assert (result.ece, result.mce, result.over) == pytest.approx((0.2, 0.2, 0.2))
    assert math.isnan(result.class_ece[1])


def test_nothing_counted() -> None:
    result = Calibration(2).result()
    assert math.isnan(result.ece) and math.isnan(result.mce) and sum(result.pixels) == 0
    with pytest.raises(ValueError, match="sizes differ"):
        Calibration(2).update(np.zeros((1, 2), np.float32), np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8))

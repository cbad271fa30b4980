"""Calibration: whether 80 % of the pixels that are labelled with confidence 0.8 are correct.

Confidence is the probability of the predicted class. Pixels are sorted by it into M bins of equal width; bin m has
those with (m - 1) / M < confidence <= m / M. In each bin the accuracy is compared with the mean confidence:

    ECE = Σ_m  n_m / n · | accuracy_m - confidence_m |

Expected calibration error with 15 bins, after Guo et al., "On Calibration of Modern Neural Networks", ICML 2017,
https://arxiv.org/abs/1706.04599, eq. 3; there over images, here over pixels. The greatest difference of any bin is
their MCE (eq. 5). A network that always predicts the class frequencies is calibrated too, so read it with the IoU.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcore.metrics.nan_ratios import ratio
from segcore.types import IGNORE, LabelMap

BINS = 15


@dataclass(frozen=True)
class Reliability:
    """The bars of a reliability diagram; tuples have one entry per bin unless stated otherwise."""

    edges: tuple[float, ...]  # M + 1 confidences, 0 … 1
    pixels: tuple[int, ...]  # number in each bin
    confidence: tuple[float, ...]  # mean confidence of each bin; NaN if it is empty
    accuracy: tuple[float, ...]  # share of correct pixels of each bin; NaN if it is empty
    ece: float  # expected calibration error, 0 … 1; NaN without a pixel
    mce: float  # maximum calibration error; NaN without a pixel
    over: float  # mean confidence minus accuracy over all pixels; above 0 the network is overconfident
    class_ece: tuple[float, ...]  # K values, of the pixels labelled as each class; NaN for a class never predicted


class Calibration:
    """Accumulates confidences and correct pixels of K classes over images, in M bins."""

    def __init__(self, num_classes: int, bins: int = BINS) -> None:
        self._shape = (num_classes, bins)
        self._pixels = np.zeros(self._shape, np.int64)
        self._correct = np.zeros(self._shape, np.int64)
        self._confidence = np.zeros(self._shape)

    def update(self, confidence: NDArray[np.float32], labels: LabelMap, truth: LabelMap) -> None:
        """Add one image; ``confidence`` (H, W) is 0 … 1.

        Raises:
            ValueError: the sizes differ.
        """
        if not confidence.shape == labels.shape == truth.shape:
            raise ValueError(f"sizes differ: {confidence.shape}, {labels.shape}, {truth.shape}")
        valid = truth != IGNORE
        p, found = confidence[valid].astype(np.float64), labels[valid]
        bins = self._shape[1]
        cell = found * np.int64(bins) + np.clip(np.ceil(p * bins).astype(np.int64) - 1, 0, bins - 1)
        size = self._pixels.size
        self._pixels += np.bincount(cell, minlength=size).reshape(self._shape)
        self._correct += np.bincount(cell[found == truth[valid]], minlength=size).reshape(self._shape)
        self._confidence += np.bincount(cell, p, minlength=size).reshape(self._shape)

    def result(self) -> Reliability:
        """Return the reliability diagram of all images so far."""
        pixels, correct, confidence = (table.sum(0) for table in (self._pixels, self._correct, self._confidence))
        mean_confidence, accuracy = ratio(confidence, pixels), ratio(correct, pixels)
        gaps = np.abs(accuracy - mean_confidence)
        total = int(pixels.sum())
        return Reliability(
            edges=tuple(np.linspace(0, 1, self._shape[1] + 1).tolist()),
            pixels=tuple(pixels.tolist()),
            confidence=tuple(mean_confidence.tolist()),
            accuracy=tuple(accuracy.tolist()),
            ece=_ece(pixels, correct, confidence),
            mce=float(np.nanmax(gaps)) if total else math.nan,
            over=float((confidence.sum() - correct.sum()) / total) if total else math.nan,
            class_ece=tuple(map(_ece, self._pixels, self._correct, self._confidence)),
        )


def _ece(pixels: NDArray[np.int64], correct: NDArray[np.int64], confidence: NDArray[np.float64]) -> float:
    """Return Σ n_m / n · |correct_m / n_m - confidence_m / n_m|, in which n_m cancels."""
    total = int(pixels.sum())
    return float(np.abs(correct - confidence).sum() / total) if total else math.nan

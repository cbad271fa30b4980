"""Whether a confidence means what it says: of all pixels labelled with 0.8, eight in ten should be right.

Confidence is the probability of the class that was chosen. The pixels are put into M bins of equal width by it; bin m
holds those with (m - 1) / M < confidence <= m / M. In each bin, accuracy (the share that is right) is compared with the
mean confidence:

    ECE = Σ_m  n_m / n · | accuracy_m - confidence_m |

Expected calibration error with 15 bins, after Guo et al., "On Calibration of Modern Neural Networks", ICML 2017,
https://arxiv.org/abs/1706.04599, eq. 3; there over images, here over pixels. The greatest difference of any bin is
their MCE (eq. 5). A network that says 1 / K of everything is calibrated too, so read it beside the IoU.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcore.types import IGNORE, LabelMap

BINS = 15


@dataclass(frozen=True)
class Reliability:
    """The bars of a reliability diagram. Tuples have one entry a bin unless said otherwise.

    Attributes:
        edges: M + 1 confidences, 0 … 1.
        pixels: how many fell into each bin.
        confidence: mean confidence of each; NaN where there are none.
        accuracy: share of right pixels of each; NaN where there are none.
        ece: expected calibration error, 0 … 1; NaN without a pixel.
        mce: greatest difference of any bin that has pixels; NaN without a pixel.
        over: mean confidence minus accuracy over all pixels: above 0, the network is surer than it should be.
        class_ece: K values: the ECE of the pixels that were labelled as each class; NaN for a class never chosen.
    """

    edges: tuple[float, ...]
    pixels: tuple[int, ...]
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    ece: float
    mce: float
    over: float
    class_ece: tuple[float, ...]


class Calibration:
    """Counts confidences and hits, image by image; nothing of the images is kept.

    Args:
        num_classes: K.
        bins: M.
    """

    def __init__(self, num_classes: int, bins: int = BINS) -> None:
        self._shape = (num_classes, bins)
        self._pixels = np.zeros(self._shape, np.int64)
        self._right = np.zeros(self._shape, np.int64)
        self._confidence = np.zeros(self._shape)

    def update(self, confidence: NDArray[np.float32], labels: LabelMap, truth: LabelMap) -> None:
        """Count one image.

        Args:
            confidence: (H, W) in 0 … 1.
            labels: (H, W) predicted ids, 0 … K-1.
            truth: (H, W) true ids or IGNORE.

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
        self._right += np.bincount(cell[found == truth[valid]], minlength=size).reshape(self._shape)
        self._confidence += np.bincount(cell, p, minlength=size).reshape(self._shape)

    def result(self) -> Reliability:
        """The diagram of everything counted so far."""
        pixels, right, confidence = (table.sum(0) for table in (self._pixels, self._right, self._confidence))
        mean_confidence, accuracy = _ratio(confidence, pixels), _ratio(right, pixels)
        gaps = np.abs(accuracy - mean_confidence)
        total = int(pixels.sum())
        return Reliability(
            edges=tuple(np.linspace(0, 1, self._shape[1] + 1).tolist()),
            pixels=tuple(pixels.tolist()),
            confidence=tuple(mean_confidence.tolist()),
            accuracy=tuple(accuracy.tolist()),
            ece=_ece(pixels, right, confidence),
            mce=float(np.nanmax(gaps)) if total else math.nan,
            over=float((confidence.sum() - right.sum()) / total) if total else math.nan,
            class_ece=tuple(map(_ece, self._pixels, self._right, self._confidence)),
        )


def _ece(pixels: NDArray[np.int64], right: NDArray[np.int64], confidence: NDArray[np.float64]) -> float:
    """Σ n_m / n · |right_m / n_m - confidence_m / n_m|, in which n_m cancels."""
    total = int(pixels.sum())
    return float(np.abs(right - confidence).sum() / total) if total else math.nan


def _ratio(part: NDArray, whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)

"""From class probabilities at the working size to labels, confidence and uncertainty of each pixel of the photo.

Probabilities are interpolated to the photo's size, not logits. Between a pixel of class A (logits 10, 0, -10) and one
of class C (-10, 0, 10) interpolated logits meet at (0, 0, 0): class B would appear as a thin line around every object.
Interpolated probabilities meet at (½, 0, ½), and an average of probabilities is a probability.

Everything is computed in strips of a few rows, one class at a time, within the processor's cache. A photo of 24
megapixels needs 10 bytes per pixel for the result and hardly any more, whatever the number of classes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.types import LabelMap

_STRIP_PIXELS = 1 << 16
_TINY = 1e-12


@dataclass(frozen=True)
class PredictionMaps:
    """The maps of a Prediction, each (H, W); see ``segcore.types.Prediction``."""

    labels: NDArray[np.uint8]
    confidence: NDArray[np.float32]
    runner_up: NDArray[np.uint8]
    uncertainty: NDArray[np.float32]
    asked: NDArray[np.float32] | None


def decide(
    bands: Iterable[NDArray[np.float32]],
    working_size: tuple[int, int],
    size: tuple[int, int],
    asked: LabelMap | None = None,
) -> PredictionMaps:
    """Resize probabilities bilinearly (pixel centres at half integers) and select the best two classes.

    Args:
        bands: (K, rows, w) float32 from top to bottom, h rows in total; see ``tiling.probability_bands``.
        working_size: (h, w).
        size: (H, W) of the photo.
        asked: (H, W) labels whose probability is requested too; it is 0 for an id that is not a class.
    """
    maps = PredictionMaps(
        labels=np.zeros(size, np.uint8),
        confidence=np.zeros(size, np.float32),
        runner_up=np.zeros(size, np.uint8),
        uncertainty=np.zeros(size, np.float32),
        asked=None if asked is None else np.zeros(size, np.float32),
    )
    height, width = size
    # Row r of the photo lies between rows above[r] and below[r] of the bands, at the fraction `near`.
    at = np.clip((np.arange(height) + 0.5) * (working_size[0] / height) - 0.5, 0, working_size[0] - 1)
    above = at.astype(int)
    below = np.minimum(above + 1, working_size[0] - 1)
    near = (at - above).astype(np.float32)

    step = max(1, _STRIP_PIXELS // max(width, working_size[1]))
    start = done = 0  # rows of the previous bands; finished rows of the photo
    last_row = np.zeros((1, 1, 1), np.float32)  # of the previous band: (K, 1, w)
    for band in bands:
        ready = int(np.searchsorted(below, start + band.shape[1]))  # further rows need the next band
        for top in range(done, ready, step):
            rows = slice(top, min(top + step, ready))
            upper = band[:, np.maximum(above[rows] - start, 0)]  # (K, n, w)
            upper[:, above[rows] < start] = last_row
            if near[rows].any():
                upper += (band[:, below[rows] - start] - upper) * near[rows, None]
            _decide_strip(upper, maps, rows, width, None if asked is None else asked[rows])
        done, start = ready, start + band.shape[1]
        last_row = band[:, -1:].copy()
    return maps


def _decide_strip(
    probs: NDArray[np.float32], maps: PredictionMaps, rows: slice, width: int, asked: LabelMap | None
) -> None:
    """Fill ``rows`` of the maps from probabilities (K, n, w), which have the photo's rows but not yet its width."""
    shape = (probs.shape[1], width)
    label, runner_up = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    best, second = np.full(shape, -1, np.float32), np.full(shape, -1, np.float32)
    entropy = np.zeros(shape, np.float32)
    for index, plane in enumerate(probs):
        p = plane if plane.shape == shape else cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_LINEAR)
        wins = p > best  # a tie goes to the lower id, as in argmax
        runner_up = np.where(wins, label, np.where(p > second, np.uint8(index), runner_up))
        second = np.where(wins, best, np.maximum(second, p))
        label[wins] = index
        best = np.maximum(best, p)
        entropy -= p * np.log(np.maximum(p, _TINY))
        if asked is not None and maps.asked is not None:
            maps.asked[rows][asked == index] = np.clip(p[asked == index], 0, 1)
    maps.labels[rows] = label
    maps.runner_up[rows] = runner_up
    maps.confidence[rows] = np.clip(best, 0, 1)
    maps.uncertainty[rows] = np.clip(entropy / np.log(max(len(probs), 2)), 0, 1)

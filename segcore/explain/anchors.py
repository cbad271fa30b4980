"""Anchors, matching them with objects, and non-maximum suppression (NMS).

A detector such as Faster R-CNN learns for each anchor of a fixed grid whether an object is there. An anchor is positive
for an object when their IoU reaches a threshold. Of boxes that overlap much, NMS keeps the one with the highest score.

S. Ren, K. He, R. Girshick, J. Sun: "Faster R-CNN", NeurIPS 2015, section 3.1, https://arxiv.org/abs/1506.01497.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision import ops

Boxes = NDArray[np.float64]
"""(N, 4) xyxy."""


def shapes(scales: Sequence[int], ratios: Sequence[float]) -> Boxes:
    """The anchors of one position, centred on (0, 0), their edges on whole pixels as in torchvision.

    A scale is the side of a square of the same area, in pixels; a ratio is height by width.

    Returns:
        (len(scales) · len(ratios), 4), all scales of the first ratio first.
    """
    halves = [(scale / np.sqrt(ratio) / 2, scale * np.sqrt(ratio) / 2) for ratio in ratios for scale in scales]
    return np.round(np.array([[-width, -height, width, height] for width, height in halves]))


def anchors(size: tuple[int, int], scales: Sequence[int], ratios: Sequence[float], stride: int) -> Boxes:
    """All anchors of an image: `shapes` centred on every position of a feature map of that stride.

    Returns:
        (positions · shapes, 4), row by row. Some extend beyond the image, whose ``size`` is (height, width).
    """
    rows, cols = (np.arange(side // stride) * stride + stride / 2 for side in size)
    y, x = (places.ravel() for places in np.meshgrid(rows, cols, indexing="ij"))
    middles = np.stack([x, y, x, y], axis=1)
    return (middles[:, None] + shapes(scales, ratios)[None]).reshape(-1, 4)


def intersections(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """(N, 4), (M, 4) → (N, M): area of the intersection of every two boxes."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared: NDArray[np.float64] = np.clip(high - low, 0, None).prod(axis=2)
    return shared


def box_iou(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """(N, 4), (M, 4) → (N, M), 0 … 1: IoU of every two boxes."""
    return np.asarray(ops.box_iou(torch.from_numpy(a), torch.from_numpy(b)).numpy())


@dataclass(frozen=True, eq=False)
class Matching:
    """Which anchors are positive for which object."""

    iou: NDArray[np.float64]  # (objects, anchors), 0 … 1
    owner: NDArray[np.int64]  # (anchors,), the object with the largest IoU
    score: NDArray[np.float64]  # (anchors,), the IoU with that object
    positive: NDArray[np.bool_]  # (anchors,) bool; all others are negative

    def count(self, thing: int) -> int:
        """Number of positive anchors of an object."""
        return int((self.positive & (self.owner == thing)).sum())

    def best(self, thing: int) -> int:
        """The anchor with the largest IoU with an object, positive or not."""
        return int(self.iou[thing].argmax())


def match(boxes: Boxes, candidates: Boxes, threshold: float, *, allow_low_quality: bool = False) -> Matching:
    """Match anchors (anchors, 4) with objects (objects, 4), at least one; positive is an IoU of at least the threshold.

    ``allow_low_quality`` is the second rule of Faster R-CNN: the best anchor of each object is positive at any IoU. As
    in torchvision it is assigned to the object with which its own IoU is largest.
    """
    iou = box_iou(boxes, candidates)
    owner, score = iou.argmax(axis=0), iou.max(axis=0)
    positive = score >= threshold
    if allow_low_quality:
        positive = positive | (iou == iou.max(axis=1, keepdims=True)).any(axis=0)
    return Matching(iou, owner, score, positive)


def nms(boxes: Boxes, scores: NDArray[np.float64], threshold: float) -> list[int]:
    """Indices of the boxes (N, 4) that non-maximum suppression keeps, by descending score (N,).

    A box is suppressed if its IoU with a kept box of higher score is above the threshold.
    """
    kept: list[int] = ops.nms(torch.from_numpy(boxes), torch.from_numpy(scores), threshold).tolist()
    return kept


def centred_iou(size: tuple[int, int], side: int) -> tuple[float, int, int]:
    """IoU of a box (width, height) and a square anchor centred on it, its best position; the areas of ∩ and of ∪."""
    shared = min(size[0], side) * min(size[1], side)
    together = size[0] * size[1] + side * side - shared
    return shared / together, shared, together

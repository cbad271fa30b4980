"""Class weights from pixel counts: three formulas that give rare classes more weight.

Each returns (K,) float32; a class that never occurs gets weight 0 (its inverse frequency would be infinite). Weights of
four of the eleven classes of CamVid's training split (sky, road, sign, bicyclist):

    median_frequency    0.28  0.15   3.8   8.8     the strongest; rare classes may dominate
    inverse_log         5.6   3.3   31.5  43.9     bounded: a weight is at most about 50
    effective_number    0.25  0.25   1.08  3.9     common classes are equal, the rarer half has more
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import SegDataset
from segcore.errors import BadConfig
from segcore.types import IGNORE

Counts = NDArray[np.int64]
Weights = NDArray[np.float32]


class ClassCounts(NamedTuple):
    """Labelled pixels of every class, (K,) int64, and of any class in the images in which this class occurs."""

    pixels: Counts
    where_present: Counts


def class_counts(dataset: SegDataset) -> ClassCounts:
    """Count labelled pixels by class; IGNORE is never counted."""
    num_classes = len(dataset.classes)
    pixels, where_present = np.zeros(num_classes, np.int64), np.zeros(num_classes, np.int64)
    for index in range(len(dataset)):
        found = np.bincount(dataset[index].labels.ravel(), minlength=IGNORE + 1)[:num_classes]
        pixels += found
        where_present += np.where(found > 0, found.sum(), 0)
    return ClassCounts(pixels, where_present)


def median_frequency(counts: ClassCounts) -> Weights:
    """Median frequency balancing: weight = median frequency / frequency of the class.

    Eigen and Fergus, "Predicting Depth, Surface Normals and Semantic Labels with a Common Multi-Scale Convolutional
    Architecture", ICCV 2015, https://arxiv.org/abs/1411.4734, section 4.3.2; used by SegNet. The frequency of a class
    is its share in the images in which it occurs, as in the paper.
    """
    present = counts.pixels > 0
    frequency = counts.pixels[present] / counts.where_present[present]
    return _spread(np.median(frequency) / frequency if present.any() else frequency, present)


def inverse_log(counts: ClassCounts) -> Weights:
    """Bounded inverse: weight = 1 / ln(c + p), p the share of the class in the labelled pixels.

    Paszke et al., "ENet: A Deep Neural Network Architecture for Real-Time Semantic Segmentation", 2016,
    https://arxiv.org/abs/1606.02147, section 5.2, with its c = 1.02: weights from 1.4 (p = 1) to 50.5 (p = 0).
    """
    present = counts.pixels > 0
    return _spread(1 / np.log(1.02 + counts.pixels[present] / max(counts.pixels.sum(), 1)), present)


def effective_number(counts: ClassCounts, beta: float | None = None) -> Weights:
    """Effective number of samples: weight = (1 - beta) / (1 - beta^n), n the pixels of the class.

    Cui et al., "Class-Balanced Loss Based on Effective Number of Samples", CVPR 2019,
    https://arxiv.org/abs/1901.05555, equation 2; weights are scaled to the mean 1 (there: the sum K, the same).

    The paper's values of beta (0.9 … 0.9999) are meant for thousands of images; with millions of pixels they give all
    classes the same weight. None is beta = 1 - 1 / median(n), our choice: only classes below the median get more.
    """
    present = counts.pixels > 0
    pixels = counts.pixels[present].astype(np.float64)
    if not present.any():
        return _spread(pixels, present)
    if beta is None:
        beta = 1 - 1 / max(float(np.median(pixels)), 2.0)
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1, got {beta}")
    saturated = -np.expm1(pixels * np.log(beta)) if beta > 0 else np.ones_like(pixels)  # 1 - beta^n, without rounding
    weights = (1 - beta) / saturated
    return _spread(weights / weights.mean(), present)


CLASS_WEIGHTS: dict[str, Callable[[ClassCounts], Weights]] = {
    "median_frequency": median_frequency,
    "inverse_log": inverse_log,
    "effective_number": effective_number,
}


def weights_from_counts(counts: ClassCounts, how: str) -> Weights:
    """(K,) float32 weights by a formula of CLASS_WEIGHTS; BadConfig where there is none of this name."""
    if how not in CLASS_WEIGHTS:
        raise BadConfig('No class weights are called "{how}"; there are {known}.', how=how, known=list(CLASS_WEIGHTS))
    return CLASS_WEIGHTS[how](counts)


def _spread(values: NDArray[np.floating], present: NDArray[np.bool_]) -> Weights:
    """(K,) float32: ``values`` for the classes that occur, 0 for the others."""
    weights = np.zeros(len(present), np.float32)
    weights[present] = values
    return weights

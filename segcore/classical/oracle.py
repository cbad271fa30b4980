"""The oracle assignment: each region gets the class that most of its pixels have in the ground truth.

It uses the ground truth, so it is an upper bound and not a prediction: no assignment of classes to these regions labels
more pixels correctly. Liu et al., "Entropy rate superpixel segmentation" (CVPR 2011) call the resulting accuracy the
achievable segmentation accuracy. It measures how well regions follow the borders of objects; with as many regions as
pixels it is 1. Compare methods at similar numbers of regions, and never with a network's score.
"""

import numpy as np
from numpy.typing import NDArray

from segcore.types import IGNORE, LabelMap


def best_classes(regions: NDArray[np.int32], truth: LabelMap, num_classes: int) -> tuple[LabelMap, NDArray[np.float32]]:
    """Return the labels of regions (H, W), 0 … n - 1, by the oracle assignment, and their purity.

    Purity (H, W) is the share of a region's valid pixels that have its class. A region of ignored pixels only gets
    class 0 and purity 1.
    """
    valid = truth != IGNORE
    pairs = regions[valid].astype(np.int64) * num_classes + truth[valid]
    votes = np.bincount(pairs, minlength=(int(regions.max()) + 1) * num_classes).reshape(-1, num_classes)
    best, total = votes.argmax(axis=1), votes.sum(axis=1)
    purity = np.where(total > 0, votes.max(axis=1) / np.maximum(total, 1), 1.0)
    return best.astype(np.uint8)[regions], purity.astype(np.float32)[regions]

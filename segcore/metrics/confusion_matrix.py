"""The confusion matrix of one image in numpy. `device_confusion` has one for a training's batches.

``M[i, j]`` is the number of pixels of class i that were labelled j. All scores are ratios of its entries. Confusion
matrices can be added over batches, devices and images; ratios cannot.
"""

import numpy as np
from numpy.typing import NDArray

from segcore.types import IGNORE, LabelMap


def confusion(labels: LabelMap, truth: LabelMap, num_classes: int) -> NDArray[np.int64]:
    """Return the confusion matrix (K, K) of one image (H, W): rows are the ground truth, columns the labels.

    Raises:
        ValueError: the sizes differ, or a valid pixel has an id outside 0 … K-1.
    """
    if labels.shape != truth.shape:
        raise ValueError(f"labels are {labels.shape}, the truth is {truth.shape}: (height, width) must be equal.")
    valid = truth != IGNORE
    found, true = labels[valid].astype(np.int64), truth[valid].astype(np.int64)
    if found.size and max(found.max(), true.max()) >= num_classes:
        raise ValueError(
            f"ids must be 0 … {num_classes - 1}: labels go up to {found.max()}, the truth up to {true.max()}."
        )
    return np.bincount(true * num_classes + found, minlength=num_classes**2).reshape(num_classes, num_classes)

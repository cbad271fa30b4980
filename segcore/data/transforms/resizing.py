"""Sizes of images, and resizing to them."""

from collections.abc import Sequence

import cv2
import numpy as np

from segcore.types import LabelMap, Pixels


def base_scale(size: Sequence[int], working_side: int | None) -> float:
    """Factor that brings the longer side of ``size`` (h, w) to ``working_side``; 1 where that is None."""
    return 1.0 if working_side is None else working_side / max(size)


def working_size(size: Sequence[int], working_side: int | None) -> tuple[int, int]:
    """(h, w) after resizing so that the longer side is ``working_side``; never below one pixel."""
    scale = base_scale(size, working_side)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def resize_image(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize (H, W, C) to (h, w, C), averaging where it shrinks so that fine texture does not alias."""
    height, width = image.shape[:2]
    if size == (height, width):
        return image
    method = cv2.INTER_AREA if size[0] * size[1] < height * width else cv2.INTER_LINEAR
    return with_channels(cv2.resize(image, size[::-1], interpolation=method), image.shape[2])


def resize_labels(labels: LabelMap, size: tuple[int, int]) -> LabelMap:
    """Resize (H, W) to (h, w), nearest neighbour."""
    if size == labels.shape:
        return labels
    return cv2.resize(labels, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT).astype(np.uint8, copy=False)


def with_channels(array: np.ndarray, channels: int) -> Pixels:
    """(H, W, C) from the result of an OpenCV function, which drops the last axis where C is 1."""
    return array.reshape(*array.shape[:2], channels).astype(np.uint8, copy=False)

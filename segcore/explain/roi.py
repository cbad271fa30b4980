"""Cropping a box from a feature map, with rounding (RoIPool) and without (RoIAlign), and pasting the mask back.

A position of a feature map of stride s stands for s x s pixels, so the edges of a box fall between positions. RoIPool
(Fast R-CNN) rounds them, rounds the bins inside once more and takes the maximum of each. RoIAlign (Mask R-CNN) rounds
nothing: it samples every bin bilinearly at points between the positions and takes the mean.

K. He, G. Gkioxari, P. Dollár, R. Girshick: "Mask R-CNN", ICCV 2017, section 3, https://arxiv.org/abs/1703.06870;
R. Girshick: "Fast R-CNN", ICCV 2015, section 2.1, https://arxiv.org/abs/1504.08083.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision import ops

from segcore.explain.downsampling import downsample
from segcore.explain.objects import Box, Instance

Map = NDArray[np.float64]
"""(H, W)."""

POINTS = 2
"""RoIAlign samples POINTS x POINTS points per bin, as in the paper."""


def features(mask: NDArray[np.bool_], stride: int) -> Map:
    """An ideal feature map of a mask: the share of each cell of stride x stride pixels that the mask covers.

    (H, W), both divisible by the stride → (H / stride, W / stride), 0 … 1.
    """
    return downsample(mask, stride, "mean")


def rounded_box(box: Box, stride: int) -> Box:
    """The box that RoIPool uses, in pixels: edges rounded to positions, the last one included."""
    cells = np.floor(box / stride + 0.5)  # rounds half up, as in C; np.round rounds half to even
    x1, y1, x2, y2 = cells
    return np.array([x1, y1, max(x2 + 1, x1 + 1), max(y2 + 1, y1 + 1)]) * stride


def roi_pool(values: Map, box: Box, side: int, stride: int) -> Map:
    """RoIPool of one box.

    Args:
        values: (H, W), a feature map.
        box: (4,) xyxy in pixels of the image.
        side: of the crop.
        stride: of the feature map.

    Returns:
        (side, side), the largest value in each bin; 0 in bins outside the map.
    """
    boxes = [torch.from_numpy(box)[None]]
    return np.asarray(ops.roi_pool(torch.from_numpy(values)[None, None], boxes, side, 1 / stride)[0, 0].numpy())


def roi_align(values: Map, box: Box, side: int, stride: int) -> Map:
    """RoIAlign of one box; arguments as for `roi_pool`.

    Returns:
        (side, side), the mean of POINTS² points in each bin. A value is located at the centre of its cell.
    """
    x1, y1, x2, y2 = box / stride - 0.5
    steps = (np.arange(side * POINTS) + 0.5) / (side * POINTS)
    points = bilinear(values, y1 + steps * (y2 - y1), x1 + steps * (x2 - x1))
    means: Map = points.reshape(side, POINTS, side, POINTS).mean(axis=(1, 3))
    return means


def bilinear(values: Map, rows: NDArray[np.float64], cols: NDArray[np.float64]) -> Map:
    """(N, M): bilinear samples of a map at rows (N,) and columns (M,), which are clamped to the outermost ones."""
    for axis, wished in enumerate((rows, cols)):
        last = values.shape[axis] - 1
        places = np.clip(wished, 0, last)
        low = np.minimum(places.astype(int), max(last - 1, 0))
        high = np.minimum(low + 1, last)
        share = (places - low)[:, None] if axis == 0 else (places - low)[None]
        values = values.take(low, axis) * (1 - share) + values.take(high, axis) * share
    return values


def paste(crop: Map, box: Box, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W): the crop resized to its box and pasted into an image of that size, thresholded at 0.5.

    The edges of the box are whole pixels inside the image.
    """
    x1, y1, x2, y2 = (int(edge) for edge in box)
    rows = (np.arange(y2 - y1) + 0.5) * len(crop) / (y2 - y1) - 0.5
    cols = (np.arange(x2 - x1) + 0.5) * len(crop) / (x2 - x1) - 0.5
    mask = np.zeros(size, bool)
    mask[y1:y2, x1:x2] = bilinear(crop, rows, cols) >= 0.5
    return mask


@dataclass(frozen=True, eq=False)
class RoICrop:
    """A crop and the mask pasted back."""

    crop: Map  # (side, side)
    mask: NDArray[np.bool_]  # (H, W) bool
    tp: int  # object pixels in the mask
    fp: int  # mask pixels outside the object
    fn: int  # object pixels outside the mask

    @property
    def iou(self) -> float:
        """0 … 1."""
        return self.tp / (self.tp + self.fp + self.fn)


def crop_instance(thing: Instance, *, side: int, stride: int, align: bool) -> RoICrop:
    """Crop an object from the feature map of its own mask with RoIAlign or RoIPool, and paste it back.

    Its true box serves as a perfect prediction.
    """
    crop = (roi_align if align else roi_pool)(features(thing.mask, stride), thing.box, side, stride)
    height, width = thing.mask.shape
    mask = paste(crop, thing.box, (height, width))
    tp = int((mask & thing.mask).sum())
    return RoICrop(crop, mask, tp, int(mask.sum()) - tp, int(thing.mask.sum()) - tp)

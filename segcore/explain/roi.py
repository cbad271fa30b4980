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
import torch.nn.functional as F
from numpy.typing import NDArray
from torchvision import ops

from segcore.explain.downsampling import downsample
from segcore.explain.mask_overlap import MaskOverlap, mask_overlap
from segcore.explain.objects import Box, Instance

Map = NDArray[np.float64]
"""(H, W)."""

POINTS = 2
"""RoIAlign samples POINTS x POINTS points per bin, as in the paper."""


def rounded_box(box: Box, stride: int) -> Box:
    """The box that RoIPool uses, in pixels: edges rounded to positions, the last one included."""
    cells = np.floor(box / stride + 0.5)  # rounds half up, as in C; np.round rounds half to even
    x1, y1, x2, y2 = cells
    return np.array([x1, y1, max(x2 + 1, x1 + 1), max(y2 + 1, y1 + 1)]) * stride


def roi_pool(values: Map, box: Box, side: int, stride: int) -> Map:
    """(side, side): RoIPool of a feature map of that stride, the largest value in each bin of the box.

    The box is in pixels of the image. Bins outside the map are 0.
    """
    boxes = [torch.from_numpy(box)[None]]
    return np.asarray(ops.roi_pool(torch.from_numpy(values)[None, None], boxes, side, 1 / stride)[0, 0].numpy())


def roi_align(values: Map, box: Box, side: int, stride: int) -> Map:
    """(side, side): RoIAlign, the mean of POINTS² points in each bin; arguments as for `roi_pool`.

    A value is located at the centre of its cell.
    """
    boxes = [torch.from_numpy(box)[None]]
    maps = torch.from_numpy(values)[None, None]
    crops = ops.roi_align(maps, boxes, side, 1 / stride, sampling_ratio=POINTS, aligned=True)
    return np.asarray(crops[0, 0].numpy())


def paste(crop: Map, box: Box, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W): the crop resized to its box and pasted into an image of that size, thresholded at 0.5.

    The edges of the box are whole pixels inside the image.
    """
    x1, y1, x2, y2 = (int(edge) for edge in box)
    resized = F.interpolate(torch.from_numpy(crop)[None, None], (y2 - y1, x2 - x1), mode="bilinear")
    mask = np.zeros(size, bool)
    mask[y1:y2, x1:x2] = resized[0, 0].numpy() >= 0.5
    return mask


@dataclass(frozen=True, eq=False)
class RoICrop(MaskOverlap):
    """A crop, and the overlap of the mask pasted back with the object."""

    crop: Map  # (side, side)
    mask: NDArray[np.bool_]  # (H, W) bool


def crop_instance(thing: Instance, *, side: int, stride: int, align: bool) -> RoICrop:
    """Crop an object from the feature map of its own mask with RoIAlign or RoIPool, and paste it back.

    Its true box serves as a perfect prediction.
    """
    crop = (roi_align if align else roi_pool)(downsample(thing.mask, stride, "mean"), thing.box, side, stride)
    mask = paste(crop, thing.box, thing.mask.shape)
    return RoICrop(**vars(mask_overlap(mask, thing.mask)), crop=crop, mask=mask)

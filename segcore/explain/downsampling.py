"""What downsampling loses: the best mask that one label per position of a feature map can give.

With output stride s and nearest-neighbour upsampling a mask is a set of whole cells of s x s pixels. Including a cell
with f pixels of the object raises the IoU exactly if f / (s² - f) > IoU, so the best set holds the cells with the
largest share f / s², down to some share: with C cells there are at most C sets to compare. Mean pooling keeps that
share; max pooling and subsampling keep less, so their best sets cannot be better.
"""

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from segcore.explain.mask_overlap import MaskOverlap

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Kind = TypeVar("Kind", bound=np.generic)
Pooling = Literal["mean", "max", "pick"]
ObjectShape = Literal["pole", "wire", "disc"]

POOLINGS: tuple[Pooling, ...] = ("mean", "max", "pick")
"""The value of a cell: the mean of its pixels, the largest, or the first one (subsampling without pooling)."""

OBJECT_SHAPES: tuple[ObjectShape, ...] = ("pole", "wire", "disc")

STRIDES = (1, 2, 4, 8, 16, 32)
SIDE = 128
"""The image is SIDE x SIDE pixels."""

BEGIN = 32
"""First row and, without an offset, first column of the object: a cell border at every stride."""


def draw_object(thing: ObjectShape, width: int, offset: int = 0) -> Mask:
    """(SIDE, SIDE): the mask of a vertical pole, a wire that leans by one column in four rows, or a disc.

    The width is 1 … 24 pixels; the offset moves the object to the right, by 0 … 31 columns.

    Raises:
        ValueError: the object would leave the image.
    """
    if not (1 <= width <= 24 and 0 <= offset < 32):
        raise ValueError(f"width {width} must be 1 … 24 and offset {offset} 0 … 31.")
    rows, columns = np.mgrid[:SIDE, :SIDE]
    down, right = rows - BEGIN, columns - BEGIN - offset
    match thing:
        case "pole":
            return np.asarray((down >= 0) & (right >= 0) & (right < width))
        case "wire":
            lean = down // 4
            return np.asarray((down >= 0) & (right >= lean) & (right < lean + width))
        case "disc":
            middle = (width - 1) / 2
            return np.asarray((down - middle) ** 2 + (right - middle) ** 2 <= (width / 2) ** 2)


@dataclass(frozen=True, eq=False)
class Ceiling(MaskOverlap):
    """The best mask of whole cells, upsampled, and its overlap with the object."""

    ground_truth: Mask  # (SIDE, SIDE) bool
    stride: int  # pixels for one side of a cell
    cells: Numbers  # (SIDE / stride, SIDE / stride) float64, 0 … 1: the feature map that the head reads
    inside: NDArray[np.int64]  # of the same shape, int64: object pixels in each cell
    answer: Mask  # of the same shape, bool: the cells of the best mask

    @property
    def upsampled(self) -> Mask:
        """(SIDE, SIDE): the mask, every cell copied to its pixels."""
        return upsample_nearest(self.answer, self.stride)


def upsample_nearest(cells: NDArray[Kind], stride: int) -> NDArray[Kind]:
    """Nearest-neighbour upsampling: (h, w) → (h · stride, w · stride)."""
    return np.repeat(np.repeat(cells, stride, axis=0), stride, axis=1)


def downsample(picture: Mask, stride: int, way: Pooling) -> Numbers:
    """(H, W) → (H / stride, W / stride), both divisible."""
    if way == "pick":
        return picture[::stride, ::stride].astype(np.float64)
    height, width = picture.shape
    blocks = picture.reshape(height // stride, stride, width // stride, stride).astype(np.float64)
    return np.asarray(blocks.mean(axis=(1, 3)) if way == "mean" else blocks.max(axis=(1, 3)))


def ceiling(ground_truth: Mask, stride: int, way: Pooling = "mean") -> Ceiling:
    """The best mask for a head that thresholds one value per cell.

    With "mean" this is the best of all masks made of whole cells. Cells of value 0 look like background and are never
    marked.

    Raises:
        ValueError: there is no object, or the stride does not divide the image.
    """
    if not ground_truth.any() or ground_truth.shape[0] % stride or ground_truth.shape[1] % stride:
        size = f"{ground_truth.shape} with {ground_truth.sum()} pixels of object"
        raise ValueError(f"expected an object in an image that {stride} divides, got {size}.")
    cells = downsample(ground_truth, stride, way)
    inside = np.rint(downsample(ground_truth, stride, "mean") * stride**2).astype(np.int64)
    total, best, answer = int(ground_truth.sum()), (0, 0), np.zeros(cells.shape, bool)
    for least in np.unique(cells[cells > 0]):
        marked = cells >= least
        right = int(inside[marked].sum())
        wrong = int(marked.sum()) * stride**2 - right
        if right * (total + best[1]) > best[0] * (total + wrong):  # right / (total + wrong) is the IoU
            best, answer = (right, wrong), marked
    return Ceiling(*best, total - best[0], ground_truth, stride, cells, inside, answer)


def ceilings_by_width(thing: ObjectShape, offset: int, way: Pooling, stride: int, widths: range) -> list[float]:
    """The highest possible IoU for every width."""
    return [ceiling(draw_object(thing, width, offset), stride, way).iou for width in widths]


def ceilings_by_offset(thing: ObjectShape, width: int, way: Pooling, stride: int) -> list[float]:
    """The highest possible IoU for every offset, 0 … 31: the effect of shifting the object by pixels."""
    return [ceiling(draw_object(thing, width, offset), stride, way).iou for offset in range(32)]

"""Polygons and run lengths of annotation files → masks."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.errors import BadDataset

Mask = NDArray[np.bool_]

_FRACTION_BITS = 4  # OpenCV takes corners as whole numbers of 1/16 pixel


def fill_polygons(polygons: Sequence[NDArray[np.floating]], size: tuple[int, int]) -> Mask:
    """The union of polygons, (H, W) bool. Each is (N, 2), N at least 3: x and y in pixels from the upper left corner.

    Pixels on the boundary belong to it, as OpenCV draws them: objects are up to half a pixel wider than pycocotools'.
    """
    mask = np.zeros(size, np.uint8)
    for polygon in polygons:
        # The centre of the first pixel is (0.5, 0.5) for us and (0, 0) for OpenCV.
        corners = np.rint((np.asarray(polygon, np.float64) - 0.5) * 2**_FRACTION_BITS).astype(np.int32)
        cv2.fillPoly(mask, [corners.reshape(-1, 1, 2)], (1,), lineType=cv2.LINE_8, shift=_FRACTION_BITS)
    return mask.astype(bool)


def decode_rle(rle: Mapping[str, Any]) -> Mask:
    """COCO's run-length encoding as a mask, (H, W) bool.

    ``rle`` has ``size`` [H, W], and ``counts``: lengths of alternating runs of 0 and 1 in column-major order, beginning
    with 0; numbers, or the compressed text of pycocotools.

    Raises:
        BadDataset: the runs do not fill the size.
    """
    try:
        height, width = (int(side) for side in rle["size"])
        counts = rle["counts"]
        runs = _decompress(counts) if isinstance(counts, str) else [int(count) for count in counts]
        if min(runs, default=0) < 0 or sum(runs) != height * width:
            raise ValueError(f"runs of {sum(runs)} pixels for {width} × {height}")
    except (KeyError, TypeError, ValueError) as error:
        raise BadDataset(
            "A run-length mask cannot be read ({error}). Expected size [height, width] and counts that fill it. "
            "Export the annotations again.",
            error=error,
        ) from error
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def _decompress(text: str) -> list[int]:
    """Numbers of five bits per character, least significant first; from the third on, differences to the last but one.

    The same as ``rleFrString`` in https://github.com/cocodataset/cocoapi (common/maskApi.c).
    """
    if not re.fullmatch("([P-o]*[0-O])*", text):
        raise ValueError("the text breaks off or holds another character")
    runs: list[int] = []
    for word in re.findall("[P-o]*[0-O]", text):
        codes = [ord(letter) - ord("0") for letter in word]
        value = sum((code & 31) << 5 * place for place, code in enumerate(codes))
        if codes[-1] & 16:
            value -= 1 << 5 * len(codes)
        runs.append(value + runs[-2] if len(runs) > 2 else value)
    return runs

"""True positives, false positives and false negatives: their colours, as an image and in formulas."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from segcore.explain.mask_overlap import MaskOverlap
from segcore.types import RGB, Colour
from ui.learn.colours import FALSE_NEGATIVE, FALSE_POSITIVE, TRUE_POSITIVE, hex_of
from ui.learn.formulas import Formula

SHADES = {"tp": hex_of(TRUE_POSITIVE), "fp": hex_of(FALSE_POSITIVE), "fn": hex_of(FALSE_NEGATIVE)}
"""Colours of the counts in formulas."""


def outcome_rgb(predicted: NDArray[np.bool_], truth: NDArray[np.bool_], paper: Colour) -> RGB:
    """(H, W, 3) uint8: the outcome of each pixel of two (H, W) masks in its colour; true negatives are paper."""
    rgb = np.full((*truth.shape, 3), paper, np.uint8)
    rgb[predicted & truth] = TRUE_POSITIVE
    rgb[predicted & ~truth] = FALSE_POSITIVE
    rgb[~predicted & truth] = FALSE_NEGATIVE
    return rgb


def iou_formula(found: MaskOverlap, *, name: str = "iou", of: str = "") -> Formula:
    """The formula of an IoU; ``of``, if any, is a subscript: what was measured."""
    subscript = rf"_{{\text{{{of}}}}}" if of else ""
    symbols = rf"\mathrm{{IoU}}{subscript} = \frac{{TP}}{{TP + FP + FN}}"
    counts = {"tp": found.tp, "fp": found.fp, "fn": found.fn, "iou": found.iou}
    return Formula(name, symbols, r"\frac{@tp@}{@tp@ + @fp@ + @fn@} = @iou@", counts, SHADES)


def mean_iou_formula(ious: Iterable[float], miou: float) -> Formula:
    """Mean IoU over the classes that occur; the IoU of the others is NaN."""
    values = {f"iou{index}": iou for index, iou in enumerate(ious) if not math.isnan(iou)}
    total = " + ".join(f"@{name}@" for name in values)
    symbols = r"\mathrm{mIoU} = \frac{1}{K} \sum_c \mathrm{IoU}_c"
    return Formula("miou", symbols, rf"\frac{{{total}}}{{@k@}} = @miou@", {**values, "k": len(values), "miou": miou})

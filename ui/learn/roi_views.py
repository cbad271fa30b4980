"""One object RoI-pooled with and without rounding: both crops, the feature map, and both masks."""

import numpy as np

from segcore.explain import roi
from segcore.explain.objects import Box, Instance
from segcore.explain.roi import RoICrop
from segcore.types import Colour
from ui.components.cells import CellPlace, Grid, GridCell
from ui.learn import box_drawing, colours
from ui.learn.box_drawing import DrawnBox
from ui.learn.figures import LessonFigure, magnified
from ui.learn.lesson import lesson_texts
from ui.learn.outcomes import outcome_rgb

BLACK: Colour = (30, 30, 30)
PAPER: Colour = (246, 246, 246)

text = lesson_texts("boxes")


def crop_grid(name: str, cut: RoICrop) -> Grid:
    """The crop of an object; more than 7 x 7 cells leave no room for numbers."""
    crop = cut.crop
    few = len(crop) <= 7

    def cell(row: int, col: int) -> GridCell:
        value = float(crop[row, col])
        return GridCell(f"{value:.1f}" if few else "", colours.grey(value), label=f"{value:.2f}")

    return Grid.build(name, text(f"crop.{name}", side=len(crop)), crop.shape, cell, size_px=38 if few else 19)


def crop_links(cut: RoICrop) -> dict[CellPlace, list[CellPlace]]:
    """The same cell of both crops."""
    places = list(np.ndindex(cut.crop.shape))
    pairs = (("pool", "align"), ("align", "pool"))
    return {CellPlace(one, *place): [CellPlace(other, *place)] for one, other in pairs for place in places}


def roi_figures(thing: Instance, stride: int, cuts: dict[str, RoICrop]) -> list[LessonFigure]:
    """Around the object: the feature map with both boxes, and both masks against the ground truth."""
    rounded = roi.rounded_box(thing.box, stride)
    top, left, bottom, right = _around(thing, rounded, stride)
    here = np.s_[top:bottom, left:right]
    moved = np.array([left, top, left, top])
    map_rgb = colours.viridis_rgb(magnified(roi.features(thing.mask, stride), stride))[here]
    lines = [
        DrawnBox(rounded - moved, colours.FALSE_POSITIVE, 4, dashed=True),
        DrawnBox(thing.box - moved, (255, 255, 255), 2),
    ]
    x1, y1, x2, y2 = (f"{int(edge):+d}" for edge in rounded - thing.box)
    note = text("rounded", left=x1, top=y1, right=x2, bottom=y2)
    features = box_drawing.draw_boxes(map_rgb, lines)
    shown = [LessonFigure(features, text("features", stride=stride), text("features.alt"), note)]
    for name, cut in cuts.items():
        title, note = text(f"mask.{name}"), text("cut_iou", iou=f"{cut.iou:.2f}")
        outcomes = outcome_rgb(cut.mask, thing.mask, PAPER)[here]
        rgb = box_drawing.draw_boxes(outcomes, [DrawnBox(thing.box - moved, BLACK, 2)])
        shown.append(LessonFigure(rgb, title, f"{title}. {note}", note))
    return shown


def _around(thing: Instance, rounded: Box, stride: int) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of a square with both boxes and a margin of one cell, clipped to the image."""
    height, width = thing.mask.shape
    low, high = np.minimum(rounded, thing.box)[:2], np.maximum(rounded, thing.box)[2:]
    reach = float((high - low).max()) / 2 + stride
    left, top = np.clip((low + high) / 2 - reach, 0, None).astype(int)
    right, bottom = ((low + high) / 2 + reach).astype(int)
    return int(top), int(left), min(height, int(bottom)), min(width, int(right))

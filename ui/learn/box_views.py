"""Views of the boxes lesson: objects and anchors, boxes before and after NMS, one object RoI-pooled in two ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.explain import roi
from segcore.explain.anchors import Boxes, Matching
from segcore.explain.downsampling import downsample
from segcore.explain.objects import Box, Instance, InstanceImage
from segcore.explain.roi import RoICrop
from segcore.types import RGB, Colour
from ui.components.cells import CellPlace, Grid, GridCell
from ui.components.clickable import ImagePlace
from ui.learn.colours import FALSE_NEGATIVE, FALSE_POSITIVE, TRUE_POSITIVE, grey, hex_of, mixed, viridis_rgb
from ui.learn.figures import LessonFigure, magnified
from ui.learn.lesson import lesson_texts
from ui.learn.outcomes import outcome_rgb

BLACK: Colour = (30, 30, 30)
PAPER: Colour = (246, 246, 246)
LONGEST = 512  # longer side of the magnified image in pixels, about
DASH = 12  # pixels of a dash, and of the gap after it

text = lesson_texts("boxes")


@dataclass(frozen=True, eq=False)
class DrawnBox:
    """One box."""

    box: Box  # (4,) xyxy in pixels of the image
    colour: Colour
    width: int = 3  # of the line, in pixels of the magnified image
    dashed: bool = False
    label: str = ""  # Latin letters or digits at the upper left corner


def draw_boxes(rgb: RGB, boxes: Sequence[DrawnBox], dots: Sequence[tuple[float, float]] = ()) -> RGB:
    """Draw boxes and dots (x, y) over a copy of an image (H, W, 3), magnified by a whole number.

    Later boxes lie over earlier ones, labels over all; each line has a light border, visible on any background.
    """
    factor = max(1, round(LONGEST / max(rgb.shape[:2])))
    canvas = magnified(rgb, factor)
    for x, y in dots:
        cv2.circle(canvas, (round(x * factor), round(y * factor)), 2, (90, 90, 90), cv2.FILLED, cv2.LINE_AA)
    for each in boxes:
        x1, y1, x2, y2 = (round(float(edge) * factor) for edge in each.box)
        for begin, end in pairwise([(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]):
            _line(canvas, begin, end, each)
    for each in boxes:
        x1, y1 = (round(float(edge) * factor) for edge in each.box[:2])
        for colour, width in (((255, 255, 255), 5), ((20, 20, 20), 2)):
            at = (x1 + 5, y1 + 21)
            cv2.putText(canvas, each.label, at, cv2.FONT_HERSHEY_SIMPLEX, 0.65, colour, width, cv2.LINE_AA)
    return canvas


def _line(canvas: RGB, begin: tuple[int, int], end: tuple[int, int], box: DrawnBox) -> None:
    length = max(abs(end[0] - begin[0]), abs(end[1] - begin[1]))
    count = max(1, round(length / DASH)) if box.dashed else 1
    places = np.linspace(begin, end, count + 1).round().astype(int).tolist()
    for one, other in list(pairwise(places))[::2]:
        cv2.line(canvas, one, other, (255, 255, 255), box.width + 2)
        cv2.line(canvas, one, other, box.colour, box.width)


def candidates_figure(things: InstanceImage, anchors: Boxes, per_place: int) -> LessonFigure:
    """The objects, the centre of every anchor, and the anchors of the middle place."""
    middles = (anchors[::per_place, :2] + anchors[::per_place, 2:]) / 2
    at = int(np.argmin(np.abs(middles - np.array(things.rgb.shape[1::-1]) / 2).sum(axis=1)))
    some = [DrawnBox(box, FALSE_POSITIVE, 2) for box in anchors[at * per_place : (at + 1) * per_place]]
    dots = [(float(x), float(y)) for x, y in middles]
    rgb = draw_boxes(things.rgb, [*_true_boxes(things), *some], dots)
    return LessonFigure(rgb, text("offered", count=len(anchors)), text("offered.alt", count=per_place))


def matched_figure(things: InstanceImage, anchors: Boxes, matching: Matching) -> LessonFigure:
    """Each object with its own box and the anchor that fits it best."""
    missed = [not matching.count(index) for index in range(len(things.all))]
    best = [
        DrawnBox(anchors[matching.best(index)], FALSE_NEGATIVE if is_missed else TRUE_POSITIVE, 3, dashed=is_missed)
        for index, is_missed in enumerate(missed)
    ]
    rgb = draw_boxes(things.rgb, [*_true_boxes(things), *best])
    return LessonFigure(
        rgb, text("matched"), text("matched.alt", missed=sum(missed), count=len(missed)), text("legend")
    )


def suppressed_figures(
    things: InstanceImage, anchors: Boxes, matching: Matching, positive: NDArray[np.intp], kept: list[int]
) -> list[LessonFigure]:
    """All positive anchors, and those that NMS keeps."""
    before = [DrawnBox(anchors[number], FALSE_POSITIVE, 2) for number in positive]
    after = [DrawnBox(anchors[number], TRUE_POSITIVE, 3) for number in kept]
    empty = sorted(set(range(len(things.all))) - set(matching.owner[kept].tolist()))
    lost = text("lost", numbers=", ".join(str(index + 1) for index in empty)) if empty else text("none_lost")
    return [
        LessonFigure(draw_boxes(things.rgb, [*_true_boxes(things), *boxes]), title, note=note)
        for boxes, title, note in (
            (before, text("before", count=len(before)), text("scores")),
            (after, text("after", count=len(after)), lost),
        )
    ]


def middle_of(things: InstanceImage, index: int) -> ImagePlace:
    """Return the place in the image of the middle of an object's box."""
    height, width = things.rgb.shape[:2]
    x1, y1, x2, y2 = (float(edge) for edge in things.all[index].box)
    return ImagePlace((y1 + y2) / 2 / height, (x1 + x2) / 2 / width)


def object_at(things: InstanceImage, place: ImagePlace) -> int:
    """Return the index of the object at a place: the smallest whose box holds it, else the one with the nearest box."""
    height, width = things.rgb.shape[:2]
    x, y = place.right * width, place.down * height

    def far_then_large(index: int) -> tuple[float, float]:
        x1, y1, x2, y2 = (float(edge) for edge in things.all[index].box)
        return max(x1 - x, x - x2, 0.0) + max(y1 - y, y - y2, 0.0), (x2 - x1) * (y2 - y1)

    return min(range(len(things.all)), key=far_then_large)


def objects_grid(things: InstanceImage, matching: Matching, kept: list[int], names: list[str], *, hidden: bool) -> Grid:
    """A row for each object: its size, the best IoU of an anchor, its positive anchors, its boxes after NMS."""
    owners = matching.owner[kept]

    def row(index: int) -> list[GridCell]:
        width, height = things.all[index].size
        count, left = matching.count(index), int((owners == index).sum())
        colour = hex_of(mixed(0.55, TRUE_POSITIVE if count else FALSE_NEGATIVE))
        label = text("says", name=names[index], width=width, height=height)
        size = GridCell(f"{width}×{height}", label=label)
        if hidden:
            return [size, GridCell("?"), GridCell("?"), GridCell("?")]
        iou = f"{float(matching.iou[index].max()):.2f}"
        return [size, GridCell(iou), GridCell(str(count), colour), GridCell(str(left), "" if left else colour)]

    return Grid(
        "objects",
        text("objects"),
        [row(index) for index in range(len(names))],
        press="one",
        size_px=58,
        row_titles=[f"{index + 1} {name}" for index, name in enumerate(names)],
        col_titles=[text(f"head.{name}") for name in ("size", "iou", "taught", "kept")],
    )


def _true_boxes(things: InstanceImage) -> list[DrawnBox]:
    """The box of every object, numbered as in the table."""
    return [DrawnBox(thing.box, BLACK, 2, label=str(number)) for number, thing in enumerate(things.all, 1)]


def crop_grid(name: str, cut: RoICrop) -> Grid:
    """The crop of an object; more than 7 x 7 cells leave no room for numbers."""
    crop = cut.crop
    few = len(crop) <= 7

    def cell(row: int, col: int) -> GridCell:
        value = float(crop[row, col])
        return GridCell(f"{value:.1f}" if few else "", grey(value), label=f"{value:.2f}")

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
    map_rgb = viridis_rgb(magnified(downsample(thing.mask, stride, "mean"), stride))[here]
    lines = [
        DrawnBox(rounded - moved, FALSE_POSITIVE, 4, dashed=True),
        DrawnBox(thing.box - moved, (255, 255, 255), 2),
    ]
    x1, y1, x2, y2 = (f"{int(edge):+d}" for edge in rounded - thing.box)
    note = text("rounded", left=x1, top=y1, right=x2, bottom=y2)
    features = draw_boxes(map_rgb, lines)
    shown = [LessonFigure(features, text("features", stride=stride), text("features.alt"), note)]
    for name, cut in cuts.items():
        title, note = text(f"mask.{name}"), text("cut_iou", iou=f"{cut.iou:.2f}")
        outcomes = outcome_rgb(cut.mask, thing.mask, PAPER)[here]
        rgb = draw_boxes(outcomes, [DrawnBox(thing.box - moved, BLACK, 2)])
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

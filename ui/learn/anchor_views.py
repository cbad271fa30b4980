"""Objects and anchors of the boxes lesson: the candidates, the best of each object, before and after NMS."""

import numpy as np
from numpy.typing import NDArray

from segcore.explain.anchors import Boxes, Matching
from segcore.explain.objects import InstanceImage
from ui.components.cells import Grid, GridCell
from ui.learn.box_drawing import DrawnBox, draw_boxes
from ui.learn.colours import FALSE_NEGATIVE, FALSE_POSITIVE, TRUE_POSITIVE, hex_of, mixed
from ui.learn.figures import LessonFigure
from ui.learn.lesson import lesson_texts
from ui.learn.roi_views import BLACK

text = lesson_texts("boxes")


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
        LessonFigure(draw_boxes(things.rgb, [*_true_boxes(things), *boxes]), title, title, note)
        for boxes, title, note in (
            (before, text("before", count=len(before)), text("scores")),
            (after, text("after", count=len(after)), lost),
        )
    ]


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

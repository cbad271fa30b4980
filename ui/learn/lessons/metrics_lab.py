"""Metrics lab: one mask, many scores, and why they disagree."""

import math
from dataclasses import dataclass
from random import Random
from statistics import fmean

import numpy as np
import streamlit as st

from segcore.explain.metrics_lab import BACKGROUND, OBJECT, RARE, SIDE, Lab, measure
from segcore.formatting import score
from segcore.palette import OKABE_ITO
from segcore.types import IGNORE
from ui import cache
from ui.components import cells
from ui.components.cells import CellPlace, Grid, GridCell
from ui.learn import colours, thumbnails
from ui.learn.controls import Selection, Slider, Switch
from ui.learn.formulas import Formula
from ui.learn.guess import NumberGuess
from ui.learn.lesson import Lesson, LessonFunctions, Question, Settings, lesson_texts, number_question, to
from ui.learn.outcomes import SHADES, iou_formula, mean_iou_formula
from ui.text import t
from ui.widgets.tables import table

CLASSES = ("background", "object", "rare")
_COLOURS = {BACKGROUND: "", OBJECT: colours.hex_of(OKABE_ITO[2]), RARE: colours.hex_of(OKABE_ITO[3])}

text = lesson_texts("metrics")


@dataclass(frozen=True, eq=False)
class MetricsResult:
    """The measured scene, and the selected cell of the confusion matrix."""

    lab: Lab
    size: int
    shift: int
    ignore: bool
    painted: tuple[int, ...]
    row: int
    col: int


def compute(settings: Settings) -> MetricsResult:
    """Set up the scene and measure it."""
    size, shift, painted, ignore = (settings[name] for name in ("size", "shift", "pixels", "ignore"))
    places = tuple(divmod(pixel, SIDE) for pixel in painted)
    scene = {"object_side": size, "shift": shift, "rare": settings["rare"], "ignore_border": ignore}
    lab = cache.computed(measure, places=places, **scene)
    row, col = (min(number, len(lab.counts) - 1) for number in settings["cell"])
    return MetricsResult(lab, size, shift, ignore, painted, row, col)


def draw_views(result: MetricsResult, hidden: bool) -> Settings | None:
    """Draw ground truth, prediction and confusion matrix, linked; below, all scores."""
    grids = [_truth(result), _prediction(result, hidden)]
    if hidden:
        cells.show(grids, links={}, key="learn.metrics.cells")
        return None
    chosen = CellPlace("confusion", result.row, result.col)
    pressed = cells.show([*grids, _confusion(result)], links=_links(result), chosen=chosen, key="learn.metrics.cells")
    st.caption(text("hint"))
    _scores(result)
    if not pressed:
        return None
    if pressed[0].grid == "confusion":
        return {"cell": (pressed[0].row, pressed[0].col)}
    return {"pixels": tuple(sorted(set(result.painted) ^ {place.row * SIDE + place.col for place in pressed}))}


def _class(class_id: int) -> str:
    return text(f"class.{CLASSES[class_id]}")


def _truth(result: MetricsResult) -> Grid:
    def cell(row: int, col: int) -> GridCell:
        class_id = int(result.lab.ground_truth[row, col])
        if class_id == IGNORE:
            return GridCell(mark="hatched", label=text("ignored"))
        return GridCell("", _COLOURS[class_id], label=_class(class_id))

    return Grid.build("truth", text("truth"), (SIDE, SIDE), cell, size_px=22)


def _prediction(result: MetricsResult, hidden: bool) -> Grid:
    """TP, FP and FN of the object: by colour, and by a sign in the cell."""
    lab = result.lab

    def cell(row: int, col: int) -> GridCell:
        found, true = int(lab.prediction[row, col]), int(lab.ground_truth[row, col])
        if hidden:
            return GridCell("", _COLOURS[found])
        if true == IGNORE:
            return GridCell("", _COLOURS[found], mark="hatched", label=text("ignored"))
        if OBJECT not in (found, true):
            return GridCell(label=_class(BACKGROUND))
        sign, outcome = ("✓", "tp") if found == true else ("+", "fp") if found == OBJECT else ("−", "fn")
        return GridCell(sign, SHADES[outcome], label=t(f"viewer.{outcome}"))

    title = text("prediction") if hidden else text("outcomes")
    return Grid.build("prediction", title, (SIDE, SIDE), cell, press="" if hidden else "paint", size_px=22)


def _confusion(result: MetricsResult) -> Grid:
    counts = result.lab.counts
    most = math.log1p(int(counts.max()))
    names = [_class(class_id) for class_id in range(len(counts))]

    def cell(row: int, col: int) -> GridCell:
        count = int(counts[row, col])
        colour = colours.mixed(math.log1p(count) / most, colours.NEGATIVE if row == col else colours.POSITIVE)
        label = text("cell", truth=names[row], found=names[col], count=count)
        return GridCell(str(count), colours.hex_of(colour), label=label)

    return Grid.build("confusion", text("confusion"), counts.shape, cell, press="one", size_px=60, titles=names)


def _links(result: MetricsResult) -> dict[CellPlace, list[CellPlace]]:
    """Cell of the matrix → its pixels; pixel → its cell."""
    links: dict[CellPlace, list[CellPlace]] = {}
    for row, col in np.ndindex(result.lab.ground_truth.shape):
        true, found = int(result.lab.ground_truth[row, col]), int(result.lab.prediction[row, col])
        if true == IGNORE:
            continue
        cell = CellPlace("confusion", true, found)
        pixels = [CellPlace("truth", row, col), CellPlace("prediction", row, col)]
        links.setdefault(cell, []).extend(pixels)
        for pixel in pixels:
            links[pixel] = [cell, *pixels]
    return links


def _scores(result: MetricsResult) -> None:
    """Draw every score of this image, of a second one with a small object, of both in one matrix, and their mean."""
    lab = result.lab
    images = (lab.scores, lab.other_scores, lab.pooled)
    values: dict[str, list[float]] = {}
    for name in ("pixel_accuracy", "mean_accuracy", "miou", "frequency_weighted_iou"):
        values[t(f"metric.{name}")] = [getattr(each, name) for each in images]
    for name in ("iou", "dice", "precision", "recall"):
        values[text("object", score=t(f"metric.{name}"))] = [getattr(each, name)[OBJECT] for each in images]
    values[text("boundary")] = [*lab.boundary_f, math.nan]  # no confusion matrix contains it
    rows = []
    for title, each in values.items():
        exist = [value for value in each[:2] if not math.isnan(value)]
        rows.append([title, *map(score, [*each, fmean(exist) if exist else math.nan])])
    head = [t("metric.name"), text("this"), text("second"), text("together"), text("mean")]
    table(text("scores"), head, rows, numbers=(1, 2, 3, 4))


def _predict(result: MetricsResult) -> str:
    painted = text("predict.painted", count=len(result.painted)) if result.painted else ""
    return text("predict", shift=result.shift, painted=painted)


def formulas(result: MetricsResult) -> list[Formula]:
    """IoU and Dice of the object, pixel accuracy, mean IoU: from counts."""
    lab = result.lab
    iou = iou_formula(lab.overlap)
    dice = r"\mathrm{Dice} = \frac{2\,TP}{2\,TP + FP + FN} = \frac{2\,\mathrm{IoU}}{1 + \mathrm{IoU}}"
    dice_numbers = r"\frac{2\cdot @tp@}{2\cdot @tp@ + @fp@ + @fn@} = \frac{2\cdot @iou@}{1 + @iou@} = @dice@"
    accuracy = r"\mathrm{PA} = \frac{\sum_c M_{cc}}{\sum_{c,c'} M_{cc'}}"
    counts = {"right": int(lab.counts.trace()), "pixels": int(lab.counts.sum()), "pa": lab.scores.pixel_accuracy}
    return [
        iou,
        Formula("dice", dice, dice_numbers, {**iou.values, "dice": lab.scores.dice[OBJECT]}, SHADES),
        Formula("accuracy", accuracy, r"\frac{@right@}{@pixels@} = @pa@", counts),
        mean_iou_formula(lab.scores.iou, lab.scores.miou),
    ]


def check(result: MetricsResult, random: Random) -> Question:
    """How good is a prediction of background everywhere?"""
    size = random.choice([side for side in range(2, 7) if side != result.size])
    missed = SIDE * SIDE - size * size
    accuracy = missed / (SIDE * SIDE)
    right = f"{accuracy / 2:.3f}"
    return number_question(
        text("check", side=SIDE, size=size, accuracy=f"{accuracy:.3f}"),
        right,
        [f"{value:.3f}" for value in (accuracy, 0.0, 0.5 * (1 + accuracy))],
        text("why", formula=rf"$\frac{{{missed}/{SIDE * SIDE} + 0}}{{2}} = {right}$"),
    )


def code(result: MetricsResult) -> list[str]:
    """Counting with one bincount, as segcore.metrics does."""
    k = len(result.lab.counts)
    begin, shift = (SIDE - result.size) // 2, result.shift
    end = begin + result.size
    return [
        "import torch",
        "",
        f"truth = torch.zeros({SIDE}, {SIDE}, dtype=torch.int64)",
        *([f"truth[{begin - 1}:{end + 1}, {begin - 1}:{end + 1}] = {IGNORE}"] if result.ignore else []),
        f"truth[{begin}:{end}, {begin}:{end}] = {OBJECT}",
        *([f"truth[{SIDE - 2}, {SIDE - 2}] = {RARE}"] if k > RARE else []),
        "prediction = torch.zeros_like(truth)",
        f"prediction[{begin + shift}:{end + shift}, {begin + shift}:{end + shift}] = {OBJECT}",
        *([f"prediction.view(-1)[{list(result.painted)}] ^= 1  # painted over"] if result.painted else []),
        "",
        f"valid = truth != {IGNORE}",
        f"pairs = {k} * truth[valid] + prediction[valid]",
        f"counts = torch.bincount(pairs, minlength={k}**2).reshape({k}, {k})  # rows: truth, columns: prediction",
        "right = counts.diagonal()",
        "iou = right / (counts.sum(0) + counts.sum(1) - right)",
        "accuracy = right.sum() / counts.sum()",
        "print(counts, iou, iou.nanmean(), accuracy)",
    ]


LESSON = Lesson(
    name="metrics",
    group="trust",
    minutes=8,
    thumbnail=lambda result: thumbnails.of_grid(_prediction(result, hidden=False)),
    terms=("pixel_accuracy", "iou", "miou", "dice", "precision", "recall", "confusion_matrix", "class_imbalance"),
    controls=(Slider("size", 4, 1, 10), Slider("shift", 1, 0, 6), Switch("rare")),
    more=(Switch("ignore"), Selection("pixels", (), high=SIDE * SIDE - 1), Selection("cell", (1, 1), high=2, length=2)),
    steps={
        "small": {"size": 2, "shift": 2, "cell": (1, 0)},
        "rare": {"size": 6, "shift": 0, "rare": True, "cell": (2, 0)},
        "pool": {"size": 10, "shift": 1},
    },
    guess=NumberGuess(0.0, 1.0, 0.05, lambda result: result.lab.scores.iou[OBJECT], near=0.1),
    predict=_predict,
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("segment", text("link.segment"), sample="coins", model="otsu"),
        to("models", text("link.models")),
    ],
)

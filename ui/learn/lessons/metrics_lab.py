"""Lesson 14: metrics lab. The same mask, many scores, and why they disagree."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st

from segcore.explain.metrics_lab import BACKGROUND, OBJECT, RARE, SIDE, Lab, measure
from segcore.metrics import Scores
from segcore.palette import OKABE_ITO
from segcore.types import IGNORE
from ui import cache
from ui.components import cells
from ui.components.cells import Cell, Grid, Place
from ui.learn import colours
from ui.learn.controls import Selection, Slider, Switch
from ui.learn.formulas import Formula
from ui.learn.guess import NumberGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.text import t
from ui.widgets import frame
from ui.widgets.tables import table

CLASSES = ("background", "object", "rare")
_COLOURS = {BACKGROUND: "", OBJECT: colours.hex_of(OKABE_ITO[2]), RARE: colours.hex_of(OKABE_ITO[3])}


@dataclass(frozen=True, eq=False)
class MetricsResult:
    """What was measured, and the cell of the confusion matrix that is looked at."""

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
    lab = cache.computed(_measure, size, shift, painted, settings["rare"], ignore)
    last = len(lab.counts) - 1
    row, col = (min(number, last) for number in settings["cell"])
    return MetricsResult(lab, size, shift, ignore, painted, row, col)


def _measure(size: int, shift: int, pixels: tuple[int, ...], rare: bool, ignore: bool) -> Lab:
    places = [(pixel // SIDE, pixel % SIDE) for pixel in pixels]
    return measure(object_side=size, shift=shift, places=places, rare=rare, ignore_border=ignore)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: MetricsResult, hidden: bool) -> Settings | None:
    """Truth, prediction and confusion matrix, linked; below, what each score makes of them."""
    grids = [_truth(result), _prediction(result, hidden)]
    if not hidden:
        grids.append(_confusion(result))
    chosen = None if hidden else Place("confusion", result.row, result.col)
    pressed = cells.show(grids, links={} if hidden else _links(result), chosen=chosen, key="learn.metrics.cells")
    if hidden:
        return None
    st.caption(t("lesson.metrics.hint"))
    _scores(result)
    if not pressed:
        return None
    if pressed[0].grid == "confusion":
        return {"cell": (pressed[0].row, pressed[0].col)}
    return {"pixels": tuple(sorted(set(result.painted) ^ {place.row * SIDE + place.col for place in pressed}))}


def _class(class_id: int) -> str:
    return t(f"lesson.metrics.class.{CLASSES[class_id]}")


def _truth(result: MetricsResult) -> Grid:
    def cell(class_id: int) -> Cell:
        if class_id == IGNORE:
            return Cell(mark="hatched", says=t("lesson.metrics.ignored"))
        return Cell("", _COLOURS[class_id], says=_class(class_id))

    rows = [[cell(int(class_id)) for class_id in row] for row in result.lab.ground_truth]
    return Grid("truth", t("lesson.metrics.truth"), rows, size_px=22)


def _prediction(result: MetricsResult, hidden: bool) -> Grid:
    """Hits, false alarms and misses of the object: by colour, and by a sign in the cell."""
    lab = result.lab

    def cell(row: int, col: int) -> Cell:
        found, true = lab.prediction[row, col] == OBJECT, lab.ground_truth[row, col]
        if hidden:
            return Cell("", _COLOURS[int(lab.prediction[row, col])])
        if true == IGNORE:
            colour = _COLOURS[int(lab.prediction[row, col])]
            return Cell("", colour, mark="hatched", says=t("lesson.metrics.ignored"))
        if found and true == OBJECT:
            return Cell("✓", colours.hex_of(colours.TRUE_POSITIVE), says=t("viewer.tp"))
        if found:
            return Cell("+", colours.hex_of(colours.FALSE_POSITIVE), says=t("viewer.fp"))
        if true == OBJECT:
            return Cell("−", colours.hex_of(colours.FALSE_NEGATIVE), says=t("viewer.fn"))
        return Cell(says=_class(BACKGROUND))

    rows = [[cell(row, col) for col in range(SIDE)] for row in range(SIDE)]
    title = t("lesson.metrics.prediction") if hidden else t("lesson.metrics.outcomes")
    return Grid("prediction", title, rows, press="" if hidden else "paint", size_px=22)


def _confusion(result: MetricsResult) -> Grid:
    counts = result.lab.counts
    most = math.log1p(int(counts.max()))
    names = [_class(class_id) for class_id in range(len(counts))]

    def cell(row: int, col: int) -> Cell:
        count = int(counts[row, col])
        colour = colours.mixed(math.log1p(count) / most, colours.NEGATIVE if row == col else colours.POSITIVE)
        says = t("lesson.metrics.cell", truth=names[row], found=names[col], count=count)
        return Cell(str(count), colours.hex_of(colour), says=says)

    rows = [[cell(row, col) for col in range(len(counts))] for row in range(len(counts))]
    title = t("lesson.metrics.confusion")
    return Grid("confusion", title, rows, press="one", size_px=60, row_titles=names, col_titles=names)


def _links(result: MetricsResult) -> dict[Place, list[Place]]:
    """Cell of the matrix → its pixels; pixel → its cell."""
    links: dict[Place, list[Place]] = {}
    for row, col in np.ndindex(result.lab.ground_truth.shape):
        true, found = int(result.lab.ground_truth[row, col]), int(result.lab.prediction[row, col])
        if true == IGNORE:
            continue
        cell = Place("confusion", true, found)
        pixels = [Place("truth", row, col), Place("prediction", row, col)]
        links.setdefault(cell, []).extend(pixels)
        for pixel in pixels:
            links[pixel] = [cell, *pixels]
    return links


def _scores(result: MetricsResult) -> None:
    """Every score of this picture, of a second one with a small object, of both in one table, and their mean."""
    pictures = (result.lab.scores, result.lab.other_scores, result.lab.pooled)
    rows: list[tuple[str, Callable[[Scores], float]]] = [
        (t("metric.pixel_accuracy"), lambda each: each.pixel_accuracy),
        (t("metric.mean_accuracy"), lambda each: each.mean_accuracy),
        (t("metric.miou"), lambda each: each.miou),
        (t("metric.frequency_weighted_iou"), lambda each: each.frequency_weighted_iou),
        (t("lesson.metrics.object", score=t("metric.iou")), lambda each: each.iou[OBJECT]),
        (t("lesson.metrics.object", score=t("metric.dice")), lambda each: each.dice[OBJECT]),
        (t("lesson.metrics.object", score=t("metric.precision")), lambda each: each.precision[OBJECT]),
        (t("lesson.metrics.object", score=t("metric.recall")), lambda each: each.recall[OBJECT]),
    ]
    values = [(name, [score(each) for each in pictures]) for name, score in rows]
    values.append((t("lesson.metrics.boundary"), [*result.lab.boundary_f, math.nan]))  # no table of counts tells it
    table(
        t("lesson.metrics.scores"),
        [
            *(t("metric.name"), t("lesson.metrics.this"), t("lesson.metrics.second")),
            *(t("lesson.metrics.together"), t("lesson.metrics.mean")),
        ],
        [[name, *map(_three, each), _three(_mean(each[:2]))] for name, each in values],
        numbers=(1, 2, 3, 4),
    )


def _mean(values: list[float]) -> float:
    """Mean over the pictures for which the score exists."""
    exist = [value for value in values if not math.isnan(value)]
    return sum(exist) / len(exist) if exist else math.nan


def _three(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.3f}"


# --- formula, check -------------------------------------------------------------------------------------------------


def formulas(result: MetricsResult) -> list[Formula]:
    """IoU and Dice of the object, pixel accuracy, mean IoU: from counts."""
    lab = result.lab
    values: dict[str, float] = {
        "tp": lab.true_positive,
        "fp": lab.false_positive,
        "fn": lab.false_negative,
        "iou": lab.scores.iou[OBJECT],
        "dice": lab.scores.dice[OBJECT],
    }
    shades = {
        "tp": colours.hex_of(colours.TRUE_POSITIVE),
        "fp": colours.hex_of(colours.FALSE_POSITIVE),
        "fn": colours.hex_of(colours.FALSE_NEGATIVE),
    }
    right, pixels = int(lab.counts.trace()), int(lab.counts.sum())
    existing = {f"iou{i}": iou for i, iou in enumerate(lab.scores.iou) if not math.isnan(iou)}
    mean = " + ".join(f"@{name}@" for name in existing)
    return [
        Formula(
            "iou",
            r"\mathrm{IoU} = \frac{TP}{TP + FP + FN}",
            r"\frac{@tp@}{@tp@ + @fp@ + @fn@} = @iou@",
            values,
            shades,
        ),
        Formula(
            "dice",
            r"\mathrm{Dice} = \frac{2\,TP}{2\,TP + FP + FN} = \frac{2\,\mathrm{IoU}}{1 + \mathrm{IoU}}",
            r"\frac{2\cdot @tp@}{2\cdot @tp@ + @fp@ + @fn@} = \frac{2\cdot @iou@}{1 + @iou@} = @dice@",
            values,
            shades,
        ),
        Formula(
            "accuracy",
            r"\mathrm{PA} = \frac{\sum_c M_{cc}}{\sum_{c,c'} M_{cc'}}",
            r"\frac{@right@}{@pixels@} = @pa@",
            {"right": right, "pixels": pixels, "pa": lab.scores.pixel_accuracy},
        ),
        Formula(
            "miou",
            r"\mathrm{mIoU} = \frac{1}{K} \sum_c \mathrm{IoU}_c",
            rf"\frac{{{mean}}}{{@k@}} = @miou@",
            {**existing, "k": len(existing), "miou": lab.scores.miou},
        ),
    ]


def check(result: MetricsResult, random: Random) -> Question:
    """A prediction that says background everywhere: how good is it?"""
    size = random.choice([side for side in range(2, 7) if side != result.size])
    missed = SIDE * SIDE - size * size
    accuracy = missed / (SIDE * SIDE)
    right, options = accuracy / 2, (accuracy, accuracy / 2, 0.0, 0.5 * (1 + accuracy))
    return Question(
        t("lesson.metrics.check", side=SIDE, size=size, accuracy=f"{accuracy:.3f}"),
        {f"{value:.3f}": f"{value:.3f}" for value in options},
        f"{right:.3f}",
        t("lesson.metrics.why", formula=rf"$\frac{{{missed}/{SIDE * SIDE} + 0}}{{2}} = {right:.3f}$"),
    )


def code(result: MetricsResult) -> str:
    """Counting with one bincount, as segcore.metrics does."""
    k = len(result.lab.counts)
    begin, shift = (SIDE - result.size) // 2, result.shift
    end = begin + result.size
    lines = [
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
    return "\n".join(lines)


def practice(result: MetricsResult) -> list[PracticeLink]:
    """To a photo whose truth can be compared, and to the scores of the checkpoints."""
    return [
        PracticeLink(
            t("lesson.metrics.link.segment"), frame.PAGES / "segment.py", {"sample": "coins", "model": "otsu"}
        ),
        PracticeLink(t("lesson.metrics.link.models"), frame.PAGES / "models.py"),
    ]


def _iou(result: MetricsResult) -> float:
    return result.lab.scores.iou[OBJECT]


LESSON = Lesson(
    name="metrics",
    terms=("pixel_accuracy", "iou", "miou", "dice", "precision", "recall", "confusion_matrix", "class_imbalance"),
    controls=(Slider("size", 4, 1, 10), Slider("shift", 1, 0, 6), Switch("rare")),
    more=(
        Switch("ignore"),
        Selection("pixels", (), high=SIDE * SIDE - 1),
        Selection("cell", (1, 1), high=2, length=2),
    ),
    steps=(
        Step("small", {"size": 2, "shift": 2, "cell": (1, 0)}),
        Step("rare", {"size": 6, "shift": 0, "rare": True, "cell": (2, 0)}),
        Step("pool", {"size": 10, "shift": 1}),
    ),
    guess=NumberGuess(0.0, 1.0, 0.05, _iou, near=0.1),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

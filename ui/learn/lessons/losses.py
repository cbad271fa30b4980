"""Lesson 10: the loss decides what the network dares to say."""

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import streamlit as st

from segcore.experiments.loss_comparison import LOSSES
from segcore.explain.losses import (
    NAMES,
    PERCENTS,
    PIXELS,
    REGIONS,
    SIDE,
    LossParts,
    Map,
    Region,
    best_percent,
    class_weights,
    curve,
    loss_parts,
    soft_counts,
)
from ui import cache
from ui.components import cells
from ui.components.cells import Cell, Grid, Place
from ui.learn import colours
from ui.learn.controls import Choice, Selection, Slider
from ui.learn.formulas import Formula, digits
from ui.learn.guess import NumberGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.text import t
from ui.widgets import frame, job_panel, line_chart
from ui.widgets.line_chart import Line
from ui.widgets.tables import table

GAMMA = 2.0
STEPS = 160
_COLOURS = dict(zip(LOSSES, ("#c2447e", "#9a7b2f", "#7a6fc4", "#2a7fb8", "#2e9e6b"), strict=True))
_DASHES = dict(zip(LOSSES, ("solid", "dash", "dot", "solid", "dashdot"), strict=True))


@dataclass(frozen=True, eq=False)
class LossesResult:
    """A prediction, what the chosen loss says of it, and what each loss would like best."""

    name: str
    answer: Region
    side: int
    q: int
    judged: LossParts
    curves: dict[str, tuple[float, ...]]
    row: int
    col: int
    live: str

    @property
    def best(self) -> int:
        """The q, in percent, that the chosen loss likes best."""
        return best_percent(self.curves[self.name])


def compute(settings: Settings) -> LossesResult:
    """Judge the prediction."""
    name, answer, side, q = (settings[key] for key in ("loss", "answer", "side", "q"))
    judged = cache.computed(_judge, name, answer, side, q)
    curves = cache.computed(_curves, answer, side)
    row, col = settings["cell"]
    return LossesResult(name, answer, side, q, judged, curves, row, col, settings["live"])


def _judge(name: str, answer: Region, side: int, q: int) -> LossParts:
    return loss_parts(name, answer, side, q / 100, GAMMA)


def _curves(answer: Region, side: int) -> dict[str, tuple[float, ...]]:
    return {name: curve(name, answer, side, GAMMA) for name in NAMES}


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: LossesResult, hidden: bool) -> Settings | None:
    """What the network says, what each pixel costs and where it is pulled; below, which q costs least."""
    judged = result.judged
    grids = [_prediction(result)]
    if not hidden:
        grids.append(_map(result, "loss", judged.per_pixel))
        grids.append(_map(result, "gradient", judged.gradient))
    names = [grid.name for grid in grids]
    every = [(name, row, col) for name in names for row in range(SIDE) for col in range(SIDE)]
    links = {Place(*cell): [Place(name, *cell[1:]) for name in names] for cell in every}
    chosen = None if hidden else Place(names[0], result.row, result.col)
    pressed = cells.show(grids, links=links, chosen=chosen, key="learn.losses.cells")
    st.caption(t("lesson.losses.hint.hidden") if hidden else t("lesson.losses.hint"))
    if hidden:
        return None
    _curve(result)
    _live(result)
    return {"cell": (pressed[0].row, pressed[0].col)} if pressed else None


def _prediction(result: LossesResult) -> Grid:
    """Probabilities, and a sign where the object truly is."""

    def cell(row: int, col: int) -> Cell:
        p, is_object = float(result.judged.probs[row, col]), bool(result.judged.ground_truth[row, col])
        colour = _unless_faint(p, colours.hex_of(colours.mixed(p, colours.TRUE_POSITIVE)))
        says = t(f"lesson.losses.pixel.{'object' if is_object else 'background'}", p=_percent(p))
        return Cell("●" if is_object else "", colour, says=says)

    rows = [[cell(row, col) for col in range(SIDE)] for row in range(SIDE)]
    return Grid("prediction", t("lesson.losses.prediction"), rows, press="one", size_px=24)


def _map(result: LossesResult, name: str, values: Map) -> Grid:
    extreme = float(np.abs(values).max()) or 1.0

    def cell(row: int, col: int) -> Cell:
        value = float(values[row, col])
        return Cell("", _unless_faint(value / extreme, colours.diverging(value, extreme)), says=digits(value))

    rows = [[cell(row, col) for col in range(SIDE)] for row in range(SIDE)]
    return Grid(name, t(f"lesson.losses.map.{name}"), rows, press="one", size_px=24)


def _unless_faint(share: float, colour: str) -> str:
    """A colour, or the page's own where there is next to nothing: white cells would glare on a dark page."""
    return colour if abs(share) > 0.02 else ""


def _curve(result: LossesResult) -> None:
    """The loss over q, and for every loss the q that it likes best with what the mask then is."""
    losses = result.curves[result.name]
    here, best = losses[result.q - 1], losses[result.best - 1]
    loss = t(f"lesson.losses.set.loss.{result.name}")
    left, right = st.columns([1, 1], gap="medium")
    with left:
        line_chart.show(
            [
                Line(loss, PERCENTS, losses, "#2a7fb8", width=3),
                Line(t("lesson.losses.now"), [result.q], [here], "#d9822b", width=0, symbol="circle"),
                Line(t("lesson.losses.best"), [result.best], [best], "#2e9e6b", width=0, symbol="diamond"),
            ],
            key="learn.losses.curve",
            x=t("lesson.losses.q"),
            y=t("lesson.losses.value"),
            alt=t(
                "lesson.losses.curve.alt", loss=loss, q=result.q, here=digits(here), best=result.best, low=digits(best)
            ),
        )
    with right:
        rows = []
        for name in NAMES:
            liked = best_percent(result.curves[name])
            then = cache.computed(_judge, name, result.answer, result.side, liked)
            mark = "▸ " if name == result.name else ""
            words = mark + t(f"lesson.losses.set.loss.{name}")
            rows.append([words, f"{liked} %", f"{then.accuracy:.2f}", f"{then.iou:.2f}"])
        head = [t("lesson.losses.loss"), t("lesson.losses.best"), t("metric.pixel_accuracy"), t("metric.iou")]
        table(t("lesson.losses.dares"), head, rows, numbers=(1, 2, 3))


def _live(result: LossesResult) -> None:
    """A real network, once with each loss."""
    with st.container(border=True, key="learn.losses.trained"):
        st.markdown(f"**{t('lesson.losses.live')}**")
        st.caption(t(f"lesson.losses.live.about.{result.live}", steps=STEPS))
        measured = job_panel.panel(
            "lesson-losses",
            {"size": result.live, "steps": STEPS, "seed": 0},
            key="learn.losses.race",
            label=t("lesson.losses.live.start"),
        )
        if measured is not None:
            _raced(measured)


def _raced(measured: dict[str, Any]) -> None:
    courses = measured["courses"]
    words = {name: t(f"lesson.losses.set.loss.{name}") for name in courses}
    ends = ", ".join(f"{words[name]} {course['iou'][-1]:.2f}" for name, course in courses.items())
    line_chart.show(
        [Line(words[name], c["step"], c["iou"], _COLOURS[name], dash=_DASHES[name]) for name, c in courses.items()],
        key="learn.losses.race.chart",
        x=t("learn.axis.steps"),
        y=t("lesson.losses.live.iou"),
        alt=t("lesson.losses.live.alt", ends=ends),
        y_axis={"range": [-0.02, 1.02]},
    )
    scores = ("accuracy", "iou", "precision", "recall")
    head = [t("metric.pixel_accuracy"), t("metric.iou"), t("metric.precision"), t("metric.recall")]
    rows = [[words[name], *(f"{course[score][-1]:.3f}" for score in scores)] for name, course in courses.items()]
    table(t("lesson.losses.live.table", steps=STEPS), [t("lesson.losses.loss"), *head], rows, numbers=(1, 2, 3, 4))
    st.caption(t("lesson.losses.live.note", share=f"{100 * measured['share']:.1f}"))


def _percent(p: float) -> str:
    return digits(round(100 * p, 1))


# --- predict, formula, check ----------------------------------------------------------------------------------------


def formulas(result: LossesResult) -> list[Formula]:
    """The pixel that is looked at, the whole loss, and the pull on the spot."""
    return [_pixel_formula(result), _loss_formula(result), _pull_formula(result)]


def _pixel_formula(result: LossesResult) -> Formula:
    judged = result.judged
    is_object = bool(judged.ground_truth[result.row, result.col])
    p = float(judged.probs[result.row, result.col])
    right = p if is_object else 1 - p
    values: dict[str, float] = {"p": right, "l": float(judged.per_pixel[result.row, result.col]), "n": PIXELS}
    log = r"-\log p_y"
    if result.name in ("dice", "ce_dice"):
        (tp0, fp0, fn0), (tp1, fp1, fn1) = soft_counts(judged.ground_truth, judged.probs)
        values |= {"d0": 2 * tp0 + fp0 + fn0, "d1": 2 * tp1 + fp1 + fn1}
        symbols = r"\frac{N}{2}\,(1 - p_y)\Big(\frac{1}{D_0} + \frac{1}{D_1}\Big)"
        numbers = r"\frac{@n@}{2}\,(1 - @p@)\Big(\frac{1}{@d0@} + \frac{1}{@d1@}\Big)"
        if result.name == "ce_dice":
            symbols, numbers = rf"{log} + {symbols}", rf"-\log @p@ + {numbers}"
        return Formula("pixel", r"\ell = " + symbols, numbers + " = @l@", values)
    if result.name == "weighted":
        weights = class_weights(result.side)
        count = result.side**2
        values |= {"w": float(weights[int(is_object)]), "s": PIXELS - count + count * float(weights[1])}
        return Formula(
            "pixel",
            r"\ell = N\,\frac{w_y}{\sum w}\,(-\log p_y)",
            r"@n@\cdot\frac{@w@}{@s@}\cdot(-\log @p@) = @l@",
            values,
        )
    symbols, numbers = {
        "focal": (r"(1 - p_y)^{\gamma}\,(-\log p_y)", r"(1 - @p@)^{@g@}\cdot(-\log @p@)"),
        "mse": (r"(1 - p_y)^2", r"(1 - @p@)^2"),
    }.get(result.name, (log, r"-\log @p@"))
    return Formula("pixel", rf"\ell = {symbols}", numbers + " = @l@", values | {"g": GAMMA})


def _loss_formula(result: LossesResult) -> Formula:
    """Of all pixels: those of the object, and the others."""
    judged = result.judged
    values: dict[str, float] = {
        "o": float(judged.per_pixel[judged.ground_truth].sum()),
        "b": float(judged.per_pixel[~judged.ground_truth].sum()),
        "n": PIXELS,
        "loss": judged.value,
    }
    return Formula(
        "loss",
        r"L = \frac{1}{N}\Big(\sum_{\text{object}} \ell + \sum_{\text{background}} \ell\Big)",
        r"\frac{@o@ + @b@}{@n@} = @loss@",
        values,
    )


def _pull_formula(result: LossesResult) -> Formula:
    """Of the pixels of the spot: what asks for more, and what asks for less."""
    judged = result.judged
    spot = judged.region >= 0.5
    up = float(judged.gradient[spot & judged.ground_truth].sum())
    down = float(judged.gradient[spot & ~judged.ground_truth].sum())
    return Formula(
        "pull",
        r"\sum_{\text{spot, object}} g + \sum_{\text{spot, background}} g",
        "(@up@) + @down@ = @sum@",
        {"up": up, "down": down, "sum": up + down},
        colours={"up": colours.hex_of(colours.NEGATIVE), "down": colours.hex_of(colours.POSITIVE)},
    )


def check(result: LossesResult, random: Random) -> Question:
    """Cross entropy of a spot in which the object is somewhere: the share is the answer."""
    side = random.choice((1, 2, 3))
    pixels = random.choice([size for size in (10, 12, 16, 18, 20, 36) if size > side**2 and size != 4 * result.side**2])
    share = side**2 / pixels
    options = list(dict.fromkeys([_percent(share), "50", "99", _percent(side**2 / PIXELS)]))
    shown = t("lesson.losses.check.yes") if share > 0.5 else t("lesson.losses.check.no")
    return Question(
        t("lesson.losses.check", count=side**2, pixels=pixels),
        {option: f"{option} %" for option in options},
        _percent(share),
        t("lesson.losses.why", formula=rf"$q = \frac{{{side**2}}}{{{pixels}}} = {share:.3f}$", mask=shown),
    )


def code(result: LossesResult) -> str:
    """The loss and its gradient by autograd, in plain PyTorch."""
    begin = (SIDE - result.side) // 2
    end = begin + result.side
    spot = [[round(float(value), 4) for value in row] for row in result.judged.region]
    nothing = [0.0] * SIDE
    rows = [row for row in spot if row != nothing]
    first = spot.index(rows[0])
    cross = f"F.cross_entropy(z, y{_weights_in_code(result)})"
    dice = "1 - (2 * (p * t).sum((0, 2, 3)) / (p + t).sum((0, 2, 3))).mean()"
    lines_of = {
        "bce": "F.binary_cross_entropy_with_logits(z, t)",
        "focal": f"((1 - (p * t).sum(1)) ** {GAMMA:g} * F.cross_entropy(z, y, reduction='none')).mean()",
        "dice": dice,
        "ce_dice": f"{cross} + {dice}",
        "mse": "((p - t) ** 2).mean()",
    }
    half = "odds" if result.name == "bce" else "odds / 2"
    return "\n".join(
        [
            "import torch",
            "from torch.nn import functional as F",
            "",
            f"y = torch.zeros(1, {SIDE}, {SIDE}, dtype=torch.int64)",
            f"y[:, {begin}:{end}, {begin}:{end}] = 1",
            f"spot = torch.zeros({SIDE}, {SIDE})",
            f"spot[{first}:{first + len(rows)}] = torch.tensor([",
            *(f"    {row}," for row in rows),
            "])",
            f"odds = torch.logit(0.01 + ({result.q / 100:g} - 0.01) * spot)",
            f"z = torch.stack([-{half}, {half}])[None].requires_grad_()",
            "p, t = z.softmax(1), F.one_hot(y, 2).movedim(3, 1).float()",
            f"loss = {lines_of.get(result.name, cross)}",
            "loss.backward()",
            f"print(loss.item(), {PIXELS} * z.grad[0, 1, {result.row}, {result.col}].item())",
        ]
    )


def _weights_in_code(result: LossesResult) -> str:
    if result.name != "weighted":
        return ""
    return f", weight=torch.tensor([1.0, {float(class_weights(result.side)[1]):g}])"


def practice(result: LossesResult) -> list[PracticeLink]:
    """To the form in which a loss is chosen, and to what became of networks."""
    train, models = frame.PAGES / "train.py", frame.PAGES / "models.py"
    return [
        PracticeLink(t("lesson.losses.link.train"), train),
        PracticeLink(t("lesson.losses.link.models"), models),
    ]


def _best(result: LossesResult) -> float:
    return float(result.best)


LESSON = Lesson(
    name="losses",
    terms=("loss", "cross_entropy", "dice_loss", "focal_loss", "class_imbalance", "gradient"),
    controls=(Choice("loss", "cross_entropy", NAMES), Slider("q", 25, 1, 99), Choice("answer", "spot", REGIONS)),
    more=(
        Slider("side", 2, 1, 4),
        Choice("live", "rare", ("rare", "common")),
        Selection("cell", (4, 4), high=SIDE - 1, length=2),
    ),
    steps=(
        Step("dice", {"loss": "dice"}),
        Step("weighted", {"loss": "weighted", "q": 89}),
        Step("flat", {"answer": "flat", "q": 4, "cell": (0, 0)}),
    ),
    guess=NumberGuess(1.0, 99.0, 1.0, _best, near=5),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

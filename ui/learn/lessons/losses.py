"""The loss decides what the network predicts when it is unsure."""

from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st

from segcore.explain import losses
from segcore.explain.losses import NAMES, PERCENTS, PIXELS, REGIONS, SIDE, LossParts, Map, Region
from ui import cache
from ui.components import cells
from ui.components.cells import CellPlace, Grid, GridCell
from ui.learn import colours, live_losses, thumbnails
from ui.learn.controls import Choice, Selection, Slider
from ui.learn.formulas import Formula, digits
from ui.learn.guess import NumberGuess
from ui.learn.lesson import (
    TORCH_IMPORTS,
    Lesson,
    LessonFunctions,
    Question,
    Settings,
    lesson_texts,
    number_question,
    to,
)
from ui.text import t
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine
from ui.widgets.tables import table

GAMMA = 2.0

text = lesson_texts("losses")


@dataclass(frozen=True, eq=False)
class LossesResult:
    """A prediction, its value of the chosen loss, and the best prediction for each loss."""

    name: str  # of the loss
    answer: Region  # where the network predicts the object
    side: int  # of the object
    q: int  # predicted probability in per cent
    judged: LossParts
    curves: dict[str, tuple[float, ...]]  # loss → its values over q
    row: int  # of the selected pixel
    col: int
    live: str  # how frequent the object is in the live training

    @property
    def best(self) -> int:
        """The q, in per cent, with the smallest value of the chosen loss."""
        return losses.best_percent(self.curves[self.name])


def compute(settings: Settings) -> LossesResult:
    """Evaluate the prediction."""
    name, answer, side, q = (settings[key] for key in ("loss", "answer", "side", "q"))
    judged = cache.computed(losses.loss_parts, name, answer, side, q / 100, GAMMA)
    curves = {each: cache.computed(losses.curve, each, answer, side, GAMMA) for each in NAMES}
    row, col = settings["cell"]
    return LossesResult(name, answer, side, q, judged, curves, row, col, settings["live"])


def draw_views(result: LossesResult, hidden: bool) -> Settings | None:
    """Draw the prediction, the loss and the gradient of each pixel; below, the loss over q."""
    grids = [_prediction(result)]
    if not hidden:
        grids += [_map("loss", result.judged.per_pixel), _map("gradient", result.judged.gradient)]
    links: dict[CellPlace, list[CellPlace]] = {}
    for row, col in np.ndindex(SIDE, SIDE):
        same = [CellPlace(grid.name, row, col) for grid in grids]
        links |= dict.fromkeys(same, same)
    chosen = None if hidden else CellPlace("prediction", result.row, result.col)
    pressed = cells.show(grids, links=links, chosen=chosen, key="learn.losses.cells")
    st.caption(text("hint.hidden") if hidden else text("hint"))
    if hidden:
        return None
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _curve(result)
    with right:
        _best_predictions(result)
    live_losses.draw(result.live)
    return {"cell": (pressed[0].row, pressed[0].col)} if pressed else None


def _prediction(result: LossesResult) -> Grid:
    """Probabilities, and a sign on the pixels of the object."""

    def cell(row: int, col: int) -> GridCell:
        p, is_object = float(result.judged.probs[row, col]), bool(result.judged.ground_truth[row, col])
        colour = _unless_faint(p, colours.hex_of(colours.mixed(p, colours.TRUE_POSITIVE)))
        label = text(f"pixel.{'object' if is_object else 'background'}", p=_percent(p))
        return GridCell("●" if is_object else "", colour, label=label)

    return Grid.build("prediction", text("prediction"), (SIDE, SIDE), cell, press="one", size_px=24)


def _map(name: str, values: Map) -> Grid:
    extreme = float(np.abs(values).max()) or 1.0

    def cell(row: int, col: int) -> GridCell:
        value = float(values[row, col])
        return GridCell("", _unless_faint(value / extreme, colours.diverging(value, extreme)), label=digits(value))

    return Grid.build(name, text(f"map.{name}"), (SIDE, SIDE), cell, press="one", size_px=24)


def _unless_faint(share: float, colour: str) -> str:
    """A colour, or none for small shares: white cells would glare on a dark page."""
    return colour if abs(share) > 0.02 else ""


def _curve(result: LossesResult) -> None:
    values = result.curves[result.name]
    here, best = values[result.q - 1], values[result.best - 1]
    loss = text(f"set.loss.{result.name}")
    line_chart.show(
        [
            ChartLine(loss, PERCENTS, values, "#2a7fb8", width=3),
            line_chart.point(text("now"), result.q, here, "#d9822b"),
            line_chart.point(text("best"), result.best, best, "#2e9e6b", "diamond"),
        ],
        key="learn.losses.curve",
        x=text("q"),
        y=text("value"),
        alt=text("curve.alt", loss=loss, q=result.q, here=digits(here), best=result.best, low=digits(best)),
    )


def _best_predictions(result: LossesResult) -> None:
    """Draw the best q of every loss with the accuracy and the IoU of its mask."""
    rows = []
    for name in NAMES:
        best = losses.best_percent(result.curves[name])
        then = cache.computed(losses.loss_parts, name, result.answer, result.side, best / 100, GAMMA)
        mark = "▸ " if name == result.name else ""
        rows.append([mark + text(f"set.loss.{name}"), f"{best} %", f"{then.accuracy:.2f}", f"{then.iou:.2f}"])
    head = [text("loss"), text("best"), t("metric.pixel_accuracy"), t("metric.iou")]
    table(text("dares"), head, rows, numbers=(1, 2, 3))


def _predict(result: LossesResult) -> str:
    loss, where = text(f"set.loss.{result.name}"), text(f"predict.{result.answer}")
    return text("predict", count=result.side**2, where=where, loss=loss)


def _percent(p: float) -> str:
    return digits(round(100 * p, 1))


def formulas(result: LossesResult) -> list[Formula]:
    """The selected pixel, the whole loss, and the gradients in the uncertain region."""
    judged, truth = result.judged, result.judged.ground_truth
    of_object, of_background = (float(judged.per_pixel[mask].sum()) for mask in (truth, ~truth))
    spot = judged.region >= 0.5
    up, down = (float(judged.gradient[spot & mask].sum()) for mask in (truth, ~truth))
    loss = r"L = \frac{1}{N}\Big(\sum_{\text{object}} \ell + \sum_{\text{background}} \ell\Big)"
    total = {"o": of_object, "b": of_background, "n": PIXELS, "loss": judged.value}
    pull = r"\sum_{\text{region, object}} g + \sum_{\text{region, background}} g"
    pulls = {"up": up, "down": down, "sum": up + down}
    shades = {"up": colours.hex_of(colours.NEGATIVE), "down": colours.hex_of(colours.POSITIVE)}
    return [
        _pixel_formula(result),
        Formula("loss", loss, r"\frac{@o@ + @b@}{@n@} = @loss@", total),
        Formula("pull", pull, "(@up@) + @down@ = @sum@", pulls, shades),
    ]


def _pixel_formula(result: LossesResult) -> Formula:
    judged, name = result.judged, result.name
    is_object = bool(judged.ground_truth[result.row, result.col])
    p = float(judged.probs[result.row, result.col])
    values: dict[str, float] = {"p": p if is_object else 1 - p, "n": PIXELS, "g": GAMMA}
    values["l"] = float(judged.per_pixel[result.row, result.col])
    if name in ("dice", "ce_dice"):
        (tp0, fp0, fn0), (tp1, fp1, fn1) = losses.soft_counts(judged.ground_truth, judged.probs)
        values |= {"d0": 2 * tp0 + fp0 + fn0, "d1": 2 * tp1 + fp1 + fn1}
    if name == "weighted":
        weights, count = losses.class_weights(result.side), result.side**2
        values |= {"w": float(weights[int(is_object)]), "s": PIXELS - count + count * float(weights[1])}
    log, log_number = r"-\log p_y", r"-\log @p@"
    dice = r"\frac{N}{2}\,(1 - p_y)\Big(\frac{1}{D_0} + \frac{1}{D_1}\Big)"
    dice_number = r"\frac{@n@}{2}\,(1 - @p@)\Big(\frac{1}{@d0@} + \frac{1}{@d1@}\Big)"
    symbols, numbers = {
        "dice": (dice, dice_number),
        "ce_dice": (f"{log} + {dice}", f"{log_number} + {dice_number}"),
        "weighted": (r"N\,\frac{w_y}{\sum w}\,(-\log p_y)", r"@n@\cdot\frac{@w@}{@s@}\cdot(-\log @p@)"),
        "focal": (r"(1 - p_y)^{\gamma}\,(-\log p_y)", r"(1 - @p@)^{@g@}\cdot(-\log @p@)"),
        "mse": (r"(1 - p_y)^2", r"(1 - @p@)^2"),
    }.get(name, (log, log_number))
    return Formula("pixel", rf"\ell = {symbols}", f"{numbers} = @l@", values)


def check(result: LossesResult, random: Random) -> Question:
    """Cross entropy of an uncertain region: the share of the object is the answer."""
    side = random.choice((1, 2, 3))
    sizes = [size for size in (10, 12, 16, 18, 20, 36) if size > side**2 and size != 4 * result.side**2]
    pixels = random.choice(sizes)
    share = side**2 / pixels
    mask = text("check.yes") if share > 0.5 else text("check.no")
    return number_question(
        text("check", count=side**2, pixels=pixels),
        _percent(share),
        ["50", "99", _percent(side**2 / PIXELS)],
        text("why", formula=rf"$q = \frac{{{side**2}}}{{{pixels}}} = {share:.3f}$", mask=mask),
        unit=" %",
    )


def code(result: LossesResult) -> list[str]:
    """The loss and its gradient by autograd, in plain PyTorch."""
    begin = (SIDE - result.side) // 2
    end = begin + result.side
    spot = [[round(float(value), 4) for value in row] for row in result.judged.region]
    rows = [row for row in spot if any(row)]
    first = spot.index(rows[0])
    weight = f", weight=torch.tensor([1.0, {float(losses.class_weights(result.side)[1]):g}])"
    cross = f"F.cross_entropy(z, y{weight if result.name == 'weighted' else ''})"
    dice = "1 - (2 * (p * t).sum((0, 2, 3)) / (p + t).sum((0, 2, 3))).mean()"
    loss = {
        "bce": "F.binary_cross_entropy_with_logits(z, t)",
        "focal": f"((1 - (p * t).sum(1)) ** {GAMMA:g} * F.cross_entropy(z, y, reduction='none')).mean()",
        "dice": dice,
        "ce_dice": f"{cross} + {dice}",
        "mse": "((p - t) ** 2).mean()",
    }.get(result.name, cross)
    half = "odds" if result.name == "bce" else "odds / 2"
    return [
        *TORCH_IMPORTS,
        f"y = torch.zeros(1, {SIDE}, {SIDE}, dtype=torch.int64)",
        f"y[:, {begin}:{end}, {begin}:{end}] = 1",
        f"region = torch.zeros({SIDE}, {SIDE})",
        f"region[{first}:{first + len(rows)}] = torch.tensor([",
        *(f"    {row}," for row in rows),
        "])",
        f"odds = torch.logit(0.01 + ({result.q / 100:g} - 0.01) * region)",
        f"z = torch.stack([-{half}, {half}])[None].requires_grad_()",
        "p, t = z.softmax(1), F.one_hot(y, 2).movedim(3, 1).float()",
        f"loss = {loss}",
        "loss.backward()",
        f"print(loss.item(), {PIXELS} * z.grad[0, 1, {result.row}, {result.col}].item())",
    ]


LESSON = Lesson(
    name="losses",
    group="training",
    minutes=9,
    thumbnail=lambda result: thumbnails.of_grid(_map("gradient", result.judged.gradient)),
    terms=("loss", "cross_entropy", "dice_loss", "focal_loss", "class_imbalance", "gradient"),
    controls=(Choice("loss", "cross_entropy", NAMES), Slider("q", 25, 1, 99), Choice("answer", "spot", REGIONS)),
    more=(
        Slider("side", 2, 1, 4),
        Choice("live", "rare", ("rare", "common")),
        Selection("cell", (4, 4), high=SIDE - 1, length=2),
    ),
    steps={
        "dice": {"loss": "dice"},
        "weighted": {"loss": "weighted", "q": 89},
        "flat": {"answer": "flat", "q": 4, "cell": (0, 0)},
    },
    guess=NumberGuess(1.0, 99.0, 1.0, lambda result: float(result.best), near=5),
    predict=_predict,
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [to("train", text("link.train")), to("models", text("link.models"))],
)

"""Lesson 11: walking downhill. Gradient, learning rate, momentum, Adam, on a landscape of two weights."""

import math
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from segcore.explain.descent import (
    BETAS,
    EPSILON,
    HIGH,
    LOW,
    MOMENTUM,
    OPTIMISERS,
    PIXELS,
    Optimiser,
    OptimiserStep,
    Pair,
    landscape,
    run_optimiser,
)
from ui import cache
from ui.components import cells
from ui.components.cells import Cell, Grid, Place
from ui.learn import colours
from ui.learn.controls import Choice, Slider
from ui.learn.formulas import Formula, digits
from ui.learn.guess import PlaceGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.text import t
from ui.widgets import frame, job_panel, line_chart
from ui.widgets.line_chart import Line
from ui.widgets.tables import table

STEPS = 40
LIVE_STEPS = 60
STARTS: dict[str, Pair] = {"slope": (-4.0, -2.0), "valley": (-4.0, 10.0)}
BATCHES = {"all": PIXELS, "32": 32}
SIDE = 41
GUESS_SIDE = 11
"""The map on which is guessed: one cell is two weights wide."""
CELL = (HIGH - LOW) / (GUESS_SIDE - 1)
PATH, OTHER = "#d9822b", "#6b7a80"
_RATE_COLOURS = ("#9a7b2f", "#2e9e6b", "#2a7fb8", "#7a6fc4", "#c2447e")
_RATE_DASHES = ("dot", "dash", "solid", "dashdot", "longdash")


@dataclass(frozen=True, eq=False)
class DescentResult:
    """The path of the chosen optimiser, those of the others at the same rate, and the step that is looked at."""

    optimiser: Optimiser
    rate: float
    step: int
    batch: int
    paths: dict[Optimiser, tuple[OptimiserStep, ...]]

    @property
    def strides(self) -> tuple[OptimiserStep, ...]:
        """Of the chosen optimiser."""
        return self.paths[self.optimiser]

    @property
    def stride(self) -> OptimiserStep:
        """The step that is looked at."""
        return self.strides[self.step - 1]


def compute(settings: Settings) -> DescentResult:
    """Walk with each optimiser."""
    rate, start, batch = float(settings["rate"]), STARTS[settings["start"]], BATCHES[settings["batch"]]
    paths = {name: cache.computed(run_optimiser, name, start, rate, STEPS, batch) for name in OPTIMISERS}
    return DescentResult(settings["optimiser"], rate, settings["step"], batch, paths)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: DescentResult, hidden: bool) -> Settings | None:
    """The landscape with the paths; the loss on the way; below, a real network at five rates."""
    if hidden:
        _landscape(result, hidden)
        first = result.strides[0]
        st.markdown(_start_in_numbers(first, result.rate))
        return None
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _landscape(result, hidden)
    with right:
        _losses(result)
    st.caption(t("lesson.descent.hint", pixels=PIXELS))
    _live(result)
    return None


def _start_in_numbers(first: OptimiserStep, rate: float) -> str:
    numbers = [digits(value) for value in (*first.before, *first.gradient)]
    return t("lesson.descent.start", w1=numbers[0], w2=numbers[1], g1=numbers[2], g2=numbers[3], rate=f"{rate:g}")


def _landscape(result: DescentResult, hidden: bool) -> None:
    axis, losses = landscape(SIDE)
    under = go.Contour(
        x=axis,
        y=axis,
        z=np.log(losses),  # in the valley the loss differs little, on the slopes much
        customdata=losses,
        colorscale="Blues",
        showscale=False,
        ncontours=24,
        line={"width": 0.5, "color": "#ffffff"},
        hovertemplate="w₁ %{x:.1f}, w₂ %{y:.1f}: L = %{customdata:.3f}<extra></extra>",
    )
    start = result.strides[0].before
    drawn = []
    if not hidden:
        others = [name for name in OPTIMISERS if name != result.optimiser]
        for name, dash in zip(others, ("dot", "dash"), strict=True):
            x, y = _places(result.paths[name])
            drawn.append(Line(t(f"lesson.descent.set.optimiser.{name}"), x, y, OTHER, dash=dash, width=1))
        x, y = _places(result.strides)
        drawn.append(Line(t(f"lesson.descent.set.optimiser.{result.optimiser}"), x, y, PATH, width=3))
        after = result.stride.after
        landed = t("lesson.descent.after", step=result.step)
        drawn.append(Line(landed, [after[0]], [after[1]], PATH, width=0, symbol="star"))
    drawn.append(Line(t("lesson.descent.from"), [start[0]], [start[1]], "#c2447e", width=0, symbol="circle"))
    last = result.strides[-1].after
    alt = t("lesson.descent.map.alt", start=_words(start), end=_words(last))
    if hidden:
        alt = t("lesson.descent.map.hidden", start=_words(start))
    line_chart.show(
        drawn,
        key="learn.descent.map",
        x="w₁",
        y="w₂",
        alt=alt,
        height=400,
        x_axis={"range": [LOW, HIGH]},
        y_axis={"range": [LOW, HIGH]},
        under=under,
    )


def _places(strides: tuple[OptimiserStep, ...]) -> tuple[list[float], list[float | None]]:
    places = [strides[0].before, *(stride.after for stride in strides)]
    return [place[0] for place in places], [place[1] for place in places]


def _words(place: Pair) -> str:
    return f"({place[0]:.1f}, {place[1]:.1f})"


def _losses(result: DescentResult) -> None:
    """The loss over all pixels before each step."""
    drawn = []
    for name, dash in zip((n for n in OPTIMISERS if n != result.optimiser), ("dot", "dash"), strict=True):
        losses = [stride.loss for stride in result.paths[name]]
        drawn.append(Line(t(f"lesson.descent.set.optimiser.{name}"), range(STEPS), losses, OTHER, dash=dash, width=1))
    losses = [stride.loss for stride in result.strides]
    drawn.append(Line(t(f"lesson.descent.set.optimiser.{result.optimiser}"), range(STEPS), losses, PATH, width=3))
    line_chart.show(
        drawn,
        key="learn.descent.losses",
        x=t("learn.axis.steps"),
        y=t("lesson.descent.loss"),
        alt=t("lesson.descent.losses.alt", first=digits(losses[0]), last=digits(losses[-1]), steps=STEPS),
        height=400,
        y_axis={"range": [0, 1.1 * max(losses)]},  # the others may leave the chart
    )


def _live(result: DescentResult) -> None:
    """A real network at five rates."""
    with st.container(border=True, key="learn.descent.trained"):
        optimiser = t(f"lesson.descent.set.optimiser.{result.optimiser}")
        st.markdown(f"**{t('lesson.descent.live')}**")
        st.caption(t("lesson.descent.live.about", optimiser=optimiser, steps=LIVE_STEPS))
        measured = job_panel.panel(
            "lesson-rates",
            {"optimiser": result.optimiser, "steps": LIVE_STEPS, "seed": 0},
            key="learn.descent.rates",
            label=t("lesson.descent.live.start"),
        )
        if measured is not None:
            _rates(measured)


def _rates(measured: dict[str, Any]) -> None:
    pairs = list(zip(measured["rates"], measured["losses"], strict=True))
    ends = ", ".join(f"η = {rate:g}: {losses[-1]:.2f}" for rate, losses in pairs)
    looks = list(zip(pairs, _RATE_COLOURS, _RATE_DASHES, strict=False))
    line_chart.show(
        [Line(f"η = {r:g}", range(len(y)), y, colour, dash=dash) for (r, y), colour, dash in looks],
        key="learn.descent.rates.chart",
        x=t("learn.axis.steps"),
        y=t("lesson.descent.live.loss"),
        alt=t("lesson.descent.live.alt", ends=ends),
        y_axis={"type": "log", "dtick": 1},
    )
    rows = []
    for rate, losses in pairs:
        late = losses[-10:]
        rows.append([f"{rate:g}", f"{losses[0]:.2f}", f"{max(losses):.2f}", f"{sum(late) / len(late):.2f}"])
    head = ["η", *(t(f"lesson.descent.table.{name}") for name in ("first", "highest", "last"))]
    table(t("lesson.descent.live"), head, rows, numbers=(0, 1, 2, 3))
    st.caption(t("lesson.descent.live.note"))


# --- predict --------------------------------------------------------------------------------------------------------


def cell_of(place: Pair) -> tuple[int, int]:
    """(row, column) of the cell of the guessing map that a place is in, or of the nearest one; row 0 is on top."""
    col, up = (min(max(round((value - LOW) / CELL), 0), GUESS_SIDE - 1) for value in place)
    return GUESS_SIDE - 1 - up, col


def _draw_guess(result: DescentResult, key: str) -> tuple[int, int] | None:
    """The landscape in cells, to press."""
    axis, losses = landscape(GUESS_SIDE)
    heights = np.log(losses)
    low, high = float(heights.min()), float(heights.max())
    start = cell_of(result.strides[0].before)

    def cell(row: int, col: int) -> Cell:
        up = GUESS_SIDE - 1 - row
        colour = colours.mixed((float(heights[up, col]) - low) / (high - low), colours.NEGATIVE)
        says = t("lesson.descent.cell", w1=digits(axis[col]), w2=digits(axis[up]), loss=digits(losses[up, col]))
        return Cell("●" if (row, col) == start else "", colours.hex_of(colour), says=says)

    rows = [[cell(row, col) for col in range(GUESS_SIDE)] for row in range(GUESS_SIDE)]
    grid = Grid("guess", t("lesson.descent.guess"), rows, press="one", size_px=26)
    pressed = cells.show([grid], chosen=Place("guess", *start), key=key)
    return (pressed[0].row, pressed[0].col) if pressed else None


def _describe(cell: tuple[int, int]) -> str:
    row, col = cell
    return f"w = ({digits(LOW + col * CELL)}, {digits(LOW + (GUESS_SIDE - 1 - row) * CELL)})"


def _landing(result: DescentResult) -> tuple[int, int]:
    return cell_of(result.strides[0].after)


def _near(guess: tuple[int, int], truth: tuple[int, int]) -> bool:
    return max(abs(guess[0] - truth[0]), abs(guess[1] - truth[1])) <= 1


# --- formula, check -------------------------------------------------------------------------------------------------


def formulas(result: DescentResult) -> list[Formula]:
    """The step that is looked at, what the optimiser keeps, and what the slope had promised."""
    stride = result.stride
    values = _both("w", stride.before) | _both("g", stride.gradient) | _both("a", stride.after) | {"eta": result.rate}
    match result.optimiser:
        case "sgd":
            step = [
                Formula(
                    "step", r"w \leftarrow w - \eta\, g", f"{_pair('w')} - @eta@ {_pair('g')} = {_pair('a')}", values
                )
            ]
        case "momentum":
            step = _momentum(result, values)
        case _:
            step = _adam(result, values)
    moved = (stride.after[0] - stride.before[0], stride.after[1] - stride.before[1])
    promise = stride.gradient[0] * moved[0] + stride.gradient[1] * moved[1]
    shown = _both("g", stride.gradient) | _both("d", moved) | {"promise": promise}
    after = result.strides[result.step].loss if result.step < STEPS else math.nan
    came = [
        Formula(
            "came",
            r"L_{\text{after}} - L_{\text{before}}",
            "@after@ - @before@ = @change@",
            {"after": after, "before": stride.loss, "change": after - stride.loss},
        )
    ]
    return [
        *step,
        Formula(
            "promise",
            r"\Delta L \approx g_1\,\Delta w_1 + g_2\,\Delta w_2",
            "(@g1@)(@d1@) + (@g2@)(@d2@) = @promise@",
            shown,
        ),
        *(came if result.step < STEPS else []),
    ]


def _both(name: str, pair: Pair) -> dict[str, float]:
    return {f"{name}1": pair[0], f"{name}2": pair[1]}


def _pair(name: str) -> str:
    return rf"\binom{{@{name}1@}}{{@{name}2@}}"


def _momentum(result: DescentResult, values: dict[str, float]) -> list[Formula]:
    before = result.strides[result.step - 2].first_moment if result.step > 1 else (0.0, 0.0)
    kept = (
        _both("u", before)
        | _both("g", result.stride.gradient)
        | _both("v", result.stride.first_moment)
        | {"mu": MOMENTUM}
    )
    return [
        Formula("kept", r"v \leftarrow \mu\, v + g", f"@mu@ {_pair('u')} + {_pair('g')} = {_pair('v')}", kept),
        Formula(
            "step",
            r"w \leftarrow w - \eta\, v",
            f"{_pair('w')} - @eta@ {_pair('v')} = {_pair('a')}",
            values | _both("v", result.stride.first_moment),
        ),
    ]


def _adam(result: DescentResult, values: dict[str, float]) -> list[Formula]:
    stride, (beta1, beta2) = result.stride, BETAS
    mean = tuple(value / (1 - beta1**result.step) for value in stride.first_moment)
    root = tuple(math.sqrt(value / (1 - beta2**result.step)) + EPSILON for value in stride.second_moment)
    kept = {"m": stride.first_moment[0], "b": beta1, "k": result.step, "mean": mean[0]}
    numbers = r"\binom{@w1@ - @eta@\cdot(@m1@)/@r1@}{@w2@ - @eta@\cdot(@m2@)/@r2@}"
    return [
        Formula("kept", r"\hat m_1 = \frac{m_1}{1 - \beta_1^k}", r"\frac{@m@}{1 - @b@^{@k@}} = @mean@", kept),
        Formula(
            "step",
            r"w \leftarrow w - \eta\,\frac{\hat m}{\sqrt{\hat s} + \varepsilon}",
            f"{numbers} = {_pair('a')}",
            values | {"m1": mean[0], "m2": mean[1], "r1": root[0], "r2": root[1]},
        ),
    ]


def check(result: DescentResult, random: Random) -> Question:
    """Where plain SGD would land from the learner's place, at another rate."""
    stride = result.stride
    rate = random.choice([rate for rate in (2.0, 5.0, 20.0, 50.0) if rate != result.rate])
    w, g = stride.before[0], stride.gradient[0]
    right = w - rate * g
    others = {"up": w + rate * g, "alone": w - g, "jump": -rate * g}
    options = {"right": digits(right)}
    for name, value in others.items():
        if digits(value) not in options.values():
            options[name] = digits(value)
    return Question(
        t("lesson.descent.check", w=digits(w), g=digits(g), rate=f"{rate:g}"),
        options,
        "right",
        t("lesson.descent.why", formula=rf"${digits(w)} - {rate:g}\cdot({digits(g)}) = {digits(right)}$"),
    )


def code(result: DescentResult) -> str:
    """The walk, with the optimiser of PyTorch."""
    made = {
        "sgd": f"torch.optim.SGD([w], lr={result.rate:g})",
        "momentum": f"torch.optim.SGD([w], lr={result.rate:g}, momentum={MOMENTUM})",
        "adam": f"torch.optim.Adam([w], lr={result.rate:g})",
    }[result.optimiser]
    batch = result.batch < PIXELS
    return "\n".join(
        [
            "import torch",
            "from torch.nn import functional as F",
            "",
            "from segcore.explain.descent import pixels",
            "",
            "x, t = pixels()  # features (2000, 2) and target (2000,)",
            f"w = torch.tensor({list(result.strides[0].before)}, dtype=torch.float64, requires_grad=True)",
            f"optimiser = {made}",
            *(["draw = torch.Generator().manual_seed(0)"] if batch else []),
            f"for step in range({result.step}):",
            *([f"    some = torch.randint(len(x), ({result.batch},), generator=draw)"] if batch else []),
            "    optimiser.zero_grad()",
            "    loss = F.binary_cross_entropy_with_logits(" + ("x[some] @ w, t[some])" if batch else "x @ w, t)"),
            "    loss.backward()",
            "    optimiser.step()",
            "print(w.tolist())",
        ]
    )


def practice(result: DescentResult) -> list[PracticeLink]:
    """To the learning rate finder."""
    return [PracticeLink(t("lesson.descent.link.train"), frame.PAGES / "train.py")]


LESSON = Lesson(
    name="descent",
    terms=("gradient", "gradient_descent", "learning_rate", "momentum", "optimiser", "batch"),
    controls=(
        Choice("optimiser", "sgd", OPTIMISERS),
        Choice("rate", "80", ("1", "3", "10", "30", "80", "300")),
        Slider("step", 1, 1, STEPS),
    ),
    more=(Choice("start", "slope", tuple(STARTS)), Choice("batch", "all", tuple(BATCHES))),
    steps=(
        Step("small", {"rate": "3", "step": 40}),
        Step("momentum", {"optimiser": "momentum", "rate": "3", "step": 12}),
        Step("adam", {"optimiser": "adam", "rate": "1", "step": 1}),
        Step("batch", {"rate": "30", "batch": "32", "step": 40}),
    ),
    guess=PlaceGuess(_draw_guess, _describe, _landing, _near),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

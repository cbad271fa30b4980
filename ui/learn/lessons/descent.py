"""Gradient descent, learning rate, momentum and Adam on the loss of two weights."""

import math
from dataclasses import dataclass
from random import Random

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from segcore.explain import descent
from segcore.explain.descent import MOMENTUM, OPTIMISERS, PIXELS, Optimiser, OptimiserStep, Pair
from ui import cache
from ui.learn import landing_map, live_learning_rates
from ui.learn.controls import Choice, Slider
from ui.learn.formulas import Formula, digits
from ui.learn.landing_map import LandingGuess
from ui.learn.lesson import TORCH_IMPORTS, Lesson, LessonFunctions, Question, Settings, lesson_texts, to
from ui.text import t
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine

STEPS = 40
STARTS: dict[str, Pair] = {"slope": (-4.0, -2.0), "valley": (-4.0, 10.0)}
BATCHES = {"all": PIXELS, "32": 32}
SIDE = 41
PATH, OTHER = "#d9822b", "#6b7a80"

text = lesson_texts("descent")


@dataclass(frozen=True, eq=False)
class DescentResult:
    """The paths of all optimisers at one rate, the chosen one, and the selected step."""

    optimiser: Optimiser
    rate: float
    step: int  # from 1
    batch: int
    paths: dict[Optimiser, tuple[OptimiserStep, ...]]

    @property
    def strides(self) -> tuple[OptimiserStep, ...]:
        """Of the chosen optimiser."""
        return self.paths[self.optimiser]

    @property
    def stride(self) -> OptimiserStep:
        """The selected step."""
        return self.strides[self.step - 1]


def compute(settings: Settings) -> DescentResult:
    """Run each optimiser."""
    rate, start, batch = float(settings["rate"]), STARTS[settings["start"]], BATCHES[settings["batch"]]
    paths = {name: cache.computed(descent.run_optimiser, name, start, rate, STEPS, batch) for name in OPTIMISERS}
    return DescentResult(settings["optimiser"], rate, settings["step"], batch, paths)


def draw_views(result: DescentResult, hidden: bool) -> None:
    """Draw the paths on the map of the loss, and the loss over the steps; below, a real network at five rates."""
    if hidden:
        _landscape(result, hidden)
        first = result.strides[0]
        w1, w2, g1, g2 = map(digits, (*first.before, *first.gradient))
        st.markdown(text("start", w1=w1, w2=w2, g1=g1, g2=g2, rate=f"{result.rate:g}"))
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _landscape(result, hidden)
    with right:
        _losses(result)
    st.caption(text("hint", pixels=PIXELS))
    live_learning_rates.draw(result.optimiser)


def _styles(result: DescentResult) -> list[tuple[str, tuple[OptimiserStep, ...], str, str, int]]:
    """Name, path, colour, dash and width of each optimiser, the chosen one last and bold."""
    others = [name for name in OPTIMISERS if name != result.optimiser]
    styles = [(*pair, OTHER, 1) for pair in zip(others, ("dot", "dash"), strict=True)]
    return [
        (text(f"set.optimiser.{name}"), result.paths[name], colour, dash, width)
        for name, dash, colour, width in (*styles, (result.optimiser, "solid", PATH, 3))
    ]


def _landscape(result: DescentResult, hidden: bool) -> None:
    axis, losses = descent.landscape(SIDE)
    under = go.Contour(
        x=axis,
        y=axis,
        z=np.log(losses),  # the loss varies little in the valley and much on the slopes
        customdata=losses,
        colorscale="Blues",
        showscale=False,
        ncontours=24,
        line={"width": 0.5, "color": "#ffffff"},
        hovertemplate="w₁ %{x:.1f}, w₂ %{y:.1f}: L = %{customdata:.3f}<extra></extra>",
    )
    start, last, lines = result.strides[0].before, result.strides[-1].after, []
    alt = text("map.hidden", start=_pair(start))
    if not hidden:
        for name, strides, colour, dash, width in _styles(result):
            x, y = zip(strides[0].before, *(stride.after for stride in strides), strict=True)
            lines.append(ChartLine(name, x, y, colour, dash, width))
        lines.append(line_chart.point(text("after", step=result.step), *result.stride.after, PATH, "star"))
        alt = text("map.alt", start=_pair(start), end=_pair(last))
    lines.append(line_chart.point(text("from"), *start, "#c2447e"))
    span = {"range": [descent.LOW, descent.HIGH]}
    line_chart.show(
        lines, key="learn.descent.map", x="w₁", y="w₂", alt=alt, height=400, x_axis=span, y_axis=span, under=under
    )


def _pair(place: Pair) -> str:
    return f"({place[0]:.1f}, {place[1]:.1f})"


def _losses(result: DescentResult) -> None:
    lines = [
        ChartLine(name, range(STEPS), [stride.loss for stride in strides], colour, dash, width)
        for name, strides, colour, dash, width in _styles(result)
    ]
    losses = [stride.loss for stride in result.strides]
    line_chart.show(
        lines,
        key="learn.descent.losses",
        x=t("learn.axis.steps"),
        y=text("loss"),
        alt=text("losses.alt", first=digits(losses[0]), last=digits(losses[-1]), steps=STEPS),
        height=400,
        y_axis={"range": [0, 1.1 * max(losses)]},  # the others may leave the chart
    )


def formulas(result: DescentResult) -> list[Formula]:
    """The selected step, the optimiser's state, and the predicted and the actual change of the loss."""
    stride = result.stride
    values = _both("w", stride.before) | _both("g", stride.gradient) | _both("a", stride.after) | {"eta": result.rate}
    match result.optimiser:
        case "sgd":
            numbers = f"{_column('w')} - @eta@ {_column('g')} = {_column('a')}"
            found = [Formula("step", r"w \leftarrow w - \eta\, g", numbers, values)]
        case "momentum":
            found = _momentum(result, values)
        case _:
            found = _adam(result, values)
    moved = (stride.after[0] - stride.before[0], stride.after[1] - stride.before[1])
    predicted = stride.gradient[0] * moved[0] + stride.gradient[1] * moved[1]
    symbols, numbers = r"\Delta L \approx g_1\,\Delta w_1 + g_2\,\Delta w_2", "(@g1@)(@d1@) + (@g2@)(@d2@) = @promise@"
    promise = _both("g", stride.gradient) | _both("d", moved) | {"promise": predicted}
    found.append(Formula("promise", symbols, numbers, promise))
    if result.step < STEPS:
        after = result.strides[result.step].loss
        change = {"after": after, "before": stride.loss, "change": after - stride.loss}
        symbols = r"L_{\text{after}} - L_{\text{before}}"
        found.append(Formula("came", symbols, "@after@ - @before@ = @change@", change))
    return found


def _both(name: str, pair: Pair) -> dict[str, float]:
    return {f"{name}1": pair[0], f"{name}2": pair[1]}


def _column(name: str) -> str:
    return rf"\binom{{@{name}1@}}{{@{name}2@}}"


def _momentum(result: DescentResult, values: dict[str, float]) -> list[Formula]:
    before = result.strides[result.step - 2].first_moment if result.step > 1 else (0.0, 0.0)
    v = _both("v", result.stride.first_moment)
    kept = _both("u", before) | _both("g", result.stride.gradient) | v | {"mu": MOMENTUM}
    step = f"{_column('w')} - @eta@ {_column('v')} = {_column('a')}"
    return [
        Formula("kept", r"v \leftarrow \mu\, v + g", f"@mu@ {_column('u')} + {_column('g')} = {_column('v')}", kept),
        Formula("step", r"w \leftarrow w - \eta\, v", step, values | v),
    ]


def _adam(result: DescentResult, values: dict[str, float]) -> list[Formula]:
    stride, (beta1, beta2) = result.stride, descent.BETAS
    mean1, mean2 = (value / (1 - beta1**result.step) for value in stride.first_moment)
    root1, root2 = (math.sqrt(value / (1 - beta2**result.step)) + descent.EPSILON for value in stride.second_moment)
    kept = {"m": stride.first_moment[0], "b": beta1, "k": result.step, "mean": mean1}
    step = r"w \leftarrow w - \eta\,\frac{\hat m}{\sqrt{\hat s} + \varepsilon}"
    numbers = rf"\binom{{@w1@ - @eta@\cdot(@m1@)/@r1@}}{{@w2@ - @eta@\cdot(@m2@)/@r2@}} = {_column('a')}"
    values = values | {"m1": mean1, "m2": mean2, "r1": root1, "r2": root2}
    return [
        Formula("kept", r"\hat m_1 = \frac{m_1}{1 - \beta_1^k}", r"\frac{@m@}{1 - @b@^{@k@}} = @mean@", kept),
        Formula("step", step, numbers, values),
    ]


def check(result: DescentResult, random: Random) -> Question:
    """Where does plain SGD land from the selected place, at another rate?"""
    stride = result.stride
    rate = random.choice([rate for rate in (2.0, 5.0, 20.0, 50.0) if rate != result.rate])
    w, g = stride.before[0], stride.gradient[0]
    right = w - rate * g
    options = {"right": digits(right)}
    for name, value in {"up": w + rate * g, "alone": w - g, "jump": -rate * g}.items():
        if digits(value) not in options.values():
            options[name] = digits(value)
    formula = rf"${digits(w)} - {rate:g}\cdot({digits(g)}) = {digits(right)}$"
    question = text("check", w=digits(w), g=digits(g), rate=f"{rate:g}")
    return Question(question, options, "right", text("why", formula=formula))


def code(result: DescentResult) -> list[str]:
    """The path, with the optimiser of PyTorch."""
    optimiser = {
        "sgd": f"torch.optim.SGD([w], lr={result.rate:g})",
        "momentum": f"torch.optim.SGD([w], lr={result.rate:g}, momentum={MOMENTUM})",
        "adam": f"torch.optim.Adam([w], lr={result.rate:g})",
    }[result.optimiser]
    batch = result.batch < PIXELS
    return [
        *TORCH_IMPORTS,
        "from segcore.explain.descent import pixels",
        "",
        "x, t = pixels()  # features (2000, 2) and target (2000,)",
        f"w = torch.tensor({list(result.strides[0].before)}, dtype=torch.float64, requires_grad=True)",
        f"optimiser = {optimiser}",
        *(["draw = torch.Generator().manual_seed(0)"] if batch else []),
        f"for step in range({result.step}):",
        *([f"    some = torch.randint(len(x), ({result.batch},), generator=draw)"] if batch else []),
        "    optimiser.zero_grad()",
        "    loss = F.binary_cross_entropy_with_logits(" + ("x[some] @ w, t[some])" if batch else "x @ w, t)"),
        "    loss.backward()",
        "    optimiser.step()",
        "print(w.tolist())",
    ]


LESSON = Lesson(
    name="descent",
    group="training",
    minutes=8,
    thumbnail=lambda result: landing_map.path_rgb(result.strides),
    terms=("gradient", "gradient_descent", "learning_rate", "momentum", "optimiser", "batch"),
    controls=(
        Choice("optimiser", "sgd", OPTIMISERS),
        Choice("rate", "80", ("1", "3", "10", "30", "80", "300")),
        Slider("step", 1, 1, STEPS),
    ),
    more=(Choice("start", "slope", tuple(STARTS)), Choice("batch", "all", tuple(BATCHES))),
    steps={
        "small": {"rate": "3", "step": 40},
        "momentum": {"optimiser": "momentum", "rate": "3", "step": 12},
        "adam": {"optimiser": "adam", "rate": "1", "step": 1},
        "batch": {"rate": "30", "batch": "32", "step": 40},
    },
    guess=LandingGuess(lambda result: result.strides),
    predict=lambda result: text("predict.adam") if result.optimiser == "adam" else text("predict"),
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [to("train", text("link.train"))],
)

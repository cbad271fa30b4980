"""From logits to a label."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from segcore.explain import logits
from segcore.explain.logits import ACTIVATIONS, OUTPUT_FUNCTIONS, Activation, Decision, OutputFunction, PixelOutput
from segcore.explain.network import as_pixels
from segcore.explain.scene import Scene
from segcore.export.sections import Named, Share
from segcore.metrics import Reliability
from segcore.palette import overlay
from segcore.types import IGNORE, RGB, Colour
from ui import cache
from ui.known_names import model_title
from ui.learn import colours, pixel_picker, reliability_diagram, scenes
from ui.learn.controls import Choice, Slider
from ui.learn.figures import LessonFigure
from ui.learn.formulas import Formula, digits
from ui.learn.guess import ChoiceGuess
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson, LessonFunctions, Question, Settings, lesson_texts, to
from ui.text import plain
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine
from ui.widgets.tables import Cell, table

SHOWN = 6  # classes in the table, the largest u first, and in the sum of the formula
ACTIVATION_RANGES = {"relu": [-0.2, 3.1], "sigmoid": [-0.05, 1.05], "tanh": [-1.05, 1.05]}  # of the vertical axis
_VALUE, _SLOPE = "#2a7fb8", "#2e9e6b"
GUESSES = ("softmax", "sigmoid", "both", "neither")

text = lesson_texts("logits")


@dataclass(frozen=True, eq=False)
class LogitsResult:
    """One pixel's logits, the outputs computed from them, and the labels and confidences that follow."""

    scene: Scene  # its first image is used
    pixel: tuple[int, int]  # (row, col)
    constant: float  # c
    temperature: float  # T
    squash: OutputFunction  # the output function
    threshold: float  # least probability of a label
    before: PixelOutput  # with c = 0 and T = 1
    now: PixelOutput  # with the current c and T
    decision: Decision  # for the whole image
    activation: Activation
    tested: str  # title of the network whose calibration was tested; empty for none
    clean: Reliability | None  # on synthetic images at T …
    noisy: Reliability | None  # … and on the same images with noise

    @property
    def order(self) -> list[int]:
        """Class ids, the largest u first."""
        return [int(index) for index in np.argsort(-self.now.u, kind="stable")]


def compute(settings: Settings) -> LogitsResult:
    """Raises SegcoreError if the checkpoint is missing or does not take photos."""
    world = scenes.scene(settings["network"], settings["photo"])
    row, col = pixel_picker.pixel_at(world.images[0], settings["pixel"])
    constant, temperature = float(settings["constant"]), float(settings["temperature"])
    squash, threshold = settings["squash"], float(settings["threshold"])
    z_map = cache.computed(_logits, world)
    z, moved = z_map[:, row, col].double().numpy(), {"constant": constant, "temperature": temperature}
    decision = cache.computed(logits.decide, z_map, squash, threshold=threshold, **moved)
    tested, title, clean, noisy = reliability_diagram.tested_scene(world), "", None, None
    if tested is not None:
        of_test = cache.computed(reliability_diagram.logits_of, tested)
        title, (clean, noisy) = (
            model_title(tested.card.title),
            cache.computed(reliability_diagram.diagrams, of_test, temperature),
        )
    before, now = logits.pixel_output(z), logits.pixel_output(z, **moved)
    return LogitsResult(
        world, (row, col), constant, temperature, squash, threshold, before, now, decision,
        settings["activation"], title, clean, noisy,
    )  # fmt: skip


def _logits(world: Scene) -> Tensor:
    """(K, h, w) of the image."""
    with world.lock, torch.no_grad():
        return world.network.logits(as_pixels(world.images[:1]))[0]


def draw_views(result: LogitsResult, hidden: bool) -> Settings | None:
    """Draw the labels of the image, the outputs computed from the pixel's logits, and the calibration."""
    pressed = _maps(result, hidden)
    _scores(result, hidden)
    st.caption(text("about", network=plain(model_title(result.scene.card.title))))
    if not hidden:
        left, right = st.columns(2, gap="medium")
        with left:
            reliability_diagram.draw(result.clean, result.noisy, result.tested)
        with right:
            _activation(result)
    return None if pressed is None else {"pixel": pressed}


def _maps(result: LogitsResult, hidden: bool) -> tuple[int, int] | None:
    """Draw the image, its labels and the confidence; return the place pressed just now."""
    image, decision, crisp = result.scene.images[0], result.decision, result.scene.is_truth
    if hidden:
        z_map = cache.computed(_logits, result.scene)
        first = {"constant": 0.0, "temperature": 1.0, "threshold": result.threshold}
        decision = cache.computed(logits.decide, z_map, result.squash, **first)
    masks = {"none": decision.labels == IGNORE, "several": decision.answers > 1}
    shares = {name: digits(round(100 * float(np.mean(mask)), 1)) for name, mask in masks.items()}
    note = "" if hidden else text("shares", **shares)
    least = text("confidence.note", least=f"{decision.confidence.min():.2f}")
    labelled = _labelled(image, decision, result.scene.card.colours)
    confidence = colours.viridis_rgb(decision.confidence)
    labels = LessonFigure(labelled, text("labels"), note=note, crisp=crisp)
    confident = LessonFigure(confidence, text("confidence"), text("confidence.alt"), least, crisp)
    shown = [LessonFigure(image, text("picture"), crisp=crisp), labels, confident]
    return pixel_picker.press(shown, result.pixel, image.shape, key="learn.logits.pictures", least_px=150)


def _labelled(image: RGB, decision: Decision, class_colours: Sequence[Colour]) -> RGB:
    """The labels over the image; striped where no class reaches the threshold."""
    shown = overlay(image, decision.labels, class_colours)
    striped = np.add.outer(np.arange(image.shape[0]), np.arange(image.shape[1])) % 6 < 3
    return np.where(((decision.labels == IGNORE) & striped)[..., None], np.uint8(255), shown)


def _scores(result: LogitsResult, hidden: bool) -> None:
    """Draw a row for each class: logit, u, and both outputs; before and now if they differ."""
    moved = not hidden and (result.constant != 0 or result.temperature != 1)

    def bar(squash: OutputFunction, index: int) -> Share:
        before, now = (float(getattr(each, squash)[index]) for each in (result.before, result.now))
        shown = f"{before:.3f} → {now:.3f}" if moved else f"{before:.3f}"
        return Share(shown, before if hidden else now, colours.NEGATIVE if squash == result.squash else (128, 128, 128))

    card, rows = result.scene.card, list[list[Cell]]()
    for index in result.order[:SHOWN]:
        z, u = f"{result.before.z[index]:.2f}", "?" if hidden else f"{result.now.u[index]:.2f}"
        name = Named(card.classes[index], card.colours[index])
        rows.append([name, z, u, bar("softmax", index), bar("sigmoid", index)])
    table(text("scores"), [text("class"), "z", "u = (z + c) / T", "softmax(u)", "sigmoid(u)"], rows, numbers=(1, 2))


def _activation(result: LogitsResult) -> None:
    """Draw the activation function and its derivative, with the logits of the pixel on both."""
    activation, u = result.activation, result.now.u[result.order[:SHOWN]]
    name = text(f"set.activation.{activation}")
    st.markdown(f"**{text('activation', name=name)}**")
    far = max(6.0, float(np.abs(u).max()))
    x = np.linspace(-far, far, 121)
    (y, slope), (values, slopes) = logits.activate(activation, x), logits.activate(activation, u)
    top = digits(float(slopes[0]))
    line_chart.show(
        [
            ChartLine("f", x.tolist(), y.tolist(), _VALUE, width=3),
            ChartLine(text("slope"), x.tolist(), slope.tolist(), _SLOPE, dash="dash"),
            ChartLine(text("here"), u.tolist(), values.tolist(), _VALUE, width=0, symbol="circle"),
            ChartLine(text("here.slope"), u.tolist(), slopes.tolist(), _SLOPE, width=0, symbol="diamond"),
        ],
        key="learn.logits.slope",
        x="u",
        y="f(u), f′(u)",
        alt=text("activation.alt", name=name, u=digits(float(u[0])), slope=top),
        y_axis={"range": ACTIVATION_RANGES[activation]},
    )
    st.caption(text("gradient", name=name, slope=top, ten=f"{float(slopes[0]) ** 10:.1g}"))


def _changed(result: LogitsResult) -> str:
    """Outputs of the pixel that differ from before in the three decimals of the table."""
    shown = result.order[:SHOWN]
    names = [
        name
        for name in OUTPUT_FUNCTIONS
        if any(f"{getattr(result.before, name)[k]:.3f}" != f"{getattr(result.now, name)[k]:.3f}" for k in shown)
    ]
    return "both" if len(names) == 2 else names[0] if names else "neither"


def _predict(result: LogitsResult) -> str:
    numbers = {"constant": f"{result.constant:g}", "temperature": f"{result.temperature:g}"}
    return text("predict", **numbers) if result.temperature == 1 else text("predict.divided", **numbers)


def formulas(result: LogitsResult) -> list[Formula]:
    """Both outputs for the largest logit, and the derivative there."""
    order = result.order
    first, inside = order[0], order[: min(SHOWN, len(order))]
    powers = np.exp(np.clip(result.now.u, -700, 700))
    values: dict[str, float] = {f"u{rank}": float(result.now.u[index]) for rank, index in enumerate(inside)}
    values |= {"p": float(result.now.softmax[first]), "s": float(result.now.sigmoid[first])}
    values["rest"] = float(sum(powers[index] for index in order[len(inside) :]))
    terms = " + ".join(f"e^{{@u{rank}@}}" for rank in range(len(inside)))
    terms += " + @rest@" if len(order) > len(inside) else ""
    value, slope = (float(each[0]) for each in logits.activate(result.activation, result.now.u[first : first + 1]))
    name, symbols, numbers = {
        "relu": (r"\mathrm{ReLU}", r"[u > 0]", r"[@u@ > 0]"),
        "sigmoid": (r"\sigma", r"\sigma(u)\,(1 - \sigma(u))", r"@f@\cdot(1 - @f@)"),
        "tanh": (r"\tanh", r"1 - \tanh^2(u)", r"1 - (@f@)^2"),
    }[result.activation]
    softmax = r"p_i = \frac{e^{u_i}}{\sum_j e^{u_j}},\quad u = \frac{z + c}{T}"
    return [
        Formula("softmax", softmax, rf"\frac{{e^{{@u0@}}}}{{{terms}}} = @p@", values),
        Formula("sigmoid", r"s_i = \frac{1}{1 + e^{-u_i}}", r"\frac{1}{1 + e^{-(@u0@)}} = @s@", values),
        Formula("slope", rf"{name}'(u) = {symbols}", numbers + " = @d@", {"u": values["u0"], "f": value, "d": slope}),
    ]


def check(result: LogitsResult, random: Random) -> Question:
    """How do the probabilities change if all of the learner's logits are shifted or scaled?"""
    z = np.round(result.before.z[result.order[:3]], 1)
    own = ", ".join(f"{value:.1f}" for value in z)
    before = logits.pixel_output(z)
    p, s = f"{before.softmax.max():.3f}", f"{before.sigmoid.max():.3f}"
    if random.random() < 0.5:
        now = logits.pixel_output(z, constant=random.choice((-5, -3, 2, 4)))
        return Question(
            text("check.constant", logits=own, moved=", ".join(f"{value:.1f}" for value in now.u)),
            {option: text(f"guess.{option}") for option in GUESSES},
            "sigmoid",
            text("why.constant", p=p, q=f"{now.softmax.max():.3f}", s=s, r=f"{now.sigmoid.max():.3f}"),
        )
    temperature = random.choice((0.5, 2.0, 4.0))
    now = logits.pixel_output(z, temperature=temperature)
    return Question(
        text("check.temperature", logits=own, temperature=f"{temperature:g}"),
        {option: text(f"answer.{option}") for option in ("lower", "higher", "label", "same")},
        "lower" if temperature > 1 else "higher",
        text("why.temperature", p=p, q=f"{now.softmax.max():.3f}"),
    )


def code(result: LogitsResult) -> list[str]:
    """From the network to the label, in PyTorch."""
    row, col = result.pixel
    return [
        *scenes.code(result.scene, "import torch"),
        "with torch.no_grad():",
        "    z = world.network.logits(as_pixels(world.images[:1]))[0]  # (K, h, w)",
        f"u = (z + {result.constant:g}) / {result.temperature:g}",
        f"p = {'u.softmax(0)' if result.squash == 'softmax' else 'u.sigmoid()'}",
        f"labels = p.argmax(0).where(p.amax(0) >= {result.threshold:g}, {IGNORE})",
        f"here = u[:, {row}, {col}]",
        "print(z.shape, here, here.softmax(0), here.sigmoid(), labels.unique(return_counts=True))",
        "",
        "x = here.max().clone().requires_grad_()",
        f"torch.{result.activation}(x).backward()",
        "print(x.grad)  # the derivative at the largest u",
    ]


LESSON = Lesson(
    name="logits",
    group="first",
    minutes=10,
    thumbnail=lambda result: _labelled(result.scene.images[0], result.decision, result.scene.card.colours),
    terms=("logits", "softmax", "activation", "confidence", "calibration", "threshold"),
    controls=(
        Slider("constant", 5, -10, 10),
        Slider("temperature", 1.0, 0.25, 4.0, 0.25),
        Choice("squash", "softmax", OUTPUT_FUNCTIONS),
    ),
    more=(
        Slider("threshold", 0.5, 0.0, 0.95, 0.05),
        Choice("activation", "sigmoid", ACTIVATIONS),
        pixel_picker.control(698, 733),
        PhotoControl(),
        CheckpointControl(),
    ),
    steps={
        "sigmoid": {"squash": "sigmoid"},
        "warm": {"constant": 0, "temperature": 2.0},
        "flat": {"constant": 0, "activation": "tanh"},
    },
    guess=ChoiceGuess(GUESSES, lambda result: (_changed(result),)),
    predict=_predict,
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("segment", text("link.segment"), **scenes.query(result.scene)),
        to("evaluate", text("link.evaluate"), model=result.scene.reference.name),
        to("learn", text("link.losses"), lesson="losses"),
    ],
)

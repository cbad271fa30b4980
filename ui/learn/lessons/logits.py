"""Lesson 6: from logits to a label."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcore.checkpoint import list_checkpoints
from segcore.data import corrupt, open_dataset, sample_photos
from segcore.explain.logits import (
    ACTIVATIONS,
    OUTPUT_FUNCTIONS,
    Activation,
    Decision,
    OutputFunction,
    PixelOutput,
    activate,
    decide,
    pixel_output,
    reliability,
)
from segcore.explain.network import as_pixels
from segcore.metrics import Reliability
from segcore.palette import overlay
from segcore.types import IGNORE, RGB, Colour
from ui import cache
from ui.learn import colours, figures, place, subjects
from ui.learn.controls import Choice, Decimal, Selection, Slider
from ui.learn.figures import Figure
from ui.learn.formulas import Formula, digits
from ui.learn.guess import ChoiceGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.learn.scenes import DRAWN_SPLIT, Scene, scene
from ui.text import plain, t
from ui.widgets import frame, line_chart
from ui.widgets.line_chart import Line
from ui.widgets.tables import Bar, Chip, table
from ui.widgets.tables import Cell as Written

EXAM = "shapes:12:96"
"""Pictures with a truth, of so many pixels a side, for the reliability diagram."""

NOISE = ("gaussian_noise", 4)
"""The same pictures once more, spoilt so: kind and severity of `segcore.data.corrupt`."""

FEW = 20
"""A bin with fewer pixels is not drawn: its share says little."""

SHOWN = 6
"""Classes in the table, the largest u first, and in the sum of the formula."""

GUESSES = ("softmax", "sigmoid", "both", "neither")
_HEIGHTS = {"relu": [-0.2, 3.1], "sigmoid": [-0.05, 1.05], "tanh": [-1.05, 1.05]}
_CLEAN, _NOISY, _SLOPE = "#2a7fb8", "#d9822b", "#2e9e6b"


@dataclass(frozen=True, eq=False)
class CalibrationData:
    """Drawn pictures with their truth, as a network sees them.

    Attributes:
        title: of the network.
        truth: (N, h, w).
        clean: logits (N, K, h, w) of the pictures …
        noisy: … and of the spoilt ones.
    """

    title: str
    truth: NDArray[np.uint8]
    clean: Tensor
    noisy: Tensor


@dataclass(frozen=True, eq=False)
class LogitsResult:
    """One pixel's logits, what is read off them, and what follows for the picture and for the confidences.

    Attributes:
        scene: see there; the first picture is looked at.
        pixel: (row, col) of it.
        constant: c.
        temperature: T.
        squash: what decides.
        threshold: what the largest probability must reach.
        before: with c = 0 and T = 1.
        now: with c and T as they are set.
        decision: for the whole picture.
        activation: whose curve is drawn.
        exam: the title of the network that was examined; empty where none could be.
        clean: reliability on drawn pictures at T, and …
        noisy: … on the same in noise; None without an exam.
    """

    scene: Scene
    pixel: tuple[int, int]
    constant: float
    temperature: float
    squash: OutputFunction
    threshold: float
    before: PixelOutput
    now: PixelOutput
    decision: Decision
    activation: Activation
    exam: str
    clean: Reliability | None
    noisy: Reliability | None

    @property
    def order(self) -> list[int]:
        """Class ids, the largest u first."""
        return [int(index) for index in np.argsort(-self.now.u, kind="stable")]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes."""
        return self.scene.card.classes


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> LogitsResult:
    """Raises SegcoreError where there is no such checkpoint, or it looks at no photos."""
    world = scene(settings["network"], settings["photo"])
    row, col = place.pixel_at(world.images[0], settings["pixel"])
    constant, temperature = float(settings["constant"]), float(settings["temperature"])
    squash, threshold = settings["squash"], float(settings["threshold"])
    z = cache.computed(_logits, world)[:, row, col].double().numpy()
    decision = cache.computed(_decision, world, squash, constant, temperature, threshold)
    examined = _examined(world)
    exam = None if examined is None else cache.computed(_exam, examined)
    clean, noisy = (None, None) if exam is None else cache.computed(_diagrams, exam, temperature)
    return LogitsResult(
        world, (row, col), constant, temperature, squash, threshold, pixel_output(z),
        pixel_output(z, constant=constant, temperature=temperature), decision, settings["activation"],
        "" if exam is None else exam.title, clean, noisy,
    )  # fmt: skip


def _logits(world: Scene) -> Tensor:
    """(K, h, w) of the picture."""
    with world.lock, torch.no_grad():
        return world.network.logits(as_pixels(world.images[:1]))[0]


def _decision(world: Scene, squash: OutputFunction, constant: float, temperature: float, threshold: float) -> Decision:
    logits = cache.computed(_logits, world)
    return decide(logits, squash, constant=constant, temperature=temperature, threshold=threshold)


def _examined(world: Scene) -> Scene | None:
    """This network where it knows the drawn shapes; else the first one here that does."""
    if world.is_truth:
        return world
    classes = open_dataset(EXAM, DRAWN_SPLIT).classes
    fit = [ref.name for ref, card in list_checkpoints() if card.classes == classes]
    return scene(fit[0], sample_photos.FIRST) if fit else None


def _exam(world: Scene) -> CalibrationData:
    drawn = open_dataset(EXAM, DRAWN_SPLIT)
    given = [drawn[index] for index in range(len(drawn))]
    spoilt = [corrupt(each.image, each.labels, *NOISE, seed=index)[0] for index, each in enumerate(given)]
    with world.lock, torch.no_grad():
        clean, noisy = (world.network.logits(as_pixels(each)) for each in ([one.image for one in given], spoilt))
    return CalibrationData(world.card.title, np.stack([each.labels for each in given]), clean, noisy)


def _diagrams(exam: CalibrationData, temperature: float) -> tuple[Reliability, Reliability]:
    return reliability(exam.clean, exam.truth, temperature), reliability(exam.noisy, exam.truth, temperature)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: LogitsResult, hidden: bool) -> Settings | None:
    """Where the pixel lies and what the picture becomes; what is read off its logits; what such numbers are worth."""
    pressed = _pictures(result, hidden)
    _scores(result, hidden)
    st.caption(t("lesson.logits.about", network=plain(result.scene.card.title)))
    if hidden:
        return None
    left, right = st.columns(2, gap="medium")
    with left:
        _reliability(result)
    with right:
        _activation(result)
    return pressed


def _pictures(result: LogitsResult, hidden: bool) -> Settings | None:
    """The label map, how sure it is, and a coarse copy that can be pressed."""
    left, right = st.columns(2, gap="medium")
    image, decision = result.scene.images[0], result.decision
    if hidden:
        decision = cache.computed(_decision, result.scene, result.squash, 0.0, 1.0, result.threshold)
    none, several = (float(np.mean(each)) for each in (decision.labels == IGNORE, decision.answers > 1))
    title = t("lesson.logits.labels")
    given = Figure(
        place.ringed(_labelled(image, decision, result.scene.card.colours), result.pixel), title, title,
        "" if hidden else t("lesson.logits.shares", none=_percent(none), several=_percent(several)),
        crisp=result.scene.is_truth,
    )  # fmt: skip
    title = t("lesson.logits.confidence")
    sure = Figure(
        place.ringed(colours.viridis_rgb(decision.confidence), result.pixel), title, t("lesson.logits.confidence.alt"),
        t("lesson.logits.confidence.note", least=f"{decision.confidence.min():.2f}"), crisp=result.scene.is_truth,
    )  # fmt: skip
    with left:
        figures.show([given, sure], least_px=150)
    if hidden:
        return None
    with right:
        pressed = place.press(image, result.pixel, key="learn.logits.cells")
    return None if pressed is None else {"pixel": pressed}


def _labelled(image: RGB, decision: Decision, of_classes: Sequence[Colour]) -> RGB:
    """The labels over the picture; where no class reaches the threshold, stripes."""
    shown = overlay(image, decision.labels, of_classes)
    striped = np.add.outer(np.arange(image.shape[0]), np.arange(image.shape[1])) % 6 < 3
    return np.where(((decision.labels == IGNORE) & striped)[..., None], np.uint8(255), shown)


def _scores(result: LogitsResult, hidden: bool) -> None:
    """A line for each class: logit, what it becomes, and both ways to read it; before and now where they differ."""

    def bar(before: float, now: float, decides: bool) -> Bar:
        moved = not hidden and (result.constant != 0 or result.temperature != 1)
        words = f"{before:.3f} → {now:.3f}" if moved else f"{before:.3f}"
        return Bar(before if hidden else now, words, colours.NEGATIVE if decides else (128, 128, 128))

    rows: list[list[Written]] = [
        [
            Chip(result.names[index], result.scene.card.colours[index]),
            f"{result.before.z[index]:.2f}",
            "?" if hidden else f"{result.now.u[index]:.2f}",
            bar(result.before.softmax[index], result.now.softmax[index], result.squash == "softmax"),
            bar(result.before.sigmoid[index], result.now.sigmoid[index], result.squash == "sigmoid"),
        ]
        for index in result.order[:SHOWN]
    ]
    head = [t("lesson.logits.class"), "z", "u = (z + c) / T", "softmax(u)", "sigmoid(u)"]
    table(t("lesson.logits.scores"), head, rows, numbers=(1, 2))


def _reliability(result: LogitsResult) -> None:
    """Accuracy over confidence at this T, on clean and on noisy pictures."""
    st.markdown(f"**{t('lesson.logits.reliability')}**")
    if result.clean is None or result.noisy is None:
        st.info(t("lesson.logits.no_exam"))
        return
    shown = [Line(t("lesson.logits.ideal"), [0, 1], [0, 1], "#888888", dash="dot")]
    for name, diagram, colour in (("clean", result.clean, _CLEAN), ("noisy", result.noisy, _NOISY)):
        there = [bin for bin, pixels in enumerate(diagram.pixels) if pixels >= FEW]
        x, y = ([values[bin] for bin in there] for values in (diagram.confidence, diagram.accuracy))
        dash, symbol = ("solid", "circle") if name == "clean" else ("dash", "square")
        shown.append(Line(t(f"lesson.logits.on.{name}"), x, y, colour, dash=dash, symbol=symbol))
    said = t("lesson.logits.ece", clean=f"{result.clean.ece:.3f}", noisy=f"{result.noisy.ece:.3f}")
    line_chart.show(
        shown, key="learn.logits.reliability", x=t("lesson.logits.confidence"), y=t("lesson.logits.right"), alt=said,
        x_axis={"range": [0, 1.02]}, y_axis={"range": [-0.03, 1.03]},
    )  # fmt: skip
    st.caption(f"{said} {t('lesson.logits.exam', network=plain(result.exam), few=FEW)}")


def _activation(result: LogitsResult) -> None:
    """The function and its slope, with the pixel's own u on both."""
    name = t(f"lesson.logits.set.activation.{result.activation}")
    st.markdown(f"**{t('lesson.logits.activation', name=name)}**")
    far = max(6.0, float(np.abs(result.now.u[result.order[:SHOWN]]).max()))
    x = np.linspace(-far, far, 121)
    y, slope = activate(result.activation, x)
    u = result.now.u[result.order[:SHOWN]]
    values, slopes = activate(result.activation, u)
    top = digits(float(slopes[0]))
    line_chart.show(
        [
            Line("f", x.tolist(), y.tolist(), _CLEAN, width=3),
            Line(t("lesson.logits.slope"), x.tolist(), slope.tolist(), _SLOPE, dash="dash"),
            Line(t("lesson.logits.here"), u.tolist(), values.tolist(), _CLEAN, width=0, symbol="circle"),
            Line(t("lesson.logits.here.slope"), u.tolist(), slopes.tolist(), _SLOPE, width=0, symbol="diamond"),
        ],
        key="learn.logits.slope", x="u", y="f(u), f′(u)",
        alt=t("lesson.logits.activation.alt", name=name, u=digits(float(u[0])), slope=top),
        y_axis={"range": _HEIGHTS[result.activation]},
    )  # fmt: skip
    st.caption(t("lesson.logits.gradient", name=name, slope=top, ten=f"{float(slopes[0]) ** 10:.1g}"))


def _percent(share: float) -> str:
    return digits(round(100 * share, 1))


# --- predict, formula, check ----------------------------------------------------------------------------------------


def _changed(result: LogitsResult) -> str:
    """Which outputs of the pixel are others than before, to the three decimals that the table shows."""
    soft, sig = (
        bool(np.abs(now - before).max() > 5e-4)
        for now, before in ((result.now.softmax, result.before.softmax), (result.now.sigmoid, result.before.sigmoid))
    )
    return {(True, True): "both", (True, False): "softmax", (False, True): "sigmoid"}.get((soft, sig), "neither")


def formulas(result: LogitsResult) -> list[Formula]:
    """Both readings of the largest logit, and the slope there."""
    order = result.order
    first, inside = order[0], order[: min(SHOWN, len(order))]
    powers = np.exp(np.clip(result.now.u, -700, 700))
    values: dict[str, float] = {f"u{rank}": float(result.now.u[index]) for rank, index in enumerate(inside)}
    values |= {"p": float(result.now.softmax[first]), "s": float(result.now.sigmoid[first])}
    values["rest"] = float(sum(powers[index] for index in order[len(inside) :]))
    terms = " + ".join(f"e^{{@u{rank}@}}" for rank in range(len(inside)))
    terms += " + @rest@" if len(order) > len(inside) else ""
    value, slope = (float(each[0]) for each in activate(result.activation, result.now.u[first : first + 1]))
    name, symbols, numbers = {
        "relu": (r"\mathrm{ReLU}", r"[u > 0]", r"[@u@ > 0]"),
        "sigmoid": (r"\sigma", r"\sigma(u)\,(1 - \sigma(u))", r"@f@\cdot(1 - @f@)"),
        "tanh": (r"\tanh", r"1 - \tanh^2(u)", r"1 - (@f@)^2"),
    }[result.activation]
    return [
        Formula(
            "softmax", r"p_i = \frac{e^{u_i}}{\sum_j e^{u_j}},\quad u = \frac{z + c}{T}",
            rf"\frac{{e^{{@u0@}}}}{{{terms}}} = @p@", values,
        ),
        Formula("sigmoid", r"s_i = \frac{1}{1 + e^{-u_i}}", r"\frac{1}{1 + e^{-(@u0@)}} = @s@", values),
        Formula(
            "slope", rf"{name}'(u) = {symbols}", numbers + " = @d@",
            {"u": float(result.now.u[first]), "f": value, "d": slope},
        ),
    ]  # fmt: skip


def check(result: LogitsResult, random: Random) -> Question:
    """The learner's own logits, all moved or all divided: what becomes of the probabilities?"""
    z = np.round(result.before.z[result.order[:3]], 1)
    own = ", ".join(f"{value:.1f}" for value in z)
    before = pixel_output(z)
    if random.random() < 0.5:
        constant = random.choice((-5, -3, 2, 4))
        now = pixel_output(z, constant=constant)
        return Question(
            t("lesson.logits.check.constant", logits=own, moved=", ".join(f"{value:.1f}" for value in now.u)),
            {option: t(f"lesson.logits.guess.{option}") for option in GUESSES},
            "sigmoid",
            t("lesson.logits.why.constant", p=f"{before.softmax.max():.3f}", q=f"{now.softmax.max():.3f}",
              s=f"{before.sigmoid.max():.3f}", r=f"{now.sigmoid.max():.3f}"),
        )  # fmt: skip
    temperature = random.choice((0.5, 2.0, 4.0))
    now = pixel_output(z, temperature=temperature)
    return Question(
        t("lesson.logits.check.temperature", logits=own, temperature=f"{temperature:g}"),
        {option: t(f"lesson.logits.answer.{option}") for option in ("lower", "higher", "label", "same")},
        "lower" if temperature > 1 else "higher",
        t("lesson.logits.why.temperature", p=f"{before.softmax.max():.3f}", q=f"{now.softmax.max():.3f}"),
    )


def code(result: LogitsResult) -> str:
    """From the network to the label, in plain PyTorch."""
    row, col = result.pixel
    probs = "u.softmax(0)" if result.squash == "softmax" else "u.sigmoid()"
    function = f"torch.{result.activation}"
    return "\n".join(
        [
            "import torch",
            "from segcore.explain.network import as_pixels",
            "from ui.learn.scenes import scene",
            "",
            result.scene.code(),
            "with torch.no_grad():",
            "    z = world.network.logits(as_pixels(world.images[:1]))[0]  # (K, h, w)",
            f"u = (z + {result.constant:g}) / {result.temperature:g}",
            f"p = {probs}",
            f"labels = p.argmax(0).where(p.amax(0) >= {result.threshold:g}, {IGNORE})",
            f"here = u[:, {row}, {col}]",
            "print(z.shape, here, here.softmax(0), here.sigmoid(), labels.unique(return_counts=True))",
            "",
            "x = here.max().clone().requires_grad_()",
            f"{function}(x).backward()",
            "print(x.grad)  # the slope at the largest u",
        ]
    )


def practice(result: LogitsResult) -> list[PracticeLink]:
    """To the confidence of the photo, to calibration on a whole dataset, and to the losses that make logits."""
    query = {"sample": result.scene.photo or sample_photos.FIRST, "model": result.scene.reference.name}
    return [
        PracticeLink(t("lesson.logits.link.segment"), frame.PAGES / "segment.py", query),
        PracticeLink(
            t("lesson.logits.link.evaluate"), frame.PAGES / "evaluate.py", {"model": result.scene.reference.name}
        ),
        PracticeLink(t("lesson.logits.link.losses"), frame.PAGES / "learn.py", {"lesson": "losses"}),
    ]


LESSON = Lesson(
    name="logits",
    terms=("logits", "softmax", "activation", "confidence", "calibration", "threshold"),
    controls=(
        Slider("constant", 5, -10, 10),
        Decimal("temperature", 1.0, 0.25, 4.0, 0.25),
        Choice("squash", "softmax", OUTPUT_FUNCTIONS),
    ),
    more=(
        Decimal("threshold", 0.5, 0.0, 0.95, 0.05),
        Choice("activation", "sigmoid", ACTIVATIONS),
        Selection("pixel", (698, 733), high=place.PER_MILLE, length=2),
        subjects.Photo(),
        subjects.Network(),
    ),
    steps=(
        Step("sigmoid", {"squash": "sigmoid"}),
        Step("warm", {"constant": 0, "temperature": 2.0}),
        Step("flat", {"constant": 0, "activation": "tanh"}),
    ),
    guess=ChoiceGuess(GUESSES, _changed),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

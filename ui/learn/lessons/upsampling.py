"""Lesson 4: upsampling leaves fingerprints."""

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.data import sample_photos
from segcore.explain import upsampling
from segcore.explain.upsampling import METHODS, SEED, SIDE, WEIGHTS, RoundTrip, Upsampling, UpsamplingMethod, Weights
from segcore.types import RGB
from ui import cache
from ui.components import cells
from ui.components.cells import Cell, Grid, Place
from ui.learn import colours, figures, subjects
from ui.learn.controls import Choice, Selection, Slider
from ui.learn.figures import Figure
from ui.learn.formulas import Formula, digits
from ui.learn.guess import ChoiceGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.text import t
from ui.widgets import frame, line_chart
from ui.widgets.line_chart import Line

SMALL = 40
"""Side of the small map of the photo."""

SCALE = 3
"""Pixels of the screen's picture for one of ours: a fingerprint must not be smoothed away."""

READABLE = 12
"""A larger output shows its numbers as colours only, in cells that a phone can hold; a press tells the number."""

LARGEST = 17
"""The largest place in a row of an enlarged map: 3 · 4 + 6 outputs."""

WITH_KERNEL = ("transposed", "resize")


@dataclass(frozen=True, eq=False)
class UpsamplingResult:
    """An enlarged map of ones, and a photo there and back.

    Attributes:
        found: the map.
        weights: of the kernel.
        row: of the output cell that is looked at …
        col: … and its column.
        frequencies: of the waves in an enlarged constant …
        strength: … and how strong each is, as a share of the mean.
        trip: the photo made smaller and larger again.
        photo: its name.
    """

    found: Upsampling
    weights: Weights
    row: int
    col: int
    frequencies: NDArray[np.float64]
    strength: NDArray[np.float64]
    trip: RoundTrip
    photo: str

    @property
    def way(self) -> UpsamplingMethod:
        """How it is enlarged."""
        return self.found.way

    @property
    def value(self) -> float:
        """The output cell."""
        return float(self.found.output[self.row, self.col])


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> UpsamplingResult:
    """Enlarge the map of ones, and send the photo there and back."""
    way, stride, name = settings["way"], settings["stride"], settings["weights"]
    row = upsampling.weights(name, settings["kernel"])
    found = upsampling.upsample(way, row, stride)
    down, right = (min(place, len(found.matrix) - 1) for place in settings["cell"])
    trip = cache.computed(_trip, settings["photo"], way, settings["kernel"], name, stride)
    return UpsamplingResult(found, name, down, right, *upsampling.spectrum(way, row, stride), trip, settings["photo"])


def _trip(photo: str, way: UpsamplingMethod, kernel: int, name: Weights, stride: int) -> RoundTrip:
    row = upsampling.weights(name, kernel)
    side = len(upsampling.matrix(way, SMALL, row, stride))
    rgb = subjects.image(photo).rgb
    edge = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - edge) // 2, (rgb.shape[1] - edge) // 2
    grey = cv2.cvtColor(rgb[top : top + edge, left : left + edge], cv2.COLOR_RGB2GRAY)
    picture = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA) / 255.0
    return upsampling.round_trip(np.maximum(picture, 1 / 255), SMALL, way, row, stride)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: UpsamplingResult, hidden: bool) -> Settings | None:
    """Input, kernel and output, linked; the waves in the output; a photo there and back."""
    grids = [_ones(), *([_kernel(result)] if result.way in WITH_KERNEL else [])]
    if hidden:
        cells.show(grids, key="learn.upsampling.cells")
        return None
    pressed = cells.show(
        [*grids, _output(result)],
        links=_links(result),
        chosen=Place("output", result.row, result.col),
        key="learn.upsampling.cells",
    )
    st.caption(t("lesson.upsampling.hint", seed=SEED))
    _waves(result)
    trip = result.trip
    shown = [("photo", trip.image, 1), ("small", trip.small, result.found.stride), ("back", trip.back, 1)]
    figures.show([_picture(name, values, times) for name, values, times in shown], least_px=180)
    st.caption(t("lesson.upsampling.trip", lost=f"{100 * trip.lost / trip.whole:.0f}"))
    return {"cell": (pressed[0].row, pressed[0].col)} if pressed and pressed[0].grid == "output" else None


def _ones() -> Grid:
    rows = [[Cell("1", "#e9e9e4") for _ in range(SIDE)] for _ in range(SIDE)]
    return Grid("input", t("lesson.upsampling.input"), rows, size_px=32)


def _kernel(result: UpsamplingResult) -> Grid:
    kernel = np.outer(result.found.row, result.found.row)
    rows = [
        [Cell(f"{round(float(w), 2):g}", colours.diverging(float(w), float(kernel.max()))) for w in row]
        for row in kernel
    ]
    return Grid("kernel", t("lesson.upsampling.kernel"), rows, size_px=32)


def _output(result: UpsamplingResult) -> Grid:
    output, high = result.found.output, float(result.found.output.max())

    def cell(row: int, col: int) -> Cell:
        value = float(output[row, col])
        says = t("lesson.upsampling.cell", row=row, col=col, value=digits(value))
        text = f"{round(value, 1):g}" if len(output) <= READABLE else ""
        return Cell(text, colours.diverging(value, high), says=says)

    side = range(len(output))
    title = t("lesson.upsampling.output", side=len(output))
    return Grid("output", title, [[cell(r, c) for c in side] for r in side], press="one", size_px=30)


def _links(result: UpsamplingResult) -> dict[Place, list[Place]]:
    """Output cell → the inputs that it is made of; input → the outputs that it goes into."""
    reads = result.found.matrix != 0
    links: dict[Place, list[Place]] = {}
    for row, col in np.ndindex(result.found.output.shape):
        output = Place("output", row, col)
        links[output] = [
            Place("input", int(r), int(c)) for r in np.flatnonzero(reads[row]) for c in np.flatnonzero(reads[col])
        ]
        for place in links[output]:
            links.setdefault(place, []).append(output)
    return links


def _waves(result: UpsamplingResult) -> None:
    strongest = int(result.strength[1:].argmax()) + 1
    line_chart.show(
        [
            Line(
                t(f"lesson.upsampling.set.way.{result.way}"),
                list(result.frequencies),
                [100 * float(value) for value in result.strength],
                colours.hex_of(colours.POSITIVE),
                width=3,
            ),
            Line(
                t("lesson.upsampling.stride", stride=result.found.stride),
                [1 / result.found.stride] * 2,
                [0.0, 105.0],
                "#808080",
                dash="dot",
                width=1,
            ),
        ],
        key="learn.upsampling.waves",
        x=t("lesson.upsampling.frequency"),
        y=t("lesson.upsampling.strength"),
        alt=t(
            "lesson.upsampling.waves.alt",
            percent=digits(100 * float(result.strength[strongest])),
            frequency=digits(float(result.frequencies[strongest])),
        ),
        height=240,
        x_axis={"range": [-0.01, 0.52]},
        y_axis={"range": [-3, 108]},
    )


def _picture(name: str, values: NDArray[np.float64], times: int) -> Figure:
    """Grey; the small one is drawn at the size of the others."""
    scale = SCALE * times
    grey = np.repeat(np.repeat(np.clip(values, 0, 1), scale, axis=0), scale, axis=1)
    rgb: RGB = np.repeat((255 * grey).round().astype(np.uint8)[..., None], 3, axis=2)
    title = t(f"lesson.upsampling.picture.{name}")
    return Figure(rgb, title, title, f"{len(values)} × {len(values)}")


# --- predict, formula, check ----------------------------------------------------------------------------------------


def _evenness(result: UpsamplingResult) -> str:
    """Largest against smallest value, far from the border."""
    found = result.found
    if found.is_even:
        return "even"
    if found.lowest < 1e-9:
        return "holes"
    return "two" if found.highest / found.lowest < 3 else "four"


def formulas(result: UpsamplingResult) -> list[Formula]:
    """The output cell, how even the output is, and what a photo loses on its way."""
    row, col = result.found.matrix[result.row], result.found.matrix[result.col]
    down, across = ([float(w) for w in each if w] or [0.0] for each in (row, col))
    values: dict[str, float] = {f"a{index}": w for index, w in enumerate(down)}
    values |= {f"b{index}": w for index, w in enumerate(across)} | {"y": result.value}
    sums = (" + ".join(f"@{name}{index}@" for index in range(len(each))) for name, each in (("a", down), ("b", across)))
    found = [
        Formula(
            "cell",
            r"y_{r,c} = \sum_i U_{r,i} \cdot \sum_j U_{c,j} \cdot 1",
            rf"y_{{{result.row},{result.col}}} = ({next(sums)}) \cdot ({next(sums)}) = @y@",
            values,
        )
    ]
    k, s = len(result.found.row), result.found.stride
    if result.way == "transposed" and result.weights == "ones":
        found.append(
            Formula(
                "writes",
                r"\left\lceil k/s \right\rceil^2 : \left\lfloor k/s \right\rfloor^2",
                r"\left\lceil @k@/@s@ \right\rceil^2 : \left\lfloor @k@/@s@ \right\rfloor^2 = @most@ : @least@",
                {"k": k, "s": s, "most": result.found.highest, "least": result.found.lowest},
            )
        )
    size = {"n": SIDE, "s": s, "k": k, "o": len(result.found.matrix)}
    found.append(
        Formula("size", r"o = (n - 1)\,s + k", r"(@n@ - 1) \cdot @s@ + @k@ = @o@", size)
        if result.way == "transposed"
        else Formula("size", r"o = n\,s", r"@n@ \cdot @s@ = @o@", size)
    )
    found.append(
        Formula(
            "inverse",
            r"\hat x \propto U U^{\top} x\, U U^{\top},\quad \frac{\lVert x - \hat x \rVert}{\lVert x \rVert}",
            r"\frac{@lost@}{@whole@} = @share@",
            {"lost": result.trip.lost, "whole": result.trip.whole, "share": result.trip.lost / result.trip.whole},
        )
    )
    return found


def check(result: UpsamplingResult, random: Random) -> Question:
    """Which kernel leaves no fingerprint at the learner's stride, or another one?"""
    stride = random.choice([result.found.stride, 2, 3, 4])
    right = stride * random.choice([1, 2, 3])
    wrong = random.sample([k for k in range(2, 10) if k % stride and k > stride], 3)
    options = sorted([right, *wrong])
    told = "; ".join(f"{k}: {-(-k // stride)}² : {k // stride}²" for k in options)
    return Question(
        t("lesson.upsampling.check", stride=stride),
        {str(k): f"{k} × {k}" for k in options},
        str(right),
        t("lesson.upsampling.why", found=told),
    )


def code(result: UpsamplingResult) -> str:
    """The same with PyTorch's own layers, and the waves of a larger constant."""
    s, k = result.found.stride, len(result.found.row)
    copied = f"F.interpolate(x, scale_factor={s})"
    kernel = [f"row = torch.tensor({result.found.row.tolist()})", "kernel = torch.outer(row, row)[None, None]"]
    body = {
        "transposed": [f"    return F.conv_transpose2d(x, kernel, stride={s})"],
        "nearest": [f"    return {copied}"],
        "bilinear": [f'    return F.interpolate(x, scale_factor={s}, mode="bilinear")'],
        "resize": [
            f"    large = F.pad({copied}, ({(k - 1) // 2}, {k // 2}, {(k - 1) // 2}, {k // 2}))",
            "    return F.conv2d(large, kernel)",
        ],
        "unpool": [
            f"    first = {s} * torch.arange(x.shape[-1])  # of each window: where the maximum was",
            f"    indices = (first[:, None] * {s} * len(first) + first)[None, None]",
            f"    return F.max_unpool2d(x, indices, {s})",
        ],
    }[result.way]
    length = 48 * s
    return "\n".join(
        [
            "import torch",
            "from torch.nn import functional as F",
            "",
            *(kernel if result.way in WITH_KERNEL else []),
            "def enlarged(x):",
            *body,
            "",
            f"output = enlarged(torch.ones(1, 1, {SIDE}, {SIDE}))[0, 0]",
            f"print(tuple(output.shape), output[{result.row}, {result.col}].item())",
            "",
            f"line = enlarged(torch.ones(1, 1, 64, 64))[0, 0].sum(0)[{8 * s}:{8 * s + length}]",
            "waves = torch.fft.rfft(line.double()).abs()",
            "waves = waves / waves[0]",
            f"print([(n / {length}, round(w, 3)) for n, w in enumerate(waves.tolist()) if w > 0.001])",
        ]
    )


def practice(result: UpsamplingResult) -> list[PracticeLink]:
    """To a photo's outlines, to the convolution itself, and to a training."""
    photo = result.photo if result.photo in sample_photos.SAMPLES else sample_photos.FIRST
    return [
        PracticeLink(t("lesson.upsampling.link.segment"), frame.PAGES / "segment.py", {"sample": photo}),
        PracticeLink(t("lesson.upsampling.link.convolution"), frame.PAGES / "learn.py", {"lesson": "convolution"}),
        PracticeLink(t("lesson.upsampling.link.train"), frame.PAGES / "train.py", {"preset": "demo"}),
    ]


LESSON = Lesson(
    name="upsampling",
    terms=("upsampling", "transposed_convolution", "kernel", "stride"),
    controls=(Choice("way", "transposed", METHODS), Slider("kernel", 3, 1, 6), Slider("stride", 2, 2, 4)),
    more=(Choice("weights", "ones", WEIGHTS), subjects.Photo(), Selection("cell", (4, 4), high=LARGEST, length=2)),
    steps=(
        Step("divides", {"kernel": 4}),
        Step("triangle", {"weights": "triangle"}),
        Step("resize", {"way": "resize"}),
        Step("unpool", {"way": "unpool"}),
    ),
    guess=ChoiceGuess(("even", "two", "four", "holes"), _evenness),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

"""Upsampling leaves checkerboard artefacts."""

from dataclasses import dataclass
from itertools import product
from random import Random

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.explain import upsampling
from segcore.explain.scene import grey_square
from segcore.explain.upsampling import METHODS, SEED, SIDE, WEIGHTS, RoundTrip, Upsampling, UpsamplingMethod, Weights
from segcore.types import RGB
from ui import cache
from ui.components import cells
from ui.components.cells import CellPlace, Grid, GridCell
from ui.learn import colours, figures, input_controls, thumbnails
from ui.learn.controls import Choice, Selection, Slider
from ui.learn.figures import LessonFigure, magnified
from ui.learn.formulas import Formula, digits
from ui.learn.guess import ChoiceGuess
from ui.learn.input_controls import PhotoControl
from ui.learn.lesson import TORCH_IMPORTS, Lesson, LessonFunctions, Question, Settings, lesson_texts, to
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine

SMALL = 40  # side of the small map of the photo
SCALE = 3  # screen pixels for one of ours: checkerboard artefacts must not be smoothed away
READABLE = 12  # a larger output shows colours only, in cells small enough for a phone; a press shows the number
LARGEST = 17  # the last index in a row of an upsampled map: 3 · 4 + 6 outputs
WITH_KERNEL = ("transposed", "resize")

text = lesson_texts("upsampling")


@dataclass(frozen=True, eq=False)
class UpsamplingResult:
    """An upsampled map of ones, and a photo down- and upsampled."""

    found: Upsampling
    weights: Weights  # of the kernel
    row: int  # of the selected output cell
    col: int
    frequencies: NDArray[np.float64]  # of an upsampled constant
    strength: NDArray[np.float64]  # their amplitudes as shares of the mean
    trip: RoundTrip  # the photo down- and upsampled
    photo: str


def compute(settings: Settings) -> UpsamplingResult:
    """Upsample the map of ones, and down- and upsample the photo."""
    way, stride, name, size, photo = (settings[key] for key in ("way", "stride", "weights", "kernel", "photo"))
    weights = upsampling.weights(name, size)
    found = upsampling.upsample(way, weights, stride)
    row, col = (min(place, len(found.matrix) - 1) for place in settings["cell"])
    trip = cache.computed(_trip, photo, way, size, name, stride)
    return UpsamplingResult(found, name, row, col, *upsampling.spectrum(way, weights, stride), trip, photo)


def _trip(photo: str, way: UpsamplingMethod, kernel: int, name: Weights, stride: int) -> RoundTrip:
    weights = upsampling.weights(name, kernel)
    side = len(upsampling.matrix(way, SMALL, weights, stride))
    grey = grey_square(input_controls.image(photo).rgb, side) / 255.0
    return upsampling.round_trip(np.maximum(grey, 1 / 255), SMALL, way, weights, stride)


def draw_views(result: UpsamplingResult, hidden: bool) -> Settings | None:
    """Draw input, kernel and output, linked; the spectrum of the output; the photo down- and upsampled."""
    grids = [Grid.build("input", text("input"), (SIDE, SIDE), lambda *_: GridCell("1", "#e9e9e4"), size_px=32)]
    if result.found.way in WITH_KERNEL:
        grids.append(_kernel(result))
    if hidden:
        cells.show(grids, key="learn.upsampling.cells")
        return None
    chosen = CellPlace("output", result.row, result.col)
    grids.append(_output(result))
    pressed = cells.show(grids, links=_links(result), chosen=chosen, key="learn.upsampling.cells")
    st.caption(text("hint", seed=SEED))
    _spectrum(result)
    trip = result.trip
    small = _picture("small", trip.small, result.found.stride)
    figures.show([_picture("photo", trip.image), small, _picture("back", trip.back)], least_px=180)
    st.caption(text("trip", lost=f"{100 * trip.lost / trip.whole:.0f}"))
    return {"cell": (pressed[0].row, pressed[0].col)} if pressed and pressed[0].grid == "output" else None


def _kernel(result: UpsamplingResult) -> Grid:
    kernel = np.outer(result.found.row, result.found.row)

    def cell(row: int, col: int) -> GridCell:
        weight = float(kernel[row, col])
        return GridCell(f"{round(weight, 2):g}", colours.diverging(weight, float(kernel.max())))

    return Grid.build("kernel", text("kernel"), kernel.shape, cell, size_px=32)


def _output(result: UpsamplingResult) -> Grid:
    output, high = result.found.output, float(result.found.output.max())

    def cell(row: int, col: int) -> GridCell:
        value = float(output[row, col])
        shown = f"{round(value, 1):g}" if len(output) <= READABLE else ""
        label = text("cell", row=row, col=col, value=digits(value))
        return GridCell(shown, colours.diverging(value, high), label=label)

    return Grid.build("output", text("output", side=len(output)), output.shape, cell, press="one", size_px=30)


def _links(result: UpsamplingResult) -> dict[CellPlace, list[CellPlace]]:
    """Output cell → the inputs it is computed from; input → the outputs it contributes to."""
    reads = [np.flatnonzero(weights).tolist() for weights in result.found.matrix]
    links: dict[CellPlace, list[CellPlace]] = {}
    for row, col in np.ndindex(result.found.output.shape):
        output = CellPlace("output", row, col)
        links[output] = [CellPlace("input", *place) for place in product(reads[row], reads[col])]
        for place in links[output]:
            links.setdefault(place, []).append(output)
    return links


def _spectrum(result: UpsamplingResult) -> None:
    strongest = int(result.strength[1:].argmax()) + 1
    way, stride = text(f"set.way.{result.found.way}"), result.found.stride
    percent = [100 * float(value) for value in result.strength]
    peak = {"percent": digits(percent[strongest]), "frequency": digits(float(result.frequencies[strongest]))}
    line_chart.show(
        [
            ChartLine(way, list(result.frequencies), percent, colours.POSITIVE, width=3),
            ChartLine(text("stride", stride=stride), [1 / stride] * 2, [0.0, 105.0], "#808080", dash="dot", width=1),
        ],
        key="learn.upsampling.waves",
        x=text("frequency"),
        y=text("strength"),
        alt=text("waves.alt", **peak),
        height=240,
        x_axis={"range": [-0.01, 0.52]},
        y_axis={"range": [-3, 108]},
    )


def _picture(name: str, values: NDArray[np.float64], times: int = 1) -> LessonFigure:
    """Grey; the small map is drawn at the size of the others."""
    grey = magnified(np.clip(values, 0, 1), SCALE * times)
    rgb: RGB = np.repeat((255 * grey).round().astype(np.uint8)[..., None], 3, axis=2)
    return LessonFigure(rgb, text(f"picture.{name}"), note=f"{len(values)} × {len(values)}")


def _evenness(result: UpsamplingResult) -> str:
    """How many times the smallest value, far from the border, the largest is."""
    found = result.found
    if found.is_even:
        return "even"
    if found.lowest < 1e-9:
        return "holes"
    return "below" if found.highest / found.lowest < 3 else "above"


def _predict(result: UpsamplingResult) -> str:
    found = result.found
    if found.way == "transposed":
        return text("predict", stride=found.stride)
    return text("predict.other", way=text(f"set.way.{found.way}"), stride=found.stride)


def formulas(result: UpsamplingResult) -> list[Formula]:
    """The output cell, how even the output is, and the error of the photo."""
    found = result.found
    down, across = ([float(w) for w in found.matrix[at] if w] or [0.0] for at in (result.row, result.col))
    values = {f"a{index}": w for index, w in enumerate(down)} | {f"b{index}": w for index, w in enumerate(across)}
    rows, cols = (" + ".join(f"@{name}@" for name in values if name[0] == letter) for letter in "ab")
    symbols = r"y_{r,c} = \sum_i U_{r,i} \cdot \sum_j U_{c,j} \cdot 1"
    numbers = rf"y_{{{result.row},{result.col}}} = ({rows}) \cdot ({cols}) = @y@"
    shown = [Formula("cell", symbols, numbers, values | {"y": float(found.output[result.row, result.col])})]
    size = {"n": SIDE, "s": found.stride, "k": len(found.row), "o": len(found.matrix)}
    if found.way == "transposed" and result.weights == "ones":
        symbols = r"\left\lceil k/s \right\rceil^2 : \left\lfloor k/s \right\rfloor^2"
        numbers = r"\left\lceil @k@/@s@ \right\rceil^2 : \left\lfloor @k@/@s@ \right\rfloor^2 = @most@ : @least@"
        shown.append(Formula("writes", symbols, numbers, size | {"most": found.highest, "least": found.lowest}))
    of_size = (r"o = n\,s", r"@n@ \cdot @s@ = @o@")
    if found.way == "transposed":
        of_size = (r"o = (n - 1)\,s + k", r"(@n@ - 1) \cdot @s@ + @k@ = @o@")
    trip = result.trip
    inverse = r"\hat x \propto U U^{\top} x\, U U^{\top},\quad \frac{\lVert x - \hat x \rVert}{\lVert x \rVert}"
    lost = {"lost": trip.lost, "whole": trip.whole, "share": trip.lost / trip.whole}
    back = Formula("inverse", inverse, r"\frac{@lost@}{@whole@} = @share@", lost)
    return [*shown, Formula("size", *of_size, size), back]


def check(result: UpsamplingResult, random: Random) -> Question:
    """Which kernel leaves no checkerboard artefacts at the learner's stride, or another one?"""
    stride = random.choice([result.found.stride, 2, 3, 4])
    right = stride * random.choice([1, 2, 3])
    wrong = random.sample([k for k in range(2, 10) if k % stride and k > stride], 3)
    options = sorted([right, *wrong])
    writes = "; ".join(f"{k}: {-(-k // stride)}² : {k // stride}²" for k in options)
    shown = {str(k): f"{k} × {k}" for k in options}
    return Question(text("check", stride=stride), shown, str(right), text("why", found=writes))


def code(result: UpsamplingResult) -> list[str]:
    """The same with PyTorch's own layers, and the spectrum of a larger constant."""
    s, k = result.found.stride, len(result.found.row)
    nearest = f"F.interpolate(x, scale_factor={s})"
    kernel = [f"row = torch.tensor({result.found.row.tolist()})", "kernel = torch.outer(row, row)[None, None]"]
    padding = ((k - 1) // 2, k // 2) * 2
    body = {
        "transposed": [f"    return F.conv_transpose2d(x, kernel, stride={s})"],
        "nearest": [f"    return {nearest}"],
        "bilinear": [f'    return F.interpolate(x, scale_factor={s}, mode="bilinear")'],
        "resize": [f"    large = F.pad({nearest}, {padding})", "    return F.conv2d(large, kernel)"],
        "unpool": [
            f"    first = {s} * torch.arange(x.shape[-1])  # of each window: the position of the maximum",
            f"    indices = (first[:, None] * {s} * len(first) + first)[None, None]",
            f"    return F.max_unpool2d(x, indices, {s})",
        ],
    }[result.found.way]
    length = 48 * s
    return [
        *TORCH_IMPORTS,
        *(kernel if result.found.way in WITH_KERNEL else []),
        "def upsample(x):",
        *body,
        "",
        f"output = upsample(torch.ones(1, 1, {SIDE}, {SIDE}))[0, 0]",
        f"print(tuple(output.shape), output[{result.row}, {result.col}].item())",
        "",
        f"line = upsample(torch.ones(1, 1, 64, 64))[0, 0].sum(0)[{8 * s}:{8 * s + length}]",
        "waves = torch.fft.rfft(line.double()).abs()",
        "waves = waves / waves[0]",
        f"print([(n / {length}, round(w, 3)) for n, w in enumerate(waves.tolist()) if w > 0.001])",
    ]


LESSON = Lesson(
    name="upsampling",
    group="first",
    minutes=7,
    thumbnail=lambda result: thumbnails.of_grid(_output(result)),
    terms=("upsampling", "transposed_convolution", "kernel", "stride"),
    controls=(Choice("way", "transposed", METHODS), Slider("kernel", 3, 1, 6), Slider("stride", 2, 2, 4)),
    more=(Choice("weights", "ones", WEIGHTS), PhotoControl(), Selection("cell", (4, 4), high=LARGEST, length=2)),
    steps={
        "divides": {"kernel": 4},
        "triangle": {"weights": "triangle"},
        "resize": {"way": "resize"},
        "unpool": {"way": "unpool"},
    },
    guess=ChoiceGuess(("even", "below", "above", "holes"), lambda result: (_evenness(result),)),
    predict=_predict,
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("segment", text("link.segment"), sample=input_controls.sample_name(result.photo)),
        to("learn", text("link.convolution"), lesson="convolution"),
        to("train", text("link.train"), preset="demo"),
    ],
)

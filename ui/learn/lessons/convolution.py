"""Convolution is one dot product, repeated."""

from dataclasses import dataclass
from itertools import product
from random import Random

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.errors import BadConfig
from segcore.explain.convolution import KERNELS, Border, Convolution, convolve, output_size
from segcore.explain.scene import grey_square
from ui import cache
from ui.components import cells
from ui.components.cells import CellPlace
from ui.learn import colours, input_controls, thumbnails
from ui.learn import convolution_grids as grids
from ui.learn.controls import Choice, Selection, Slider
from ui.learn.formulas import Formula
from ui.learn.guess import ChoiceGuess
from ui.learn.input_controls import PhotoControl
from ui.learn.kernel_weights import KernelWeights
from ui.learn.lesson import TORCH_IMPORTS, Lesson, LessonFunctions, Question, Settings, lesson_texts, to

SIDE = 9  # of the input in pixels: few enough to read every number
OWN = "own"  # a kernel whose weights the learner types
TERMS_PER_LINE = 5  # of the sum in the formula

text = lesson_texts("convolution")


@dataclass(frozen=True, eq=False)
class ConvolutionResult:
    """A convolution, and the selected output cell."""

    convolution: Convolution
    border: Border
    row: int
    col: int
    painted: tuple[int, ...]  # inverted input pixels
    picture: str
    photo: str

    @property
    def value(self) -> float:
        """The output cell."""
        return float(self.convolution.output[self.row, self.col])


def compute(settings: Settings) -> ConvolutionResult:
    """Raises BadConfig if the kernel spans more pixels than there are."""
    picture, photo = settings["picture"], settings["photo"]
    image = (cache.computed(_photo, photo) if picture == "photo" else _drawn(picture)).copy()
    for pixel in settings["pixels"]:
        image[pixel // SIDE, pixel % SIDE] = round(1 - image[pixel // SIDE, pixel % SIDE], 2)
    kernel = np.reshape(settings["weights"], (3, 3)) if settings["kernel"] == OWN else KERNELS[settings["kernel"]]
    geometry = {name: settings[name] for name in ("stride", "padding", "dilation")}
    if output_size(SIDE, len(kernel), **geometry) < 1:
        reach = geometry["dilation"] * (len(kernel) - 1) + 1
        raise BadConfig(text("too_wide", reach=reach, size=SIDE + 2 * geometry["padding"]))
    convolution = convolve(image, kernel, border=settings["border"], **geometry)
    row, col = (min(number, len(convolution.output) - 1) for number in settings["cell"])
    return ConvolutionResult(convolution, settings["border"], row, col, settings["pixels"], picture, photo)


def _drawn(name: str) -> NDArray[np.float64]:
    """(SIDE, SIDE), 0 is dark and 1 is bright."""
    row, col = np.indices((SIDE, SIDE)) - SIDE // 2
    drawn = {"step": col >= 0, "dot": (row == 0) & (col == 0), "cross": (row == 0) | (col == 0)}
    return np.asarray(drawn[name], np.float64)


def _photo(photo: str) -> NDArray[np.float64]:
    """(SIDE, SIDE): the middle of a photo in grey, two decimals, so that what is displayed is what is computed."""
    return np.round(grey_square(input_controls.image(photo).rgb, SIDE) / 255.0, 2)


def draw_views(result: ConvolutionResult, hidden: bool) -> Settings | None:
    """Draw input, window and output; a press selects a cell or inverts a pixel."""
    conv, row, col = result.convolution, result.row, result.col
    shown = [grids.input_grid(conv), grids.kernel_grid(conv)]
    if not hidden:
        shown = [shown[0], grids.products_grid(conv, row, col), grids.output_grid(conv)]
    chosen = CellPlace("output", row, col)
    pressed = cells.show(shown, links=grids.links(conv, row, col), chosen=chosen, key="learn.convolution.cells")
    if hidden:
        return None
    st.caption(text("hint"))
    if not pressed:
        return None
    if pressed[0].grid == "output":
        return {"cell": (pressed[0].row, pressed[0].col)}
    inside = {
        (p.row - conv.padding) * SIDE + p.col - conv.padding for p in pressed if grids.is_inside(conv, p.row, p.col)
    }
    return {"pixels": tuple(sorted(set(result.painted) ^ inside))}


def _sign(result: ConvolutionResult) -> str:
    return "zero" if abs(result.value) < 1e-9 else "positive" if result.value > 0 else "negative"


def formulas(result: ConvolutionResult) -> list[Formula]:
    """The output cell as a sum of products, and the size of the output."""
    conv = result.convolution
    values: dict[str, float] = {"y": result.value}
    terms = []
    pairs = zip(conv.kernel.ravel(), conv.under(result.row, result.col).ravel(), strict=True)
    for index, (w, x) in enumerate(pairs):
        values |= {f"w{index}": float(w), f"x{index}": float(x)}
        if w:
            weight = f"(@w{index}@)" if w < 0 else f"@w{index}@"
            terms.append(rf"{weight}\cdot @x{index}@")
    terms = terms or ["0"]  # all weights are 0
    lines = [" + ".join(terms[at : at + TERMS_PER_LINE]) for at in range(0, len(terms), TERMS_PER_LINE)]
    cell = r"y_{r,c} = \sum_{i,j} w_{i,j} \cdot x_{\,rs+id,\;cs+jd}"
    cell_numbers = rf"y_{{{result.row},{result.col}}} = " + r" \\ {} + ".join(lines) + " = @y@"
    shade = {"y": colours.hex_of(colours.POSITIVE if result.value > 0 else colours.NEGATIVE)}
    size = r"o = \left\lfloor \frac{n + 2p - d\,(k-1) - 1}{s} \right\rfloor + 1"
    size_numbers = r"\left\lfloor \frac{@n@ + 2\cdot @p@ - @d@\cdot(@k@-1) - 1}{@s@} \right\rfloor + 1 = @o@"
    sizes = {"n": SIDE, "p": conv.padding, "d": conv.dilation, "k": len(conv.kernel), "s": conv.stride}
    sizes["o"] = len(conv.output)
    return [Formula("cell", cell, cell_numbers, values, shade), Formula("size", size, size_numbers, sizes)]


def check(result: ConvolutionResult, random: Random) -> Question:
    """The size of the output for the learner's kernel, with another stride, padding or dilation."""
    k = len(result.convolution.kernel)
    now = (result.convolution.stride, result.convolution.padding, result.convolution.dilation)
    others = [
        (s, p, d)
        for s, p, d in product((1, 2, 3), (0, 1, 2), (1, 2))
        if (s, p, d) != now and s * d > 1 and output_size(SIDE, k, stride=s, padding=p, dilation=d) > 1
    ]
    s, p, d = random.choice(others)
    right = output_size(SIDE, k, stride=s, padding=p, dilation=d)
    mistakes = [
        output_size(SIDE, k, stride=s, padding=p),  # dilation forgotten
        output_size(SIDE, k, padding=p, dilation=d),  # stride forgotten
        right - 1,  # the last "+ 1" forgotten
        right + 1,  # rounded up
        right + 2,
    ]
    sizes = list(dict.fromkeys([right, *mistakes]))[:4]
    options = {str(size): f"{size} × {size}" for size in sizes}
    formula = rf"\left\lfloor\frac{{{SIDE}+2\cdot{p}-{d}\cdot({k}-1)-1}}{{{s}}}\right\rfloor+1={right}"
    question = text("check", n=SIDE, k=k, s=s, p=p, d=d)
    return Question(question, options, str(right), text("why", formula=f"${formula}$"))


def code(result: ConvolutionResult) -> list[str]:
    """The same in PyTorch."""
    conv = result.convolution
    kernel = ", ".join(str([round(float(w), 4) for w in row]) for row in conv.kernel)
    return [
        *TORCH_IMPORTS,
        *_image_in_code(result),
        f"kernel = torch.tensor([{kernel}])",
        f'padded = F.pad(image[None, None], {(conv.padding,) * 4}, mode="{result.border}")',
        f"output = F.conv2d(padded, kernel[None, None], stride={conv.stride}, dilation={conv.dilation})[0, 0]",
        f"print(tuple(output.shape), output[{result.row}, {result.col}].item())",
    ]


def _image_in_code(result: ConvolutionResult) -> list[str]:
    """The input: one line for a synthetic image, all numbers for a photo."""
    if result.picture == "photo":
        rows = (f"    {row.tolist()}," for row in np.round(result.convolution.image, 2))
        return ["image = torch.tensor([", *rows, "])"]
    middle = SIDE // 2
    draw = {
        "step": f"image[:, {middle}:] = 1",
        "dot": f"image[{middle}, {middle}] = 1",
        "cross": f"image[{middle}, :] = image[:, {middle}] = 1",
    }
    lines = [f"image = torch.zeros({SIDE}, {SIDE})", draw[result.picture]]
    if result.painted:
        pixels = list(result.painted)
        lines.append(f"image.view(-1)[{pixels}] = 1 - image.view(-1)[{pixels}]  # inverted")
    return lines


LESSON = Lesson(
    name="convolution",
    group="first",
    minutes=8,
    thumbnail=lambda result: thumbnails.of_grid(grids.output_grid(result.convolution)),
    terms=("convolution", "kernel", "stride", "padding", "dilation", "feature_map"),
    controls=(Slider("stride", 1, 1, 3), Slider("padding", 0, 0, 2), Slider("dilation", 1, 1, 3)),
    more=(
        Choice("kernel", "edges", (*KERNELS, OWN)),
        KernelWeights("weights", (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0), shown_for=("kernel", OWN)),
        Choice("picture", "step", ("step", "dot", "cross", "photo")),
        PhotoControl(),
        Choice("border", "constant", ("constant", "reflect", "replicate")),
        Selection("cell", (3, 2), high=SIDE + 4, length=2),
        Selection("pixels", (), high=SIDE * SIDE - 1),
    ),
    steps={
        "stride": {"stride": 2, "padding": 1, "cell": (2, 1)},
        "padding": {"padding": 1, "kernel": "blur", "cell": (0, 8)},
        "dilation": {"dilation": 2, "cell": (2, 1)},
        "own": {"kernel": OWN, "picture": "dot", "padding": 1, "cell": (4, 3)},
    },
    guess=ChoiceGuess(("positive", "negative", "zero"), lambda result: (_sign(result),)),
    predict=lambda _result: text("predict"),
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("segment", text("link.segment"), sample=input_controls.sample_name(result.photo)),
        to("train", text("link.train"), preset="demo"),
    ],
)

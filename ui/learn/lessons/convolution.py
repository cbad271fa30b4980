"""Lesson 2: convolution is one dot product, repeated."""

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.data import sample_photos
from segcore.errors import BadConfig
from segcore.explain.convolution import KERNELS, Border, Convolution, convolve, output_size
from ui import cache
from ui.components import cells
from ui.components.cells import Cell, Grid, Place
from ui.learn import colours, subjects
from ui.learn.controls import Choice, Selection, Slider
from ui.learn.formulas import Formula, digits
from ui.learn.guess import ChoiceGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.learn.weights import Weights
from ui.text import t
from ui.widgets import frame

SIDE = 9
"""The input is SIDE x SIDE pixels: few enough to read every number."""

OWN = "own"
"""A kernel whose weights the learner types."""

ROWS_OF_TERMS = 5
"""So many terms of the sum stand in one line."""


@dataclass(frozen=True, eq=False)
class ConvolutionResult:
    """A convolution, and the output cell that is looked at."""

    convolution: Convolution
    border: Border
    row: int
    col: int
    painted: tuple[int, ...]
    picture: str
    photo: str

    @property
    def value(self) -> float:
        """The output cell."""
        return float(self.convolution.output[self.row, self.col])


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> ConvolutionResult:
    """Raises BadConfig where the kernel reaches over more pixels than there are."""
    picture, photo = settings["picture"], settings["photo"]
    image = (cache.computed(_photo, photo) if picture == "photo" else _drawn(picture)).copy()
    for pixel in settings["pixels"]:
        image[pixel // SIDE, pixel % SIDE] = round(1 - image[pixel // SIDE, pixel % SIDE], 2)
    kernel = np.reshape(settings["weights"], (3, 3)) if settings["kernel"] == OWN else KERNELS[settings["kernel"]]
    geometry = {name: settings[name] for name in ("stride", "padding", "dilation")}
    if output_size(SIDE, len(kernel), **geometry) < 1:
        reach = geometry["dilation"] * (len(kernel) - 1) + 1
        size = SIDE + 2 * geometry["padding"]
        raise BadConfig(t("lesson.convolution.too_wide", reach=reach, size=size))
    convolution = convolve(image, kernel, border=settings["border"], **geometry)
    last = len(convolution.output) - 1
    row, col = (min(number, last) for number in settings["cell"])
    return ConvolutionResult(convolution, settings["border"], row, col, settings["pixels"], picture, photo)


def _drawn(name: str) -> NDArray[np.float64]:
    """(SIDE, SIDE), 0 is dark and 1 is bright."""
    image = np.zeros((SIDE, SIDE))
    middle = SIDE // 2
    match name:
        case "step":
            image[:, middle:] = 1
        case "dot":
            image[middle, middle] = 1
        case _:
            image[middle, :] = image[:, middle] = 1
    return image


def _photo(photo: str) -> NDArray[np.float64]:
    """(SIDE, SIDE): the middle of a photo in grey, two decimals, so that what is read is what is computed."""
    rgb = subjects.image(photo).rgb
    edge = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - edge) // 2, (rgb.shape[1] - edge) // 2
    grey = cv2.cvtColor(rgb[top : top + edge, left : left + edge], cv2.COLOR_RGB2GRAY)
    return np.round(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA) / 255.0, 2)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: ConvolutionResult, hidden: bool) -> Settings | None:
    """Input, the window under the kernel, output; a press chooses a cell or turns a pixel over."""
    grids = [_input(result), _kernel(result) if hidden else _products(result)]
    if not hidden:
        grids.append(_output(result))
    pressed = cells.show(
        grids, links=_links(result), chosen=Place("output", result.row, result.col), key="learn.convolution.cells"
    )
    if hidden:
        return None
    st.caption(t("lesson.convolution.hint"))
    if not pressed:
        return None
    if pressed[0].grid == "output":
        return {"cell": (pressed[0].row, pressed[0].col)}
    padding = result.convolution.padding
    inside = {(p.row - padding) * SIDE + p.col - padding for p in pressed if _is_inside(p, padding)}
    return {"pixels": tuple(sorted(set(result.painted) ^ inside))}


def _is_inside(place: Place, padding: int) -> bool:
    return 0 <= place.row - padding < SIDE and 0 <= place.col - padding < SIDE


def _input(result: ConvolutionResult) -> Grid:
    conv = result.convolution

    def cell(row: int, col: int) -> Cell:
        value = float(conv.padded[row, col])
        is_padding = not _is_inside(Place("input", row, col), conv.padding)
        mark = "hatched" if not conv.touched[row, col] else "faint" if is_padding else ""
        where = t("lesson.convolution.pixel", row=row, col=col, value=digits(value))
        return Cell(digits(value), colours.grey(value), mark=mark, says=where)  # type: ignore[arg-type]

    side = range(len(conv.padded))
    title = t("lesson.convolution.input", side=len(conv.padded))
    return Grid("input", title, [[cell(r, c) for c in side] for r in side], press="paint", size_px=30)


def _kernel(result: ConvolutionResult) -> Grid:
    kernel = result.convolution.kernel
    extreme = float(np.abs(kernel).max())
    rows = [[Cell(digits(float(w)), colours.diverging(float(w), extreme)) for w in row] for row in kernel]
    return Grid("kernel", t("lesson.convolution.weights"), rows, size_px=54)


def _products(result: ConvolutionResult) -> Grid:
    conv = result.convolution
    products, under = conv.products(result.row, result.col), conv.under(result.row, result.col)
    extreme = float(np.abs(products).max())

    def cell(i: int, j: int) -> Cell:
        w, x, product = (float(values[i, j]) for values in (conv.kernel, under, products))
        small = f"{digits(w)} × {digits(x)}"
        return Cell(digits(product), colours.diverging(product, extreme), small, says=f"{small} = {digits(product)}")

    side = range(len(conv.kernel))
    title = t("lesson.convolution.products", row=result.row, col=result.col)
    return Grid("kernel", title, [[cell(i, j) for j in side] for i in side], size_px=54)


def _output(result: ConvolutionResult) -> Grid:
    output = result.convolution.output
    extreme = float(np.abs(output).max())

    def cell(row: int, col: int) -> Cell:
        value = float(output[row, col])
        where = t("lesson.convolution.pixel", row=row, col=col, value=digits(value))
        return Cell(digits(value), colours.diverging(value, extreme), says=where)

    side = range(len(output))
    title = t("lesson.convolution.output", side=len(output))
    return Grid("output", title, [[cell(r, c) for c in side] for r in side], press="one", size_px=32)


def _links(result: ConvolutionResult) -> dict[Place, list[Place]]:
    """Output cell → its window; input pixel → the output cells that read it; product → its pixel."""
    conv = result.convolution
    links: dict[Place, list[Place]] = {}
    for row, col in np.ndindex(conv.output.shape):
        cell = Place("output", row, col)
        links[cell] = [Place("input", *place) for place in conv.window(row, col)]
        for pixel in links[cell]:
            links.setdefault(pixel, []).append(cell)
    k = len(conv.kernel)
    for index, place in enumerate(conv.window(result.row, result.col)):
        links[Place("kernel", index // k, index % k)] = [Place("input", *place)]
    return links


# --- predict, formula, check ----------------------------------------------------------------------------------------


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
    terms = terms or ["0"]  # no weight but 0
    lines = [" + ".join(terms[at : at + ROWS_OF_TERMS]) for at in range(0, len(terms), ROWS_OF_TERMS)]
    size = {
        "n": SIDE,
        "p": conv.padding,
        "d": conv.dilation,
        "k": len(conv.kernel),
        "s": conv.stride,
        "o": len(conv.output),
    }
    return [
        Formula(
            "cell",
            r"y_{r,c} = \sum_{i,j} w_{i,j} \cdot x_{\,rs+id,\;cs+jd}",
            rf"y_{{{result.row},{result.col}}} = " + r" \\ {} + ".join(lines) + " = @y@",
            values,
            colours={"y": colours.hex_of(colours.POSITIVE if result.value > 0 else colours.NEGATIVE)},
        ),
        Formula(
            "size",
            r"o = \left\lfloor \frac{n + 2p - d\,(k-1) - 1}{s} \right\rfloor + 1",
            r"\left\lfloor \frac{@n@ + 2\cdot @p@ - @d@\cdot(@k@-1) - 1}{@s@} \right\rfloor + 1 = @o@",
            size,
        ),
    ]


def check(result: ConvolutionResult, random: Random) -> Question:
    """The size of the output for the learner's kernel, with another stride, padding or dilation."""
    k = len(result.convolution.kernel)
    now = (result.convolution.stride, result.convolution.padding, result.convolution.dilation)
    others = [
        (s, p, d)
        for s in (1, 2, 3)
        for p in (0, 1, 2)
        for d in (1, 2)
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
    sizes = sorted([right, *list(dict.fromkeys(size for size in mistakes if size != right))[:3]])
    reckoning = rf"\left\lfloor\frac{{{SIDE}+2\cdot{p}-{d}\cdot({k}-1)-1}}{{{s}}}\right\rfloor+1={right}"
    return Question(
        t("lesson.convolution.check", n=SIDE, k=k, s=s, p=p, d=d),
        {str(size): f"{size} × {size}" for size in sizes},
        str(right),
        t("lesson.convolution.why", formula=f"${reckoning}$"),
    )


def code(result: ConvolutionResult) -> str:
    """The same in PyTorch."""
    conv = result.convolution
    p = conv.padding
    kernel = ", ".join(str([round(float(w), 4) for w in row]) for row in conv.kernel)
    lines = [
        "import torch",
        "from torch.nn import functional as F",
        "",
        *_image_in_code(result),
        f"kernel = torch.tensor([{kernel}])",
        f'padded = F.pad(image[None, None], ({p}, {p}, {p}, {p}), mode="{result.border}")',
        f"output = F.conv2d(padded, kernel[None, None], stride={conv.stride}, dilation={conv.dilation})[0, 0]",
        f"print(tuple(output.shape), output[{result.row}, {result.col}].item())",
    ]
    return "\n".join(lines)


def _image_in_code(result: ConvolutionResult) -> list[str]:
    """The input: drawn in one line where it is drawn, number by number where it comes from a photo."""
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
        lines.append(f"image.view(-1)[{pixels}] = 1 - image.view(-1)[{pixels}]  # painted over")
    return lines


def practice(result: ConvolutionResult) -> list[PracticeLink]:
    """To a network made of this."""
    segment = frame.PAGES / "segment.py"
    photo = result.photo if result.photo in sample_photos.SAMPLES else sample_photos.FIRST
    return [
        PracticeLink(t("lesson.convolution.link.segment"), segment, {"sample": photo}),
        PracticeLink(t("lesson.convolution.link.train"), frame.PAGES / "train.py", {"preset": "demo"}),
    ]


LESSON = Lesson(
    name="convolution",
    terms=("convolution", "kernel", "stride", "padding", "dilation", "feature_map"),
    controls=(Slider("stride", 1, 1, 3), Slider("padding", 0, 0, 2), Slider("dilation", 1, 1, 3)),
    more=(
        Choice("kernel", "edges", (*KERNELS, OWN)),
        Weights("weights", (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0), shown_for=("kernel", OWN)),
        Choice("picture", "step", ("step", "dot", "cross", "photo")),
        subjects.Photo(),
        Choice("border", "constant", ("constant", "reflect", "replicate")),
        Selection("cell", (3, 2), high=SIDE + 4, length=2),
        Selection("pixels", (), high=SIDE * SIDE - 1),
    ),
    steps=(
        Step("stride", {"stride": 2, "padding": 1, "cell": (2, 1)}),
        Step("padding", {"padding": 1, "kernel": "blur", "cell": (0, 8)}),
        Step("dilation", {"dilation": 2, "cell": (2, 1)}),
        Step("own", {"kernel": OWN, "picture": "dot", "padding": 1, "cell": (4, 3)}),
    ),
    guess=ChoiceGuess(("positive", "negative", "zero"), _sign),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

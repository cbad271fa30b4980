"""Lesson 3: what downsampling throws away."""

from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.explain import downsampling
from segcore.explain.downsampling import BEGIN, OBJECT_SHAPES, POOLINGS, SIDE, STRIDES, Ceiling, ObjectShape, Pooling
from segcore.palette import OKABE_ITO
from segcore.types import RGB, Colour
from ui import cache
from ui.learn import colours, figures
from ui.learn.controls import Choice, Slider
from ui.learn.figures import Figure
from ui.learn.formulas import Formula
from ui.learn.guess import NumberGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.text import t
from ui.widgets import frame, line_chart
from ui.widgets.line_chart import Line

SCALE = 6
"""Pixels of the screen's picture for one of ours: room for the lines between cells, which a smaller picture keeps."""

WIDTHS = range(1, 25)
PAPER: Colour = (250, 250, 248)
RULE: Colour = (176, 176, 170)
INK: Colour = (70, 78, 88)
_STRIDE_COLOURS = dict(zip(STRIDES[1:], (*OKABE_ITO[:3], OKABE_ITO[4], OKABE_ITO[6]), strict=True))
_WAY_COLOURS: dict[Pooling, Colour] = {"mean": OKABE_ITO[4], "max": OKABE_ITO[0], "pick": OKABE_ITO[6]}
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


@dataclass(frozen=True, eq=False)
class DownsamplingResult:
    """An object, what is left of it, and the best mask of whole cells.

    Attributes:
        ceiling: of the present setting.
        thing: what is drawn.
        width: of it, in pixels.
        offset: columns from the edge of a cell.
        way: how cells get their numbers.
        by_width: stride → the best IoU at each of WIDTHS.
        by_offset: way → the best IoU at each offset, 0 … 31.
    """

    ceiling: Ceiling
    thing: ObjectShape
    width: int
    offset: int
    way: Pooling
    by_width: dict[int, list[float]]
    by_offset: dict[Pooling, list[float]]


def compute(settings: Settings) -> DownsamplingResult:
    """Find the best masks."""
    thing, width, offset, way = (settings[name] for name in ("thing", "width", "offset", "way"))
    stride = int(settings["stride"])
    return DownsamplingResult(
        downsampling.ceiling(downsampling.draw_object(thing, width, offset), stride, way),
        thing,
        width,
        offset,
        way,
        {
            each: cache.computed(downsampling.ceilings_by_width, thing, offset, way, each, WIDTHS)
            for each in STRIDES[1:]
        },
        {each: cache.computed(downsampling.ceilings_by_offset, thing, width, each, stride) for each in POOLINGS},
    )


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: DownsamplingResult, hidden: bool) -> Settings | None:
    """The object, what is left of it, the best answer; and that answer's IoU for other widths and offsets."""
    found = result.ceiling
    count = len(found.cells)
    title = t("lesson.downsampling.truth")
    note = t("lesson.downsampling.truth.note", pixels=int(found.ground_truth.sum()))
    shown = [Figure(_painted(found.ground_truth, found.stride), title, title, note)]
    title = t("lesson.downsampling.left")
    note = t("lesson.downsampling.left.note", count=count, numbers=count**2)
    shown.append(Figure(_painted(_grown(found), found.stride), title, title, note))
    if not hidden:
        title = t("lesson.downsampling.answer", iou=f"{found.iou:.3f}")
        counts = (found.true_positive, found.false_positive, found.false_negative)
        note = t("lesson.downsampling.answer.note", tp=counts[0], fp=counts[1], fn=counts[2])
        shown.append(Figure(_ruled(_outcomes(found), found.stride), title, f"{title}. {note}", note))
    figures.show(shown, least_px=176)
    st.caption(t("lesson.downsampling.drawn"))
    if not hidden:
        left, right = st.columns(2, gap="medium")
        with left:
            _over_widths(result)
        with right:
            _over_offsets(result)
    return None


def _grown(found: Ceiling) -> NDArray[np.floating]:
    return downsampling.upsample_nearest(found.cells, found.stride)


def _painted(share: NDArray[np.generic], stride: int) -> RGB:
    """Numbers 0 … 1 as paper … ink, with the lines between cells."""
    amount = np.asarray(share, np.float64)[..., None]
    return _ruled((np.array(PAPER) * (1 - amount) + np.array(INK) * amount).round().astype(np.uint8), stride)


def _outcomes(found: Ceiling) -> RGB:
    answer = found.upsampled
    picture = np.full((*answer.shape, 3), PAPER, np.uint8)
    picture[answer & found.ground_truth] = colours.TRUE_POSITIVE
    picture[answer & ~found.ground_truth] = colours.FALSE_POSITIVE
    picture[~answer & found.ground_truth] = colours.FALSE_NEGATIVE
    return picture


def _ruled(picture: RGB, stride: int) -> RGB:
    """Enlarged; lines between cells as long as cells are wide enough to be told apart."""
    large = np.repeat(np.repeat(picture, SCALE, axis=0), SCALE, axis=1)
    if stride >= 4:
        for thick in range(2):
            large[thick :: stride * SCALE] = RULE
            large[:, thick :: stride * SCALE] = RULE
    return large


def _over_widths(result: DownsamplingResult) -> None:
    stride = result.ceiling.stride
    curves = [
        Line(
            t("lesson.downsampling.stride", stride=each),
            list(WIDTHS),
            values,
            colours.hex_of(_STRIDE_COLOURS[each]),
            dash=dash,
            width=4 if each == stride else 2,
        )
        for (each, values), dash in zip(result.by_width.items(), _DASHES, strict=True)
    ]
    line_chart.show(
        [*curves, _yours(result.width, result.ceiling.iou)],
        key="learn.downsampling.widths",
        x=t("lesson.downsampling.set.width"),
        y=t("lesson.downsampling.best"),
        alt=t("lesson.downsampling.widths.alt", width=result.width, stride=stride, iou=f"{result.ceiling.iou:.3f}"),
        y_axis={"range": [-0.03, 1.05]},
        height=340,
    )


def _over_offsets(result: DownsamplingResult) -> None:
    curves = [
        Line(
            t(f"lesson.downsampling.set.way.{way}"),
            list(range(32)),
            values,
            colours.hex_of(_WAY_COLOURS[way]),
            dash=dash,
            width=4 if way == result.way else 2,
        )
        for (way, values), dash in zip(result.by_offset.items(), _DASHES[:3], strict=True)
    ]
    values = result.by_offset[result.way]
    line_chart.show(
        [*curves, _yours(result.offset, result.ceiling.iou)],
        key="learn.downsampling.offsets",
        x=t("lesson.downsampling.set.offset"),
        y=t("lesson.downsampling.best"),
        alt=t("lesson.downsampling.offsets.alt", low=f"{min(values):.3f}", high=f"{max(values):.3f}"),
        y_axis={"range": [-0.03, 1.05]},
        height=340,
    )


def _yours(x: int, y: float) -> Line:
    return Line(t("lesson.downsampling.yours"), [x], [y], "#d55e00", width=0, symbol="circle")


# --- formula, check -------------------------------------------------------------------------------------------------


def formulas(result: DownsamplingResult) -> list[Formula]:
    """The IoU of the best answer, the number of the fullest cell, and how many numbers are left."""
    found = result.ceiling
    row, col = (int(at) for at in np.unravel_index(int(found.inside.argmax()), found.inside.shape))
    reading = {
        "mean": (r"\bar x = \frac{f}{s^2}", r"\frac{@f@}{@s@^2} = @x@"),
        "max": (r"x = \max_{i,j} x_{i,j}", r"\max(\underbrace{1, \dots}_{@f@}, \underbrace{0, \dots}_{@e@}) = @x@"),
        "pick": (r"x = x_{r s,\, c s}", r"x_{@r@ \cdot @s@,\, @c@ \cdot @s@} = @x@"),
    }[result.way]
    inside = int(found.inside[row, col])
    return [
        Formula(
            "iou",
            r"\mathrm{IoU} = \frac{TP}{TP + FP + FN}",
            r"\frac{@tp@}{@tp@ + @fp@ + @fn@} = @iou@",
            {"tp": found.true_positive, "fp": found.false_positive, "fn": found.false_negative, "iou": found.iou},
            {
                "tp": colours.hex_of(colours.TRUE_POSITIVE),
                "fp": colours.hex_of(colours.FALSE_POSITIVE),
                "fn": colours.hex_of(colours.FALSE_NEGATIVE),
            },
        ),
        Formula(
            "cell",
            *reading,
            {
                **{"f": inside, "s": found.stride, "e": found.stride**2 - inside},
                **{"x": float(found.cells[row, col]), "r": row, "c": col},
            },
        ),
        Formula(
            "numbers",
            r"\frac{H}{s} \cdot \frac{W}{s}",
            r"\frac{@side@}{@s@} \cdot \frac{@side@}{@s@} = @n@",
            {"side": SIDE, "s": found.stride, "n": found.cells.size},
        ),
    ]


def check(result: DownsamplingResult, random: Random) -> Question:
    """Up to which output stride can another width, at the learner's place, still reach half?"""
    width = random.choice([each for each in range(1, 13) if each != result.width])
    found = {
        stride: downsampling.ceiling(downsampling.draw_object(result.thing, width, result.offset), stride).iou
        for stride in STRIDES
    }
    answer = max(stride for stride, iou in found.items() if iou >= 0.5)
    near = sorted(STRIDES, key=lambda stride: abs(STRIDES.index(stride) - STRIDES.index(answer)))[:4]
    told = ", ".join(f"{stride}: {found[stride]:.3f}" for stride in sorted(near))
    return Question(
        t(
            "lesson.downsampling.check",
            thing=t(f"lesson.downsampling.set.thing.{result.thing}"),
            width=width,
            offset=result.offset,
        ),
        {str(stride): str(stride) for stride in sorted(near)},
        str(answer),
        t("lesson.downsampling.why", found=told),
    )


def code(result: DownsamplingResult) -> str:
    """The same in PyTorch: every number that a cell may have is tried as the least that is marked."""
    stride = result.ceiling.stride
    pooled = {
        "mean": f"F.avg_pool2d(truth[None, None], {stride})",
        "max": f"F.max_pool2d(truth[None, None], {stride})",
        "pick": f"truth[None, None, ::{stride}, ::{stride}]",
    }[result.way]
    return "\n".join(
        [
            "import torch",
            "from torch.nn import functional as F",
            "",
            *_drawing(result),
            "",
            "def iou(mask):",
            "    return (torch.minimum(mask, truth).sum() / torch.maximum(mask, truth).sum()).item()",
            "",
            f"cells = {pooled}  # what a head of output stride {stride} can read",
            "masks = [torch.zeros_like(truth)]",
            "for least in cells[cells > 0].unique():",
            f"    masks.append(F.interpolate((cells >= least).float(), scale_factor={stride})[0, 0])",
            "best = max(map(iou, masks))",
            "print(cells.shape[-2:], best)",
        ]
    )


def _drawing(result: DownsamplingResult) -> list[str]:
    left, width = BEGIN + result.offset, result.width
    empty = f"truth = torch.zeros({SIDE}, {SIDE})"
    match result.thing:
        case "pole":
            return [empty, f"truth[{BEGIN}:, {left}:{left + width}] = 1"]
        case "wire":
            lean = f"{left} + (row - {BEGIN}) // 4"
            return [
                empty,
                f"for row in range({BEGIN}, {SIDE}):",
                f"    left = {lean}",
                f"    truth[row, left:left + {width}] = 1",
            ]
        case "disc":
            middle = (width - 1) / 2
            return [
                f"down, right = torch.meshgrid(torch.arange({SIDE}), torch.arange({SIDE}), indexing='ij')",
                f"from_middle = (down - {BEGIN + middle}) ** 2 + (right - {left + middle}) ** 2",
                f"truth = (from_middle <= {(width / 2) ** 2}).float()",
            ]


def practice(result: DownsamplingResult) -> list[PracticeLink]:
    """To a photo of spokes, to what brings the fine maps back, and to a training."""
    return [
        PracticeLink(t("lesson.downsampling.link.segment"), frame.PAGES / "segment.py", {"sample": "motorcycle"}),
        PracticeLink(t("lesson.downsampling.link.skips"), frame.PAGES / "learn.py", {"lesson": "skips"}),
        PracticeLink(t("lesson.downsampling.link.train"), frame.PAGES / "train.py", {"preset": "demo"}),
    ]


def _iou(result: DownsamplingResult) -> float:
    return result.ceiling.iou


LESSON = Lesson(
    name="downsampling",
    terms=("pooling", "stride", "output_stride", "iou"),
    controls=(
        Slider("width", 3, WIDTHS[0], WIDTHS[-1]),
        Choice("stride", "16", tuple(map(str, STRIDES))),
        Slider("offset", 0, 0, 31),
    ),
    more=(Choice("way", "mean", POOLINGS), Choice("thing", "pole", OBJECT_SHAPES)),
    steps=(
        Step("width", {"width": 12}),
        Step("offset", {"offset": 15}),
        Step("pick", {"offset": 5, "way": "pick"}),
        Step("stride", {"stride": "4"}),
    ),
    guess=NumberGuess(0.0, 1.0, 0.05, _iou, near=0.1),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

"""What downsampling throws away."""

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
from ui.learn import figures
from ui.learn.controls import Choice, Slider
from ui.learn.figures import LessonFigure, magnified
from ui.learn.formulas import Formula
from ui.learn.guess import NumberGuess
from ui.learn.lesson import TORCH_IMPORTS, Lesson, LessonFunctions, Question, Settings, lesson_texts, to
from ui.learn.outcomes import iou_formula, outcome_rgb
from ui.widgets import line_chart
from ui.widgets.line_chart import DASHES, ChartLine

SCALE = 6  # screen pixels for one of ours: the lines between cells need room, and a smaller image would lose them
WIDTHS = range(1, 25)
PAPER: Colour = (250, 250, 248)
RULE: Colour = (176, 176, 170)
INK: Colour = (70, 78, 88)
_STRIDE_COLOURS = (*OKABE_ITO[:3], OKABE_ITO[4], OKABE_ITO[6])
_WAY_COLOURS = (OKABE_ITO[4], OKABE_ITO[0], OKABE_ITO[6])

text = lesson_texts("downsampling")


@dataclass(frozen=True, eq=False)
class DownsamplingResult:
    """An object, its feature map, and the best mask of whole cells."""

    ceiling: Ceiling
    thing: ObjectShape
    width: int  # of the object, in pixels
    offset: int  # columns from the edge of a cell
    way: Pooling  # how cells get their numbers
    by_width: dict[int, list[float]]  # stride → the best IoU at each of WIDTHS
    by_offset: dict[Pooling, list[float]]  # way → the best IoU at each offset, 0 … 31


def compute(settings: Settings) -> DownsamplingResult:
    """Find the best masks."""
    thing, width, offset, way = (settings[name] for name in ("thing", "width", "offset", "way"))
    stride = int(settings["stride"])
    ceiling = downsampling.ceiling(downsampling.draw_object(thing, width, offset), stride, way)
    by_width = {s: cache.computed(downsampling.ceilings_by_width, thing, offset, way, s, WIDTHS) for s in STRIDES[1:]}
    by_offset = {each: cache.computed(downsampling.ceilings_by_offset, thing, width, each, stride) for each in POOLINGS}
    return DownsamplingResult(ceiling, thing, width, offset, way, by_width, by_offset)


def draw_views(result: DownsamplingResult, hidden: bool) -> None:
    """Draw the object, its feature map, the best mask; and that mask's IoU for other widths and offsets."""
    found, count = result.ceiling, len(result.ceiling.cells)
    cells = downsampling.upsample_nearest(found.cells, found.stride)
    pixels = text("truth.note", pixels=int(found.ground_truth.sum()))
    numbers = text("left.note", count=count, numbers=count**2)
    shown = [
        LessonFigure(_painted(found.ground_truth, found.stride), text("truth"), note=pixels),
        LessonFigure(_painted(cells, found.stride), text("left"), note=numbers),
    ]
    if not hidden:
        title = text("answer", iou=f"{found.iou:.3f}")
        note = text("answer.note", tp=found.tp, fp=found.fp, fn=found.fn)
        shown.append(LessonFigure(_outcomes(found), title, f"{title}. {note}", note))
    figures.show(shown, least_px=176)
    st.caption(text("drawn"))
    if not hidden:
        left, right = st.columns(2, gap="medium")
        with left:
            _over_widths(result)
        with right:
            _over_offsets(result)


def _outcomes(found: Ceiling) -> RGB:
    """True and false positives and negatives of the best mask, with the lines between cells."""
    return _ruled(outcome_rgb(found.upsampled, found.ground_truth, PAPER), found.stride)


def _painted(share: NDArray[np.generic], stride: int) -> RGB:
    """Numbers 0 … 1 as paper … ink, with the lines between cells."""
    amount = np.asarray(share, np.float64)[..., None]
    return _ruled((np.array(PAPER) * (1 - amount) + np.array(INK) * amount).round().astype(np.uint8), stride)


def _ruled(rgb: RGB, stride: int) -> RGB:
    """Magnify an image, with lines between cells that are wide enough."""
    large = magnified(rgb, SCALE)
    if stride >= 4:
        for thick in range(2):
            large[thick :: stride * SCALE] = RULE
            large[:, thick :: stride * SCALE] = RULE
    return large


def _over_widths(result: DownsamplingResult) -> None:
    stride = result.ceiling.stride
    lines = [
        ChartLine(text("stride", stride=each), WIDTHS, ious, colour, dash, width=4 if each == stride else 2)
        for (each, ious), colour, dash in zip(result.by_width.items(), _STRIDE_COLOURS, DASHES, strict=True)
    ]
    alt = text("widths.alt", width=result.width, stride=stride, iou=f"{result.ceiling.iou:.3f}")
    _chart(result, "width", lines, alt)


def _over_offsets(result: DownsamplingResult) -> None:
    lines = [
        ChartLine(text(f"set.way.{way}"), range(32), ious, colour, dash, width=4 if way == result.way else 2)
        for (way, ious), colour, dash in zip(result.by_offset.items(), _WAY_COLOURS, DASHES, strict=False)
    ]
    values = result.by_offset[result.way]
    _chart(result, "offset", lines, text("offsets.alt", low=f"{min(values):.3f}", high=f"{max(values):.3f}"))


def _chart(result: DownsamplingResult, setting: str, lines: list[ChartLine], alt: str) -> None:
    here = line_chart.point(text("yours"), getattr(result, setting), result.ceiling.iou, "#d55e00")
    line_chart.show(
        [*lines, here],
        key=f"learn.downsampling.{setting}s",
        x=text(f"set.{setting}"),
        y=text("best"),
        alt=alt,
        y_axis={"range": [-0.03, 1.05]},
        height=340,
    )


def formulas(result: DownsamplingResult) -> list[Formula]:
    """The IoU of the best mask, the number of the fullest cell, and how many numbers remain."""
    found = result.ceiling
    row, col = (int(at) for at in np.unravel_index(int(found.inside.argmax()), found.inside.shape))
    reading = {
        "mean": (r"\bar x = \frac{f}{s^2}", r"\frac{@f@}{@s@^2} = @x@"),
        "max": (r"x = \max_{i,j} x_{i,j}", r"\max(\underbrace{1, \dots}_{@f@}, \underbrace{0, \dots}_{@e@}) = @x@"),
        "pick": (r"x = x_{r s,\, c s}", r"x_{@r@ \cdot @s@,\, @c@ \cdot @s@} = @x@"),
    }[result.way]
    inside, s, x = int(found.inside[row, col]), found.stride, float(found.cells[row, col])
    numbers, size = r"\frac{@side@}{@s@} \cdot \frac{@side@}{@s@} = @n@", {"side": SIDE, "s": s, "n": found.cells.size}
    return [
        iou_formula(found),
        Formula("cell", *reading, {"f": inside, "s": s, "e": s**2 - inside, "x": x, "r": row, "c": col}),
        Formula("numbers", r"\frac{H}{s} \cdot \frac{W}{s}", numbers, size),
    ]


def check(result: DownsamplingResult, random: Random) -> Question:
    """Up to which output stride does another width, at the learner's offset, still reach half?"""
    width = random.choice([each for each in range(1, 13) if each != result.width])
    truth = downsampling.draw_object(result.thing, width, result.offset)
    found = {stride: downsampling.ceiling(truth, stride).iou for stride in STRIDES}
    answer = max(stride for stride, iou in found.items() if iou >= 0.5)
    near = sorted(STRIDES, key=lambda stride: abs(STRIDES.index(stride) - STRIDES.index(answer)))[:4]
    listed = ", ".join(f"{stride}: {found[stride]:.3f}" for stride in sorted(near))
    question = text("check", thing=text(f"set.thing.{result.thing}"), width=width, offset=result.offset)
    options = {str(stride): str(stride) for stride in sorted(near)}
    return Question(question, options, str(answer), text("why", found=listed))


def code(result: DownsamplingResult) -> list[str]:
    """The same in PyTorch: every number of a cell is tried as the threshold of the mask."""
    stride = result.ceiling.stride
    pooled = {
        "mean": f"F.avg_pool2d(truth[None, None], {stride})",
        "max": f"F.max_pool2d(truth[None, None], {stride})",
        "pick": f"truth[None, None, ::{stride}, ::{stride}]",
    }[result.way]
    return [
        *TORCH_IMPORTS,
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


def _drawing(result: DownsamplingResult) -> list[str]:
    left, width = BEGIN + result.offset, result.width
    empty = f"truth = torch.zeros({SIDE}, {SIDE})"
    match result.thing:
        case "pole":
            return [empty, f"truth[{BEGIN}:, {left}:{left + width}] = 1"]
        case "wire":
            loop = [f"for row in range({BEGIN}, {SIDE}):", f"    left = {left} + (row - {BEGIN}) // 4"]
            return [empty, *loop, f"    truth[row, left:left + {width}] = 1"]
        case "disc":
            middle = (width - 1) / 2
            return [
                f"down, right = torch.meshgrid(torch.arange({SIDE}), torch.arange({SIDE}), indexing='ij')",
                f"from_middle = (down - {BEGIN + middle}) ** 2 + (right - {left + middle}) ** 2",
                f"truth = (from_middle <= {(width / 2) ** 2}).float()",
            ]


LESSON = Lesson(
    name="downsampling",
    group="first",
    minutes=7,
    thumbnail=lambda result: _outcomes(result.ceiling)[:, : 64 * SCALE],
    terms=("pooling", "stride", "output_stride", "iou"),
    controls=(
        Slider("width", 3, WIDTHS[0], WIDTHS[-1]),
        Choice("stride", "16", tuple(map(str, STRIDES))),
        Slider("offset", 0, 0, 31),
    ),
    more=(Choice("way", "mean", POOLINGS), Choice("thing", "pole", OBJECT_SHAPES)),
    steps={
        "width": {"width": 12},
        "offset": {"offset": 15},
        "pick": {"offset": 5, "way": "pick"},
        "stride": {"stride": "4"},
    },
    guess=NumberGuess(0.0, 1.0, 0.05, lambda result: result.ceiling.iou, near=0.1),
    predict=lambda _result: text("predict"),
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("segment", text("link.segment"), sample="motorcycle"),
        to("learn", text("link.skips"), lesson="skips"),
        to("train", text("link.train"), preset="demo"),
    ],
)

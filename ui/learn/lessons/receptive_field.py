"""The receptive field: theoretical, effective, and full of gaps."""

from dataclasses import dataclass
from itertools import combinations_with_replacement
from random import Random

import numpy as np
import streamlit as st

from segcore.explain import receptive_field
from segcore.explain.network import Network
from segcore.explain.receptive_field import Field, Heat, Layer
from segcore.explain.scene import Scene
from segcore.types import RGB
from ui import cache
from ui.known_names import model_title
from ui.learn import colours, field_drawing, figures, pixel_picker, scenes
from ui.learn.controls import Choice, Slider
from ui.learn.figures import LessonFigure
from ui.learn.formulas import Formula
from ui.learn.guess import NumberGuess
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson, LessonFunctions, PracticeLink, Question, Settings, lesson_texts, to
from ui.text import plain
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine

HALF = 0.5
MOST = 0.95

text = lesson_texts("receptive_field")


@dataclass(frozen=True, eq=False)
class ReceptiveFieldResult:
    """The field of three dilated layers on a feature map, and the effective field of a trained network."""

    way: str  # "chain": sequential; "beside": parallel, as in ASPP, with a layer of 1 x 1
    kernel: int  # of each layer
    stride: int  # of the feature map they read, in pixels
    rates: tuple[int, int, int]  # dilation of each, the one nearest the image first
    fields: tuple[Field, Field, Field]  # of one, two and all three layers, in cells of the feature map
    scene: Scene
    pixel: tuple[int, int]  # (row, col) of the image; z is its largest logit
    heat: Heat  # |∂z/∂x| of the trained network …
    shares: list[float]  # … and its share within growing squares (`receptive_field.share_within`)
    before: list[float]  # the same shares before training
    even: list[float]  # the same shares if all pixels contributed equally

    @property
    def field(self) -> Field:
        """Of all three layers."""
        return self.fields[-1]

    @property
    def image(self) -> RGB:
        """(h, w, 3)."""
        return self.scene.images[0]

    def side(self, share: float) -> int:
        """Side of the square around the pixel that holds a share of the trained network's influence."""
        return receptive_field.side_holding(self.shares, share)


def compute(settings: Settings) -> ReceptiveFieldResult:
    """Raises SegcoreError if the checkpoint is missing or does not take photos."""
    rates = settings["first"], settings["second"], settings["third"]
    way, kernel, stride = settings["way"], int(settings["kernel"]), int(settings["stride"])
    fields = cache.computed(_fields, way, kernel, rates)
    world = scenes.scene(settings["network"], settings["photo"])
    pixel = pixel_picker.pixel_at(world.images[0], settings["pixel"])
    heat, *shares = cache.computed(_effective, world, pixel)
    return ReceptiveFieldResult(way, kernel, stride, rates, fields, world, pixel, heat, *shares)


def _fields(way: str, kernel: int, rates: tuple[int, int, int]) -> tuple[Field, Field, Field]:
    layers = [Layer(kernel, dilation=rate) for rate in rates]
    if way == "chain":
        one, two, three = (receptive_field.sequential(layers[begin:]) for begin in (2, 1, 0))
    else:
        branches = [[Layer(1)], *([layer] for layer in layers)]
        one, two, three = (receptive_field.parallel(branches[:end]) for end in (2, 3, 4))
    return one, two, three


def _effective(world: Scene, pixel: tuple[int, int]) -> tuple[Heat, list[float], list[float], list[float]]:
    image = world.images[0]
    with world.lock:
        heat = receptive_field.effective_field(world.network, image, pixel)
    before = receptive_field.effective_field(cache.computed(_untrained, world), image, pixel)
    trained, untrained, even = (receptive_field.share_within(of, pixel) for of in (heat, before, np.ones(heat.shape)))
    return heat, trained, untrained, even


def _untrained(world: Scene) -> Network:
    return receptive_field.untrained(world.card.architecture, dict(world.card.options), world.network)


def draw_views(result: ReceptiveFieldResult, hidden: bool) -> Settings | None:
    """Draw the theoretical field layer by layer, the effective field around a pixel, and how far it reaches."""
    figures.show([_layers(result, index) for index in range(1 if hidden else 3)], least_px=176)
    if hidden:
        return None
    st.caption(text("cells", stride=result.stride, side=result.stride * result.field.side))
    name = model_title(result.scene.card.title)
    left, right = st.columns([5, 6], gap="medium")
    with left:
        at, shape = result.pixel, result.image.shape
        title = text("used", half=result.side(HALF), most=result.side(MOST))
        squares = [(result.side(MOST), (255, 255, 255)), (result.side(HALF), colours.POSITIVE)]
        rgb = field_drawing.influence_rgb(result.image, result.heat, result.pixel, squares)
        shown = [LessonFigure(rgb, title, text("used.alt", network=name))]
        pressed = pixel_picker.press(shown, at, shape, key="learn.receptive_field.pictures")
        st.caption(text("network", network=plain(name)))
    with right:
        _reach(result)
    return None if pressed is None else {"pixel": pressed}


def _layers(result: ReceptiveFieldResult, index: int) -> LessonFigure:
    """The field of the first layers, in the frame of the whole."""
    field = result.fields[index]
    title = text(f"part.{result.way}.{index}")
    note = text("read", read=field.read, all=field.ways.size, percent=f"{100 * field.share:.0f}")
    return LessonFigure(field_drawing.field_rgb(field, result.field.side), title, f"{title}: {note}", note)


def _reach(result: ReceptiveFieldResult) -> None:
    sides = [2 * index + 1 for index in range(len(result.shares))]
    line_chart.show(
        [
            ChartLine(text("even"), sides, result.even, "#808080", dash="dot"),
            ChartLine(text("before"), sides, result.before, colours.NEGATIVE, dash="dash"),
            ChartLine(text("trained"), sides, result.shares, colours.POSITIVE, width=4),
        ],
        key="learn.receptive_field.reach",
        x=text("square"),
        y=text("share"),
        alt=text("reach.alt", half=result.side(HALF), most=result.side(MOST)),
        y_axis={"range": [0, 1.03]},
    )


def formulas(result: ReceptiveFieldResult) -> list[Formula]:
    """The theoretical side, the share of it that is read, and the share of the influence within a square."""
    rates = {f"d{index}": rate for index, rate in enumerate(result.rates)}
    spread = "(@d0@ + @d1@ + @d2@)" if result.way == "chain" else r"\max(@d0@, @d1@, @d2@)"
    half, field = result.side(HALF), result.field
    total, share = float(result.heat.sum()), result.shares[half // 2]
    side = r"r = 1 + \sum_l (k_l - 1)\, d_l\, j_l,\quad j_l = \prod_{i<l} s_i"
    side_numbers = rf"1 + (@s@ - 1) + (@k@ - 1) \cdot {spread} \cdot @s@ = @r@"
    sides = {"s": result.stride, "k": result.kernel, **rates, "r": result.stride * field.side}
    cover = r"\frac{\text{cells read}}{\text{cells in the field}}"
    covered = {"read": field.read, "side": field.side, "share": field.share}
    slope = r"\left|\partial z / \partial x\right|"
    used_numbers = rf"\square = {half} \times {half}:\quad \frac{{@inside@}}{{@all@}} = @share@"
    used = {"inside": share * total, "all": total, "share": share}
    shade = {"share": colours.hex_of(colours.POSITIVE)}
    return [
        Formula("side", side, side_numbers, sides),
        Formula("cover", cover, r"\frac{@read@}{@side@^2} = @share@", covered),
        Formula("used", rf"\frac{{\sum_{{\square}} {slope}}}{{\sum {slope}}}", used_numbers, used, shade),
    ]


def check(result: ReceptiveFieldResult, random: Random) -> Question:
    """Which rates read every pixel and reach far enough?"""
    goal = min(27, max(11, result.field.side | 1) + 2 * random.randrange(3))
    found = cache.computed(_triples)
    full = [rates for rates, (side, share) in found.items() if share == 1 and side >= goal]
    short = [rates for rates, (side, share) in found.items() if share == 1 and side < goal]
    gaps = [rates for rates, (side, share) in found.items() if share < 1 and side >= goal]
    right = random.choice(full)
    candidates = sorted([right, random.choice(short), *random.sample(gaps, 2)])
    options = {rates: ", ".join(map(str, rates)) for rates in candidates}
    listed = "; ".join(f"{words}: {found[rates][0]}, {100 * found[rates][1]:.0f} %" for rates, words in options.items())
    shown = {words.replace(", ", "-"): words for words in options.values()}
    return Question(text("check", side=goal), shown, "-".join(map(str, right)), text("why", found=listed))


def _triples() -> dict[tuple[int, int, int], tuple[int, float]]:
    """Non-decreasing rates of three layers of 3 x 3 → side and share of their field."""
    found = {}
    for rates in combinations_with_replacement(range(1, 10), 3):
        field = receptive_field.sequential([Layer(dilation=rate) for rate in rates])
        found[rates] = (field.side, field.share)
    return found


def code(result: ReceptiveFieldResult) -> list[str]:
    """Both by autograd: what has a gradient is read."""
    side, k = result.field.side, result.kernel
    branch = f"F.conv2d(y, ones, dilation=rate, padding=rate * {k // 2})"
    layers = {
        "chain": [f"for rate in {result.rates}:", "    y = F.conv2d(y, ones, dilation=rate)"],
        "beside": [f"branches = [{branch} for rate in {result.rates}]", "y = y + sum(branches)"],
    }[result.way]
    return [
        *scenes.code(result.scene, "import torch", "from torch.nn import functional as F"),
        "",
        f"x = torch.zeros(1, 1, {side}, {side}, requires_grad=True)  # one cell is {result.stride} pixels wide",
        f"y, ones = x, torch.ones(1, 1, {k}, {k})",
        *layers,
        "middle = y.shape[-1] // 2",
        "y[0, 0, middle, middle].backward()",
        "read = x.grad[0, 0] > 0",
        "print(read.sum().item(), read.numel(), read.float().mean().item())",
        "",
        "pixels = as_pixels(world.images[:1]).requires_grad_()",
        f"z = world.network.logits(pixels)[0, :, {result.pixel[0]}, {result.pixel[1]}].max()",
        "used = torch.autograd.grad(z, pixels)[0][0].abs().sum(0)  # (h, w)",
        "print(tuple(used.shape), used.max().item())",
    ]


def practice(result: ReceptiveFieldResult) -> list[PracticeLink]:
    """Heat maps from the same gradient, this network, and a training."""
    row, col = pixel_picker.place_of(result.pixel, result.image.shape)
    query = scenes.query(result.scene)
    why = {"lesson": "why", "pixel": f"{row}.{col}", "photo": query["sample"], "network": query["model"]}
    return [
        to("learn", text("link.why"), **why),
        to("segment", text("link.segment"), **query),
        to("train", text("link.train"), preset="demo"),
    ]


LESSON = Lesson(
    name="receptive_field",
    group="architectures",
    minutes=9,
    thumbnail=lambda result: field_drawing.field_rgb(result.field, result.field.side),
    terms=("receptive_field", "dilation", "aspp", "output_stride"),
    controls=(Slider("first", 2, 1, 18), Slider("second", 2, 1, 18), Slider("third", 2, 1, 18)),
    more=(
        Choice("way", "chain", ("chain", "beside")),
        Choice("kernel", "3", ("3", "5", "7")),
        Choice("stride", "1", ("1", "4", "8", "16")),
        pixel_picker.control(500, 500),
        PhotoControl(),
        CheckpointControl(),
    ),
    steps={
        "full": {"first": 1, "second": 2, "third": 4},
        "wide": {"first": 4, "second": 4, "third": 4},
        "aspp": {"first": 6, "second": 12, "third": 18, "way": "beside", "stride": "16"},
    },
    guess=NumberGuess(0.0, 1.0, 0.05, lambda result: result.field.share, near=0.08),
    predict=lambda result: text("predict") if result.way == "chain" else text("predict.beside"),
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=practice,
)

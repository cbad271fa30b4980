"""Lesson 5: the receptive field, promised, used, and full of holes."""

from dataclasses import dataclass
from itertools import product
from random import Random

import numpy as np
import streamlit as st

from segcore.data import sample_photos
from segcore.explain import receptive_field
from segcore.explain.network import Network
from segcore.explain.receptive_field import Field, Heat, Layer
from segcore.types import RGB, Colour
from ui import cache
from ui.learn import colours, figures, place, subjects
from ui.learn.controls import Choice, Selection, Slider
from ui.learn.figures import Figure
from ui.learn.formulas import Formula
from ui.learn.guess import NumberGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.learn.scenes import Scene, scene
from ui.text import plain, t
from ui.widgets import frame, line_chart
from ui.widgets.line_chart import Line

RATES = ("first", "second", "third")
"""The dilation of each layer, the one nearest the photo first."""

HALF = 0.5
MOST = 0.95
SIDE_PX = 420
"""The picture of a field is about so large."""

PAPER: Colour = (250, 250, 248)
RULE: Colour = (205, 205, 200)


@dataclass(frozen=True, eq=False)
class ReceptiveFieldResult:
    """Three dilated layers on a map, and a trained network.

    Attributes:
        way: "chain": one after the other; "beside": side by side, as in ASPP, with a layer of 1 x 1.
        kernel: of each layer.
        stride: of the map that they read, in pixels.
        rates: dilation of each.
        fields: of one, two and all three layers, in cells of the map; the last is the whole.
        scene: network and picture.
        pixel: (row, col) of the picture, whose strongest logit z is looked at.
        heat: |∂z/∂x| of the trained network …
        shares: … and its share within growing squares (`receptive_field.within`).
        before: the same shares for the same network before its training.
        even: the same shares if all pixels counted alike.
    """

    way: str
    kernel: int
    stride: int
    rates: tuple[int, int, int]
    fields: tuple[Field, Field, Field]
    scene: Scene
    pixel: tuple[int, int]
    heat: Heat
    shares: list[float]
    before: list[float]
    even: list[float]

    @property
    def field(self) -> Field:
        """Of all three layers, in cells of the map."""
        return self.fields[-1]

    @property
    def image(self) -> RGB:
        """(h, w, 3)."""
        return self.scene.images[0]

    def side(self, share: float) -> int:
        """Of the square around the pixel that holds a share of the trained network's influence."""
        return receptive_field.side_holding(self.shares, share)


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> ReceptiveFieldResult:
    """Raises SegcoreError where there is no such checkpoint, or it looks at no photos."""
    first, second, third = (settings[name] for name in RATES)
    way, kernel, stride = settings["way"], int(settings["kernel"]), int(settings["stride"])
    fields = cache.computed(_fields, way, kernel, (first, second, third))
    world = scene(settings["network"], settings["photo"])
    pixel = place.pixel_at(world.images[0], settings["pixel"])
    heat, *shares = cache.computed(_used, world, pixel)
    return ReceptiveFieldResult(way, kernel, stride, (first, second, third), fields, world, pixel, heat, *shares)


def _fields(way: str, kernel: int, rates: tuple[int, int, int]) -> tuple[Field, ...]:
    layers = [Layer(kernel, dilation=rate) for rate in rates]
    if way == "chain":
        return tuple(receptive_field.sequential(layers[begin:]) for begin in (2, 1, 0))
    return tuple(receptive_field.parallel([[Layer(1)], *([layer] for layer in layers[:end])]) for end in (1, 2, 3))


def _used(world: Scene, pixel: tuple[int, int]) -> tuple[Heat, list[float], list[float], list[float]]:
    image = world.images[0]
    with world.lock:
        heat = receptive_field.effective_field(world.network, image, pixel)
    twin = cache.computed(_untrained, world)
    before = receptive_field.effective_field(twin, image, pixel)
    shares, unskilled, even = (
        receptive_field.share_within(each, pixel) for each in (heat, before, np.ones(heat.shape))
    )
    return heat, shares, unskilled, even


def _untrained(world: Scene) -> Network:
    return receptive_field.untrained(world.card.architecture, dict(world.card.options), world.network)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: ReceptiveFieldResult, hidden: bool) -> Settings | None:
    """The field layer by layer; what a network uses of its own field around a pixel; how far that reaches."""
    figures.show([_layers(result, index) for index in range(1 if hidden else 3)], least_px=176)
    if hidden:
        return None
    st.caption(t("lesson.receptive_field.cells", stride=result.stride, side=result.stride * result.field.side))
    name = result.scene.card.title
    left, right = st.columns([5, 6], gap="medium")
    with left:
        title = t("lesson.receptive_field.used", half=result.side(HALF), most=result.side(MOST))
        figures.show([Figure(_squares(result), title, t("lesson.receptive_field.used.alt", network=name))])
        st.caption(t("lesson.receptive_field.network", network=plain(name)))
    with right:
        _reach(result)
    pressed = place.press(result.image, result.pixel, key="learn.receptive_field.cells")
    return None if pressed is None else {"pixel": pressed}


def _layers(result: ReceptiveFieldResult, index: int) -> Figure:
    """The field of so many layers, in the frame of the whole."""
    field, whole = result.fields[index], result.field.side
    margin = (whole - field.side) // 2
    ways = np.pad(field.ways, margin).astype(np.float64)
    share = np.where(ways > 0, 0.25 + 0.75 * np.log(np.maximum(ways, 1)) / max(np.log(ways.max()), 1e-9), 0)
    rgb = (np.array(PAPER) * (1 - share[..., None]) + np.array(colours.NEGATIVE) * share[..., None]).round()
    scale = max(2, SIDE_PX // whole)
    large = np.repeat(np.repeat(rgb.astype(np.uint8), scale, axis=0), scale, axis=1)
    if scale >= 6:
        large[::scale] = RULE
        large[:, ::scale] = RULE
    middle = slice(whole // 2 * scale, (whole // 2 + 1) * scale)
    thick = max(2, scale // 8)
    output = large[middle, middle].copy()
    large[middle, middle] = colours.POSITIVE  # where the output lies
    large[middle, middle][thick:-thick, thick:-thick] = output[thick:-thick, thick:-thick]
    title = t(f"lesson.receptive_field.part.{result.way}.{index}")
    note = t("lesson.receptive_field.read", read=field.read, all=field.ways.size, percent=f"{100 * field.share:.0f}")
    return Figure(large, title, f"{title}: {note}", note)


def _squares(result: ReceptiveFieldResult) -> RGB:
    """The picture under its influence, and the squares that hold half of it and nearly all."""
    share = np.sqrt(result.heat / max(float(result.heat.max()), 1e-300))  # the root, so that weak influence is seen too
    mixed = (0.4 * result.image + 0.6 * colours.viridis_rgb(share)).round().astype(np.uint8)
    scale = max(1, 512 // max(mixed.shape[:2]))
    large = np.repeat(np.repeat(mixed, scale, axis=0), scale, axis=1)
    for held, colour in ((MOST, (255, 255, 255)), (HALF, colours.POSITIVE)):
        _outline(large, result.pixel, result.side(held), scale, colour)
    row, col = result.pixel
    return place.ringed(large, (row * scale, col * scale))


def _outline(rgb: RGB, pixel: tuple[int, int], side: int, scale: int, colour: Colour) -> None:
    """Draw a square around a pixel, as far as it lies in the picture."""
    (top, bottom), (left, right) = (
        (max(0, (middle - side // 2) * scale), min(size - 1, (middle + side // 2 + 1) * scale - 1))
        for middle, size in zip(pixel, rgb.shape[:2], strict=True)
    )
    for thick in range(3):
        rgb[top : bottom + 1, [min(left + thick, right), max(right - thick, left)]] = colour
        rgb[[min(top + thick, bottom), max(bottom - thick, top)], left : right + 1] = colour


def _reach(result: ReceptiveFieldResult) -> None:
    sides = [2 * index + 1 for index in range(len(result.shares))]
    half = result.side(HALF)
    line_chart.show(
        [
            Line(t("lesson.receptive_field.even"), sides, result.even, "#808080", dash="dot"),
            Line(
                t("lesson.receptive_field.before"), sides, result.before, colours.hex_of(colours.NEGATIVE), dash="dash"
            ),
            Line(t("lesson.receptive_field.trained"), sides, result.shares, colours.hex_of(colours.POSITIVE), width=4),
        ],
        key="learn.receptive_field.reach",
        x=t("lesson.receptive_field.square"),
        y=t("lesson.receptive_field.share"),
        alt=t("lesson.receptive_field.reach.alt", half=half, most=result.side(MOST)),
        y_axis={"range": [0, 1.03]},
    )


# --- formula, check -------------------------------------------------------------------------------------------------


def formulas(result: ReceptiveFieldResult) -> list[Formula]:
    """The promised side, how much of it is read, and what the network uses within a square."""
    rates = {f"d{index}": rate for index, rate in enumerate(result.rates)}
    spread = "(@d0@ + @d1@ + @d2@)" if result.way == "chain" else r"\max(@d0@, @d1@, @d2@)"
    half = result.side(HALF)
    total = float(result.heat.sum())
    share = result.shares[half // 2]
    return [
        Formula(
            "side",
            r"r = 1 + \sum_l (k_l - 1)\, d_l\, j_l,\quad j_l = \prod_{i<l} s_i",
            rf"1 + (@s@ - 1) + (@k@ - 1) \cdot {spread} \cdot @s@ = @r@",
            {"s": result.stride, "k": result.kernel, **rates, "r": result.stride * result.field.side},
        ),
        Formula(
            "cover",
            r"\frac{\text{cells read}}{\text{cells promised}}",
            r"\frac{@read@}{@side@^2} = @share@",
            {"read": result.field.read, "side": result.field.side, "share": result.field.share},
        ),
        Formula(
            "used",
            r"\frac{\sum_{\square} \left|\partial z / \partial x\right|}{\sum \left|\partial z / \partial x\right|}",
            rf"\square = {half} \times {half}:\quad \frac{{@inside@}}{{@all@}} = @share@",
            {"inside": share * total, "all": total, "share": share},
            {"share": colours.hex_of(colours.POSITIVE)},
        ),
    ]


def check(result: ReceptiveFieldResult, random: Random) -> Question:
    """Which rates read every pixel and reach far enough?"""
    goal = min(27, max(11, result.field.side | 1) + 2 * random.randrange(3))
    found = cache.computed(_triples)
    full = [rates for rates, (side, share) in found.items() if share == 1 and side >= goal]
    short = [rates for rates, (side, share) in found.items() if share == 1 and side < goal]
    holed = [rates for rates, (side, share) in found.items() if share < 1 and side >= goal]
    right = random.choice(full)
    options = [right, random.choice(short), *random.sample(holed, 2)]
    told = "; ".join(f"{_words(rates)}: {found[rates][0]}, {100 * found[rates][1]:.0f} %" for rates in sorted(options))
    return Question(
        t("lesson.receptive_field.check", side=goal),
        {"-".join(map(str, rates)): _words(rates) for rates in sorted(options)},
        "-".join(map(str, right)),
        t("lesson.receptive_field.why", found=told),
    )


def _triples() -> dict[tuple[int, ...], tuple[int, float]]:
    """Rates of three layers of 3 x 3, rising → side and share of their field."""
    found = {}
    for rates in product(range(1, 10), repeat=3):
        if tuple(sorted(rates)) == rates:
            field = receptive_field.sequential([Layer(dilation=rate) for rate in rates])
            found[rates] = (field.side, field.share)
    return found


def _words(rates: tuple[int, ...]) -> str:
    return ", ".join(map(str, rates))


def code(result: ReceptiveFieldResult) -> str:
    """Both by autograd: what has a gradient is read."""
    side, k = result.field.side, result.kernel
    layers = {
        "chain": [f"for rate in {result.rates}:", "    y = F.conv2d(y, ones, dilation=rate)"],
        "beside": [
            f"looks = [F.conv2d(y, ones, dilation=rate, padding=rate * {k // 2}) for rate in {result.rates}]",
            "y = y + sum(looks)",
        ],
    }[result.way]
    return "\n".join(
        [
            "import torch",
            "from torch.nn import functional as F",
            "from segcore.explain.network import as_pixels",
            "from ui.learn.scenes import scene",
            "",
            f"x = torch.zeros(1, 1, {side}, {side}, requires_grad=True)  # one cell is {result.stride} pixels wide",
            f"y, ones = x, torch.ones(1, 1, {k}, {k})",
            *layers,
            "middle = y.shape[-1] // 2",
            "y[0, 0, middle, middle].backward()",
            "read = x.grad[0, 0] > 0",
            "print(read.sum().item(), read.numel(), read.float().mean().item())",
            "",
            result.scene.code(),
            "pixels = as_pixels(world.images[:1]).requires_grad_()",
            f"z = world.network.logits(pixels)[0, :, {result.pixel[0]}, {result.pixel[1]}].max()",
            "used = torch.autograd.grad(z, pixels)[0][0].abs().sum(0)  # (h, w)",
            "print(tuple(used.shape), used.max().item())",
        ]
    )


def practice(result: ReceptiveFieldResult) -> list[PracticeLink]:
    """To what rests on the same gradient, to this network, and to a training."""
    height, width = result.image.shape[:2]
    row, col = (
        round(at * place.PER_MILLE / max(1, size - 1)) for at, size in zip(result.pixel, (height, width), strict=True)
    )
    sample, network = result.scene.photo or sample_photos.FIRST, result.scene.reference.name
    asked = {"lesson": "why", "pixel": f"{row}.{col}", "photo": sample, "network": network}
    return [
        PracticeLink(t("lesson.receptive_field.link.why"), frame.PAGES / "learn.py", asked),
        PracticeLink(
            t("lesson.receptive_field.link.segment"), frame.PAGES / "segment.py", {"sample": sample, "model": network}
        ),
        PracticeLink(t("lesson.receptive_field.link.train"), frame.PAGES / "train.py", {"preset": "demo"}),
    ]


def _cover(result: ReceptiveFieldResult) -> float:
    return result.field.share


LESSON = Lesson(
    name="receptive_field",
    terms=("receptive_field", "dilation", "aspp", "output_stride"),
    controls=tuple(Slider(name, 2, 1, 18) for name in RATES),
    more=(
        Choice("way", "chain", ("chain", "beside")),
        Choice("kernel", "3", ("3", "5", "7")),
        Choice("stride", "1", ("1", "4", "8", "16")),
        Selection("pixel", (500, 500), high=place.PER_MILLE, length=2),
        subjects.Photo(),
        subjects.Network(),
    ),
    steps=(
        Step("full", {"first": 1, "second": 2, "third": 4}),
        Step("wide", {"first": 4, "second": 4, "third": 4}),
        Step("aspp", {"first": 6, "second": 12, "third": 18, "way": "beside", "stride": "16"}),
    ),
    guess=NumberGuess(0.0, 1.0, 0.05, _cover, near=0.08),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

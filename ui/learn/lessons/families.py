"""Lesson 8: five families, one budget; the classifier that they come from; and more than one sense and scale."""

from dataclasses import dataclass
from random import Random

import numpy as np
import torch

from segcore.data import Normalisation, resize_image, sample_photos
from segcore.explain.architectures import (
    ARCHITECTURES,
    NUM_CLASSES,
    ForwardPass,
    NetworkProfile,
    build_architecture,
    options_of,
    profile,
    record_pass,
    stages_of,
)
from segcore.explain.dense_classification import as_input
from segcore.explain.network import as_pixels
from segcore.types import RGB
from ui import cache
from ui.learn import fused, slid, strip, subjects
from ui.learn.controls import Choice, Selection, Switch
from ui.learn.formulas import Formula, digits
from ui.learn.guess import ChoiceGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.text import t
from ui.widgets import frame

OWN = "own"
WIDTHS = ("8", "16", "32", "64")
STRIDES = ("8", "16", "32")
SIDES = ("64", "96", "128")
WHAT = ("parameters", "macs", "maps", "positions")


@dataclass(frozen=True, eq=False)
class ArchitecturesResult:
    """Five networks on paper, and one of them at work.

    Attributes:
        part: "blocks"; "classifier" and "senses" are further parts.
        family: a key of FAMILIES, or "own" for the learner's checkpoint.
        own: the checkpoint's name, where that is looked at.
        width: D.
        stride: see `options_of`.
        side: of the image.
        anatomies: family → shapes and costs at that side; "own" first where there is one.
        doubled: the same of the family that is looked at, at twice the side.
        passed: the image through that network.
        rgb: (side, side, 3) uint8, the middle of the photo.
        block: which of its blocks is looked at.
        photo: the control's value.
        other: what the further part shows; None in the first.
    """

    part: str
    family: str
    own: str
    width: int
    stride: int
    side: int
    anatomies: dict[str, NetworkProfile]
    doubled: NetworkProfile
    passed: ForwardPass
    rgb: RGB
    block: int
    photo: str
    other: slid.ClassifierResult | fused.FusionResult | None

    @property
    def profile(self) -> NetworkProfile:
        """Of the network that is looked at."""
        return self.anatomies[self.family]


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> ArchitecturesResult:
    """Raises NotAvailable where the learner's own network is asked for and there is none."""
    family, side = settings["family"], int(settings["side"])
    width, stride = int(settings["width"]), int(settings["stride"])
    anatomies = {name: _reckoned(name, width, stride, side) for name in ARCHITECTURES}
    own = ""
    if settings["own"]:
        family, own = OWN, subjects.reference(settings["network"]).name
        anatomies = {OWN: cache.computed(_own_on_paper, own, side), **anatomies}
        doubled = cache.computed(_own_on_paper, own, 2 * side)
        passed = cache.computed(_own_passed, own, side, settings["photo"])
    else:
        doubled = _reckoned(family, width, stride, 2 * side)
        passed = cache.computed(_passed, family, width, stride, side, settings["photo"])
    block = min(settings["block"][0], len(anatomies[family].blocks) - 1)
    part = settings["part"]
    return ArchitecturesResult(
        *(part, family, own, width, stride, side, anatomies, doubled, passed),
        rgb=_square(settings["photo"], side),
        block=block,
        photo=settings["photo"],
        other=slid.compute(settings) if part == "classifier" else fused.compute() if part == "senses" else None,
    )


def _reckoned(family: str, width: int, stride: int, side: int) -> NetworkProfile:
    if family == "segnet":  # which has one width and one stride
        width, stride = 64, 32
    return cache.computed(_on_paper, family, width, stride, side)


def _on_paper(family: str, width: int, stride: int, side: int) -> NetworkProfile:
    model = build_architecture(family, width, stride)
    return profile(model, stages_of(model, options_of(family, width, stride)[0]), side)


def _passed(family: str, width: int, stride: int, side: int, photo: str) -> ForwardPass:
    model = build_architecture(family, width, stride, device="cpu")
    stages = stages_of(model, options_of(family, width, stride)[0])
    return record_pass(model, as_input(_square(photo, side), Normalisation()), stages)


def _own_on_paper(name: str, side: int) -> NetworkProfile:
    model, card, lock = cache.private_network(subjects.reference(name))
    with lock:
        return profile(model, stages_of(model, card.architecture), side, in_channels=card.in_channels)


def _own_passed(name: str, side: int, photo: str) -> ForwardPass:
    model, card, lock = cache.private_network(subjects.reference(name))
    image = as_pixels([_square(photo, side)])
    if card.in_channels == 1:
        image = image.mean(dim=1, keepdim=True)
    mean, std = (torch.tensor(values)[:, None, None] for values in (card.mean, card.std))
    with lock:
        return record_pass(model, (image - mean) / std, stages_of(model, card.architecture))


def _square(photo: str, side: int) -> RGB:
    """The middle of a photo."""
    rgb = subjects.image(photo).rgb
    least = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - least) // 2, (rgb.shape[1] - least) // 2
    return resize_image(np.ascontiguousarray(rgb[top : top + least, left : left + least]), (side, side))


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: ArchitecturesResult, hidden: bool) -> Settings | None:
    """The blocks of a network, one of them at work, and what all five cost; or one of the further parts."""
    match result.other:
        case slid.ClassifierResult():
            slid.draw_views(result.other, hidden)
            return None
        case fused.FusionResult():
            fused.draw_views(result.other, hidden)
            return None
    pressed = strip.blocks(result.profile, result.block, title=_name(result))
    if not hidden:
        strip.at_work(
            result.profile.blocks[result.block], result.passed, result.rgb, is_pyramid=result.family == "pspnet"
        )
    strip.costs(result.anatomies, result.family, None if hidden else result.passed, result.width, result.stride)
    return {"block": (pressed,)} if pressed is not None else None


def _name(result: ArchitecturesResult) -> str:
    if result.family == OWN:
        return t("lesson.families.own", name=result.own, side=result.side)
    name = t(f"lesson.families.set.family.{result.family}")
    return t("lesson.families.untrained", name=name, side=result.side, classes=NUM_CLASSES)


# --- predict, formula, check ----------------------------------------------------------------------------------------


def _most_work(result: ArchitecturesResult) -> str:
    return max(ARCHITECTURES, key=lambda family: result.anatomies[family].macs)


def formulas(result: ArchitecturesResult) -> list[Formula]:
    """How often a weight is used, what twice the side costs, how fast this machine was; or those of a further part."""
    match result.other:
        case slid.ClassifierResult():
            return slid.formulas(result.other)
        case fused.FusionResult():
            return fused.formulas(result.other)
    here = result.profile
    uses = Formula(
        "uses",
        r"\frac{\text{MACs}}{\text{parameters}} = \text{uses of a weight}",
        r"\frac{@macs@}{@parameters@} = @uses@",
        {"macs": here.macs / 1e6, "parameters": here.parameters / 1e6, "uses": here.macs / here.parameters},
    )
    double = Formula(
        "double",
        r"\frac{\text{MACs}(2s)}{\text{MACs}(s)}",
        r"\frac{@large@}{@small@} = @ratio@",
        {"large": result.doubled.macs / 1e6, "small": here.macs / 1e6, "ratio": result.doubled.macs / here.macs},
    )
    speed = Formula(
        "speed",
        r"\frac{\text{MACs}}{\text{time}}\;\Big[\frac{10^6}{\text{ms}}\Big]",
        r"\frac{@mega@}{@ms@} = @rate@",
        {
            "mega": here.macs / 1e6,
            "ms": result.passed.best_ms,
            "rate": here.macs / 1e6 / result.passed.best_ms,
        },
    )
    return [uses, double, speed]


def check(result: ArchitecturesResult, random: Random) -> Question:
    """What doubles when the input side doubles? Reckoned by sending an image of twice the side through the network."""
    match result.other:
        case slid.ClassifierResult():
            return slid.check(result.other, random)
        case fused.FusionResult():
            return fused.check(result.other, random)
    what = random.choice(WHAT)
    before, after = _amount(result.profile, what), _amount(result.doubled, what)
    answer = min((1, 2, 4, 8), key=lambda factor: abs(factor - after / before))
    return Question(
        t(f"lesson.families.check.{what}", name=_short(result), side=result.side, twice=2 * result.side),
        {str(factor): f"× {factor}" for factor in (1, 2, 4, 8)},
        str(answer),
        t(
            f"lesson.families.why.{what}",
            formula=rf"$\frac{{{_figure(after)}}}{{{_figure(before)}}} = {digits(after / before)}$",
        ),
    )


def _amount(of: NetworkProfile, what: str) -> int:
    first = of.blocks[0]
    amounts = {"parameters": of.parameters, "macs": of.macs, "maps": of.map_bytes, "positions": first.width}
    return amounts[what]


def _figure(amount: int) -> str:
    return f"{amount:,}".replace(",", r"\,")


def _short(result: ArchitecturesResult) -> str:
    return result.own if result.family == OWN else t(f"lesson.families.set.family.{result.family}")


def code(result: ArchitecturesResult) -> str:
    """Shapes by hooks and multiply-adds by PyTorch's own counter; or the code of a further part."""
    match result.other:
        case slid.ClassifierResult():
            return slid.code(result.other)
        case fused.FusionResult():
            return fused.code(result.other)
    if result.family == OWN:
        build = [
            "from segcore.checkpoint import find_checkpoint, load_card, load_checkpoint",
            "",
            f'reference = find_checkpoint("{result.own}")',
            "model, channels = load_checkpoint(reference).model, load_card(reference.path).in_channels",
            f"image = torch.zeros(1, channels, {result.side}, {result.side})",
        ]
    else:
        name, options = options_of(result.family, result.width, result.stride)
        told = "".join(f", {key}={value!r}" for key, value in options.items())
        build = [
            "from segcore.models import build_model",
            "",
            'with torch.device("meta"):  # shapes without numbers',
            f'    model = build_model("{name}", num_classes={NUM_CLASSES}{told}).eval()',
            f"    image = torch.zeros(1, 3, {result.side}, {result.side})",
        ]
    block = result.profile.blocks[result.block].name
    return "\n".join(
        [
            "import torch",
            "from torch.utils.flop_counter import FlopCounterMode",
            *build,
            f'model.get_submodule("{block}").register_forward_hook(',
            "    lambda _module, _inputs, out: print(tuple(out.shape))",
            ")",
            "with FlopCounterMode(display=False) as counter, torch.no_grad():",
            "    model(image)",
            "macs = counter.get_total_flops() // 2  # a multiply-add is two operations",
            "parameters = sum(p.numel() for p in model.parameters())",
            "print(macs, parameters)",
        ]
    )


def practice(result: ArchitecturesResult) -> list[PracticeLink]:
    """To a photo, to training, and to the same list with scores."""
    sample = result.photo if result.photo in sample_photos.SAMPLES else sample_photos.FIRST
    train, models, segment = (frame.PAGES / f"{name}.py" for name in ("train", "models", "segment"))
    if isinstance(result.other, slid.ClassifierResult):
        return [
            PracticeLink(t("lesson.families.link.classifier"), train, {"preset": "classifier"}),
            PracticeLink(t("lesson.families.link.models"), models),
        ]
    return [
        PracticeLink(t("lesson.families.link.segment"), segment, {"sample": sample}),
        PracticeLink(t("lesson.families.link.models"), models),
        PracticeLink(t("lesson.families.link.train"), train),
    ]


LESSON = Lesson(
    name="families",
    terms=("fully_convolutional", "parameters", "multiply_adds", "output_stride", "aspp", "feature_map"),
    controls=(
        Choice("part", "blocks", ("blocks", "classifier", "senses")),
        Choice("family", "fcn", tuple(ARCHITECTURES)),
        Choice("stride", "16", STRIDES),
    ),
    more=(
        Choice("width", "64", WIDTHS),
        Choice("side", "96", SIDES),
        subjects.Photo(),
        Switch("own"),
        subjects.Network(),
        Choice("picture", "mosaic", slid.PICTURES),
        subjects.Network(name="classifier", default="classifier", architecture="classifier"),
        Selection("block", (5,), high=40, length=1),
    ),
    steps=(
        Step("holes", {"family": "deeplab", "stride": "8"}),
        Step("narrow", {"family": "unet", "width": "16"}),
        Step("classifier", {"part": "classifier"}),
        Step("senses", {"part": "senses"}),
    ),
    guess=ChoiceGuess(tuple(ARCHITECTURES), _most_work),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

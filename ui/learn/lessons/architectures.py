"""Five architectures and what they cost; the classifier they come from; more than one modality and scale."""

from dataclasses import dataclass
from random import Random
from typing import Any

import torch

from segcore.data import Normalisation
from segcore.explain import architectures
from segcore.explain.architectures import ARCHITECTURES, NUM_CLASSES, ForwardPass, NetworkProfile, stages_of
from segcore.explain.data_flow import Connection, connections
from segcore.explain.dense_classification import as_input
from segcore.explain.network import as_pixels
from segcore.explain.scene import middle_square
from segcore.types import RGB
from ui import cache, network_cache
from ui.learn import architecture_diagram, convolutional_classifier, input_controls, modality_fusion, thumbnails
from ui.learn.controls import Choice, Selection, Switch
from ui.learn.formulas import Formula, digits
from ui.learn.guess import ChoiceGuess
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson, LessonFunctions, PracticeLink, Question, Settings, lesson_texts, to

OWN = "own"
PARTS: dict[str, LessonFunctions[Any]] = {"classifier": convolutional_classifier.PART, "senses": modality_fusion.PART}
"""Further parts of the lesson."""

text = lesson_texts("families")


@dataclass(frozen=True, eq=False)
class ArchitecturesResult:
    """Five networks without weights, and one of them applied to a photo."""

    part: str  # "blocks", or a further part
    family: str  # a key of ARCHITECTURES, or "own" for the user's checkpoint
    own: str  # name of that checkpoint
    width: int  # D
    stride: int  # see `options_of`
    side: int  # of the image
    anatomies: dict[str, NetworkProfile]  # architecture → shapes and costs at that side; "own" first
    doubled: NetworkProfile  # of the chosen architecture at twice the side
    passed: ForwardPass  # the image through that network
    rgb: RGB  # (side, side, 3), the middle of the photo
    block: int  # index of the selected block
    flow: tuple[Connection, ...]  # which blocks of the chosen network read which
    num_classes: int  # of the chosen network
    photo: str  # value of its control
    other: Any  # result of a further part; None in the first

    @property
    def profile(self) -> NetworkProfile:
        """Of the chosen network."""
        return self.anatomies[self.family]

    @property
    def name(self) -> str:
        """Of the chosen network, short."""
        return self.own if self.family == OWN else text(f"set.family.{self.family}")


def compute(settings: Settings) -> ArchitecturesResult:
    """Raises NotAvailable if the user's own network is chosen and there is none."""
    family, side, photo = settings["family"], int(settings["side"]), settings["photo"]
    width, stride = int(settings["width"]), int(settings["stride"])
    anatomies = {name: _anatomy(name, width, stride, side) for name in ARCHITECTURES}
    own = ""
    if settings["own"]:
        family, own = OWN, input_controls.reference(settings["network"]).name
        profiled, doubled, passed, flow, classes = cache.computed(_own_network, own, side, photo)
        anatomies = {OWN: profiled, **anatomies}
    else:
        doubled = _anatomy(family, width, stride, 2 * side)
        passed = cache.computed(_passed, family, width, stride, side, photo)
        flow, classes = cache.computed(_flow, family, width, stride, side), NUM_CLASSES
    block = min(settings["block"][0], len(anatomies[family].blocks) - 1)
    part = settings["part"]
    other = PARTS[part].compute(settings) if part in PARTS else None
    return ArchitecturesResult(
        part, family, own, width, stride, side, anatomies, doubled, passed, _square(photo, side), block, flow, classes,
        photo, other,
    )  # fmt: skip


def _anatomy(family: str, width: int, stride: int, side: int) -> NetworkProfile:
    if family == "segnet":  # which has one width and one stride
        width, stride = 64, 32
    return cache.computed(_built_anatomy, family, width, stride, side)


def _built_anatomy(family: str, width: int, stride: int, side: int) -> NetworkProfile:
    model = architectures.build_architecture(family, width, stride)
    return architectures.profile(model, stages_of(model, architectures.options_of(family, width, stride)[0]), side)


def _passed(family: str, width: int, stride: int, side: int, photo: str) -> ForwardPass:
    model = architectures.build_architecture(family, width, stride, device="cpu")
    stages = stages_of(model, architectures.options_of(family, width, stride)[0])
    return architectures.record_pass(model, as_input(_square(photo, side), Normalisation()), stages)


def _flow(family: str, width: int, stride: int, side: int) -> tuple[Connection, ...]:
    model = architectures.build_architecture(family, width, stride)
    return connections(model, [block.name for block in _anatomy(family, width, stride, side).blocks], side)


def _own_network(
    name: str, side: int, photo: str
) -> tuple[NetworkProfile, NetworkProfile, ForwardPass, tuple[Connection, ...], int]:
    """The user's checkpoint: its profiles at a side and at twice that, a photo through it, connections, classes."""
    model, card, lock = network_cache.private_network(input_controls.reference(name))
    image = as_pixels([_square(photo, side)])
    if card.in_channels == 1:
        image = image.mean(dim=1, keepdim=True)
    mean, std = (torch.tensor(values)[:, None, None] for values in (card.mean, card.std))
    with lock:
        stages = stages_of(model, card.architecture)
        once, twice = (
            architectures.profile(model, stages, each, in_channels=card.in_channels) for each in (side, 2 * side)
        )
        passed = architectures.record_pass(model, (image - mean) / std, stages)
        flow = connections(model, [block.name for block in once.blocks], side, in_channels=card.in_channels)
        return once, twice, passed, flow, card.num_classes


def _square(photo: str, side: int) -> RGB:
    return middle_square(input_controls.image(photo).rgb, side)


def draw_views(result: ArchitecturesResult, hidden: bool) -> Settings | None:
    """Draw the blocks of a network, one of them at work, and the costs of all five; or one of the further parts."""
    if result.other is not None and not hidden:  # the guess is about the costs, whatever part comes then
        PARTS[result.part].draw_views(result.other, hidden)
        return None
    if result.family == OWN:
        title = text("own", name=result.own, side=result.side)
    else:
        title = text("untrained", name=result.name, side=result.side, classes=NUM_CLASSES)
    classes = result.num_classes
    pressed = architecture_diagram.blocks(result.profile, result.flow, result.block, classes=classes, title=title)
    if not hidden:
        block, is_pyramid = result.profile.blocks[result.block], result.family == "pspnet"
        architecture_diagram.at_work(block, result.passed, result.rgb, is_pyramid=is_pyramid)
    passed = None if hidden else result.passed
    architecture_diagram.costs(result.anatomies, result.family, passed, result.width, result.stride)
    return {"block": (pressed,)} if pressed is not None else None


def formulas(result: ArchitecturesResult) -> list[Formula]:
    """How often a weight is used, the cost of twice the side, the speed of this machine; or of a further part."""
    if result.other is not None:
        return list(PARTS[result.part].formulas(result.other))
    macs, parameters, large = (n / 1e6 for n in (result.profile.macs, result.profile.parameters, result.doubled.macs))
    ms = result.passed.best_ms
    uses = {"macs": macs, "parameters": parameters, "uses": result.profile.macs / result.profile.parameters}
    double = {"large": large, "small": macs, "ratio": result.doubled.macs / result.profile.macs}
    speed = {"mega": macs, "ms": ms, "rate": macs / ms}
    uses_of_a_weight = r"\frac{\text{MACs}}{\text{parameters}} = \text{uses of a weight}"
    per_time = r"\frac{\text{MACs}}{\text{time}}\;\Big[\frac{10^6}{\text{ms}}\Big]"
    return [
        Formula("uses", uses_of_a_weight, r"\frac{@macs@}{@parameters@} = @uses@", uses),
        Formula("double", r"\frac{\text{MACs}(2s)}{\text{MACs}(s)}", r"\frac{@large@}{@small@} = @ratio@", double),
        Formula("speed", per_time, r"\frac{@mega@}{@ms@} = @rate@", speed),
    ]


def check(result: ArchitecturesResult, random: Random) -> Question:
    """What doubles with the input side? Computed from an image of twice the side; or the check of a further part."""
    if result.other is not None:
        return PARTS[result.part].check(result.other, random)
    what = random.choice(("parameters", "macs", "maps", "positions"))
    before, after = _amount(result.profile, what), _amount(result.doubled, what)
    answer = min((1, 2, 4, 8), key=lambda factor: abs(factor - after / before))
    over, under = (f"{amount:,}".replace(",", r"\,") for amount in (after, before))
    return Question(
        text(f"check.{what}", name=result.name, side=result.side, twice=2 * result.side),
        {str(factor): f"× {factor}" for factor in (1, 2, 4, 8)},
        str(answer),
        text(f"why.{what}", formula=rf"$\frac{{{over}}}{{{under}}} = {digits(after / before)}$"),
    )


def _amount(of: NetworkProfile, what: str) -> int:
    return {"parameters": of.parameters, "macs": of.macs, "maps": of.map_bytes, "positions": of.blocks[0].width}[what]


def code(result: ArchitecturesResult) -> list[str]:
    """Shapes by hooks and MACs by PyTorch's own counter; or the code of a further part."""
    if result.other is not None:
        return list(PARTS[result.part].code_lines(result.other))
    if result.family == OWN:
        build = [
            "from segcore.checkpoint import find_checkpoint, load_card, load_checkpoint",
            "",
            f'reference = find_checkpoint("{result.own}")',
            "model, channels = load_checkpoint(reference).model, load_card(reference.path).in_channels",
            f"image = torch.zeros(1, channels, {result.side}, {result.side})",
        ]
    else:
        name, options = architectures.options_of(result.family, result.width, result.stride)
        listed = "".join(f", {key}={value!r}" for key, value in options.items())
        build = [
            "from segcore.models import build_model",
            "",
            'with torch.device("meta"):  # shapes without numbers',
            f'    model = build_model("{name}", num_classes={NUM_CLASSES}{listed}).eval()',
            f"    image = torch.zeros(1, 3, {result.side}, {result.side})",
        ]
    return [
        "import torch",
        "from torch.utils.flop_counter import FlopCounterMode",
        *build,
        f'model.get_submodule("{result.profile.blocks[result.block].name}").register_forward_hook(',
        "    lambda _module, _inputs, out: print(tuple(out.shape))",
        ")",
        "with FlopCounterMode(display=False) as counter, torch.no_grad():",
        "    model(image)",
        "macs = counter.get_total_flops() // 2  # one MAC is two operations",
        "parameters = sum(p.numel() for p in model.parameters())",
        "print(macs, parameters)",
    ]


def practice(result: ArchitecturesResult) -> list[PracticeLink]:
    """A photo, the checkpoints with their scores, and a training."""
    models = to("models", text("link.models"))
    if result.part == "classifier":
        return [to("train", text("link.classifier"), preset="classifier"), models]
    photo = to("segment", text("link.segment"), sample=input_controls.sample_name(result.photo))
    return [photo, models, to("train", text("link.train"))]


LESSON = Lesson(
    name="families",
    group="architectures",
    minutes=12,
    thumbnail=lambda result: thumbnails.mosaic(
        architecture_diagram.maps(result.passed, result.profile.blocks[0].name), 4
    ),
    terms=("fully_convolutional", "parameters", "multiply_adds", "output_stride", "aspp", "feature_map"),
    controls=(
        Choice("part", "blocks", ("blocks", *PARTS)),
        Choice("family", "fcn", tuple(ARCHITECTURES)),
        Choice("stride", "16", ("8", "16", "32")),
    ),
    more=(
        Choice("width", "64", ("8", "16", "32", "64")),
        Choice("side", "96", ("64", "96", "128")),
        PhotoControl(),
        Switch("own"),
        CheckpointControl(),
        Choice("picture", "mosaic", convolutional_classifier.PICTURES),
        CheckpointControl(name="classifier", default="classifier", architecture="classifier"),
        Selection("block", (5,), high=40, length=1),
    ),
    steps={
        "holes": {"family": "deeplab", "stride": "8"},
        "narrow": {"family": "unet", "width": "16"},
        "classifier": {"part": "classifier"},
        "senses": {"part": "senses"},
    },
    guess=ChoiceGuess(
        tuple(ARCHITECTURES), lambda result: (max(ARCHITECTURES, key=lambda family: result.anatomies[family].macs),)
    ),
    predict=lambda _result: text("predict"),
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=practice,
)

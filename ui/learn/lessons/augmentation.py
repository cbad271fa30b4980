"""Lesson 13: augment the pair, not the picture."""

import math
from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.data import sample_photos
from segcore.explain.paired_transforms import TRANSFORMS, Transform, TransformedPair, transform_pair
from segcore.metrics import Scores, confusion, scores
from segcore.palette import IGNORE_COLOUR, colourise, overlay
from segcore.types import IGNORE, RGB, Colour, LabelMap
from ui import cache
from ui.learn import figures, subjects
from ui.learn.colours import FALSE_NEGATIVE, NEGATIVE, POSITIVE
from ui.learn.controls import Choice, Slider, Switch
from ui.learn.figures import Figure
from ui.learn.formulas import Formula
from ui.learn.guess import NumberGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.learn.scenes import Scene, scene
from ui.text import t
from ui.widgets import frame
from ui.widgets.tables import Bar, Cell, Chip, table

GHOST: Colour = FALSE_NEGATIVE


@dataclass(frozen=True, eq=False)
class AugmentationResult:
    """A scene whose pictures were moved, and the labels that a training would be given for them.

    Attributes:
        scene: see there.
        move: see `segcore.explain.paired_transforms`.
        strength: 1 … 5.
        follow: whether the labels moved, too.
        sampling: how they were, "nearest" or "bilinear".
        pairs: the moved pictures.
        given: the labels that go with them.
        found: what the network says of the moved pictures.
        scores: of that against the given labels.
        right: of that against labels moved rightly.
        at: which picture is shown.
    """

    scene: Scene
    move: Transform
    strength: int
    follow: bool
    sampling: str
    pairs: list[TransformedPair]
    given: list[LabelMap]
    found: list[LabelMap]
    scores: Scores
    right: Scores
    at: int

    @property
    def spurious(self) -> NDArray[np.bool_]:
        """(h, w): pixels of the picture shown whose given id is that of none they were mixed from."""
        pair = self.pairs[self.at]
        return pair.spurious if self.follow and self.sampling == "bilinear" else np.zeros_like(pair.spurious)


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> AugmentationResult:
    """Raises SegcoreError where there is no such checkpoint, or it looks at no photos."""
    world = scene(settings["network"], settings["photo"])
    move, strength = settings["move"], settings["strength"]
    pairs, found = cache.computed(_moved, world, move, strength)
    if not settings["follow"]:
        given = list(world.labels)
    elif settings["sampling"] == "nearest":
        given = [pair.labels for pair in pairs]
    else:
        given = [pair.averaged for pair in pairs]
    at = int(np.argmax([len(np.unique(labels)) for labels in world.labels]))
    return AugmentationResult(
        world, move, strength, settings["follow"], settings["sampling"], pairs, given, found,
        _scores(world, found, given), _scores(world, found, [pair.labels for pair in pairs]), at,
    )  # fmt: skip


def _moved(world: Scene, move: Transform, strength: int) -> tuple[list[TransformedPair], list[LabelMap]]:
    """Compute the moved pairs and what the network says of the moved pictures."""
    pairs = [
        transform_pair(image, labels, move, strength) for image, labels in zip(world.images, world.labels, strict=True)
    ]
    with world.lock:
        return pairs, world.network.labels([pair.image for pair in pairs])


def _scores(world: Scene, found: list[LabelMap], given: list[LabelMap]) -> Scores:
    """All pictures in one table; ids that are no class cannot be scored and are ignored."""
    k = len(world.card.classes)
    counts = np.zeros((k, k), np.int64)
    for labels, truth in zip(found, given, strict=True):
        counts += confusion(labels, np.where(truth < k, truth, IGNORE).astype(np.uint8), k)
    return scores(counts, world.card.classes)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: AugmentationResult, hidden: bool) -> Settings | None:
    """Before, after and where the labels are wrong; two scores; what the labels are made of."""
    image, labels = result.scene.images[result.at], result.scene.labels[result.at]
    colours, crisp = result.scene.card.colours, result.scene.is_truth
    pair, given = result.pairs[result.at], result.given[result.at]
    shown = [
        Figure(overlay(image, labels, colours), t("lesson.augmentation.before"), t("lesson.augmentation.before.alt"),
                crisp=crisp),
        Figure(pair.image if hidden else overlay(pair.image, _classes_only(result, given), colours),
                t("lesson.augmentation.after"), t("lesson.augmentation.after.alt"), crisp=crisp),
    ]  # fmt: skip
    if not hidden:
        wrong = int(_wrong(result).sum())
        note = t("lesson.augmentation.wrong.note", wrong=wrong, ghosts=int(result.spurious.sum()))
        alt = t("lesson.augmentation.wrong.alt", wrong=wrong)
        shown.append(Figure(_map(result), t("lesson.augmentation.wrong"), alt, note, crisp=True))
    figures.show(shown, least_px=150)
    if not hidden:
        _two_scores(result)
        _classes(result)
    return None


def _classes_only(result: AugmentationResult, labels: LabelMap) -> LabelMap:
    """Ids that are no class are shown like what does not count."""
    return np.where(labels < len(result.scene.card.classes), labels, IGNORE).astype(np.uint8)


def _wrong(result: AugmentationResult) -> NDArray[np.bool_]:
    """(h, w): given labels that are not those of the moved picture."""
    truth = result.pairs[result.at].labels
    return (result.given[result.at] != truth) & (truth != IGNORE)


def _map(result: AugmentationResult) -> RGB:
    """Labels in pale colours, wrong ones orange, ghosts magenta."""
    colours = result.scene.card.colours
    paper = colourise(_classes_only(result, result.pairs[result.at].labels), colours).astype(np.float64)
    rgb = (0.35 * paper + 0.65 * 235).round().astype(np.uint8)
    rgb[result.pairs[result.at].labels == IGNORE] = IGNORE_COLOUR
    rgb[_wrong(result)] = POSITIVE
    rgb[result.spurious] = GHOST
    return rgb


def _two_scores(result: AugmentationResult) -> None:
    rows: list[list[Cell]] = [
        [t("lesson.augmentation.against.given"), Bar(result.scores.miou, f"{result.scores.miou:.3f}", POSITIVE)],
        [t("lesson.augmentation.against.right"), Bar(result.right.miou, f"{result.right.miou:.3f}", NEGATIVE)],
    ]
    table(t("lesson.augmentation.compared"), [t("lesson.augmentation.compared"), t("metric.miou")], rows)
    st.caption(result.scene.about())


def _classes(result: AugmentationResult) -> None:
    """Pixels of each class of the picture shown, before and as given, and those of no class."""
    before, given = result.scene.labels[result.at], result.given[result.at]
    k = len(result.scene.card.classes)
    rows: list[list[Cell]] = []
    for index, (name, colour) in enumerate(zip(result.scene.card.classes, result.scene.card.colours, strict=True)):
        ghosts = int((result.spurious & (given == index)).sum())
        rows.append(
            [Chip(f"{index} {name}", colour), str((before == index).sum()), str((given == index).sum()), str(ghosts)]
        )
    nothing = (given >= k) & (given != IGNORE)
    rows.append(
        [t("lesson.augmentation.no_class"), "0", str(nothing.sum()), str(int((result.spurious & nothing).sum()))]
    )
    head = [
        t("lesson.augmentation.class"),
        t("lesson.augmentation.pixels.before"),
        t("lesson.augmentation.pixels.given"),
        t("lesson.augmentation.pixels.ghosts"),
    ]
    table(t("lesson.augmentation.pixels"), head, rows, numbers=(1, 2, 3))


# --- predict, formula, check ----------------------------------------------------------------------------------------


def formulas(result: AugmentationResult) -> list[Formula]:
    """The mean over the classes; and how four ids were mixed, where they were."""
    existing = {f"iou{index}": iou for index, iou in enumerate(result.scores.iou) if not math.isnan(iou)}
    mean = " + ".join(f"@{name}@" for name in existing)
    found = [
        Formula(
            "miou",
            r"\mathrm{mIoU} = \frac{1}{K} \sum_c \mathrm{IoU}_c",
            rf"\frac{{{mean}}}{{@k@}} = @miou@",
            {**existing, "k": len(existing), "miou": result.scores.miou},
        )
    ]
    if result.spurious.any():
        pair = result.pairs[result.at]
        inner = result.spurious & (pair.ids != IGNORE).all(axis=0)
        row, col = (int(number) for number in np.argwhere(inner if inner.any() else result.spurious)[0])
        values: dict[str, float] = {}
        for index in range(4):
            values |= {f"w{index}": float(pair.weights[index, row, col]), f"c{index}": int(pair.ids[index, row, col])}
        values |= {"sum": sum(values[f"w{i}"] * values[f"c{i}"] for i in range(4)), "id": int(pair.averaged[row, col])}
        terms = " + ".join(rf"@w{index}@\cdot @c{index}@" for index in range(4))
        found.append(
            Formula(
                "mix",
                rf"y_{{{row},{col}}} = \mathrm{{round}}\Big(\sum_{{i=1}}^{{4}} w_i\, c_i\Big)",
                rf"{terms} = @sum@ \;\rightarrow\; @id@",
                values,
            )
        )
    return found


def check(result: AugmentationResult, random: Random) -> Question:
    """Which class lies between two others, to those who average their ids."""
    names = result.scene.card.classes
    ids = [*range(len(names)), IGNORE]
    mixes = [
        (a, b, share, (1 - share) * a + share * b)
        for a in ids
        for b in ids
        if a != b
        for share in (0.25, 0.5, 0.75)
        if ((1 - share) * a + share * b).is_integer()
    ]
    a, b, share, mixed = random.choice(mixes)
    right = int(mixed)

    def name(index: int) -> str:
        if index == IGNORE:
            return t("lesson.augmentation.ignore")
        return f"{index} {names[index]}" if index < len(names) else t("lesson.augmentation.id", id=index)

    options = {str(index): name(index) for index in sorted({a, b, right})}
    options["both"] = t("lesson.augmentation.both")
    reckoning = rf"${1 - share:g}\cdot {a} + {share:g}\cdot {b} = {right}$"
    return Question(
        t("lesson.augmentation.check", a=name(a), b=name(b), one=f"{1 - share:g}", other=f"{share:g}"),
        options,
        str(right),
        t("lesson.augmentation.why", formula=reckoning),
    )


def code(result: AugmentationResult) -> str:
    """The very pictures of the lesson, sampled by PyTorch."""
    mode = result.sampling
    lines = [
        "import torch",
        "from torch.nn import functional as F",
        "from segcore.explain.network import as_pixels",
        "from segcore.explain.paired_transforms import source_positions",
        "from ui.learn.scenes import scene",
        "",
        result.scene.code(),
        f"image, labels = world.images[{result.at}], torch.tensor(world.labels[{result.at}]).float()",
        "h, w = labels.shape",
        f'rows, cols = torch.tensor(source_positions("{result.move}", {result.strength}, (h, w))).float()',
        "grid = torch.stack([(2 * cols + 1) / w - 1, (2 * rows + 1) / h - 1], dim=-1)[None]  # x, y in -1 … 1",
        'moved = F.grid_sample(as_pixels([image]), grid, mode="bilinear", align_corners=False)',
    ]
    if result.follow:
        lines += [
            "shifted = labels[None, None] - 255  # grid_sample fills with 0; 255 means ignore",
            f'labels = F.grid_sample(shifted, grid, mode="{mode}", align_corners=False)[0, 0] + 255',
        ]
    lines += [
        "labels = labels.round().long()",
        "print(tuple(moved.shape), labels.unique(return_counts=True))",
    ]
    return "\n".join(lines)


def practice(result: AugmentationResult) -> list[PracticeLink]:
    """To the settings of augmentation, and to a photo."""
    photo = result.scene.photo or sample_photos.FIRST
    query = {"sample": photo, "model": result.scene.reference.name}
    return [
        PracticeLink(t("lesson.augmentation.link.train"), frame.PAGES / "train.py"),
        PracticeLink(t("lesson.augmentation.link.segment"), frame.PAGES / "segment.py", query),
    ]


def _miou(result: AugmentationResult) -> float:
    return result.scores.miou


LESSON = Lesson(
    name="augmentation",
    terms=("augmentation", "ground_truth", "miou"),
    controls=(Choice("move", "flip", TRANSFORMS), Slider("strength", 3, 1, 5), Switch("follow")),
    more=(Choice("sampling", "nearest", ("nearest", "bilinear")), subjects.Photo(), subjects.Network()),
    steps=(
        Step("pair", {"follow": True}),
        Step("rotate", {"move": "rotate", "follow": True}),
        Step("ghosts", {"move": "scale", "follow": True, "sampling": "bilinear"}),
    ),
    guess=NumberGuess(0.0, 1.0, 0.05, _miou, near=0.1),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

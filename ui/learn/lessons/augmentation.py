"""Augment the image and its labels together."""

from dataclasses import dataclass
from itertools import permutations, product
from random import Random

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.explain.paired_transforms import TRANSFORMS, Transform, TransformedPair, transform_pair
from segcore.explain.scene import Scene
from segcore.export.sections import Named, Share
from segcore.metrics import Scores, confusion, scores
from segcore.palette import IGNORE_COLOUR, colourise, overlay
from segcore.types import IGNORE, RGB, LabelMap
from ui import cache
from ui.known_names import class_name
from ui.learn import figures, scenes
from ui.learn.colours import FALSE_NEGATIVE, NEGATIVE, POSITIVE
from ui.learn.controls import Choice, Slider, Switch
from ui.learn.figures import LessonFigure
from ui.learn.formulas import Formula
from ui.learn.guess import NumberGuess
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson, LessonFunctions, Question, Settings, lesson_texts, to
from ui.learn.outcomes import mean_iou_formula
from ui.text import t
from ui.widgets.tables import Cell, table

text = lesson_texts("augmentation")


@dataclass(frozen=True, eq=False)
class AugmentationResult:
    """A scene with transformed images, and the labels that a training would receive for them."""

    scene: Scene
    move: Transform  # see `segcore.explain.paired_transforms`
    strength: int  # 1 … 5
    follow: bool  # whether the labels are transformed, too
    sampling: str  # of the labels, "nearest" or "bilinear"
    pairs: list[TransformedPair]  # the transformed images
    given: list[LabelMap]  # the labels that go with them
    found: list[LabelMap]  # the predictions for them
    scores: Scores  # against the given labels
    right: Scores  # against correctly transformed labels
    at: int  # index of the image shown

    @property
    def pair(self) -> TransformedPair:
        """The image shown."""
        return self.pairs[self.at]

    @property
    def spurious(self) -> NDArray[np.bool_]:
        """(h, w): pixels of the image shown with a spurious id, none of those it was averaged from."""
        averaged = self.follow and self.sampling == "bilinear"
        return self.pair.spurious if averaged else np.zeros_like(self.pair.spurious)

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """(h, w): given labels that are not those of the transformed image."""
        return np.asarray((self.given[self.at] != self.pair.labels) & (self.pair.labels != IGNORE), bool)


def compute(settings: Settings) -> AugmentationResult:
    """Raises SegcoreError if the checkpoint is missing or does not take photos."""
    world = scenes.scene(settings["network"], settings["photo"])
    move, strength, follow, sampling = (settings[name] for name in ("move", "strength", "follow", "sampling"))
    pairs, found = cache.computed(_moved, world, move, strength)
    right = [pair.labels for pair in pairs]
    given = right if sampling == "nearest" else [pair.averaged for pair in pairs]
    given = given if follow else list(world.labels)
    at = int(np.argmax([len(np.unique(labels)) for labels in world.labels]))
    against = _scores(world, found, given), _scores(world, found, right)
    return AugmentationResult(world, move, strength, follow, sampling, pairs, given, found, *against, at)


def _moved(world: Scene, move: Transform, strength: int) -> tuple[list[TransformedPair], list[LabelMap]]:
    originals = zip(world.images, world.labels, strict=True)
    pairs = [transform_pair(image, labels, move, strength) for image, labels in originals]
    with world.lock:
        return pairs, world.network.labels([pair.image for pair in pairs])


def _scores(world: Scene, found: list[LabelMap], given: list[LabelMap]) -> Scores:
    """All images in one confusion matrix; ids of no class cannot be scored and are ignored."""
    k = len(world.card.classes)
    counts = np.zeros((k, k), np.int64)
    for labels, truth in zip(found, given, strict=True):
        counts += confusion(labels, np.where(truth < k, truth, IGNORE).astype(np.uint8), k)
    return scores(counts, world.card.classes)


def draw_views(result: AugmentationResult, hidden: bool) -> None:
    """Draw before, after and the wrong labels; two scores; the labels by class."""
    world, pair, at = result.scene, result.pair, result.at
    before = overlay(world.images[at], world.labels[at], world.card.colours)
    after = pair.image if hidden else overlay(pair.image, _classes_only(result, result.given[at]), world.card.colours)
    shown = [
        LessonFigure(before, text("before"), text("before.alt"), crisp=world.is_truth),
        LessonFigure(after, text("after"), text("after.alt"), crisp=world.is_truth),
    ]
    if not hidden:
        wrong = int(result.wrong.sum())
        note, alt = text("wrong.note", wrong=wrong, ghosts=int(result.spurious.sum())), text("wrong.alt", wrong=wrong)
        shown.append(LessonFigure(_map(result), text("wrong"), alt, note, crisp=True))
    figures.show(shown, least_px=150)
    if not hidden:
        _two_scores(result)
        _classes(result)


def _classes_only(result: AugmentationResult, labels: LabelMap) -> LabelMap:
    """Ids of no class are drawn like ignored pixels."""
    return np.where(labels < len(result.scene.card.classes), labels, IGNORE).astype(np.uint8)


def _map(result: AugmentationResult) -> RGB:
    """Labels in pale colours, wrong ones orange, spurious ones magenta."""
    paper = colourise(_classes_only(result, result.pair.labels), result.scene.card.colours).astype(np.float64)
    rgb = (0.35 * paper + 0.65 * 235).round().astype(np.uint8)
    rgb[result.pair.labels == IGNORE] = IGNORE_COLOUR
    rgb[result.wrong] = POSITIVE
    rgb[result.spurious] = FALSE_NEGATIVE
    return rgb


def _two_scores(result: AugmentationResult) -> None:
    rows: list[list[Cell]] = [
        [text("against.given"), Share(f"{result.scores.miou:.3f}", result.scores.miou, POSITIVE)],
        [text("against.right"), Share(f"{result.right.miou:.3f}", result.right.miou, NEGATIVE)],
    ]
    table(text("compared"), [text("compared"), t("metric.miou")], rows)
    st.caption(scenes.about(result.scene))


def _classes(result: AugmentationResult) -> None:
    """Draw the pixels of each class of the image shown, before and as given, and those of no class."""
    before, given, card = result.scene.labels[result.at], result.given[result.at], result.scene.card
    rows: list[list[Cell]] = []
    for index, (name, colour) in enumerate(zip(card.classes, card.colours, strict=True)):
        counts = [(before == index).sum(), (given == index).sum(), (result.spurious & (given == index)).sum()]
        rows.append([Named(f"{index} {class_name(name)}", colour), *map(str, counts)])
    no_class = (given >= len(card.classes)) & (given != IGNORE)
    rows.append([text("no_class"), "0", str(no_class.sum()), str((result.spurious & no_class).sum())])
    head = [text("class"), text("pixels.before"), text("pixels.given"), text("pixels.ghosts")]
    table(text("pixels"), head, rows, numbers=(1, 2, 3))


def _predict(result: AugmentationResult) -> str:
    move, sampling = text(f"set.move.{result.move}"), text(f"set.sampling.{result.sampling}")
    return text("predict.follow", move=move, sampling=sampling) if result.follow else text("predict", move=move)


def formulas(result: AugmentationResult) -> list[Formula]:
    """The mean over the classes; and the average of four ids, if there are spurious ones."""
    found = [mean_iou_formula(result.scores.iou, result.scores.miou)]
    if result.spurious.any():
        pair = result.pair
        inner = result.spurious & (pair.ids != IGNORE).all(axis=0)
        row, col = np.argwhere(inner if inner.any() else result.spurious)[0].tolist()
        weights, ids = pair.weights[:, row, col].tolist(), pair.ids[:, row, col].tolist()
        values: dict[str, float] = {f"w{index}": weight for index, weight in enumerate(weights)}
        values |= {f"c{index}": each for index, each in enumerate(ids)}
        values |= {"sum": sum(w * c for w, c in zip(weights, ids, strict=True)), "id": int(pair.averaged[row, col])}
        terms = " + ".join(rf"@w{index}@\cdot @c{index}@" for index in range(4))
        symbols = rf"y_{{{row},{col}}} = \mathrm{{round}}\Big(\sum_{{i=1}}^{{4}} w_i\, c_i\Big)"
        found.append(Formula("mix", symbols, rf"{terms} = @sum@ \;\rightarrow\; @id@", values))
    return found


def check(result: AugmentationResult, random: Random) -> Question:
    """Which class lies between two others if their ids are averaged?"""
    names = result.scene.card.classes
    pairs = product(permutations([*range(len(names)), IGNORE], 2), (0.25, 0.5, 0.75))
    mixes = [(a, b, share, (1 - share) * a + share * b) for (a, b), share in pairs]
    a, b, share, mixed = random.choice([mix for mix in mixes if mix[-1].is_integer()])
    right = int(mixed)

    def name(index: int) -> str:
        if index == IGNORE:
            return text("ignore")
        return f"{index} {class_name(names[index])}" if index < len(names) else text("id", id=index)

    options = {str(index): name(index) for index in sorted({a, b, right})} | {"both": text("both")}
    formula = rf"${1 - share:g}\cdot {a} + {share:g}\cdot {b} = {right}$"
    question = text("check", a=name(a), b=name(b), one=f"{1 - share:g}", other=f"{share:g}")
    return Question(question, options, str(right), text("why", formula=formula))


def code(result: AugmentationResult) -> list[str]:
    """The images of the lesson, sampled by PyTorch."""
    follow = [
        "shifted = labels[None, None] - 255  # grid_sample fills with 0; 255 means ignore",
        f'labels = F.grid_sample(shifted, grid, mode="{result.sampling}", align_corners=False)[0, 0] + 255',
    ]
    return [
        "import torch",
        "from torch.nn import functional as F",
        *scenes.code(result.scene, "from segcore.explain.paired_transforms import source_positions"),
        f"image, labels = world.images[{result.at}], torch.tensor(world.labels[{result.at}]).float()",
        "h, w = labels.shape",
        f'rows, cols = torch.tensor(source_positions("{result.move}", {result.strength}, (h, w))).float()',
        "grid = torch.stack([(2 * cols + 1) / w - 1, (2 * rows + 1) / h - 1], dim=-1)[None]  # x, y in -1 … 1",
        'moved = F.grid_sample(as_pixels([image]), grid, mode="bilinear", align_corners=False)',
        *(follow if result.follow else []),
        "labels = labels.round().long()",
        "print(tuple(moved.shape), labels.unique(return_counts=True))",
    ]


LESSON = Lesson(
    name="augmentation",
    group="training",
    minutes=7,
    thumbnail=_map,
    terms=("augmentation", "ground_truth", "miou"),
    controls=(Choice("move", "flip", TRANSFORMS), Slider("strength", 3, 1, 5), Switch("follow")),
    more=(Choice("sampling", "nearest", ("nearest", "bilinear")), PhotoControl(), CheckpointControl()),
    steps={
        "pair": {"follow": True},
        "rotate": {"move": "rotate", "follow": True},
        "ghosts": {"move": "scale", "follow": True, "sampling": "bilinear"},
    },
    guess=NumberGuess(0.0, 1.0, 0.05, lambda result: result.scores.miou, near=0.1),
    predict=_predict,
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("train", text("link.train")),
        to("segment", text("link.segment"), **scenes.query(result.scene)),
    ],
)

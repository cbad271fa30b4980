"""Lesson 7: skip connections carry the edges."""

import math
from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st

from segcore.data import sample_photos
from segcore.errors import NotAvailable
from segcore.explain.skips import REPLACEMENTS, Replacement, Skip, SkipEffect, find_skips, measure_effect
from segcore.models import MODELS
from segcore.palette import overlay
from segcore.types import LabelMap
from ui import cache
from ui.learn import figures, subjects
from ui.learn.colours import NEGATIVE, POSITIVE, viridis_rgb
from ui.learn.controls import Choice, Decimal
from ui.learn.figures import Figure
from ui.learn.formulas import Formula
from ui.learn.guess import ChoiceGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.learn.scenes import Scene, scene
from ui.text import plain, t
from ui.widgets import frame
from ui.widgets.tables import Bar, Cell, table

UNET = "unet"
DIALS = ("first", "second", "third", "fourth")
"""The finest skip and the coarser ones; a network with more keeps the rest as they are."""


@dataclass(frozen=True, eq=False)
class SkipsResult:
    """A U-Net whose skips are turned down.

    Attributes:
        scene: see there.
        skips: of the network, the finest first; as many as there are dials for.
        dials: α of each.
        instead: what takes the place of what is turned down.
        whole: with all skips as they are.
        turned: with the dials as they are set.
        cut: with one skip at 0 and all others at 1, for each of them.
        at: which picture is shown: the one that changes most.
    """

    scene: Scene
    skips: tuple[Skip, ...]
    dials: tuple[float, ...]
    instead: Replacement
    whole: SkipEffect
    turned: SkipEffect
    cut: list[SkipEffect]
    at: int


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> SkipsResult:
    """Raises NotAvailable where there is no U-Net on this computer."""
    world = scene(settings["network"], settings["photo"], UNET)
    skips = cache.computed(_skips, world)
    if not skips:
        raise NotAvailable(t("lesson.skips.none", network=plain(world.card.title)))
    dials = tuple(round(float(settings[name]), 2) for name in DIALS[: len(skips)])
    instead = settings["instead"]
    ones = (1.0,) * len(skips)
    whole, turned = _effect(world, skips, ones, instead), _effect(world, skips, dials, instead)
    cut = [_effect(world, skips, (*ones[:index], 0.0, *ones[index + 1 :]), instead) for index in range(len(skips))]
    changed = [np.mean(before != after) for before, after in zip(whole.labels, turned.labels, strict=True)]
    return SkipsResult(world, skips, dials, instead, whole, turned, cut, int(np.argmax(changed)))


def _skips(world: Scene) -> tuple[Skip, ...]:
    with world.lock:
        found = find_skips(world.network.model, MODELS[UNET].stages, in_channels=world.card.in_channels)
    return found[: len(DIALS)]


def _effect(world: Scene, skips: tuple[Skip, ...], dials: tuple[float, ...], instead: Replacement) -> SkipEffect:
    return cache.computed(_measured, world, skips, dials, instead)


def _measured(world: Scene, skips: tuple[Skip, ...], dials: tuple[float, ...], instead: Replacement) -> SkipEffect:
    alphas = {skip.stage: alpha for skip, alpha in zip(skips, dials, strict=True)}
    with world.lock:
        return measure_effect(world.network, world.images, world.labels, alphas, instead)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: SkipsResult, hidden: bool) -> Settings | None:
    """Masks with and without; every skip cut by itself; the two maps that meet where a skip is turned down."""
    reference = _mask(
        result,
        result.scene.labels[result.at],
        t("lesson.skips.truth") if result.scene.is_truth else t("lesson.skips.reference"),
    )
    whole = _mask(result, result.whole.labels[result.at], t("lesson.skips.whole"), result.whole)
    if hidden:
        figures.show([reference, whole], least_px=150)
        _table(result, hidden=True)
        return None
    figures.show(
        [reference, whole, _mask(result, result.turned.labels[result.at], t("lesson.skips.turned"), result.turned)],
        least_px=150,
    )
    _table(result, hidden=False)
    figures.show(_maps(result), least_px=150)
    return None


def _mask(result: SkipsResult, labels: LabelMap, title: str, measured: SkipEffect | None = None) -> Figure:
    image = result.scene.images[result.at]
    note = ""
    if measured is not None:
        note = t("lesson.skips.note", f=_three(measured.boundary_f), miou=_three(measured.scores.miou))
    return Figure(overlay(image, labels, result.scene.card.colours, opacity=0.7), title, title, note, crisp=True)


def _maps(result: SkipsResult) -> list[Figure]:
    """Mean absolute activations of the first picture: what comes from below, and over the skip as it is set."""
    index = next((index for index, alpha in enumerate(result.dials) if alpha < 1), 0)
    skip = result.skips[index]
    shown = []
    titles = (t("lesson.skips.below", stage=skip.stage), t("lesson.skips.over", stage=skip.stage))
    for title, values in zip(titles, result.turned.maps[skip.stage], strict=True):
        high = max(float(values.max()), 1e-9)
        note = t("lesson.skips.map", height=values.shape[0], width=values.shape[1], high=f"{high:.2f}")
        shown.append(Figure(viridis_rgb(values, 0.0, high), title, title, note, crisp=True))
    return shown


def _table(result: SkipsResult, *, hidden: bool) -> None:
    """One line for each skip: where it leads, and what is left when it alone is cut."""
    rows: list[list[Cell]] = []
    for index, (skip, measured) in enumerate(zip(result.skips, result.cut, strict=True)):
        name = t(f"lesson.skips.guess.{DIALS[index]}")
        shape = f"{skip.channels} × 1/{skip.stride}"
        scores: list[Cell] = ["?", "?"]
        if not hidden:
            scores = [
                Bar(_or_0(measured.boundary_f), _three(measured.boundary_f), POSITIVE),
                Bar(_or_0(measured.scores.miou), _three(measured.scores.miou), NEGATIVE),
            ]
        rows.append([name, skip.stage, shape, *scores])
    none_cut = t("lesson.skips.none_cut")
    rows.append(
        [
            *(none_cut, "—", "—"),
            Bar(_or_0(result.whole.boundary_f), _three(result.whole.boundary_f), POSITIVE),
            Bar(_or_0(result.whole.scores.miou), _three(result.whole.scores.miou), NEGATIVE),
        ]
    )
    head = ["cut", "stage", "shape"]
    table(
        t("lesson.skips.cuts"),
        [*(t(f"lesson.skips.head.{name}") for name in head), t("term.boundary_f"), t("metric.miou")],
        rows,
    )
    st.caption(result.scene.about())


def _or_0(score: float) -> float:
    return 0.0 if math.isnan(score) else score


def _three(score: float) -> str:
    return "—" if math.isnan(score) else f"{score:.3f}"


# --- predict, formula, check ----------------------------------------------------------------------------------------


def _costliest(result: SkipsResult) -> str:
    """The skip whose cut leaves the least boundary F."""
    return DIALS[min(range(len(result.skips)), key=lambda index: _or_0(result.cut[index].boundary_f))]


def formulas(result: SkipsResult) -> list[Formula]:
    """The boundary F of a class in the picture shown, with the dials as they are; and the dial itself."""
    counts = result.turned.boundaries[result.at]
    k = int(np.argmax(counts.truth + (counts.found > 0)))  # the class with the longest outline
    found, right = int(counts.found[k]), int(counts.found_right[k])
    true, matched = int(counts.truth[k]), int(counts.truth_right[k])
    precision, recall = right / found if found else 0.0, matched / true if true else 0.0
    f = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    measured = Formula(
        "outline",
        r"P = \frac{\text{right}}{\text{predicted}},\; R = \frac{\text{met}}{\text{true}},\; F = \frac{2PR}{P + R}",
        r"P = \frac{@right@}{@found@},\; R = \frac{@matched@}{@true@},\; F = @f@",
        {"right": right, "found": found, "matched": matched, "true": true, "f": f},
    )
    alpha = result.dials[0]
    dial = Formula(
        "dial",
        r"b' = \alpha\, b + (1 - \alpha)\, \bar b",
        r"b' = @a@\, b + @rest@\, \bar b",
        {"a": alpha, "rest": round(1 - alpha, 2)},
    )
    return [dial, measured]


def check(result: SkipsResult, random: Random) -> Question:
    """Which skip, cut by itself, costs a class the most IoU?"""
    there = [
        index
        for index, pixels in enumerate(result.whole.scores.support)
        if pixels and not math.isnan(_iou(result.whole, index))
    ]
    asked = random.choice(there)
    left = [_iou(measured, asked) for measured in result.cut]
    answer = min(range(len(left)), key=lambda index: _or_0(left[index]))
    told = ", ".join(f"{t(f'lesson.skips.guess.{DIALS[index]}')}: {_three(value)}" for index, value in enumerate(left))
    name = plain(result.scene.card.classes[asked])
    return Question(
        t("lesson.skips.check", name=name, iou=_three(_iou(result.whole, asked))),
        {DIALS[index]: t(f"lesson.skips.guess.{DIALS[index]}") for index in range(len(result.skips))},
        DIALS[answer],
        t("lesson.skips.why", name=name, left=told),
    )


def _iou(measured: SkipEffect, class_id: int) -> float:
    return measured.scores.iou[class_id]


def code(result: SkipsResult) -> str:
    """A hook before each stage that a skip leads to."""
    rest = {
        "mean": "bridge.mean(dim=(2, 3), keepdim=True)",
        "zeros": "torch.zeros_like(bridge)",
        "other": "bridge.roll(1, dims=0)",
    }
    dials = {skip.stage: alpha for skip, alpha in zip(result.skips, result.dials, strict=True)}
    return "\n".join(
        [
            "import torch",
            "from segcore.explain.network import as_pixels",
            "from ui.learn.scenes import scene",
            "",
            result.scene.code(),
            f"dials = {dials}",
            "",
            "def turn(alpha):",
            "    def hook(module, arguments):",
            "        below, bridge = arguments",
            f"        return below, alpha * bridge + (1 - alpha) * {rest[result.instead]}",
            "    return hook",
            "",
            "stage = world.network.model.get_submodule",
            "hooks = [stage(name).register_forward_pre_hook(turn(alpha)) for name, alpha in dials.items()]",
            "with torch.no_grad():",
            "    labels = world.network.logits(as_pixels(world.images)).argmax(1)",
            "for hook in hooks:",
            "    hook.remove()",
            "print(labels.unique(return_counts=True))",
        ]
    )


def practice(result: SkipsResult) -> list[PracticeLink]:
    """To a training of one's own, and to this network."""
    query = {"sample": result.scene.photo or sample_photos.FIRST, "model": result.scene.reference.name}
    return [
        PracticeLink(t("lesson.skips.link.train"), frame.PAGES / "train.py"),
        PracticeLink(t("lesson.skips.link.segment"), frame.PAGES / "segment.py", query),
    ]


LESSON = Lesson(
    name="skips",
    terms=("skip_connection", "encoder_decoder", "boundary_f", "feature_map"),
    controls=(
        Decimal("first", 0.0, 0.0, 1.0, 0.1),
        Decimal("second", 1.0, 0.0, 1.0, 0.1),
        Decimal("third", 1.0, 0.0, 1.0, 0.1),
    ),
    more=(
        Decimal("fourth", 1.0, 0.0, 1.0, 0.1),
        Choice("instead", "mean", REPLACEMENTS),
        subjects.Network(default="shapes", architecture=UNET),
        subjects.Photo(),
    ),
    steps=(
        Step("coarse", {"first": 1.0, "third": 0.0, "fourth": 0.0}),
        Step("half", {"first": 0.5}),
        Step("other", {"first": 0.0, "second": 0.0, "instead": "other"}),
    ),
    guess=ChoiceGuess(DIALS, _costliest),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

"""Skip connections carry the edges."""

import math
from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st

from segcore.errors import NotAvailable
from segcore.explain.architectures import NetworkProfile, profile, stages_of
from segcore.explain.data_flow import Connection, connections
from segcore.explain.network import STRIDE
from segcore.explain.scene import Scene
from segcore.explain.skips import REPLACEMENTS, Replacement, Skip, SkipEffect, find_skips, measure_effect
from segcore.export.sections import Share
from segcore.formatting import score
from segcore.models import MODELS
from segcore.palette import overlay
from segcore.types import LabelMap
from ui import cache
from ui.components import drawing
from ui.known_names import class_name, model_title
from ui.learn import figures, network_drawing, scenes
from ui.learn.colours import NEGATIVE, POSITIVE, viridis_rgb
from ui.learn.controls import Choice, Slider
from ui.learn.figures import LessonFigure
from ui.learn.formulas import Formula
from ui.learn.guess import ChoiceGuess, lowest
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson, LessonFunctions, Question, Settings, lesson_texts, to
from ui.learn.network_drawing import Strength
from ui.text import plain, t
from ui.widgets.tables import Cell, table

UNET = "unet"
DIALS = ("first", "second", "third", "fourth")  # of the finest skip and the coarser ones; further skips stay unchanged

text = lesson_texts("skips")


@dataclass(frozen=True, eq=False)
class SkipsResult:
    """A U-Net with some of its skip connections attenuated."""

    scene: Scene
    skips: tuple[Skip, ...]  # the finest first, one for each dial at most
    dials: tuple[float, ...]  # α of each
    instead: Replacement  # replaces the attenuated part
    whole: SkipEffect  # with all skips unchanged
    turned: SkipEffect  # with the current dials
    cut: list[SkipEffect]  # with one skip at 0 and all others at 1, for each of them
    at: int  # index of the image shown: the one that changes most
    profile: NetworkProfile  # shapes of its stages …
    flow: tuple[Connection, ...]  # … and which reads which


def compute(settings: Settings) -> SkipsResult:
    """Raises NotAvailable if there is no U-Net on this computer."""
    world = scenes.scene(settings["network"], settings["photo"], UNET)
    skips = cache.computed(_skips, world)
    if not skips:
        raise NotAvailable(text("none", network=plain(model_title(world.card.title))))
    dials = tuple(round(float(settings[name]), 2) for name in DIALS[: len(skips)])
    instead = settings["instead"]
    ones = (1.0,) * len(skips)
    cuts = [(*ones[:index], 0.0, *ones[index + 1 :]) for index in range(len(skips))]
    whole, turned, *cut = (cache.computed(_effect, world, skips, alphas, instead) for alphas in (ones, dials, *cuts))
    changed = [np.mean(before != after) for before, after in zip(whole.labels, turned.labels, strict=True)]
    drawn = cache.computed(_drawn, world)
    return SkipsResult(world, skips, dials, instead, whole, turned, cut, int(np.argmax(changed)), *drawn)


def _skips(world: Scene) -> tuple[Skip, ...]:
    with world.lock:
        found = find_skips(world.network.model, MODELS[UNET].stages, in_channels=world.card.in_channels)
    return found[: len(DIALS)]


def _drawn(world: Scene) -> tuple[NetworkProfile, tuple[Connection, ...]]:
    """Shapes and connections of the network for a square as wide as the lesson's images, about."""
    side, channels = max(STRIDE, max(world.images[0].shape[:2]) // STRIDE * STRIDE), world.card.in_channels
    model = world.network.model
    with world.lock:
        shapes = profile(model, stages_of(model, UNET), side, in_channels=channels)
        return shapes, connections(model, [block.name for block in shapes.blocks], side, in_channels=channels)


def _effect(world: Scene, skips: tuple[Skip, ...], dials: tuple[float, ...], instead: Replacement) -> SkipEffect:
    alphas = {skip.stage: alpha for skip, alpha in zip(skips, dials, strict=True)}
    with world.lock:
        return measure_effect(world.network, world.images, world.labels, alphas, instead)


def draw_views(result: SkipsResult, hidden: bool) -> None:
    """Draw the masks with and without, every skip cut by itself, and both inputs of an attenuated skip's stage."""
    at, world = result.at, result.scene
    labels = _mask(result, world.labels[at], text("truth") if world.is_truth else text("reference"))
    shown = [labels, _measured(result, result.whole, text("whole"))]
    if not hidden:
        shown.append(_measured(result, result.turned, text("turned")))
    figures.show(shown, least_px=150)
    _draw_network(result, hidden=hidden)
    _table(result, hidden=hidden)
    if not hidden:
        figures.show(_maps(result), least_px=150)


def _draw_network(result: SkipsResult, *, hidden: bool) -> None:
    """Draw the network, with the share α of each skip connection."""
    dials = [1.0] * len(result.dials) if hidden else result.dials
    stages = [block.name for block in result.profile.blocks]
    left = {
        stages.index(skip.stage): Strength(alpha, "" if hidden else f"α = {alpha:g}")
        for skip, alpha in zip(result.skips, dials, strict=True)
    }
    card, label = result.scene.card, text("drawing.alt", skips=len(result.skips))
    channels = (card.in_channels, card.num_classes)
    svg = network_drawing.draw(result.profile, result.flow, channels=channels, label=label, strengths=left)
    drawing.show(svg, key="learn.skips.drawing")
    st.caption(text("drawing"))


def _mask(result: SkipsResult, labels: LabelMap, title: str, note: str = "") -> LessonFigure:
    rgb = overlay(result.scene.images[result.at], labels, result.scene.card.colours, opacity=0.7)
    return LessonFigure(rgb, title, note=note, crisp=True)


def _measured(result: SkipsResult, effect: SkipEffect, title: str) -> LessonFigure:
    note = text("note", f=score(effect.boundary_f), miou=score(effect.scores.miou))
    return _mask(result, effect.labels[result.at], title, note)


def _maps(result: SkipsResult) -> list[LessonFigure]:
    """Mean absolute activations of the first image: from the decoder level below, and over the skip."""
    index = next((index for index, alpha in enumerate(result.dials) if alpha < 1), 0)
    stage = result.skips[index].stage
    shown, titles = [], (text("below", stage=stage), text("over", stage=stage))
    for title, values in zip(titles, result.turned.maps[stage], strict=True):
        high = max(float(values.max()), 1e-9)
        note = text("map", height=values.shape[0], width=values.shape[1], high=f"{high:.2f}")
        shown.append(LessonFigure(viridis_rgb(values, 0.0, high), title, note=note, crisp=True))
    return shown


def _table(result: SkipsResult, *, hidden: bool) -> None:
    """Draw a row for each skip: the stage it leads to, and the scores when it alone is cut."""

    def scores(measured: SkipEffect) -> list[Cell]:
        pairs = ((measured.boundary_f, POSITIVE), (measured.scores.miou, NEGATIVE))
        return [Share(score(value), float(np.nan_to_num(value)), colour) for value, colour in pairs]

    rows: list[list[Cell]] = []
    for name, skip, measured in zip(DIALS, result.skips, result.cut, strict=False):
        left: list[Cell] = ["?", "?"] if hidden else scores(measured)
        rows.append([text(f"guess.{name}"), skip.stage, f"{skip.channels} × 1/{skip.stride}", *left])
    rows.append([text("none_cut"), "—", "—", *scores(result.whole)])
    head = [text(f"head.{name}") for name in ("cut", "stage", "shape")]
    table(text("cuts"), [*head, t("term.boundary_f"), t("metric.miou")], rows)
    st.caption(scenes.about(result.scene))


def _costliest(result: SkipsResult) -> tuple[str, ...]:
    """The skip whose cut gives the lowest boundary F."""
    return lowest({dial: float(measured.boundary_f) for dial, measured in zip(DIALS, result.cut, strict=False)})


def formulas(result: SkipsResult) -> list[Formula]:
    """The attenuation, and the boundary F of a class in the image shown."""
    counts = result.turned.boundaries[result.at]
    k = int(np.argmax(counts.truth + (counts.found > 0)))  # the class with the longest boundary
    found, right = int(counts.found[k]), int(counts.found_right[k])
    true, matched = int(counts.truth[k]), int(counts.truth_right[k])
    precision, recall = right / found if found else 0.0, matched / true if true else 0.0
    f = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    alpha = result.dials[0]
    dial, numbers = r"b' = \alpha\, b + (1 - \alpha)\, \bar b", r"b' = @a@\, b + @rest@\, \bar b"
    precise, complete = r"P = \frac{\text{right}}{\text{predicted}}", r"R = \frac{\text{met}}{\text{true}}"
    outline = r"P = \frac{@right@}{@found@},\; R = \frac{@matched@}{@true@},\; F = @f@"
    values = {"right": right, "found": found, "matched": matched, "true": true, "f": f}
    return [
        Formula("dial", dial, numbers, {"a": alpha, "rest": round(1 - alpha, 2)}),
        Formula("outline", rf"{precise},\; {complete},\; F = \frac{{2PR}}{{P + R}}", outline, values),
    ]


def check(result: SkipsResult, random: Random) -> Question:
    """Which skip, cut by itself, costs a class the most IoU?"""
    whole = result.whole.scores
    there = [index for index, pixels in enumerate(whole.support) if pixels and not math.isnan(whole.iou[index])]
    chosen = random.choice(there)
    left = [measured.scores.iou[chosen] for measured in result.cut]
    answer = int(np.argmin(np.nan_to_num(left)))
    options = {dial: text(f"guess.{dial}") for dial in DIALS[: len(result.skips)]}
    listed = ", ".join(f"{words}: {score(iou)}" for words, iou in zip(options.values(), left, strict=True))
    name = plain(class_name(result.scene.card.classes[chosen]))
    question = text("check", name=name, iou=score(whole.iou[chosen]))
    return Question(question, options, DIALS[answer], text("why", name=name, left=listed))


def code(result: SkipsResult) -> list[str]:
    """A hook before each stage that a skip leads to."""
    mean, zeros, other = "skip.mean(dim=(2, 3), keepdim=True)", "torch.zeros_like(skip)", "skip.roll(1, dims=0)"
    rest = {"mean": mean, "zeros": zeros, "other": other}[result.instead]
    dials = {skip.stage: alpha for skip, alpha in zip(result.skips, result.dials, strict=True)}
    return [
        *scenes.code(result.scene, "import torch"),
        f"dials = {dials}",
        "",
        "def attenuate(alpha):",
        "    def hook(module, arguments):",
        "        below, skip = arguments",
        f"        return below, alpha * skip + (1 - alpha) * {rest}",
        "    return hook",
        "",
        "stage = world.network.model.get_submodule",
        "hooks = [stage(name).register_forward_pre_hook(attenuate(alpha)) for name, alpha in dials.items()]",
        "with torch.no_grad():",
        "    labels = world.network.logits(as_pixels(world.images)).argmax(1)",
        "for hook in hooks:",
        "    hook.remove()",
        "print(labels.unique(return_counts=True))",
    ]


LESSON = Lesson(
    name="skips",
    group="architectures",
    minutes=8,
    thumbnail=lambda result: _measured(result, result.turned, "").rgb,
    terms=("skip_connection", "encoder_decoder", "boundary_f", "feature_map"),
    controls=tuple(Slider(*dial, 0.0, 1.0, 0.1) for dial in (("first", 0.0), ("second", 1.0), ("third", 1.0))),
    more=(
        Slider("fourth", 1.0, 0.0, 1.0, 0.1),
        Choice("instead", "mean", REPLACEMENTS),
        CheckpointControl(default="shapes", architecture=UNET),
        PhotoControl(),
    ),
    steps={
        "coarse": {"first": 1.0, "third": 0.0, "fourth": 0.0},
        "half": {"first": 0.5},
        "other": {"first": 0.0, "second": 0.0, "instead": "other"},
    },
    guess=ChoiceGuess(DIALS, _costliest),
    predict=lambda result: text("predict", other=text(f"predict.{result.instead}")),
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("train", text("link.train")),
        to("segment", text("link.segment"), **scenes.query(result.scene)),
    ],
)

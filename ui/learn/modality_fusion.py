"""The part of the architectures lesson on fusion: colour and depth in one network, one removed, and three scales."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.experiments.depth_fusion import OPTIONS, STEPS
from segcore.explain.fusion import MODALITIES, NAMES, first_as_images, synthetic_images
from segcore.export.sections import Named, Share
from segcore.formatting import score
from segcore.jobs import find_job, job_result
from segcore.palette import default_colours
from segcore.types import RGB, Colour
from ui import cache
from ui.learn import figures, short_training
from ui.learn.colours import NEGATIVE, POSITIVE, viridis_rgb
from ui.learn.figures import LessonFigure, magnified
from ui.learn.formulas import Formula
from ui.learn.lesson import LessonFunctions, Question, Settings, lesson_texts, number_question
from ui.widgets.tables import Cell, table

JOB = {"steps": STEPS, "seed": 0}
_TIMES = 3  # magnification of the synthetic images

text = lesson_texts("families")


@dataclass(frozen=True, eq=False)
class FusionResult:
    """A synthetic image with depth, and the result of the training."""

    rgb: RGB  # (48, 48, 3)
    depth: NDArray[np.float32]  # (48, 48)
    truth: NDArray[np.int64]  # (48, 48)
    found: dict[str, Any] | None  # None before the training


def compute(settings: Settings) -> FusionResult:
    """Return the first validation image of the training, and its result if there is one."""
    run = find_job("lesson-fusion", JOB)
    found = None if run is None else job_result(run)
    return FusionResult(*cache.computed(_image), found)


def _image() -> tuple[RGB, NDArray[np.float32], NDArray[np.int64]]:
    images, target = synthetic_images(1, JOB["seed"] + 1)
    return *first_as_images(images), target[0].numpy()


def draw_views(result: FusionResult, hidden: bool) -> None:
    """Draw both modalities, the predictions with and without each, and the scores at three scales."""
    given = [
        LessonFigure(magnified(result.rgb, _TIMES), text("fused.colour"), crisp=True),
        LessonFigure(magnified(viridis_rgb(result.depth, -0.7, 1.1), _TIMES), text("fused.depth"), crisp=True),
        _mask(result.truth, text("fused.truth")),
    ]
    figures.show(given, least_px=90)
    st.caption(text("fused.about"))
    if hidden:
        return
    if result.found is not None:
        masks = result.found["labels"]
        names = {sense: text(f"fused.sense.{sense}") for sense in MODALITIES}
        figures.show([_mask(np.array(masks[sense]), name) for sense, name in names.items()], least_px=90)
        scales = {scale: text("fused.mean") if scale == "mean" else f"× {scale}" for scale in result.found["scales"]}
        _scores(text("fused.senses"), names, result.found["senses"], POSITIVE)
        _scores(text("fused.scales"), scales, result.found["scales"], NEGATIVE)
        st.caption(text("fused.note"))
    about = text("fused.job.about", steps=JOB["steps"], **OPTIONS)
    short_training.show(
        text("fused.job"), about, "lesson-fusion", JOB, key="learn.families.fusion", start=text("fused.start")
    )


def _scores(title: str, names: dict[str, str], ious: dict[str, Sequence[float | None]], colour: Colour) -> None:
    """Draw the IoU of each class under each of the named conditions."""
    rows: list[list[Cell]] = []
    for k, name in enumerate(NAMES):
        bars = [Share(score(iou), iou or 0.0, colour) for iou in (ious[each][k] for each in names)]
        rows.append([Named(text(f"fused.class.{name}"), default_colours(NAMES)[k]), *bars])
    table(title, [text("fused.class"), *names.values()], rows)


def _mask(labels: NDArray[np.int64], title: str) -> LessonFigure:
    colours = np.array(default_colours(NAMES), np.uint8)
    shares = [f"{text(f'fused.class.{name}')} {100 * (labels == k).mean():.0f} %" for k, name in enumerate(NAMES)]
    return LessonFigure(magnified(colours[labels], _TIMES), title, f"{title}: {', '.join(shares)}", crisp=True)


def formulas(result: FusionResult) -> list[Formula]:
    """The weights of a fourth channel, and the drop in IoU without each modality."""
    width = int(OPTIONS["width"])
    symbols, numbers = r"k^2 \cdot C \cdot C' \quad (C = 3 + 1)", r"@area@ \cdot @channels@ \cdot @out@ = @weights@"
    weights = {"area": 9, "channels": 4, "out": width, "weights": 9 * 4 * width}
    found = [Formula("kernel", symbols, numbers, weights)]
    if result.found is None:
        return found
    ious = {sense: float(np.nanmean(np.array(each, float)[1:])) for sense, each in result.found["senses"].items()}
    for sense in ("no_depth", "no_colour"):
        symbols = rf"\Delta\,\text{{IoU}}_{{\text{{discs}}}},\ \text{{{sense.replace('_', ' ')}}}"
        values = {"after": ious[sense], "before": ious["both"], "lost": ious[sense] - ious["both"]}
        found.append(Formula(sense, symbols, r"@after@ - @before@ = @lost@", values))
    return found


def check(result: FusionResult, random: Random) -> Question:
    """How many additional weights does the first convolution need?"""
    width, extra = random.choice((8, 16, 32, 64)), random.choice((1, 2))
    answer = 9 * extra * width
    return number_question(
        text("fused.check", width=width, channels=3 + extra),
        str(answer),
        map(str, [9 * (3 + extra) * width, extra * width, 9 * extra]),
        text("fused.why", formula=rf"$3 \cdot 3 \cdot {extra} \cdot {width} = {answer}$"),
    )


def code(result: FusionResult) -> list[str]:
    """A network of four channels, and one modality removed."""
    options = "".join(f", {key}={value!r}" for key, value in OPTIONS.items())
    return [
        "import torch",
        "from segcore.explain.fusion import synthetic_images",
        "from segcore.models import build_model",
        "",
        f"images, target = synthetic_images(4, seed={JOB['seed'] + 1})  # red, green, blue, depth",
        "# The network of the lesson was trained; this one has random weights.",
        f'model = build_model("unet", num_classes={len(NAMES)}, in_channels=4{options}).eval()',
        "no_depth = images.clone()",
        "no_depth[:, 3] = images[:, 3].mean()",
        "with torch.no_grad():",
        "    both, without = (model(given).logits.argmax(1) for given in (images, no_depth))",
        "print(tuple(both.shape), float((both != without).float().mean()))",
    ]


PART = LessonFunctions(compute, draw_views, formulas, check, code)

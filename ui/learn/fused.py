"""The third part of lesson 8: colour and depth in one network, one of them taken away, and three scales."""

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.experiments.depth_fusion import OPTIONS, STEPS
from segcore.explain.fusion import MODALITIES, NAMES, first_as_images, synthetic_images
from segcore.jobs import find_job, job_result
from segcore.palette import default_colours
from segcore.types import RGB
from ui import cache
from ui.learn import figures
from ui.learn.colours import NEGATIVE, POSITIVE, viridis_rgb
from ui.learn.figures import Figure
from ui.learn.formulas import Formula
from ui.learn.lesson import Question
from ui.text import t
from ui.widgets import job_panel
from ui.widgets.tables import Bar, Chip, table
from ui.widgets.tables import Cell as TableCell

JOB = {"steps": STEPS, "seed": 0}
_TIMES = 3
"""Pixels of the drawn pictures are enlarged so often."""


@dataclass(frozen=True, eq=False)
class FusionResult:
    """A drawn picture with depth, and what the job has found.

    Attributes:
        rgb: (48, 48, 3) uint8.
        depth: (48, 48) float32.
        truth: (48, 48) int64.
        found: the answer of the job; None before.
    """

    rgb: RGB
    depth: NDArray[np.float32]
    truth: NDArray[np.int64]
    found: dict[str, Any] | None


def compute() -> FusionResult:
    """The first held-out picture of the job, and its answer where there is one."""
    rgb, depth, truth = cache.computed(_picture)
    run = find_job("lesson-fusion", JOB)
    return FusionResult(rgb, depth, truth, None if run is None else job_result(run))


def _picture() -> tuple[RGB, NDArray[np.float32], NDArray[np.int64]]:
    images, target = synthetic_images(1, JOB["seed"] + 1)
    return *first_as_images(images), target[0].numpy()


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: FusionResult, hidden: bool) -> None:
    """What both senses see, what is made of it with and without each, and the same at three scales."""
    colour, depth = t("lesson.families.fused.colour"), t("lesson.families.fused.depth")
    given = [
        Figure(_large(result.rgb), colour, colour, crisp=True),
        Figure(_large(viridis_rgb(result.depth, -0.7, 1.1)), depth, depth, crisp=True),
        _mask(result.truth, t("lesson.families.fused.truth")),
    ]
    figures.show(given, least_px=90)
    st.caption(t("lesson.families.fused.about"))
    if hidden:
        return
    if result.found is not None:
        masks = result.found["labels"]
        figures.show([_mask(np.array(masks[name]), _sense(name)) for name in MODALITIES], least_px=90)
        _scores(result.found)
    with st.container(border=True, key="learn.families.fused"):
        st.markdown(f"**{t('lesson.families.fused.job')}**")
        st.caption(t("lesson.families.fused.job.about", steps=JOB["steps"], **OPTIONS))
        job_panel.panel("lesson-fusion", JOB, key="learn.families.fusion", label=t("lesson.families.fused.start"))


def _scores(found: dict[str, Any]) -> None:
    head = [t("lesson.families.fused.class"), *(_sense(name) for name in MODALITIES)]
    rows: list[list[TableCell]] = []
    for k in range(len(NAMES)):
        ious = [found["senses"][sense][k] for sense in MODALITIES]
        rows.append([_chip(k), *(Bar(iou or 0.0, _three(iou), POSITIVE) for iou in ious)])
    table(t("lesson.families.fused.senses"), head, rows)
    scales = list(found["scales"])
    head = [t("lesson.families.fused.class"), *(_scale(scale) for scale in scales)]
    rows = [
        [_chip(k), *(Bar(found["scales"][s][k] or 0.0, _three(found["scales"][s][k]), NEGATIVE) for s in scales)]
        for k in range(len(NAMES))
    ]
    table(t("lesson.families.fused.scales"), head, rows)
    st.caption(t("lesson.families.fused.note"))


def _mask(labels: NDArray[np.int64], title: str) -> Figure:
    colours = np.array(default_colours(NAMES), np.uint8)
    shares = [f"{_class(name)} {100 * (labels == k).mean():.0f} %" for k, name in enumerate(NAMES)]
    return Figure(_large(colours[labels]), title, f"{title}: {', '.join(shares)}", crisp=True)


def _large(rgb: RGB) -> RGB:
    return np.kron(rgb, np.ones((_TIMES, _TIMES, 1), np.uint8))


def _sense(name: str) -> str:
    return t(f"lesson.families.fused.sense.{name}")


def _class(name: str) -> str:
    return t(f"lesson.families.fused.class.{name}")


def _chip(k: int) -> Chip:
    return Chip(_class(NAMES[k]), default_colours(NAMES)[k])


def _scale(name: str) -> str:
    return t("lesson.families.fused.mean") if name == "mean" else f"× {name}"


def _three(iou: float | None) -> str:
    return "—" if iou is None else f"{iou:.3f}"


# --- formula, check, code -------------------------------------------------------------------------------------------


def formulas(result: FusionResult) -> list[Formula]:
    """What a fourth channel costs, and what taking one sense away costs."""
    width = int(OPTIONS["width"])
    kernel = Formula(
        "kernel",
        r"k^2 \cdot C \cdot C' \quad (C = 3 + 1)",
        r"@area@ \cdot @channels@ \cdot @out@ = @weights@",
        {"area": 9, "channels": 4, "out": width, "weights": 9 * 4 * width},
    )
    if result.found is None:
        return [kernel]
    lost = {}
    for sense in ("no_depth", "no_colour"):
        before, after = (result.found["senses"][name] for name in ("both", sense))
        lost[sense] = float(np.nanmean(np.array(after, float)[1:])), float(np.nanmean(np.array(before, float)[1:]))
    told = [
        Formula(
            sense,
            rf"\Delta\,\text{{IoU}}_{{\text{{discs}}}},\ \text{{{sense.replace('_', ' ')}}}",
            r"@after@ - @before@ = @lost@",
            {"after": after, "before": before, "lost": after - before},
        )
        for sense, (after, before) in lost.items()
    ]
    return [kernel, *told]


def check(result: FusionResult, random: Random) -> Question:
    """How many weights more does the first convolution get?"""
    width, extra = random.choice((8, 16, 32, 64)), random.choice((1, 2))
    answer = 9 * extra * width
    options = list(dict.fromkeys(map(str, [answer, 9 * (3 + extra) * width, extra * width, 9 * extra])))
    return Question(
        t("lesson.families.fused.check", width=width, channels=3 + extra),
        {option: option for option in options},
        str(answer),
        t("lesson.families.fused.why", formula=rf"$3 \cdot 3 \cdot {extra} \cdot {width} = {answer}$"),
    )


def code(result: FusionResult) -> str:
    """A network of four channels, and a sense that is taken away."""
    told = "".join(f", {key}={value!r}" for key, value in OPTIONS.items())
    return "\n".join(
        [
            "import torch",
            "from segcore.explain.fusion import synthetic_images",
            "from segcore.models import build_model",
            "",
            f"images, target = synthetic_images(4, seed={JOB['seed'] + 1})  # red, green, blue, depth",
            "# The network of the lesson was trained; this one shows the way with random weights.",
            f'model = build_model("unet", num_classes={len(NAMES)}, in_channels=4{told}).eval()',
            "no_depth = images.clone()",
            "no_depth[:, 3] = images[:, 3].mean()",
            "with torch.no_grad():",
            "    both, blind = (model(seen).logits.argmax(1) for seen in (images, no_depth))",
            "print(tuple(both.shape), float((both != blind).float().mean()))",
        ]
    )

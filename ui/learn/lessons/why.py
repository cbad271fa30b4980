"""Why this pixel? Heat maps, and a test of whether they explain anything."""

from collections.abc import Sequence
from random import Random

import numpy as np
import streamlit as st

from segcore.explain import saliency
from segcore.explain.saliency import CAM, SHARES, Heat
from segcore.palette import overlay
from ui import cache
from ui.learn import colours, pixel_picker, scenes
from ui.learn.controls import Choice
from ui.learn.figures import LessonFigure
from ui.learn.formulas import Formula, digits
from ui.learn.guess import ChoiceGuess
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson, LessonFunctions, Question, Settings, lesson_texts, to
from ui.learn.saliency import TENTH, SaliencyResult, compute, occlusion_settings, predicted_labels
from ui.text import plain
from ui.widgets import job_panel, line_chart

text = lesson_texts("why")


def draw_views(result: SaliencyResult, hidden: bool) -> Settings | None:
    """Draw the pixel, the heat map, the image after deletion, and the deletion test; a press chooses another pixel."""
    world, heat = result.scene, result.heat
    labelled = overlay(result.image, cache.computed(predicted_labels, world), world.card.colours)
    title = text("asked", name=result.class_name, y=digits(round(result.random[0], 2)))
    shown = [LessonFigure(labelled, title, crisp=world.is_truth)]
    shown.append(_blank(result, text(f"set.method.{result.method}")) if heat is None else _heat(result, heat))
    shown.append(_blank(result, text("removed")) if hidden or heat is None else _removed(result, heat))
    pressed = pixel_picker.press(shown, result.pixel, result.image.shape, key="learn.why.pictures", least_px=150)
    height, width = result.image.shape[:2]
    st.caption(scenes.about(world) + ("" if world.is_truth else f" {text('size', width=width, height=height)}"))
    if hidden:
        pass
    elif heat is None:
        settings = occlusion_settings(world, result.target, result.region, result.pixel)
        files = [world.reference.path]
        job_panel.panel("occlusion", settings, key="learn.why.job", label=text("occlude"), files=files)
    else:
        _deletion(result)
    return None if pressed is None else {"pixel": pressed}


def _blank(result: SaliencyResult, title: str) -> LessonFigure:
    """Space of an image that does not exist yet."""
    return LessonFigure(np.full((*result.image.shape[:2], 3), 128, np.uint8), title, "?", "?")


def _removed(result: SaliencyResult, heat: Heat) -> LessonFigure:
    image = saliency.without_most_salient(result.image, heat)[TENTH - 1]
    return LessonFigure(image, text("removed"), note=text("left", y=digits(round(result.kept[TENTH], 2))))


def _heat(result: SaliencyResult, heat: Heat) -> LessonFigure:
    map_rgb = colours.viridis_rgb(heat / max(float(heat.max()), 1e-12))
    mixed = (0.35 * result.image + 0.65 * map_rgb).round().astype(np.uint8)
    title = text(f"set.method.{result.method}")
    note = result.stage if result.method == "cam" else ""
    return LessonFigure(mixed, title, text("heat.alt", method=title), note)


def _deletion(result: SaliencyResult) -> None:
    hottest = line_chart.at_places(text("hottest"), result.kept, colours.POSITIVE, bold=True)
    line_chart.show_places(
        [hottest, line_chart.at_places(text("random"), result.random, colours.NEGATIVE)],
        [f"{share:.0%}" for share in SHARES],
        x=text("share"),
        y=text("logit", name=result.class_name),
        alt=text("deletion.alt", hot=digits(result.kept[TENTH]), random=digits(result.random[TENTH])),
        key="learn.why.deletion",
        at=TENTH,
        y_range=None,
        height=340,
    )


def _outcome(kept: Sequence[float], random: Sequence[float]) -> tuple[str, ...]:
    """Which removal lowers y more: of the most salient tenth or of a random tenth; "same" within a tenth of y.

    Without their neighbours, pixels may speak for the class more than before: if y falls in neither case, "neither".
    """
    if not kept:
        return ()
    hot, chance = kept[0] - kept[TENTH], random[0] - random[TENTH]
    if max(hot, chance) <= 0:
        return ("neither",)
    if abs(hot - chance) <= 0.1 * abs(random[0]):
        return ("same",)
    return ("more" if hot > chance else "less",)


def formulas(result: SaliencyResult) -> list[Formula]:
    """The deletion test in numbers; for a CAM, its strongest channels at the most salient position."""
    y = result.random[0]
    if not result.kept or result.heat is None:
        return [Formula("logit", r"y = z_c", r"y = @y@", {"y": y})]
    hot, chance = result.kept[TENTH], result.random[TENTH]
    symbols = r"\Delta_{\text{hot}} = y - y_{\text{hot}},\quad \Delta_{\text{random}} = y - y_{\text{random}}"
    numbers = r"@y@ - (@hot@) = @fall@,\quad @y@ - (@chance@) = @luck@"
    values = {"y": y, "hot": hot, "chance": chance, "fall": y - hot, "luck": y - chance}
    deletion = Formula("deletion", symbols, numbers, values)
    return [deletion] if result.cam is None else [deletion, _cam_formula(result.cam)]


def _cam_formula(cam: CAM) -> Formula:
    row, col = (int(number) for number in np.unravel_index(int(cam.coarse.argmax()), cam.coarse.shape))
    terms = cam.weights * cam.maps[:, row, col]
    best = [int(index) for index in np.argsort(-np.abs(terms))[:3]]
    numbers: dict[str, float] = {"rest": float(terms.sum() - terms[best].sum()), "h": float(cam.coarse[row, col])}
    for term, index in enumerate(best):
        numbers |= {f"w{term}": float(cam.weights[index]), f"a{term}": float(cam.maps[index, row, col])}
    parts = " + ".join(rf"(@w{term}@)\cdot(@a{term}@)" for term in range(len(best)))
    symbols = rf"H_{{{row},{col}}} = \mathrm{{ReLU}}\Big(\sum_k \alpha_k A_{{k,{row},{col}}}\Big)"
    return Formula(
        "cam", symbols, rf"\mathrm{{ReLU}}\big({parts} + \underbrace{{@rest@}}_{{\text{{…}}}}\big) = @h@", numbers
    )


def check(result: SaliencyResult, random: Random) -> Question:
    """The verdict of a deletion test with made-up drops, at the learner's own logit."""
    y = round(result.random[0], 1)
    chance, hot = random.choice((0.5, 1.0, 1.5)), random.choice((0.2, 3.0, -0.6))
    name = plain(result.class_name)
    return Question(
        text("check", name=name, y=f"{y:.1f}", hot=f"{y - hot:.1f}", random=f"{y - chance:.1f}"),
        {option: text(f"answer.{option}") for option in ("more", "less", "bright")},
        "more" if hot > chance else "less",
        text("why", hot=f"{hot:.1f}", random=f"{chance:.1f}"),
    )


def code(result: SaliencyResult) -> list[str]:
    """The gradient of y with respect to a stage, and the weighted sum of its feature maps."""
    class_id = result.target.class_id
    where = f"(z[0].argmax(0) == {class_id})" if result.region else f"{result.pixel[0]}, {result.pixel[1]}"
    return [
        *scenes.code(result.scene, "import torch"),
        f'stage = world.network.model.get_submodule("{result.stage}")',
        "kept = []",
        "hook = stage.register_forward_hook(lambda module, inputs, output: kept.append(output))",
        "x = as_pixels(world.images[:1]).requires_grad_()",
        "z = world.network.logits(x)  # (1, K, h, w)",
        "hook.remove()",
        f"y = z[0, {class_id}][{where}].mean()",
        "slope_x, slope = torch.autograd.grad(y, [x, kept[0]])",
        "gradient = slope_x[0].abs().amax(0)  # (h, w)",
        "alpha = slope[0].mean((1, 2))  # (C,)",
        "cam = (alpha[:, None, None] * kept[0][0]).sum(0).relu()",
        "print(y.item(), gradient.max().item(), tuple(cam.shape), cam.max().item())",
    ]


LESSON = Lesson(
    name="why",
    group="trust",
    minutes=9,
    thumbnail=lambda result: result.image if result.heat is None else _heat(result, result.heat).rgb,
    terms=("grad_cam", "gradient", "logits", "feature_map"),
    controls=(
        Choice("method", "cam", ("cam", "gradient", "occlusion")),
        Choice("layer", "early", ("early", "middle", "late")),
        Choice("target", "pixel", ("pixel", "region")),
    ),
    more=(
        pixel_picker.control(300, 450),
        PhotoControl(default="astronaut"),
        CheckpointControl(),
    ),
    steps={
        "late": {"layer": "late"},
        "gradient": {"method": "gradient"},
        "region": {"layer": "late", "target": "region"},
    },
    guess=ChoiceGuess(("more", "same", "less", "neither"), lambda result: _outcome(result.kept, result.random)),
    predict=lambda _result: text("predict"),
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("segment", text("link.segment"), **scenes.query(result.scene)),
        to("learn", text("link.stress"), lesson="stress"),
    ],
)

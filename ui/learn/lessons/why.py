"""Lesson 16: why this pixel? Heat maps, and a test of whether they explain anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from segcore.data import sample_photos
from segcore.experiments.occlusion_map import as_text, heat_of
from segcore.explain import saliency
from segcore.explain.saliency import CAM, SHARES, Heat, Target
from segcore.jobs import find_job, job_result
from segcore.models import MODELS
from segcore.palette import overlay
from segcore.types import RGB
from ui import cache
from ui.learn import colours, figures, place, subjects
from ui.learn.controls import Choice, Selection
from ui.learn.figures import Figure
from ui.learn.formulas import Formula, digits
from ui.learn.guess import ChoiceGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.learn.scenes import Scene, scene
from ui.text import plain, t
from ui.widgets import frame, job_panel, line_chart

LONGEST = 192
"""Pixels of a photo's longer side: an answer takes six passes through the network, and this halves them."""

TENTH = SHARES.index(0.1)


@dataclass(frozen=True, eq=False)
class SaliencyResult:
    """A number y, a map of what it seems to rest on, and what deletion says of that map.

    Attributes:
        scene: see there; the first picture is looked at.
        pixel: (row, col) of it.
        target: y.
        method: "cam", "gradient" or "occlusion".
        stage: of the CAM.
        region: whether y is the mean over all pixels of the class.
        heat: (h, w); None while the occlusion has not been worked out.
        cam: with its parts, for that method.
        kept: y after removing each of SHARES by heat; empty without a map.
        random: y after removing as much at random.
    """

    scene: Scene
    pixel: tuple[int, int]
    target: Target
    method: str
    stage: str
    region: bool
    heat: Heat | None
    cam: CAM | None
    kept: list[float]
    random: list[float]

    @property
    def image(self) -> RGB:
        """(h, w, 3)."""
        return self.scene.images[0]

    @property
    def class_name(self) -> str:
        """Of the class that the network sees there."""
        return self.scene.card.classes[self.target.class_id]


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> SaliencyResult:
    """Raises SegcoreError where there is no such checkpoint, or it looks at no photos."""
    world = scene(settings["network"], settings["photo"], longest=LONGEST)
    row, col = place.pixel_at(world.images[0], settings["pixel"])
    region, method = settings["target"] == "region", settings["method"]
    labels = cache.computed(_labels, world)
    target = cache.computed(_target, world, int(labels[row, col]), None if region else (row, col))
    stage = cache.computed(_stage, world, settings["layer"])
    random = [float(value) for value in target.of(cache.computed(_random_logits, world))]
    answer = None
    if method == "occlusion":
        job = find_job("occlusion", question(world, target, region, (row, col)), files=[world.reference.path])
        measured = None if job is None else job_result(job)
        if measured is None:
            return SaliencyResult(world, (row, col), target, method, stage, region, None, None, [], random)
        answer = tuple(map(tuple, measured["heat"]))
    heat, cam, kept = cache.computed(_explained, world, target, method, stage, answer)
    return SaliencyResult(world, (row, col), target, method, stage, region, heat, cam, kept, random)


def _labels(world: Scene) -> NDArray[np.uint8]:
    with world.lock:
        return world.network.labels(world.images[:1])[0]


def _target(world: Scene, class_id: int, pixel: tuple[int, int] | None) -> Target:
    """One pixel, or all where the network sees the class."""
    if pixel is None:
        return Target(class_id, cache.computed(_labels, world) == class_id)
    where = np.zeros(world.images[0].shape[:2], bool)
    where[pixel] = True
    return Target(class_id, where)


def _stage(world: Scene, layer: str) -> str:
    """An early stage, one of the middle, or the last before the classes are told apart."""
    card = MODELS.get(world.card.architecture)
    with world.lock:
        names = saliency.stages_of(world.network, card.stages if card else ())
    last = len(names) - 1
    return names[{"early": min(1, last), "middle": round(0.35 * last), "late": max(0, last - 1)}[layer]]


def _random_logits(world: Scene) -> torch.Tensor:
    """Of the picture and of what is left after removing parts at random; they serve every target."""
    image = world.images[0]
    heat = saliency.random_heat((image.shape[0], image.shape[1]))
    with world.lock:
        return saliency.logits_of(world.network, [image, *saliency.without_most_salient(image, heat)])


def _explained(
    world: Scene, target: Target, method: str, stage: str, answer: tuple[tuple[float, ...], ...] | None
) -> tuple[Heat, CAM | None, list[float]]:
    """The map, its parts, and y after removing its hottest pixels."""
    image, cam = world.images[0], None
    with world.lock:
        if method == "cam":
            cam = saliency.grad_cam(world.network, image, target, stage)
            heat = cam.heat
        elif method == "gradient":
            heat = saliency.gradient(world.network, image, target)
        else:
            heat = heat_of({"heat": answer}, (image.shape[0], image.shape[1]))
        left = target.of(saliency.logits_of(world.network, saliency.without_most_salient(image, heat)))
    whole = float(target.of(cache.computed(_random_logits, world))[0])
    return heat, cam, [whole, *(float(value) for value in left)]


def question(world: Scene, target: Target, region: bool, pixel: tuple[int, int]) -> dict[str, object]:
    """What the occlusion job is asked."""
    return {
        "checkpoint": str(world.reference.path),
        "picture": as_text(world.images[0]),
        "class_id": target.class_id,
        "pixel": None if region else list(pixel),
    }


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: SaliencyResult, hidden: bool) -> Settings | None:
    """What is asked about, the heat map and what deletion leaves; below, the place to press and the deletion test."""
    whole = overlay(result.image, cache.computed(_labels, result.scene), result.scene.card.colours)
    title = t("lesson.why.asked", name=result.class_name, y=digits(round(result.random[0], 2)))
    asked = Figure(place.ringed(whole, result.pixel), title, title, crisp=result.scene.is_truth)
    heat = (
        _unknown(result, t(f"lesson.why.set.method.{result.method}"))
        if result.heat is None
        else _heat(result, result.heat)
    )
    removed = (
        _unknown(result, t("lesson.why.removed")) if hidden or result.heat is None else _removed(result, result.heat)
    )
    figures.show([asked, heat, removed], least_px=150)
    st.caption(_about(result))
    if hidden:
        return None
    left, right = st.columns(2, gap="medium")
    with right:
        if result.heat is None:
            _job(result)
        else:
            _deletion(result)
    with left:
        pressed = place.press(result.image, result.pixel, key="learn.why.cells")
    return None if pressed is None else {"pixel": pressed}


def _job(result: SaliencyResult) -> None:
    """Occlusion takes seconds."""
    job_panel.panel(
        "occlusion",
        question(result.scene, result.target, result.region, result.pixel),
        key="learn.why.job",
        label=t("lesson.why.occlude"),
        files=[result.scene.reference.path],
    )


def _unknown(result: SaliencyResult, title: str) -> Figure:
    """The place of a picture that is not there yet."""
    size = result.image.shape[:2]
    return Figure(np.full((*size, 3), 128, np.uint8), title, "?", "?")


def _removed(result: SaliencyResult, heat: Heat) -> Figure:
    title = t("lesson.why.removed")
    image = saliency.without_most_salient(result.image, heat)[TENTH - 1]
    return Figure(image, title, title, t("lesson.why.left", y=digits(round(result.kept[TENTH], 2))))


def _about(result: SaliencyResult) -> str:
    """What is looked at, and at which size."""
    height, width = result.image.shape[:2]
    size = "" if result.scene.is_truth else " " + t("lesson.why.size", width=width, height=height)
    return result.scene.about() + size


def _heat(result: SaliencyResult, heat: Heat) -> Figure:
    high = max(float(heat.max()), 1e-12)
    map_rgb = colours.viridis_rgb(heat / high)
    mixed = (0.35 * result.image + 0.65 * map_rgb).round().astype(np.uint8)
    title = t(f"lesson.why.set.method.{result.method}")
    note = result.stage if result.method == "cam" else ""
    return Figure(place.ringed(mixed, result.pixel), title, t("lesson.why.heat.alt", method=title), note)


def _deletion(result: SaliencyResult) -> None:
    line_chart.show_places(
        [
            line_chart.at_places(t("lesson.why.hottest"), result.kept, colours.POSITIVE, bold=True),
            line_chart.at_places(t("lesson.why.random"), result.random, colours.NEGATIVE),
        ],
        [f"{share:.0%}" for share in SHARES],
        x=t("lesson.why.share"),
        y=t("lesson.why.logit", name=result.class_name),
        alt=t("lesson.why.deletion.alt", hot=digits(result.kept[TENTH]), random=digits(result.random[TENTH])),
        key="learn.why.deletion",
        at=TENTH,
        y_range=None,
        height=340,
    )


# --- predict, formula, check ----------------------------------------------------------------------------------------


def _outcome(kept: Sequence[float], random: Sequence[float]) -> str:
    """Whether a tenth removed by heat lowers y more than a tenth at random; "same" within a tenth of y."""
    if not kept:
        return "same"
    hot, chance = kept[0] - kept[TENTH], random[0] - random[TENTH]
    if abs(hot - chance) <= 0.1 * abs(random[0]):
        return "same"
    return "more" if hot > chance else "less"


def formulas(result: SaliencyResult) -> list[Formula]:
    """The deletion test in numbers; for a CAM, its strongest channels at the hottest place."""
    if not result.kept or result.heat is None:
        return [Formula("logit", r"y = z_c", r"y = @y@", {"y": result.random[0]})]
    values = {"y": result.random[0], "hot": result.kept[TENTH], "chance": result.random[TENTH]}
    values |= {"fall": values["y"] - values["hot"], "luck": values["y"] - values["chance"]}
    found = [
        Formula(
            "deletion",
            r"\Delta_{\text{hot}} = y - y_{\text{hot}},\quad \Delta_{\text{random}} = y - y_{\text{random}}",
            r"@y@ - (@hot@) = @fall@,\quad @y@ - (@chance@) = @luck@",
            values,
        )
    ]
    if result.cam is not None:
        cam = result.cam
        row, col = (int(number) for number in np.unravel_index(int(cam.coarse.argmax()), cam.coarse.shape))
        terms = cam.weights * cam.maps[:, row, col]
        best = [int(index) for index in np.argsort(-np.abs(terms))[:3]]
        numbers: dict[str, float] = {"rest": float(terms.sum() - terms[best].sum()), "h": float(cam.coarse[row, col])}
        for term, index in enumerate(best):
            numbers |= {f"w{term}": float(cam.weights[index]), f"a{term}": float(cam.maps[index, row, col])}
        parts = " + ".join(rf"(@w{term}@)\cdot(@a{term}@)" for term in range(len(best)))
        found.append(
            Formula(
                "cam",
                rf"H_{{{row},{col}}} = \mathrm{{ReLU}}\Big(\sum_k \alpha_k A_{{k,{row},{col}}}\Big)",
                rf"\mathrm{{ReLU}}\big({parts} + \underbrace{{@rest@}}_{{\text{{…}}}}\big) = @h@",
                numbers,
            )
        )
    return found


def check(result: SaliencyResult, random: Random) -> Question:
    """What a deletion test of made-up falls would say, at the learner's own logit."""
    y = round(result.random[0], 1)
    chance = random.choice((0.5, 1.0, 1.5))
    hot = random.choice((0.2, 3.0, -0.6))
    answer = "more" if hot > chance else "less"
    return Question(
        t(
            "lesson.why.check",
            name=plain(result.class_name),
            y=f"{y:.1f}",
            hot=f"{y - hot:.1f}",
            random=f"{y - chance:.1f}",
        ),
        {option: t(f"lesson.why.answer.{option}") for option in ("more", "less", "bright")},
        answer,
        t("lesson.why.why", hot=f"{hot:.1f}", random=f"{chance:.1f}"),
    )


def code(result: SaliencyResult) -> str:
    """The gradient of y with respect to a stage, and the weighted sum of its maps."""
    everywhere, here = f"(z[0].argmax(0) == {result.target.class_id})", f"{result.pixel[0]}, {result.pixel[1]}"
    where = everywhere if result.region else here
    return "\n".join(
        [
            "import torch",
            "from segcore.explain.network import as_pixels",
            "from ui.learn.scenes import scene",
            "",
            result.scene.code(),
            f'stage = world.network.model.get_submodule("{result.stage}")',
            "kept = []",
            "hook = stage.register_forward_hook(lambda module, inputs, output: kept.append(output))",
            "x = as_pixels(world.images[:1]).requires_grad_()",
            "z = world.network.logits(x)  # (1, K, h, w)",
            "hook.remove()",
            f"y = z[0, {result.target.class_id}][{where}].mean()",
            "slope_x, slope = torch.autograd.grad(y, [x, kept[0]])",
            "gradient = slope_x[0].abs().amax(0)  # (h, w)",
            "alpha = slope[0].mean((1, 2))  # (C,)",
            "cam = (alpha[:, None, None] * kept[0][0]).sum(0).relu()",
            "print(y.item(), gradient.max().item(), tuple(cam.shape), cam.max().item())",
        ]
    )


def practice(result: SaliencyResult) -> list[PracticeLink]:
    """Back to the photo, and to the other test of what a network relies on."""
    query = {"sample": result.scene.photo or sample_photos.FIRST, "model": result.scene.reference.name}
    return [
        PracticeLink(t("lesson.why.link.segment"), frame.PAGES / "segment.py", query),
        PracticeLink(t("lesson.why.link.stress"), frame.PAGES / "learn.py", {"lesson": "stress"}),
    ]


LESSON = Lesson(
    name="why",
    terms=("grad_cam", "gradient", "logits", "feature_map"),
    controls=(
        Choice("method", "cam", ("cam", "gradient", "occlusion")),
        Choice("layer", "early", ("early", "middle", "late")),
        Choice("target", "pixel", ("pixel", "region")),
    ),
    more=(
        Selection("pixel", (300, 450), high=place.PER_MILLE, length=2),
        subjects.Photo(default="astronaut"),
        subjects.Network(),
    ),
    steps=(
        Step("late", {"layer": "late"}),
        Step("gradient", {"method": "gradient"}),
        Step("region", {"layer": "late", "target": "region"}),
    ),
    guess=ChoiceGuess(("more", "same", "less"), lambda result: _outcome(result.kept, result.random)),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

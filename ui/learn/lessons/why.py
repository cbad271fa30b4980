"""Lesson 16: why this pixel? Heat maps, and a test of whether they explain anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from segcore.data import sample_photos
from segcore.explain import gradcam
from segcore.explain.gradcam import CAM, SHARES, Heat, Target
from segcore.explain.occlusion import as_text, heat_of
from segcore.jobs import find_job, job_result
from segcore.models import MODELS
from segcore.palette import overlay
from segcore.types import RGB
from ui import cache
from ui.learn import colours, pictures, place, subjects
from ui.learn.controls import Choice, Held
from ui.learn.formulas import Formula, digits
from ui.learn.guess import Pick
from ui.learn.lesson import Bite, Lesson, Question, Settings, Step
from ui.learn.pictures import Picture
from ui.learn.scenes import Scene, scene
from ui.text import plain, t
from ui.widgets import frame, job_panel, line_chart

LONGEST = 192
"""Pixels of a photo's longer side: an answer takes six passes through the network, and this halves them."""

TENTH = SHARES.index(0.1)


@dataclass(frozen=True, eq=False)
class Seen:
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


def compute(settings: Settings) -> Seen:
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
        result = None if job is None else job_result(job)
        if result is None:
            return Seen(world, (row, col), target, method, stage, region, None, None, [], random)
        answer = tuple(map(tuple, result["heat"]))
    heat, cam, kept = cache.computed(_explained, world, target, method, stage, answer)
    return Seen(world, (row, col), target, method, stage, region, heat, cam, kept, random)


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
        names = gradcam.stages_of(world.network, card.stages if card else ())
    last = len(names) - 1
    return names[{"early": min(1, last), "middle": round(0.35 * last), "late": max(0, last - 1)}[layer]]


def _random_logits(world: Scene) -> torch.Tensor:
    """Of the picture and of what is left after removing parts at random; they serve every target."""
    image = world.images[0]
    heat = gradcam.random_heat((image.shape[0], image.shape[1]))
    with world.lock:
        return gradcam.logits_of(world.network, [image, *gradcam.removed(image, heat)])


def _explained(
    world: Scene, target: Target, method: str, stage: str, answer: tuple[tuple[float, ...], ...] | None
) -> tuple[Heat, CAM | None, list[float]]:
    """The map, its parts, and y after removing its hottest pixels."""
    image, cam = world.images[0], None
    with world.lock:
        if method == "cam":
            cam = gradcam.grad_cam(world.network, image, target, stage)
            heat = cam.heat
        elif method == "gradient":
            heat = gradcam.gradient(world.network, image, target)
        else:
            heat = heat_of({"heat": answer}, (image.shape[0], image.shape[1]))
        left = target.of(gradcam.logits_of(world.network, gradcam.removed(image, heat)))
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


# --- see ------------------------------------------------------------------------------------------------------------


def see(seen: Seen, veiled: bool) -> Settings | None:
    """What is asked about, the heat map and what deletion leaves; below, the place to press and the deletion test."""
    whole = overlay(seen.image, cache.computed(_labels, seen.scene), seen.scene.card.colours)
    title = t("lesson.why.asked", name=seen.class_name, y=digits(round(seen.random[0], 2)))
    asked = Picture(place.ringed(whole, seen.pixel), title, title, crisp=seen.scene.is_truth)
    heat = _unknown(seen, t(f"lesson.why.set.method.{seen.method}")) if seen.heat is None else _heat(seen, seen.heat)
    removed = _unknown(seen, t("lesson.why.removed")) if veiled or seen.heat is None else _removed(seen, seen.heat)
    pictures.show([asked, heat, removed], least_px=150)
    st.caption(_about(seen))
    if veiled:
        return None
    left, right = st.columns(2, gap="medium")
    with right:
        if seen.heat is None:
            _job(seen)
        else:
            _deletion(seen)
    with left:
        pressed = place.press(seen.image, seen.pixel, key="learn.why.cells")
    return None if pressed is None else {"pixel": pressed}


def _job(seen: Seen) -> None:
    """Occlusion takes seconds."""
    job_panel.panel(
        "occlusion",
        question(seen.scene, seen.target, seen.region, seen.pixel),
        key="learn.why.job",
        label=t("lesson.why.occlude"),
        files=[seen.scene.reference.path],
    )


def _unknown(seen: Seen, title: str) -> Picture:
    """The place of a picture that is not there yet."""
    size = seen.image.shape[:2]
    return Picture(np.full((*size, 3), 128, np.uint8), title, "?", "?")


def _removed(seen: Seen, heat: Heat) -> Picture:
    title = t("lesson.why.removed")
    image = gradcam.removed(seen.image, heat)[TENTH - 1]
    return Picture(image, title, title, t("lesson.why.left", y=digits(round(seen.kept[TENTH], 2))))


def _about(seen: Seen) -> str:
    """What is looked at, and at which size."""
    height, width = seen.image.shape[:2]
    size = "" if seen.scene.is_truth else " " + t("lesson.why.size", width=width, height=height)
    return seen.scene.about() + size


def _heat(seen: Seen, heat: Heat) -> Picture:
    high = max(float(heat.max()), 1e-12)
    map_rgb = colours.viridis_rgb(heat / high)
    mixed = (0.35 * seen.image + 0.65 * map_rgb).round().astype(np.uint8)
    title = t(f"lesson.why.set.method.{seen.method}")
    note = seen.stage if seen.method == "cam" else ""
    return Picture(place.ringed(mixed, seen.pixel), title, t("lesson.why.heat.alt", method=title), note)


def _deletion(seen: Seen) -> None:
    line_chart.show_places(
        [
            line_chart.at_places(t("lesson.why.hottest"), seen.kept, colours.POSITIVE, bold=True),
            line_chart.at_places(t("lesson.why.random"), seen.random, colours.NEGATIVE),
        ],
        [f"{share:.0%}" for share in SHARES],
        x=t("lesson.why.share"),
        y=t("lesson.why.logit", name=seen.class_name),
        alt=t("lesson.why.deletion.alt", hot=digits(seen.kept[TENTH]), random=digits(seen.random[TENTH])),
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


def formulas(seen: Seen) -> list[Formula]:
    """The deletion test in numbers; for a CAM, its strongest channels at the hottest place."""
    if not seen.kept or seen.heat is None:
        return [Formula("logit", r"y = z_c", r"y = @y@", {"y": seen.random[0]})]
    values = {"y": seen.random[0], "hot": seen.kept[TENTH], "chance": seen.random[TENTH]}
    values |= {"fall": values["y"] - values["hot"], "luck": values["y"] - values["chance"]}
    found = [
        Formula(
            "deletion",
            r"\Delta_{\text{hot}} = y - y_{\text{hot}},\quad \Delta_{\text{random}} = y - y_{\text{random}}",
            r"@y@ - (@hot@) = @fall@,\quad @y@ - (@chance@) = @luck@",
            values,
        )
    ]
    if seen.cam is not None:
        cam = seen.cam
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


def check(seen: Seen, random: Random) -> Question:
    """What a deletion test of made-up falls would say, at the learner's own logit."""
    y = round(seen.random[0], 1)
    chance = random.choice((0.5, 1.0, 1.5))
    hot = random.choice((0.2, 3.0, -0.6))
    answer = "more" if hot > chance else "less"
    return Question(
        t(
            "lesson.why.check",
            name=plain(seen.class_name),
            y=f"{y:.1f}",
            hot=f"{y - hot:.1f}",
            random=f"{y - chance:.1f}",
        ),
        {option: t(f"lesson.why.answer.{option}") for option in ("more", "less", "bright")},
        answer,
        t("lesson.why.why", hot=f"{hot:.1f}", random=f"{chance:.1f}"),
    )


def code(seen: Seen) -> str:
    """The gradient of y with respect to a stage, and the weighted sum of its maps."""
    everywhere, here = f"(z[0].argmax(0) == {seen.target.class_id})", f"{seen.pixel[0]}, {seen.pixel[1]}"
    where = everywhere if seen.region else here
    return "\n".join(
        [
            "import torch",
            "from segcore.explain.network import as_pixels",
            "from ui.learn.scenes import scene",
            "",
            seen.scene.code(),
            f'stage = world.network.model.get_submodule("{seen.stage}")',
            "kept = []",
            "hook = stage.register_forward_hook(lambda module, inputs, output: kept.append(output))",
            "x = as_pixels(world.images[:1]).requires_grad_()",
            "z = world.network.logits(x)  # (1, K, h, w)",
            "hook.remove()",
            f"y = z[0, {seen.target.class_id}][{where}].mean()",
            "slope_x, slope = torch.autograd.grad(y, [x, kept[0]])",
            "gradient = slope_x[0].abs().amax(0)  # (h, w)",
            "alpha = slope[0].mean((1, 2))  # (C,)",
            "cam = (alpha[:, None, None] * kept[0][0]).sum(0).relu()",
            "print(y.item(), gradient.max().item(), tuple(cam.shape), cam.max().item())",
        ]
    )


def bites(seen: Seen) -> list[Bite]:
    """Back to the photo, and to the other test of what a network relies on."""
    query = {"sample": seen.scene.photo or sample_photos.FIRST, "model": seen.scene.reference.name}
    return [
        Bite(t("lesson.why.bite.segment"), frame.PAGES / "segment.py", query),
        Bite(t("lesson.why.bite.stress"), frame.PAGES / "learn.py", {"lesson": "stress"}),
    ]


LESSON = Lesson(
    number=16,
    name="why",
    terms=("grad_cam", "gradient", "logits", "feature_map"),
    controls=(
        Choice("method", "cam", ("cam", "gradient", "occlusion")),
        Choice("layer", "early", ("early", "middle", "late")),
        Choice("target", "pixel", ("pixel", "region")),
    ),
    more=(
        Held("pixel", (300, 450), high=place.PER_MILLE, length=2),
        subjects.Photo(default="astronaut"),
        subjects.Network(),
    ),
    steps=(
        Step("late", {"layer": "late"}),
        Step("gradient", {"method": "gradient"}),
        Step("region", {"layer": "late", "target": "region"}),
    ),
    guess=Pick(("more", "same", "less"), lambda seen: _outcome(seen.kept, seen.random)),
    compute=compute,
    see=see,
    formulas=formulas,
    check=check,
    code=code,
    bites=bites,
)

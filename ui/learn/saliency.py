"""Why this pixel: a number, a heat map of the pixels it depends on, and the deletion test of that map."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from segcore.experiments.occlusion_map import as_text, heat_of
from segcore.explain import saliency
from segcore.explain.saliency import CAM, SHARES, Heat, Target
from segcore.explain.scene import Scene
from segcore.jobs import find_job, job_result
from segcore.models import MODELS
from segcore.types import RGB
from ui import cache
from ui.known_names import class_name
from ui.learn import pixel_picker, scenes
from ui.learn.lesson import Settings

LONGEST = 192  # pixels of a photo's longer side: a result takes six forward passes, and this halves their time
TENTH = SHARES.index(0.1)


@dataclass(frozen=True, eq=False)
class SaliencyResult:
    """A number y, a heat map of the pixels it depends on, and the deletion test of that map."""

    scene: Scene  # its first image is used
    pixel: tuple[int, int]  # (row, col)
    target: Target  # y
    method: str  # "cam", "gradient" or "occlusion"
    stage: str  # of the CAM
    region: bool  # whether y is the mean over all pixels of the class
    heat: Heat | None  # (h, w); None until the occlusion job has finished
    cam: CAM | None  # with its parts, for that method
    kept: list[float]  # y after removing each of SHARES by heat; empty without a heat map
    random: list[float]  # y after removing each of SHARES at random

    @property
    def image(self) -> RGB:
        """(h, w, 3)."""
        return self.scene.images[0]

    @property
    def class_name(self) -> str:
        """Predicted class of the pixel, in the visitor's language."""
        return class_name(self.scene.card.classes[self.target.class_id])


def compute(settings: Settings) -> SaliencyResult:
    """Raises SegcoreError if the checkpoint is missing or does not take photos."""
    world = scenes.scene(settings["network"], settings["photo"], longest=LONGEST)
    row, col = pixel_picker.pixel_at(world.images[0], settings["pixel"])
    region, method = settings["target"] == "region", settings["method"]
    labels = cache.computed(predicted_labels, world)
    target = cache.computed(_target, world, int(labels[row, col]), None if region else (row, col))
    stage = cache.computed(_stage, world, settings["layer"])
    random = [float(value) for value in target.of(cache.computed(_random_logits, world))]
    occluded = None
    if method == "occlusion":
        job = find_job("occlusion", occlusion_settings(world, target, region, (row, col)), files=[world.reference.path])
        found = None if job is None else job_result(job)
        if found is None:
            return SaliencyResult(world, (row, col), target, method, stage, region, None, None, [], random)
        occluded = tuple(map(tuple, found["heat"]))
    heat, cam, kept = cache.computed(_explained, world, target, method, stage, occluded)
    return SaliencyResult(world, (row, col), target, method, stage, region, heat, cam, kept, random)


def predicted_labels(world: Scene) -> NDArray[np.uint8]:
    """Return the prediction for the first image, (h, w); cache it."""
    with world.lock:
        return world.network.labels(world.images[:1])[0]


def _target(world: Scene, class_id: int, pixel: tuple[int, int] | None) -> Target:
    """One pixel, or all pixels that are predicted as the class."""
    if pixel is None:
        return Target(class_id, cache.computed(predicted_labels, world) == class_id)
    where = np.zeros(world.images[0].shape[:2], bool)
    where[pixel] = True
    return Target(class_id, where)


def _stage(world: Scene, layer: str) -> str:
    """An early stage, a middle one, or the last before the classifier."""
    card = MODELS.get(world.card.architecture)
    with world.lock:
        names = saliency.stages_of(world.network, card.stages if card else ())
    last = len(names) - 1
    return names[{"early": min(1, last), "middle": round(0.35 * last), "late": max(0, last - 1)}[layer]]


def _random_logits(world: Scene) -> torch.Tensor:
    """Of the image and of the image with random parts removed; they serve every target."""
    image = world.images[0]
    heat = saliency.random_heat((image.shape[0], image.shape[1]))
    with world.lock:
        return saliency.logits_of(world.network, [image, *saliency.without_most_salient(image, heat)])


def _explained(
    world: Scene, target: Target, method: str, stage: str, occluded: tuple[tuple[float, ...], ...] | None
) -> tuple[Heat, CAM | None, list[float]]:
    """The heat map, its parts, and y after removing its most salient pixels."""
    image, cam = world.images[0], None
    with world.lock:
        if method == "cam":
            cam = saliency.grad_cam(world.network, image, target, stage)
            heat = cam.heat
        elif method == "gradient":
            heat = saliency.gradient(world.network, image, target)
        else:
            heat = heat_of({"heat": occluded}, (image.shape[0], image.shape[1]))
        left = target.of(saliency.logits_of(world.network, saliency.without_most_salient(image, heat)))
    whole = float(target.of(cache.computed(_random_logits, world))[0])
    return heat, cam, [whole, *(float(value) for value in left)]


def occlusion_settings(world: Scene, target: Target, region: bool, pixel: tuple[int, int]) -> dict[str, object]:
    """Return the settings of the occlusion job."""
    return {
        "checkpoint": str(world.reference.path),
        "picture": as_text(world.images[0]),
        "class_id": target.class_id,
        "pixel": None if region else list(pixel),
    }

"""Four answers to "segment this": pixels, regions, classes, instances of one image."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcore.checkpoint import CheckpointRef
from segcore.classical import grow, kmeans
from segcore.classical.sides import object_side
from segcore.classical.thresholds import grey_of, otsu_threshold
from segcore.explain import tasks
from segcore.explain.mask_overlap import MaskOverlap, mask_overlap
from segcore.explain.scene import LONGEST, Scene, downscaled
from segcore.explain.tasks import SyntheticScene
from segcore.types import RGB
from ui import cache
from ui.learn import input_controls, pixel_picker, scenes
from ui.learn.lesson import Settings

ANSWERS = ("pixels", "regions", "classes", "instances")
SMALLEST = 12  # connected components of fewer pixels are specks and do not count

Labels = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class TasksResult:
    """An image and its four answers."""

    scene: Scene  # of the network, and of the photo if there is one
    drawn: SyntheticScene | None  # the synthetic image with its ground truth; None for a photo
    settings: Settings
    image: RGB  # (h, w, 3)
    pixel: tuple[int, int]  # (row, col), selected
    otsu: int  # Otsu's threshold
    threshold: int  # the current one
    answers: dict[str, Labels]  # (h, w) labels; 0 is background, except for groups
    counts: dict[str, int]  # connected components without specks
    overlaps: dict[str, MaskOverlap]  # the component at the pixel against the true object there; {} for a photo

    @property
    def class_here(self) -> int:
        """Predicted class of the pixel."""
        return int(self.answers["classes"][self.pixel])


def compute(settings: Settings) -> TasksResult:
    """Raises NotAvailable if the checkpoint is missing, BadImage if it does not take photos."""
    return cache.computed(_compute, tuple(settings.items()), input_controls.reference(settings["network"]))


def _compute(pairs: tuple[tuple[str, Any], ...], _version: CheckpointRef) -> TasksResult:
    settings = dict(pairs)
    world = scenes.scene(settings["network"], settings["photo"])
    drawn = tasks.synthetic_scene(settings["gap"]) if settings["subject"] == "drawn" else None
    image = downscaled(input_controls.image(settings["photo"]).rgb, LONGEST) if drawn is None else drawn.image
    row, col = pixel_picker.pixel_at(image, settings["pixel"])
    grey = grey_of(image)
    otsu = otsu_threshold(grey)
    threshold = min(max(otsu + settings["threshold"], 0), 255)
    with world.lock:
        classes = world.network.labels([image])[0]
    answers: dict[str, Labels] = {
        "pixels": object_side(np.asarray(grey > threshold), None).astype(np.uint8),
        "regions": kmeans(image, groups=settings["groups"]),
        "classes": classes,
        "instances": tasks.drop_small(tasks.split_touching(classes), SMALLEST),
    }
    if settings["by"] == "grow":
        seed = seed_of(image, (row, col))
        answers["regions"] = (grow(image, **seed, tolerance=settings["tolerance"]) > 0.5).astype(np.int32)
    found = {name: tasks.connected_components(labels) for name, labels in answers.items()}
    if settings["by"] == "kmeans":
        found["regions"] = tasks.connected_components(answers["regions"] + 1)  # group 0 counts like the others
    found["instances"] = answers["instances"].astype(np.int32)
    overlaps = {}
    if drawn is not None:
        true = drawn.instances == drawn.instances[row, col]
        overlaps = {name: mask_overlap(tasks.component_at(answers[name], row, col), true) for name in ANSWERS}
    counts = {name: int(tasks.drop_small(each, SMALLEST).max()) for name, each in found.items()}
    return TasksResult(world, drawn, settings, image, (row, col), otsu, threshold, answers, counts, overlaps)


def seed_of(image: RGB, pixel: tuple[int, int]) -> dict[str, int]:
    """Return row and column of a pixel in per cent, as `grow` takes them."""
    height, width = image.shape[:2]
    return {"row": round(100 * pixel[0] / (height - 1)), "column": round(100 * pixel[1] / (width - 1))}

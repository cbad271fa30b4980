"""Scenes under one corruption at every severity, and the predictions for them; computed once."""

import numpy as np
from numpy.typing import NDArray

from segcore.data import CORRUPTIONS, corrupt
from segcore.evaluation import ATTACK
from segcore.evaluation.adversarial import ATTACK_LEVELS
from segcore.explain import robustness_curves
from segcore.explain.robustness_curves import LabelledImage, RobustnessCurve
from segcore.explain.scene import Scene
from ui import cache

SEED = 0  # of the random corruptions: the first image has it, the second the next one …


def levels(kind: str) -> tuple[float, ...]:
    """Return the strengths at severity 1, 2 and so on."""
    return ATTACK_LEVELS if kind == ATTACK else CORRUPTIONS[kind].levels


def corrupted(world: Scene, kind: str, severity: int) -> list[LabelledImage]:
    """Return the corrupted images of a scene with the labels that then belong to them."""
    pairs = zip(world.images, world.labels, strict=True)
    if kind == ATTACK:
        return [
            (robustness_curves.fgsm_step(image, sign, ATTACK_LEVELS[severity - 1]), labels)
            for (image, labels), sign in zip(pairs, cache.computed(gradient_signs, world), strict=True)
        ]
    return [corrupt(image, labels, kind, severity, seed=SEED + index) for index, (image, labels) in enumerate(pairs)]


def curve(world: Scene, kind: str) -> RobustnessCurve:
    """Return the scores: index 0 is the clean scene, index s is severity s."""
    return cache.computed(_curve, world, kind)


def _curve(world: Scene, kind: str) -> RobustnessCurve:
    clean: list[LabelledImage] = list(zip(world.images, world.labels, strict=True))
    steps = [clean, *(corrupted(world, kind, severity) for severity in range(1, len(levels(kind)) + 1))]
    with world.lock:
        return robustness_curves.robustness_curve(world.network, steps)


def gradient_signs(world: Scene) -> list[NDArray[np.int8]]:
    """See `robustness_curves.gradient_signs`; cache it."""
    with world.lock:
        return robustness_curves.gradient_signs(world.network, world.images, world.labels)

"""Scenes spoilt in one way at every severity, and what the network still says of them; computed once."""

import numpy as np
from numpy.typing import NDArray

from segcore.data import CORRUPTIONS, corrupt
from segcore.evaluation.adversarial import LEVELS
from segcore.evaluation.robustness import ATTACK
from segcore.explain import robustness_curves
from segcore.explain.robustness_curves import LabelledImage, RobustnessCurve
from ui import cache
from ui.learn.scenes import Scene

SEED = 0
"""Of what is random in the corruptions: the first picture has it, the second the next one …"""


def levels(kind: str) -> tuple[float, ...]:
    """The strengths at severity 1, 2 and so on."""
    return LEVELS if kind == ATTACK else CORRUPTIONS[kind].levels


def spoil(world: Scene, kind: str, severity: int) -> list[LabelledImage]:
    """The pictures of a scene, spoilt, and the labels that then go with them."""
    pairs = zip(world.images, world.labels, strict=True)
    if kind == ATTACK:
        epsilon = LEVELS[severity - 1]
        return [
            (robustness_curves.fgsm_step(image, sign, epsilon), labels)
            for (image, labels), sign in zip(pairs, signs(world), strict=True)
        ]
    return [corrupt(image, labels, kind, severity, seed=SEED + index) for index, (image, labels) in enumerate(pairs)]


def curve(world: Scene, kind: str) -> RobustnessCurve:
    """Place 0 is the clean scene, place s is severity s."""
    return cache.computed(_curve, world, kind)


def signs(world: Scene) -> list[NDArray[np.int8]]:
    """See `stress.gradient_signs`."""
    return cache.computed(_signs, world)


def _curve(world: Scene, kind: str) -> RobustnessCurve:
    clean: list[LabelledImage] = list(zip(world.images, world.labels, strict=True))
    steps = [clean, *(spoil(world, kind, severity) for severity in range(1, len(levels(kind)) + 1))]
    with world.lock:
        return robustness_curves.robustness_curve(world.network, steps)


def _signs(world: Scene) -> list[NDArray[np.int8]]:
    with world.lock:
        return robustness_curves.gradient_signs(world.network, world.images, world.labels)

"""Scenes spoilt in one way at every severity, and what the network still says of them; computed once."""

import numpy as np
from numpy.typing import NDArray

from segcore.data import CORRUPTIONS, corrupt
from segcore.evaluation import ATTACK
from segcore.evaluation.adversarial import ATTACK_LEVELS
from segcore.explain import stress
from segcore.explain.stress import Curve, Pair
from ui import cache
from ui.learn.scenes import Scene

SEED = 0
"""Of what is random in the corruptions: the first picture has it, the second the next one …"""


def levels(kind: str) -> tuple[float, ...]:
    """The strengths at severity 1, 2 and so on."""
    return ATTACK_LEVELS if kind == ATTACK else CORRUPTIONS[kind].levels


def spoil(world: Scene, kind: str, severity: int) -> list[Pair]:
    """The pictures of a scene, spoilt, and the labels that then go with them."""
    pairs = zip(world.images, world.labels, strict=True)
    if kind == ATTACK:
        epsilon = ATTACK_LEVELS[severity - 1]
        return [
            (stress.attacked(image, sign, epsilon), labels)
            for (image, labels), sign in zip(pairs, signs(world), strict=True)
        ]
    return [corrupt(image, labels, kind, severity, seed=SEED + index) for index, (image, labels) in enumerate(pairs)]


def curve(world: Scene, kind: str) -> Curve:
    """Place 0 is the clean scene, place s is severity s."""
    return cache.computed(_curve, world, kind)


def signs(world: Scene) -> list[NDArray[np.int8]]:
    """See `stress.gradient_signs`."""
    return cache.computed(_signs, world)


def _curve(world: Scene, kind: str) -> Curve:
    clean: list[Pair] = list(zip(world.images, world.labels, strict=True))
    steps = [clean, *(spoil(world, kind, severity) for severity in range(1, len(levels(kind)) + 1))]
    with world.lock:
        return stress.curve(world.network, steps)


def _signs(world: Scene) -> list[NDArray[np.int8]]:
    with world.lock:
        return stress.gradient_signs(world.network, world.images, world.labels)

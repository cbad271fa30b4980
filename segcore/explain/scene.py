"""What a network segments in a lesson, and what its output is compared with.

A network trained on the synthetic shapes gets images of the test part of that dataset, with their ground truth. For any
other network there is a photo without ground truth: the prediction for the clean photo takes its place.
"""

from dataclasses import dataclass, field
from threading import Lock

import cv2
import numpy as np
from torch import nn

from segcore.checkpoint import CheckpointCard, CheckpointRef, find_checkpoint, load_checkpoint
from segcore.data import open_dataset, resize_image, sample_photos, working_size
from segcore.explain.network import STRIDE, Network
from segcore.explain.objects import InstanceImage, connected_instances
from segcore.explain.private_copy import private_copy
from segcore.palette import is_background
from segcore.types import RGB, LabelMap

SHAPES = "shapes:6:96"
"""Spec of the synthetic images: their number, and their side in pixels."""

SPLIT = "test"

LONGEST = 256
"""Longer side of a photo in a lesson, in pixels; less if the network works at a smaller size."""


MOST = 6
"""Objects of a scene at most: the largest."""

LEAST_SHARE = 0.005
"""Of the pixels; a smaller connected component is a speck."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A network, images of one size, and their labels."""

    network: Network  # used by lessons only; hold ``lock`` while it runs
    card: CheckpointCard
    reference: CheckpointRef
    images: tuple[RGB, ...]  # (h, w, 3) each
    labels: tuple[LabelMap, ...]  # (h, w) each: the ground truth, or the prediction for the clean photo
    is_truth: bool  # which of the two
    photo: str  # name of the sample photo; empty for other images
    longest: int = LONGEST  # longer side of a photo at most, in pixels
    lock: Lock = field(default_factory=Lock)


def open_scene(checkpoint: str, photo: str = sample_photos.FIRST, *, longest: int = LONGEST) -> Scene:
    """Return the scene of a checkpoint and a sample photo, both by name.

    Raises:
        BadCheckpoint: there is no such checkpoint.
    """
    reference = find_checkpoint(checkpoint)
    loaded = load_checkpoint(reference)
    return make_scene(private_copy(loaded.model), loaded.card, reference, photo, longest=longest, lock=Lock())


def make_scene(
    model: nn.Module,
    card: CheckpointCard,
    reference: CheckpointRef,
    photo: str,
    *,
    own: RGB | None = None,
    longest: int = LONGEST,
    lock: Lock,
) -> Scene:
    """Return the scene of a private copy of a network, which ``lock`` guards.

    ``photo`` is the name of a sample photo; a network of the synthetic shapes gets those instead. A photo of the
    user's, ``own`` (H, W, 3), is used in any case. A photo's longer side has at most ``longest`` pixels.
    """
    network = Network.of(model, card)
    shapes = open_dataset(SHAPES, SPLIT)
    if card.classes == shapes.classes and own is None:
        samples = [shapes[index] for index in range(len(shapes))]
        images, labels = tuple(each.image for each in samples), tuple(each.labels for each in samples)
        return Scene(network, card, reference, images, labels, is_truth=True, photo="", longest=longest, lock=lock)
    rgb = sample_photos.read(photo).rgb if own is None else own
    image = downscaled(rgb, min(card.working_side or max(rgb.shape[:2]), longest))
    with lock:
        labels = tuple(network.labels([image]))
    name = photo if own is None else ""
    return Scene(network, card, reference, (image,), labels, is_truth=False, photo=name, longest=longest, lock=lock)


def scene_objects(scene: Scene) -> InstanceImage:
    """Return the largest connected components of the labels of a scene's first image, at most MOST.

    The sides of the image are cut to multiples of the network's coarsest stride. Without objects, ``all`` is empty.
    """
    height, width = (side - side % STRIDE for side in scene.images[0].shape[:2])
    labels = scene.labels[0][:height, :width]
    names = [(index, name) for index, name in enumerate(scene.card.classes) if not is_background(name)]
    found = connected_instances(labels, names, least=round(LEAST_SHARE * labels.size), most=MOST)
    return InstanceImage(scene.images[0][:height, :width], found)


def downscaled(rgb: RGB, longest: int) -> RGB:
    """Resize (H, W, 3) so that the longer side has ``longest`` pixels."""
    return resize_image(rgb, working_size((rgb.shape[0], rgb.shape[1]), longest))


def middle_square(rgb: RGB, side: int) -> RGB:
    """Cut the largest square from the middle of (H, W, 3) and resize it to (side, side, 3)."""
    return resize_image(_cut(rgb), (side, side))


def grey_square(rgb: RGB, side: int) -> LabelMap:
    """Cut the largest square from the middle of (H, W, 3) and resize it to (side, side) grey levels."""
    grey = cv2.cvtColor(_cut(rgb), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _cut(rgb: RGB) -> RGB:
    edge = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - edge) // 2, (rgb.shape[1] - edge) // 2
    return np.ascontiguousarray(rgb[top : top + edge, left : left + edge])

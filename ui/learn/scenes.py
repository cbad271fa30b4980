"""What a network looks at in a lesson, and what it is measured against.

A network that was taught the drawn shapes gets pictures of a part of that dataset it has not learnt from, with their
truth, unless the learner chose a picture of their own. For any other network it is the learner's photo, whose truth
nobody knows: what the network says of the clean photo takes its place, and the page says so.
"""

from dataclasses import dataclass
from threading import Lock

from segcore.checkpoint import CheckpointCard, CheckpointRef
from segcore.data import Normalisation, open_dataset, resize_image, sample_photos, working_size
from segcore.errors import BadImage
from segcore.explain.network import Network
from segcore.types import RGB, LabelMap
from ui import cache
from ui.learn import subjects
from ui.text import plain, t

DRAWN = "shapes:6:96"
"""So many pictures, of so many pixels a side."""

DRAWN_SPLIT = "test"

LONGEST = 256
"""A photo's longer side in a lesson, in pixels; less where the network is used to less."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Pictures of one size, their labels, and the network.

    Attributes:
        network: nobody's but the lessons'; hold ``lock`` while it works.
        lock: see there.
        card: of its checkpoint.
        reference: its file.
        images: (h, w, 3) uint8 each.
        labels: (h, w) each: the truth, or what the network says of the clean photo.
        is_truth: which of the two.
        photo: the name of the sample, for links; empty for a photo of one's own or drawn pictures.
        longest: a photo's longer side at most, in pixels.
    """

    network: Network
    lock: Lock
    card: CheckpointCard
    reference: CheckpointRef
    images: tuple[RGB, ...]
    labels: tuple[LabelMap, ...]
    is_truth: bool
    photo: str
    longest: int = LONGEST

    def code(self) -> str:
        """A line of Python that sets up the same scene; own photos are in no file that it could name."""
        own = "" if self.photo or self.is_truth else "  # a sample here, your own photo is not in a file"
        size = "" if self.longest == LONGEST else f", longest={self.longest}"
        return f'world = scene("{self.reference.name}", "{self.photo or sample_photos.FIRST}"{size}){own}'

    def about(self) -> str:
        """What is looked at and what it is measured against, in a sentence."""
        if self.is_truth:
            return t("learn.scene.drawn", count=len(self.images), network=plain(self.card.title))
        return t("learn.scene.photo", network=plain(self.card.title))


def scene(network: str, photo: str, architecture: str = "", *, longest: int = LONGEST) -> Scene:
    """The scene for a network and a photo, by the values of their controls.

    Args:
        network: name of a checkpoint.
        photo: of a sample, or of a photo that was given.
        architecture: that the checkpoint must have; empty: any.
        longest: a photo's longer side at most, in pixels; smaller where a lesson asks much of the network.

    Raises:
        NotAvailable: no such checkpoint here.
        BadImage: the network does not look at photos.
    """
    return cache.computed(_scene, subjects.reference(network, architecture), photo, longest)


def _scene(reference: CheckpointRef, photo: str, longest: int) -> Scene:
    model, card, lock = cache.private_network(reference)
    if card.in_channels not in (1, 3):
        raise BadImage(t("learn.scene.channels", network=plain(card.title), channels=card.in_channels))
    network = Network(model, Normalisation(mean=card.mean, std=card.std), card.classes, card.in_channels)
    drawn = open_dataset(DRAWN, DRAWN_SPLIT)
    if card.classes == drawn.classes and photo in sample_photos.SAMPLES:  # a picture of one's own is meant as it is
        pictures = [drawn[index] for index in range(len(drawn))]
        images, labels = tuple(each.image for each in pictures), tuple(each.labels for each in pictures)
        return Scene(network, lock, card, reference, images, labels, is_truth=True, photo="", longest=longest)
    rgb = subjects.image(photo).rgb
    side = min(card.working_side or max(rgb.shape[:2]), longest)  # none: the network looks at pixels as they are
    image = resize_image(rgb, working_size((rgb.shape[0], rgb.shape[1]), side))
    with lock:
        labels = tuple(network.labels([image]))
    sample = photo if photo in sample_photos.SAMPLES else ""
    return Scene(network, lock, card, reference, (image,), labels, is_truth=False, photo=sample, longest=longest)

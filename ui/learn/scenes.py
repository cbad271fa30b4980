"""The scene of a lesson from the values of its controls: cached, described, and as Python."""

from segcore.checkpoint import CheckpointRef
from segcore.data import sample_photos
from segcore.errors import BadImage
from segcore.explain.scene import LONGEST, Scene, make_scene
from ui import cache, network_cache
from ui.known_names import model_title
from ui.learn import input_controls
from ui.text import plain, t


def scene(network: str, photo: str, architecture: str = "", *, longest: int = LONGEST) -> Scene:
    """Return the scene of a `CheckpointControl` and a `PhotoControl` with these values, computed once.

    The longer side of a photo has at most ``longest`` pixels; fewer for lessons with many forward passes.

    Raises:
        NotAvailable: there is no such checkpoint.
        BadImage: the network does not take photos.
    """
    return cache.computed(_scene, input_controls.reference(network, architecture), photo, longest)


def _scene(reference: CheckpointRef, photo: str, longest: int) -> Scene:
    model, card, lock = network_cache.private_network(reference)
    if card.in_channels not in (1, 3):
        raise BadImage(t("learn.scene.channels", network=plain(model_title(card.title)), channels=card.in_channels))
    own = None if photo in sample_photos.SAMPLES else input_controls.image(photo).rgb
    return make_scene(model, card, reference, photo, own=own, longest=longest, lock=lock)


def code(scene: Scene, *imports: str) -> list[str]:
    """Return lines of Python: imports, and the same scene; the user's own photo is in no file they could name."""
    own = "" if scene.photo or scene.is_truth else "  # a sample photo: your own is not in a file"
    size = "" if scene.longest == LONGEST else f", longest={scene.longest}"
    return [
        *imports,
        "from segcore.explain.network import as_pixels",
        "from segcore.explain.scene import open_scene",
        "",
        f'world = open_scene("{scene.reference.name}", "{scene.photo or sample_photos.FIRST}"{size}){own}',
    ]


def about(scene: Scene) -> str:
    """Describe the images and their reference in a sentence."""
    if scene.is_truth:
        return t("learn.scene.drawn", count=len(scene.images), network=plain(model_title(scene.card.title)))
    return t("learn.scene.photo", network=plain(model_title(scene.card.title)))


def query(scene: Scene) -> dict[str, str]:
    """Return the query with which the Segment page shows this photo and network."""
    return {"sample": scene.photo or sample_photos.FIRST, "model": scene.reference.name}

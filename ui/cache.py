"""Photos, predictions, datasets and small results: computed once and shared by all visitors.

What needs torch is in network_cache.py, so that a page can be served without it.

Photos and predictions are identified by the sha256 of the file and by the `SegmentRequest`, never by hashing arrays.
All values but two short tables are in stores that share the budget of `bounded_store.SHARED`.
Shared arrays are locked against writing before the first visitor gets them.
"""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from segcore.checkpoint import CheckpointCard, CheckpointRef, load_card
from segcore.classical import Rectangle
from segcore.data import SegDataset, dataset_folder, open_dataset, read_image, sample_photos
from segcore.inference import (
    INFERENCE_LOCK,
    MAX_SIDE,
    MIN_SIDE,
    OnTile,
    Predictor,
    note_speed,
    open_predictor,
    segment_classically,
)
from segcore.jobs.start import fingerprint
from segcore.types import Image, Prediction
from ui.bounded_store import BoundedStore, size_in_bytes
from ui.segment_request import DETAILS, Detail, Percent, SegmentRequest

Computed = TypeVar("Computed")


_ENGINE_OVERHEAD = 3
"""Memory of a loaded network with its engine, as a multiple of its file: weights, the engine's copy, its buffers."""


class _Loaded(NamedTuple):
    """A network ready to run, and the size of its file."""

    size: int
    predictor: Predictor


_PHOTOS = BoundedStore[Image](size_in_bytes)
"""By image_id, with the range of values of the network where it has one."""
_SAMPLES = BoundedStore[Image](size_in_bytes)
_PREDICTIONS = BoundedStore[Prediction](size_in_bytes)
_PREDICTORS = BoundedStore[_Loaded](lambda loaded: _ENGINE_OVERHEAD * loaded.size)
_DATASETS = BoundedStore[SegDataset](size_in_bytes)
_RESULTS = BoundedStore[Any](size_in_bytes)


def image(image_id: str, name: str, data: bytes, trained: tuple[float, float] | None = None) -> Image:
    """A decoded photo. ``trained`` as for `read_image`, like which it raises BadImage."""
    key = image_id if trained is None else f"{image_id} {trained}"
    return replace(
        _PHOTOS.get_or_make(key, lambda: _read_only(read_image(data, name=name, trained=trained))), name=name
    )


def sample(name: str) -> Image:
    """A bundled photo, decoded."""
    return _SAMPLES.get_or_make(name, lambda: sample_photos.read(name))


def _read_only(photo: Image) -> Image:
    photo.rgb.flags.writeable = False
    return photo


def predictor(ref: CheckpointRef) -> Predictor:
    """A loaded model, shared: a Predictor takes one photo at a time."""
    return _PREDICTORS.get_or_make(ref, lambda: _Loaded(ref.size, open_predictor(ref))).predictor


def working_side(card: CheckpointCard, detail: Detail, size: tuple[int, int]) -> int | None:
    """The longer side of a photo for the network, in pixels; None: the checkpoint's own working side.

    For a checkpoint without a working side, half refers to the size of the photo. Nothing but the checkpoint's own side
    is larger than the photo.
    """
    longest = max(size)
    base = card.working_side or longest
    side = {"fast": base // 2, "standard": None, "fine": min(base * 2, max(base, longest)), "full": longest}[detail]
    return None if side is None else min(max(side, MIN_SIDE), MAX_SIDE)


def sizes_for(card: CheckpointCard, size: tuple[int, int]) -> dict[Detail, int]:
    """The sizes of the network's input to choose from for a photo of (height, width), as longer sides in pixels.

    One size is not offered twice, and none that is larger than the photo but the checkpoint's own.
    """
    longest = max(size)
    own = card.working_side or longest
    offered: dict[Detail, int] = {"standard": own}
    for detail in ("fast", "full", "fine"):
        side = working_side(card, detail, size) or own
        if side < longest + (detail == "full") and side not in offered.values() and (detail == "fast" or side > own):
            offered[detail] = side
    return {detail: offered[detail] for detail in DETAILS if detail in offered}


def key_of(image: Image, request: SegmentRequest) -> str:
    """Key of a prediction: photo, file and version of the model, settings."""
    return hashlib.sha256(f"{image.image_id} {request}".encode()).hexdigest()


def segmented(image: Image, request: SegmentRequest) -> Prediction | None:
    """The prediction for a photo if it has been computed."""
    return _PREDICTIONS.get(key_of(image, request))


def segment(image: Image, request: SegmentRequest, on_tile: OnTile | None = None) -> Prediction:
    """The prediction for a photo, computed once; ``on_tile`` as for `Predictor`, from methods without a network none.

    Raises:
        SegcoreError: the checkpoint is broken or missing.
    """
    return _PREDICTIONS.get_or_make(key_of(image, request), lambda: _predict(image, request, on_tile))


def _predict(image: Image, request: SegmentRequest, on_tile: OnTile | None) -> Prediction:
    model, size = request.model, image.rgb.shape[:2]
    if model.kind == "classical":
        rectangle = None if request.around is None else _rectangle(request.around, size)
        with INFERENCE_LOCK:  # a network's call holds it itself
            prediction = segment_classically(image.rgb, model.name, dict(request.settings), rectangle)
    elif model.ref is None:
        raise ValueError(f"{model.name} must be downloaded before it can be used")
    else:
        card, network = load_card(model.ref.path), predictor(model.ref)
        prediction = network(image.rgb, working_side=working_side(card, request.detail, size), on_tile=on_tile)
        if network.speed is not None:
            note_speed(card, network.speed)
    for values in (prediction.labels, prediction.confidence, prediction.runner_up, prediction.uncertainty):
        values.flags.writeable = False
    return prediction


def _rectangle(around: Percent, size: tuple[int, int]) -> Rectangle:
    """Percent → pixels of this photo."""
    top, left, bottom, right = around
    height, width = size
    return Rectangle(top * height // 100, left * width // 100, bottom * height // 100, right * width // 100)


def dataset(spec: str, split: str | None) -> SegDataset:
    """A dataset, opened once and again when its files change.

    Raises:
        SegcoreError: there is no such dataset, or its layout is unknown.
    """
    folder = dataset_folder(spec)
    files = str(fingerprint([] if folder is None else [folder]))
    return _DATASETS.get_or_make((spec, split, files), lambda: open_dataset(spec, split))


def computed(function: Callable[..., Computed], *arguments: Hashable, **named: Hashable) -> Computed:
    """Memoised result of function(*arguments, **named); read-only, because it is shared.

    For results that take up to half a second. Exceptions are not kept.
    """
    key = (function, arguments, tuple(sorted(named.items())))
    result: Computed = _RESULTS.get_or_make(key, lambda: function(*arguments, **named))
    return result

"""Results that are computed once and shared by all visitors: the only file that caches.

Photos and predictions are identified by the sha256 of the file and by the `SegmentRequest`, never by hashing arrays.
Shared arrays are locked against writing before the first visitor gets them.
"""

import hashlib
import threading
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import streamlit as st
import torch
from numpy.typing import NDArray
from torch import nn

from segcore.checkpoint import (
    CheckpointCard,
    CheckpointRef,
    PublishedCheckpoint,
    load_card,
    load_checkpoint,
    published_checkpoints,
)
from segcore.classical import Rectangle
from segcore.data import SegDataset, dataset_folder, open_dataset, read_image, sample_photos
from segcore.evaluation import Comparison, EvaluationReport, compare
from segcore.explain.private_copy import private_copy
from segcore.inference import INFERENCE_LOCK, MAX_SIDE, MIN_SIDE, OnTile, Predictor, note_speed, segment_classically
from segcore.jobs.start import fingerprint
from segcore.models import MODELS, build_model
from segcore.runs import Run
from segcore.types import RGB, Image, Prediction
from ui.bounded_store import BoundedStore
from ui.segment_request import DETAILS, Detail, Percent, SegmentRequest

Computed = TypeVar("Computed")


def _maps(prediction: Prediction) -> list[NDArray[Any]]:
    return [prediction.labels, prediction.confidence, prediction.runner_up, prediction.uncertainty]


_PREDICTIONS: BoundedStore[Prediction] = BoundedStore(
    512 * 2**20, lambda prediction: sum(values.nbytes for values in _maps(prediction))
)
_making: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
"""Locks of the predictions that are being computed, by key."""
_PHOTOS: BoundedStore[RGB] = BoundedStore(512 * 2**20, lambda rgb: rgb.nbytes)
"""By image_id."""


def image(image_id: str, name: str, data: bytes) -> Image:
    """A decoded photo. Raises BadImage like `read_image`."""
    rgb = _PHOTOS.get(image_id)
    if rgb is None:
        rgb = read_image(data, name=name).rgb
        rgb.flags.writeable = False
        _PHOTOS.put(image_id, rgb)
    return Image(image_id, rgb, name)


@st.cache_resource(show_spinner=False)
def sample(name: str) -> Image:
    """A bundled photo, decoded."""
    return sample_photos.read(name)


@st.cache_resource(show_spinner=False)
def published() -> list[PublishedCheckpoint]:
    """The checkpoints that torchvision publishes: facts only, nothing is downloaded."""
    return published_checkpoints()


@st.cache_resource(show_spinner=False, max_entries=4)
def predictor(ref: CheckpointRef) -> Predictor:
    """A loaded model, shared: a Predictor takes one photo at a time."""
    return Predictor(load_checkpoint(ref))


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
    key = key_of(image, request)
    found = _PREDICTIONS.get(key)
    if found is None:
        with _making.setdefault(key, threading.Lock()):
            found = _PREDICTIONS.get(key) or _predict(
                image, request, on_tile
            )  # another visitor may have just computed it
            _PREDICTIONS.put(key, found)
    return found


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
    for values in _maps(prediction):
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
    return _dataset(spec, split, str(fingerprint([] if folder is None else [folder])))


@st.cache_resource(show_spinner=False, max_entries=8)
def _dataset(spec: str, split: str | None, files: str) -> SegDataset:  # noqa: ARG001 - a part of the key
    return open_dataset(spec, split)


@st.cache_resource(show_spinner=False, max_entries=16)
def comparison(jobs: tuple[str, str], _one: EvaluationReport, _other: EvaluationReport) -> Comparison:  # noqa: ARG001 - a part of the key
    """The comparison of the reports of two jobs; its bootstrap takes a good part of a second.

    Raises:
        BadConfig: the reports have nothing in common.
    """
    return compare(_one, _other)


@st.cache_resource(
    show_spinner=False, max_entries=4, hash_funcs={Run: lambda run: (str(run.path), run.created, run.plan)}
)
def validation_data(run: Run) -> SegDataset:
    """The validation images of a run, opened once and again when its settings change.

    Raises:
        SegcoreError: the data is gone or has changed.
    """
    from segcore.train import review  # noqa: PLC0415 - brings the training code, which the first page does not need

    return review.validation_data(run)


@st.cache_resource(show_spinner=False, max_entries=2)
def private_network(ref: CheckpointRef) -> tuple[nn.Module, CheckpointCard, threading.Lock]:
    """A network for the hooks and gradients of lessons, its card, and its lock: hold it while hooks are in place.

    It shares nothing with `predictor`, which makes the predictions.
    """
    checkpoint = load_checkpoint(ref)
    return private_copy(checkpoint.model), checkpoint.card, threading.Lock()


def computed(function: Callable[..., Computed], *arguments: Hashable, **named: Hashable) -> Computed:
    """Memoised result of function(*arguments, **named); read-only, because it is shared.

    For small results that take up to half a second. Exceptions are not kept.
    """
    result: Computed = _computed(function, *arguments, **named)
    return result


@lru_cache(maxsize=512)
def _computed(function: Callable[..., object], *arguments: Hashable, **named: Hashable) -> Any:
    return function(*arguments, **named)


@st.cache_data(show_spinner=False)
def architectures() -> list[tuple[str, int]]:
    """Names and parameter counts of all networks that can be trained, by year; default configuration, 21 classes."""
    found = []
    for name in sorted(MODELS, key=lambda name: (MODELS[name].year, MODELS[name].title)):
        with torch.device("meta"):  # shapes without numbers: nothing is allocated
            model = build_model(name, num_classes=21)
        found.append((name, sum(parameter.numel() for parameter in model.parameters())))
    return found

"""What is computed once and shared by all visitors: the only file that caches.

Photos and predictions are named by the sha256 of the file and by the `Task`, never by hashing arrays. Shared things
are read only: a prediction's arrays are locked against writing before the first visitor gets them.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Hashable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import streamlit as st
import torch
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
from segcore.inference import INFERENCE_LOCK, MAX_SIDE, MIN_SIDE, Predictor, segment_classically
from segcore.jobs.start import fingerprint
from segcore.models import MODELS, build_model
from segcore.runs import Run, run_at
from segcore.types import Image, Prediction
from ui.bounded_store import BoundedStore
from ui.segment_request import Detail, Percent, Task

Computed = TypeVar("Computed")

def _prediction_bytes(prediction: Prediction) -> int:
    maps = (prediction.labels, prediction.confidence, prediction.runner_up, prediction.uncertainty)
    return sum(values.nbytes for values in maps)


_PREDICTIONS: BoundedStore[Prediction] = BoundedStore(512 * 2**20, _prediction_bytes)
_PHOTOS: BoundedStore[Image] = BoundedStore(512 * 2**20, lambda image: image.rgb.nbytes)


def image(image_id: str, name: str, data: bytes) -> Image:
    """A decoded photo. Raises BadImage like `read_image`."""
    key = f"{image_id} {name}"
    found = _PHOTOS.get(key)
    if found is None:
        found = read_image(data, name=name)
        found.rgb.flags.writeable = False
        _PHOTOS.put(key, found)
    return found


@st.cache_resource(show_spinner=False)
def sample(name: str) -> Image:
    """One of the bundled samples, decoded."""
    return sample_photos.read(name)


@st.cache_resource(show_spinner=False)
def published() -> list[PublishedCheckpoint]:
    """What torchvision publishes: facts only, nothing is fetched."""
    return published_checkpoints()


@st.cache_resource(show_spinner=False, max_entries=4)
def predictor(ref: CheckpointRef) -> Predictor:
    """A loaded model. Shared: a Predictor lets one photo in at a time."""
    return Predictor(load_checkpoint(ref))


def working_side(card: CheckpointCard, detail: Detail, size: tuple[int, int]) -> int | None:
    """How long the longer side of a photo shall be for the network, in pixels; None: as the checkpoint says.

    A checkpoint that looks at photos as they are is asked for half and twice the photo's own size.
    """
    longest = max(size)
    base = card.working_side or longest
    side = {"fast": base // 2, "standard": None, "fine": base * 2, "full": longest}[detail]
    return None if side is None else min(max(side, MIN_SIDE), MAX_SIDE)


def key_of(image: Image, task: Task) -> str:
    """Names a prediction: photo, file and version of the model, settings."""
    return hashlib.sha256(f"{image.image_id} {task}".encode()).hexdigest()


def segment(image: Image, task: Task) -> Prediction:
    """What the model says of the photo; computed once, whoever asks.

    Raises:
        SegcoreError: the checkpoint is broken, or is not here and cannot be fetched.
    """
    key = key_of(image, task)
    found = _PREDICTIONS.get(key)
    if found is None:
        if task.model.ref is not None:
            predictor(task.model.ref)  # before the lock: loading a model waits for it too
        with INFERENCE_LOCK:
            found = _PREDICTIONS.get(key) or _predict(image, task)  # another request may just have computed it
            _PREDICTIONS.put(key, found)
    return found


def _predict(image: Image, task: Task) -> Prediction:
    match task.model.kind:
        case "classical":
            rectangle = _rectangle(task.around, image.rgb.shape[:2])
            prediction = segment_classically(image.rgb, task.model.name, dict(task.settings), rectangle)
        case _:
            if task.model.ref is None:
                raise ValueError(f"{task.model.name} must be fetched before it can be used")
            card = load_card(task.model.ref.path)
            side = working_side(card, task.detail, image.rgb.shape[:2])
            prediction = predictor(task.model.ref)(image.rgb, working_side=side)
    for values in (prediction.labels, prediction.confidence, prediction.runner_up, prediction.uncertainty):
        values.flags.writeable = False
    return prediction


def _rectangle(around: Percent | None, size: tuple[int, int]) -> Rectangle | None:
    """Percent → pixels of this photo."""
    if around is None:
        return None
    top, left, bottom, right = around
    height, width = size
    return Rectangle(top * height // 100, left * width // 100, bottom * height // 100, right * width // 100)


def dataset(spec: str, split: str | None) -> SegDataset:
    """A dataset to look at; opened once, and once more when files came or went.

    Raises:
        SegcoreError: it is not there, or is no dataset.
    """
    folder = dataset_folder(spec)
    return _dataset(spec, split, str(fingerprint([] if folder is None else [folder])))


@st.cache_resource(show_spinner=False, max_entries=8)
def _dataset(spec: str, split: str | None, files: str) -> SegDataset:  # noqa: ARG001 - a part of the key
    return open_dataset(spec, split)


@st.cache_resource(show_spinner=False, max_entries=16)
def comparison(jobs: tuple[str, str], _one: EvaluationReport, _other: EvaluationReport) -> Comparison:  # noqa: ARG001 - a part of the key
    """Two reports of these jobs against each other: a thousand draws take a good part of a second.

    Raises:
        BadConfig: they have nothing in common.
    """
    return compare(_one, _other)


def validation_data(run: Run) -> SegDataset:
    """The validation images of a run; opened once, and once more when its settings were changed.

    Raises:
        SegcoreError: the data is gone, or is no longer what it was.
    """
    return _validation_data(str(run.path), run.created, json.dumps(run.plan))


@st.cache_resource(show_spinner=False, max_entries=4)
def _validation_data(path: str, created: float, plan: str) -> SegDataset:  # noqa: ARG001 - parts of the key
    from segcore.train import review  # noqa: PLC0415 - brings what trains, which the first page need not wait for

    return review.validation_data(run_at(Path(path)))


@st.cache_resource(show_spinner=False, max_entries=2)
def private_network(ref: CheckpointRef) -> tuple[nn.Module, CheckpointCard, threading.Lock]:
    """A network for lessons to put hooks into and to send gradients through, its card, and the lock that guards it.

    It is nobody's but the lessons': predictions are made by `predictor`, which shares nothing with it. Hold the lock
    for as long as hooks are in place.
    """
    checkpoint = load_checkpoint(ref)
    return private_copy(checkpoint.model), checkpoint.card, threading.Lock()


@lru_cache(maxsize=512)
def computed(function: Callable[..., Computed], *arguments: Hashable) -> Computed:
    """What a function says of plain arguments, reckoned once; read it only, it is shared.

    For what takes milliseconds to half a second and is small. An error is not kept.
    """
    return function(*arguments)


class ArchitectureRow(NamedTuple):
    """A line of the table of architectures."""

    title: str
    year: int
    paper: str
    summary: str
    parameters: int


@st.cache_data(show_spinner=False)
def architectures() -> list[ArchitectureRow]:
    """All networks that can be trained, in the order of their papers; parameters of the default build, 21 classes."""
    rows = []
    for name, card in MODELS.items():
        with torch.device("meta"):  # shapes without numbers: nothing is allocated
            model = build_model(name, num_classes=21)
        count = sum(parameter.numel() for parameter in model.parameters())
        rows.append(ArchitectureRow(card.title, card.year, card.paper, card.summary, count))
    return sorted(rows, key=lambda row: (row.year, row.title))

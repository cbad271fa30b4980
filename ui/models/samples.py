"""Sample results of every checkpoint on bundled photos: made once, kept on disk, shown as small images.

The missing ones are made one at a time while the page is open, with progress, and the visitor can stop that. Synthetic
shapes are added for a checkpoint that was trained on them: photos are no measure of it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st

from segcore import paths
from segcore.checkpoint import CheckpointCard, CheckpointRef
from segcore.data import resize_image, sample_photos, working_size
from segcore.data.shapes import open_shapes
from segcore.durable import write_whole
from segcore.errors import SegcoreError
from segcore.formatting import percent
from segcore.palette import background_id, overlay
from segcore.pictures import as_rgb, encode
from segcore.types import Image, Prediction
from ui import blobs, cache, state
from ui.segment_request import ModelChoice, SegmentRequest
from ui.text import t
from ui.widgets import frame

PHOTOS = ("astronaut", "chelsea", "coffee")
SHAPES = "shapes"
_SIDE = 320
_LEAST_SHARE = 0.005
"""Classes with a smaller share of the image are not named under it."""
_EVERY_SECONDS = 0.5
_STOPPED = "models.samples.stopped"


@dataclass(frozen=True)
class SampleResult:
    """A result on disk: the photo with its mask, and what was found."""

    photo: str
    image: Path
    found: tuple[tuple[str, float], ...]  # class and share of the pixels, the largest first, without the background


def wanted(card: CheckpointCard) -> tuple[str, ...]:
    """The photos for a checkpoint; none for classifiers and for images of other channels."""
    if card.task != "semantic" or card.in_channels not in (1, 3):
        return ()
    on_disk = tuple(name for name in PHOTOS if name in sample_photos.SAMPLES)
    synthetic = any(data.name.lower().startswith("shapes") for data in card.training_data)
    return (SHAPES, *on_disk[:2]) if synthetic else on_disk


def read(reference: CheckpointRef, photo: str) -> SampleResult | None:
    """The result that was made earlier; None if there is none, or of another version of the file."""
    image, facts = _files(reference, photo)
    try:
        found = json.loads(facts.read_text(encoding="utf-8"))
        if not image.is_file():
            return None
        return SampleResult(photo, image, tuple((str(name), float(share)) for name, share in found))
    except (OSError, ValueError, TypeError):
        return None


def make(reference: CheckpointRef, photo: str) -> None:
    """Predict one photo and keep the result.

    Raises:
        SegcoreError: the checkpoint cannot be used.
    """
    shown = _photo(photo)
    prediction = cache.segment(shown, SegmentRequest(ModelChoice(reference.name, "checkpoint", reference)))
    size = working_size(prediction.labels.shape, min(_SIDE, max(prediction.labels.shape)))
    image, facts = _files(reference, photo)
    image.parent.mkdir(parents=True, exist_ok=True)
    laid = overlay(shown.rgb, prediction.labels, prediction.colours, opacity=0.55)
    write_whole(image, encode(resize_image(laid, size), "jpg", quality=86))
    write_whole(facts, json.dumps(_found(prediction), ensure_ascii=False).encode())


def draw(reference: CheckpointRef, card: CheckpointCard) -> None:
    """Draw the results that exist; class names are untrusted and escaped."""
    figures = []
    for photo in wanted(card):
        result = read(reference, photo)
        if result is None:
            figures.append(
                f'<figure><div class="blank"></div><figcaption>{escape(t("models.sample.none"))}</figcaption></figure>'
            )
            continue
        url = blobs.publish(
            f"model {result.image} {result.image.stat().st_mtime_ns}", result.image.read_bytes, "image/jpeg"
        )
        named = ", ".join(f"{name} {percent(share)}" for name, share in result.found)
        caption = escape(named or t("models.sample.nothing"))
        figures.append(f'<figure><img src="{url}" alt="" loading="lazy"><figcaption>{caption}</figcaption></figure>')
    if figures:
        st.html(f'<div class="seg-samples">{"".join(figures)}</div>')


def make_missing(models: Sequence[tuple[CheckpointRef, CheckpointCard]]) -> None:
    """Make the missing results, one in each run of a fragment, with progress and a button that stops it."""
    everything = [(ref, photo) for ref, card in models for photo in wanted(card)]
    missing = [pair for pair in everything if read(*pair) is None and not state.get(_failure(*pair), False)]
    if not missing:
        return
    if state.get(_STOPPED, False):
        st.button(
            t("models.samples.start", count=len(missing)),
            key="models.samples.start",
            icon=":material/image:",
            on_click=lambda: state.put(_STOPPED, False),
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", key="models.samples.progress"):
        frame.fragment(_one_more, run_every=_EVERY_SECONDS)(everything)
        # Outside the fragment: a press on a button of one that was replaced meanwhile would be lost.
        st.button(
            t("jobs.cancel"),
            key="models.samples.stop",
            icon=":material/close:",
            on_click=lambda: state.put(_STOPPED, True),
        )


def _one_more(everything: Sequence[tuple[CheckpointRef, str]]) -> None:
    missing = [pair for pair in everything if read(*pair) is None and not state.get(_failure(*pair), False)]
    if not missing or state.get(_STOPPED, False):
        st.rerun()
    reference, photo = missing[0]
    done = len(everything) - len(missing)
    text = t("models.samples.making", name=reference.name, number=done + 1, count=len(everything))
    st.progress(done / len(everything), text=text)
    try:
        make(reference, photo)
        if [ref for ref, _ in missing[1:2]] != [reference]:
            st.rerun()  # all results of this checkpoint are there: draw its card again
    except (SegcoreError, OSError):
        state.put(_failure(reference, photo), True)  # the card, or the list of broken files, states why


def _failure(reference: CheckpointRef, photo: str) -> str:
    return f"models.samples.failed.{_files(reference, photo)[0].name}"


def _files(reference: CheckpointRef, photo: str) -> tuple[Path, Path]:
    """(image, facts) of a result; another version of the checkpoint has others."""
    digest = hashlib.sha256(f"{reference} {photo}".encode()).hexdigest()[:24]
    folder = paths.home() / "samples"
    return folder / f"{digest}.jpg", folder / f"{digest}.json"


def _photo(name: str) -> Image:
    if name != SHAPES:
        return cache.sample(name)
    rgb = as_rgb(open_shapes("20:160", "val")[0].image)
    return Image(hashlib.sha256(rgb.tobytes()).hexdigest(), rgb, name)


def _found(prediction: Prediction) -> list[tuple[str, float]]:
    shares = np.bincount(prediction.labels.ravel(), minlength=len(prediction.classes)) / prediction.labels.size
    background = background_id(prediction.classes)
    order = [int(k) for k in np.argsort(-shares) if k != background and shares[k] >= _LEAST_SHARE]
    return [(prediction.classes[k], float(shares[k])) for k in order[:4]]

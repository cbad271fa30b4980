"""A validation image of a run: its thumbnail, and the mask viewer with ground truth and a new prediction."""

import hashlib
from typing import Literal

import streamlit as st

from segcore.checkpoint import CheckpointRef
from segcore.data import Sample
from segcore.errors import BadClasses
from segcore.formatting import score
from segcore.metrics import confusion, scores
from segcore.pictures import as_rgb, square_thumbnail
from segcore.runs import Run
from segcore.train.review import validation_sample
from segcore.types import IGNORE, Image
from ui import blobs, cache, links, network_cache, state
from ui.segment_request import ModelChoice, SegmentRequest
from ui.text import plain, t
from ui.widgets import photos, prediction_viewer, sample_photo

_THUMBNAIL_PX = 192


def thumbnail(run: Run, moment: float, index: int, name: str) -> str:
    """Address of the thumbnail of a validation image; the data is opened only for thumbnails not made before.

    The moment of the validation and the index in its data identify the thumbnail.

    Raises:
        SegcoreError: the data is gone or has changed.
    """

    def make() -> bytes:
        sample = validation_sample(network_cache.validation_data(run), index, name)
        return square_thumbnail(sample.image, _THUMBNAIL_PX)

    return blobs.publish(f"worst {run.path} {moment} {index}", make, "image/jpeg")


def show(run: Run, index: int, name: str, miou: float, weights: Literal["last", "best"]) -> None:
    """Draw the viewer, the score in the validation and now, with these weights, and the button to Segment.

    Raises:
        SegcoreError: data or weights are gone, or have changed.
    """
    sample = validation_sample(network_cache.validation_data(run), index, name)
    rgb = as_rgb(sample.image)
    image = Image(hashlib.sha256(str(rgb.shape).encode() + rgb.tobytes()).hexdigest(), rgb, sample.name)
    ref = CheckpointRef.of(run.checkpoint_path(weights))
    request = SegmentRequest(ModelChoice(f"{run.name} {weights}", "checkpoint", ref))
    with st.spinner(t("worst.working")):
        prediction = cache.segment(image, request)
    if len(prediction.classes) <= int(sample.labels[sample.labels != IGNORE].max(initial=0)):
        raise BadClasses(t("worst.classes", name=name, count=len(prediction.classes)))
    st.markdown(f"**{plain(name)}**")
    prediction_viewer.show(
        image,
        prediction,
        name=cache.key_of(image, request),
        title=t(f"worst.weights.{weights}"),
        ground_truth=sample.labels,
        max_height_px=480,
        key="worst.viewer",
    )
    now = scores(confusion(prediction.labels, sample.labels, len(prediction.classes)), prediction.classes).miou
    st.caption(t(f"worst.recomputed.{weights}", now=score(now), then=score(miou)))
    _segment_button(run, sample)


def _segment_button(run: Run, sample: Sample) -> None:
    """Open the image on the Segment page; with its ground truth if the weights of this run were kept."""
    if not st.button(t("worst.segment"), icon=":material/arrow_forward:", key="worst.segment"):
        return
    photo = sample_photo.as_photo(sample)
    photos.own()[photo.image_id] = photo
    photos.select(photo.image_id)
    kept: str | None = state.get(f"runs.kept.{run.name}", None)
    if kept is not None:
        photos.truths()[photo.image_id] = sample.labels
    links.segment(kept).open()

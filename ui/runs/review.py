"""One validation image of a run in the mask viewer, with its truth, predicted once more. Brings torch."""

import hashlib
import math
from typing import TYPE_CHECKING

import streamlit as st

from segcore.checkpoint import CheckpointRef
from segcore.data import Sample
from segcore.errors import BadClasses
from segcore.metrics import confusion, scores
from segcore.pictures import as_rgb, encode, square_thumbnail
from segcore.runs import Run
from segcore.train.review import validation_sample
from segcore.types import IGNORE, Image
from ui import cache, state
from ui.api import routes
from ui.components import viewer
from ui.segment_request import ModelChoice, Task
from ui.text import plain, t
from ui.widgets import frame
from ui.widgets.viewer_images import pictures

if TYPE_CHECKING:
    from ui.runs.worst import Row, Weights

_THUMBNAIL_PX = 192


def thumbnail(run: Run, moment: float, index: int, name: str) -> str:
    """The address of a small picture of a validation image; the data is opened only for those not shown before.

    Args:
        run: whose data it is.
        moment: of the validation, which with the index names the picture.
        index: in the validation data.
        name: which it must still have there.

    Raises:
        SegcoreError: the data is gone or has changed.
    """

    def make() -> bytes:
        sample = validation_sample(cache.validation_data(run), index, name)
        return square_thumbnail(sample.image, _THUMBNAIL_PX)

    return routes.publish(f"worst {run.path} {moment} {index}", make, "image/jpeg")


def show(run: Run, row: "Row", which: "Weights") -> None:
    """The viewer, what was measured then and now, and the way to the Segment page.

    Raises:
        SegcoreError: data or weights are gone, or have changed.
    """
    sample = validation_sample(cache.validation_data(run), row.index, row.name)
    image = _image(sample)
    ref = CheckpointRef.of(run.checkpoint_path(which))
    task = Task(ModelChoice(f"{run.name} {which}", "checkpoint", ref))
    with st.spinner(t("worst.working")):
        prediction = cache.segment(image, task)
    if len(prediction.classes) <= int(sample.labels[sample.labels != IGNORE].max(initial=0)):
        raise BadClasses(t("worst.classes", name=row.name, count=len(prediction.classes)))
    shown = pictures(image, prediction, cache.key_of(image, task), sample.labels)
    st.markdown(f"**{plain(row.name)}**")
    viewer.show(
        image_url=shown.image,
        maps_url=shown.maps,
        uncertainty_url=shown.uncertainty,
        truth_url=shown.truth,
        width=shown.width,
        height=shown.height,
        classes=prediction.classes,
        colours=prediction.colours,
        title=t(f"worst.weights.{which}"),
        max_height_px=480,
        key="worst.viewer",
    )
    now = scores(confusion(prediction.labels, sample.labels, len(prediction.classes)), prediction.classes).miou
    st.caption(
        t(
            f"worst.recomputed.{which}",
            now="—" if math.isnan(now) else f"{now:.3f}",
            then=f"{row.miou:.3f}",
        )
    )
    _segment_link(run, sample)


def as_photo(sample: Sample) -> state.Photo:
    """A validation image as if the visitor had given it: pixel for pixel, as a PNG."""
    data = encode(sample.image)
    return state.Photo(hashlib.sha256(data).hexdigest(), f"{sample.name}.png", data)


def _segment_link(run: Run, sample: Sample) -> None:
    """Take the image to the Segment page; its truth goes along where the weights of this run were kept."""
    if not st.button(t("worst.segment"), icon=":material/arrow_forward:", key="worst.segment"):
        return
    photo = as_photo(sample)
    state.photos()[photo.image_id] = photo
    state.select(photo.image_id)
    kept = state.kept_from(run.name)
    if kept is not None:
        state.truths()[photo.image_id] = sample.labels
    st.switch_page(frame.PAGES / "segment.py", query_params={"model": kept} if kept else None)


def _image(sample: Sample) -> Image:
    """A sample as a photo: three channels, named by its pixels."""
    rgb = as_rgb(sample.image)
    return Image(hashlib.sha256(str(rgb.shape).encode() + rgb.tobytes()).hexdigest(), rgb, sample.name)

"""A grid of images with their masks, page by page, and the selected one in the mask viewer."""

import numpy as np
import streamlit as st

from segcore.data import SegDataset
from segcore.jobs.start import fingerprint
from segcore.pictures import as_rgb, encode
from ui import blobs, state
from ui.components import viewer
from ui.components.viewer import Layers
from ui.known_names import class_name
from ui.text import plain, t, t_count
from ui.widgets import dataset_thumbnails, frame, image_strip, job_panel, sample_photo
from ui.widgets.dataset_picker import DatasetChoice
from ui.widgets.image_strip import Face

PER_PAGE = 24


def show(choice: DatasetChoice, dataset: SegDataset) -> None:
    """Draw the filter, the grid and the viewer."""
    indices = _filtered(choice, dataset)
    if not indices:
        st.info(t("data.browse.none"), icon=":material/info:")
        return
    pages = -(-len(indices) // PER_PAGE)
    with st.container(horizontal=True, vertical_alignment="center", key="data_pages"):
        st.markdown(t_count("data.browse.images", len(indices)))
        if pages > 1:
            page = st.number_input(t("data.browse.page", count=pages), 1, pages, key="data.page", width=200)
        else:
            page = 1
    shown = indices[(int(page) - 1) * PER_PAGE : int(page) * PER_PAGE]
    chosen = state.widget("data.index")
    if chosen not in shown:
        chosen = shown[0]
    version = str(fingerprint(choice.files))
    faces = [
        Face(
            index,
            dataset_thumbnails.address(choice.spec, choice.split, version, index),
            t("data.browse.image", number=index + 1),
        )
        for index in shown
    ]
    with st.container(key="data_browse"):
        left, right = st.columns([7, 5], gap="medium")
    with left, frame.sentences():
        _one(dataset, chosen, version)
    with right:
        image_strip.draw(
            faces, chosen=chosen, on_choose=lambda index: state.set_widget("data.index", index), key="data_tile"
        )


def _filtered(choice: DatasetChoice, dataset: SegDataset) -> list[int]:
    """Indices of the images to show: all, or those that contain a class, once they have been counted."""
    everything = list(range(len(dataset)))
    with st.expander(t("data.filter"), icon=":material/filter_alt:", key="data.filter.box"):
        settings = {"data": choice.spec, "split": choice.split}
        answer = job_panel.panel(
            "dataset_showing", settings, files=choice.files, key="data.showing", label=t("data.filter.start")
        )
        if answer is None:
            st.caption(t("data.filter.about"))
            return everything
        wanted = st.selectbox(
            t("data.filter.class"),
            list(range(len(dataset.classes))),
            index=None,
            format_func=lambda index: t(
                "data.filter.option", name=class_name(dataset.classes[index]), count=len(answer["showing"][index])
            ),
            placeholder=t("data.filter.all"),
            key="data.filter",
        )
    return everything if wanted is None else [int(index) for index in answer["showing"][wanted]]


def _one(dataset: SegDataset, index: int, version: str) -> None:
    """One image in the viewer. Its labels are no prediction, so there is no confidence."""
    sample = dataset[index]
    name = f"{version} {dataset.title} {index}"
    height, width = sample.labels.shape
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(sample.name)}** · {width} × {height}", width="content")
        if st.button(t("data.browse.segment"), icon=":material/arrow_forward:", key="data.segment", type="tertiary"):
            sample_photo.open_on_segment(sample)
    maps = np.dstack([sample.labels, np.full_like(sample.labels, 255), sample.labels])
    viewer.show(
        Layers(
            width,
            height,
            image=blobs.publish(
                f"data photo {name}", lambda: encode(as_rgb(sample.image), "jpg", quality=95), "image/jpeg"
            ),
            maps=blobs.publish(f"data maps {name}", lambda: encode(maps), "image/png"),
            labels_only=True,
        ),
        dataset.classes,
        dataset.colours,
        title=t("data.browse.truth"),
        max_height_px=520,
        key="data.viewer",
    )

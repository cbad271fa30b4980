"""The panel under a choice of data: the known datasets with thumbnails, the folders of the server, and uploads."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from segcore.data import allowed_folders, dataset_folder, forget_data, is_there, list_folder, recent_data
from segcore.errors import SegcoreError
from ui import state
from ui.text import plain, t
from ui.widgets import dataset_thumbnails, dataset_upload, frame, view_tabs

VIEWS = ("known", "folders", "upload")
PER_PAGE = 6
"""Datasets that are listed at first: each is opened for its thumbnails."""

Take = Callable[[str], None]
"""Called with the spec of the chosen dataset, before the next run of the script."""


def button(key: str) -> None:
    """Draw the button that opens or closes the panel."""
    is_open = bool(state.get(f"{key}.open", False))
    st.button(
        t("pick.close") if is_open else t("pick.open"),
        key=f"{key}.toggle",
        icon=":material/close:" if is_open else ":material/folder_open:",
        on_click=lambda: state.put(f"{key}.open", not is_open),
    )


def close(key: str) -> None:
    """Close the panel from the next run on."""
    state.put(f"{key}.open", False)


def show(key: str, known: Sequence[str], take: Take) -> None:
    """Draw the panel if it is open."""
    if not state.get(f"{key}.open", False):
        return
    with st.container(border=True, key=f"{key}.panel"), frame.sentences():
        view = view_tabs.select(t("pick.view"), VIEWS, lambda name: t(f"pick.view.{name}"), key=f"{key}.view")
        if view == "known":
            _known(key, known, take)
        elif view == "folders":
            _folders(key, take)
        else:
            dataset_upload.show(key, take)


def _known(key: str, known: Sequence[str], take: Take) -> None:
    """Recent data first, with that which is gone; then the named and the uploaded datasets."""
    recent = recent_data()
    specs = list(dict.fromkeys([*recent, *known]))
    shown = int(state.get(f"{key}.shown", PER_PAGE))
    with st.spinner(t("data.opening")):
        for number, spec in enumerate(specs[:shown]):
            _entry(f"{key}.known.{number}", spec, take, is_recent=spec in recent)
    if len(specs) > shown:
        st.button(
            t("pick.more", count=len(specs) - shown),
            key=f"{key}.more",
            type="tertiary",
            on_click=lambda: state.put(f"{key}.shown", shown + PER_PAGE),
        )


def _entry(key: str, spec: str, take: Take, *, is_recent: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        if is_there(spec):
            folder = dataset_folder(spec)
            can_open = dataset_thumbnails.draw_summary(spec, name=spec if folder is None else Path(folder).name)
        else:
            can_open = False
            st.caption(t("pick.gone", path=plain(spec)))
        with st.container(horizontal=True, width="content"):
            st.button(t("pick.take"), key=f"{key}.take", on_click=take, args=(spec,), disabled=not can_open, help=spec)
            if is_recent:
                st.button(
                    t("pick.forget"), key=f"{key}.forget", type="tertiary", icon=":material/close:",
                    help=t("pick.forget.help"), on_click=forget_data, args=(spec,),
                )  # fmt: skip


def _folders(key: str, take: Take) -> None:
    """One folder of the server: its subfolders as buttons, and whether it is a dataset itself.

    Raises:
        BadDataset: the folder cannot be read, or is none of the allowed ones.
    """
    roots = allowed_folders()
    if not roots:
        st.info(t("pick.none_allowed"), icon=":material/info:")
        return
    at = f"{key}.at"

    def go(folder: Path) -> None:
        state.put(at, str(folder))

    st.caption(t("pick.allowed"))
    with st.container(horizontal=True, key=f"{key}.roots"):
        for number, root in enumerate(roots):
            st.button(str(root), key=f"{key}.root.{number}", icon=":material/home_storage:", on_click=go, args=(root,))
    listing = list_folder(state.get(at, str(roots[0])))
    st.markdown(f"**{plain(str(listing.path))}**")
    with st.container(horizontal=True, key=f"{key}.folders", gap="small"):
        if listing.parent is not None:
            st.button(
                t("pick.up"), key=f"{key}.up", icon=":material/arrow_upward:", on_click=go, args=(listing.parent,)
            )
        for number, folder in enumerate(listing.folders):
            st.button(
                plain(folder.name), key=f"{key}.folder.{number}", icon=":material/folder:", on_click=go, args=(folder,)
            )
    if not listing.folders:
        st.caption(t("pick.no_folders"))
    if listing.left_out:
        st.caption(t("pick.left_out", count=listing.left_out))
    _offer(key, listing.path, take)


def _offer(key: str, folder: Path, take: Take) -> None:
    """The folder as a dataset, with a button that chooses it; nothing if it is none."""
    try:
        dataset_thumbnails.summary(str(folder))
    except SegcoreError:
        st.caption(t("pick.no_dataset"))
        return
    _entry(f"{key}.here", str(folder), take, is_recent=False)

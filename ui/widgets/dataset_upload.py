"""Data from the browser: a zip, or images and masks as single files. Zips are unpacked by a short job.

Streamlit keeps an upload in memory. It is written to the inbox at once, in chunks; from then on everything is on disk,
and a reload of the page finds it again. Zips too large for the browser are named by their path.
"""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from segcore import paths
from segcore.data import require_allowed, save_pairs
from segcore.data.archive import safe_name
from segcore.data.archive_members import Limits
from segcore.jobs import find_job, is_active
from ui import state
from ui.text import plain, t
from ui.widgets import frame, job_panel

_IMAGES = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "gif"]
_CHUNK_BYTES = 1 << 20
_HASHED = 12
"""Digits of a zip's hash before its name in the inbox, so that two zips may have the same name."""


def inbox(key: str = "") -> Path:
    """Folder of the uploads of a picker; not listed among the datasets, because its name begins with a dot.

    Pickers of data to train on share one, so that a zip waits on every page; data to validate on has its own.
    """
    folder = paths.data_dir() / ".inbox"
    return folder / "val_data" if key.endswith(".val_data") else folder


def show(key: str, take: Callable[[str], None]) -> None:
    """Draw the uploaders; ``take`` is called with the folder of uploaded pairs. A zip waits, see `waiting`."""
    limits = Limits()
    most_mb = int(st.get_option("server.maxUploadSize"))
    st.caption(t("data.upload.about", megabytes=most_mb, files=f"{limits.files:,}", gigabytes=f"{limits.gigabytes:g}"))
    file = st.file_uploader(t("data.upload"), type=["zip"], key=state.fresh_key(f"{key}.inbox"))
    if file is not None:
        _keep(key, file)
        state.empty_widget(f"{key}.inbox")
        st.rerun()
    st.text_input(t("data.upload.path"), key=state.fresh_key(f"{key}.zip"), help=t("data.upload.path.help"))
    st.markdown(f"**{t('pick.pairs')}**")
    st.caption(t("pick.pairs.about"))
    left, right = st.columns(2)
    images = left.file_uploader(
        t("pick.pairs.images"), type=_IMAGES, accept_multiple_files=True, key=state.fresh_key(f"{key}.pairs.images")
    )
    masks = right.file_uploader(
        t("pick.pairs.masks"), type=_IMAGES, accept_multiple_files=True, key=state.fresh_key(f"{key}.pairs.masks")
    )
    name = st.text_input(t("pick.pairs.name"), value=t("pick.pairs.default"), max_chars=60, key=f"{key}.pairs.name")

    @frame.errors_later()
    def save() -> None:
        take(str(save_pairs(_by_name(images), _by_name(masks), name)))
        state.empty_widget(f"{key}.pairs.images")
        state.empty_widget(f"{key}.pairs.masks")

    st.button(
        t("pick.pairs.save", images=len(images), masks=len(masks)), key=f"{key}.pairs.save", icon=":material/upload:",
        disabled=not images or not masks, on_click=save,
    )  # fmt: skip
    frame.earlier_errors()


def _by_name(files: list[UploadedFile]) -> dict[str, bytes]:
    return {file.name: file.getvalue() for file in files}


def waiting(key: str, take: Callable[[str], None]) -> None:
    """Draw every zip that waits at a picker to be unpacked. Call it before the menu.

    An unpacked dataset is given to ``take``.
    """
    for path in sorted(inbox(key).glob("*.zip")):
        _waiting(key, path, path.name[_HASHED + 1 :], take, uploaded=True)
    named = str(state.widget(state.fresh_key(f"{key}.zip")) or "").strip()
    if named:
        path = Path(named).expanduser()
        require_allowed(path)
        _waiting(key, path, path.name, take, uploaded=False)


def _keep(key: str, file: UploadedFile) -> None:
    """Write an upload from memory to the inbox in chunks; atomically."""
    folder = inbox(key)
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.file_digest(file, "sha256").hexdigest()[:_HASHED]
    file.seek(0)
    arriving = folder / f".{digest}"
    with arriving.open("wb") as target:
        shutil.copyfileobj(file, target, _CHUNK_BYTES)
    arriving.replace(folder / f"{digest}-{safe_name(file.name)}.zip")


def _waiting(key: str, path: Path, name: str, take: Callable[[str], None], *, uploaded: bool) -> None:
    """One zip: unpack it, with progress and cancel, or discard it."""
    card = f"{key}.import.{hashlib.sha256(str(path).encode()).hexdigest()[:_HASHED]}"
    with st.container(border=True, key=f"{card}.card"):
        size = path.stat().st_size / 1e6 if path.is_file() else 0.0
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(t("data.upload.waiting", name=plain(name), size=f"{max(size, 0.1):,.1f}"), width="content")
            discard = st.button(
                t("data.upload.discard"), key=f"{card}.discard", type="tertiary", icon=":material/delete:"
            )
        settings = {"zip": str(path), "name": name}
        answer = job_panel.panel(
            "dataset_import", settings, files=[path], key=card,
            label=t("data.upload.button"), icon=":material/unarchive:",
        )  # fmt: skip
    if discard:
        run = find_job("dataset_import", settings, files=[path])
        if run is not None and is_active(run):
            run.request("stop")
        _discard(key, path, uploaded=uploaded)
        st.rerun()
    if answer is not None and Path(answer["root"]).is_dir():
        take(answer["root"])
        _discard(key, path, uploaded=uploaded)
        st.rerun()


def _discard(key: str, path: Path, *, uploaded: bool) -> None:
    """Discard a zip; only uploads are deleted, a file named by its path stays."""
    if uploaded:
        path.unlink(missing_ok=True)
    else:
        state.empty_widget(f"{key}.zip")

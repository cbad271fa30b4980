"""Zips that are uploaded, or named by their path on this computer, and their unpacking as a short job.

Streamlit keeps an upload in memory. It is written to the inbox at once, in chunks; from then on everything is on disk,
and a reload of the page finds it again. Zips too large for the browser are named by their path.
"""

import hashlib
import shutil
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from segcore import paths
from segcore.data.archive import safe_name
from segcore.data.archive_members import Limits
from segcore.jobs import find_job, is_active
from ui import state
from ui.text import plain, t
from ui.widgets import job_panel
from ui.widgets.dataset_picker import SPEC

_INBOX = "data.inbox"
_PATH = "data.zip"
_CHUNK_BYTES = 1 << 20
_HASHED = 12
"""Digits of a zip's hash before its name in the inbox, so that two zips may have the same name."""


def inbox() -> Path:
    """Folder of uploads; not listed among the datasets, because its name begins with a dot."""
    return paths.data_dir() / ".inbox"


def show() -> None:
    """Draw the uploader, and every waiting zip; an unpacked dataset becomes the chosen one."""
    limits = Limits()
    with st.expander(t("data.upload"), icon=":material/upload:", key="data.upload.box"):
        most_mb = int(st.get_option("server.maxUploadSize"))
        st.caption(
            t("data.upload.about", megabytes=most_mb, files=f"{limits.files:,}", gigabytes=f"{limits.gigabytes:g}")
        )
        file = st.file_uploader(
            t("data.upload"), type=["zip"], key=state.fresh_key(_INBOX), label_visibility="collapsed"
        )
        named = st.text_input(t("data.upload.path"), key=state.fresh_key(_PATH), help=t("data.upload.path.help"))
    if file is not None:
        _keep(file)
        state.empty_widget(_INBOX)
        st.rerun()
    for path in sorted(inbox().glob("*.zip")):
        _waiting(path, path.name[_HASHED + 1 :], uploaded=True)
    if named.strip():
        path = Path(named.strip()).expanduser()
        _waiting(path, path.name, uploaded=False)


def _keep(file: UploadedFile) -> None:
    """Write an upload from memory to the inbox in chunks; atomically."""
    inbox().mkdir(parents=True, exist_ok=True)
    digest = hashlib.file_digest(file, "sha256").hexdigest()[:_HASHED]
    file.seek(0)
    arriving = inbox() / f".{digest}"
    with arriving.open("wb") as target:
        shutil.copyfileobj(file, target, _CHUNK_BYTES)
    arriving.replace(inbox() / f"{digest}-{safe_name(file.name)}.zip")


def _waiting(path: Path, name: str, *, uploaded: bool) -> None:
    """One zip: unpack it, with progress and cancel, or discard it."""
    key = f"data.import.{hashlib.sha256(str(path).encode()).hexdigest()[:_HASHED]}"
    with st.container(border=True, key=f"{key}.card"):
        size = path.stat().st_size / 1e6 if path.is_file() else 0.0
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(t("data.upload.waiting", name=plain(name), size=f"{max(size, 0.1):,.1f}"), width="content")
            discard = st.button(
                t("data.upload.discard"), key=f"{key}.discard", type="tertiary", icon=":material/delete:"
            )
        settings = {"zip": str(path), "name": name}
        answer = job_panel.panel(
            "dataset_import", settings, files=[path], key=key,
            label=t("data.upload.button"), icon=":material/unarchive:",
        )  # fmt: skip
    if discard:
        run = find_job("dataset_import", settings, files=[path])
        if run is not None and is_active(run):
            run.request("stop")
        _discard(path, uploaded=uploaded)
        st.rerun()
    if answer is not None and Path(answer["root"]).is_dir():
        state.set_widget(SPEC, answer["root"])
        state.set_address(data=answer["root"])
        _discard(path, uploaded=uploaded)
        st.rerun()


def _discard(path: Path, *, uploaded: bool) -> None:
    """Discard a zip; only uploads are deleted, a file named by its path stays."""
    if uploaded:
        path.unlink(missing_ok=True)
    else:
        state.empty_widget(_PATH)

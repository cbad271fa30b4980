"""A short training that a lesson offers: what it does, the button that starts it, its progress and its result."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from ui.widgets import job_panel


def show(
    title: str,
    about: str,
    job: str,
    settings: Mapping[str, Any],
    *,
    key: str,
    start: str,
    files: Iterable[Path] = (),
    missing: str = "",
) -> dict[str, Any] | None:
    """Draw the panel of a job of `segcore.jobs` with a title and a description; return its result, None before it.

    ``start`` is the label of the button, ``files`` are those that the result depends on. If ``missing`` names what the
    training lacks, it cannot start.
    """
    with st.container(border=True, key=f"{key}.frame"):
        st.markdown(f"**{title}**")
        st.caption(about)
        if missing:
            st.info(missing)
            return None
        return job_panel.panel(job, settings, key=key, label=start, files=files)

"""A short training that a lesson offers: what it does, the button that starts it, its progress and its result."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from ui.widgets import job_panel


def show(
    title: str,
    about: str,
    job: str,
    settings: Mapping[str, Any],
    draw: Callable[[dict[str, Any]], None] | None = None,
    *,
    key: str,
    start: str,
    files: Iterable[Path] = (),
    missing: str = "",
) -> None:
    """Draw the panel of a job of `segcore.jobs` with a title and a description, then its result by ``draw``.

    ``start`` is the label of the button, ``files`` are those that the result depends on. If ``missing`` names what the
    training lacks, it cannot start.
    """
    with st.container(border=True, key=f"{key}.frame"):
        st.markdown(f"**{title}**")
        st.caption(about)
        if missing:
            st.info(missing)
            return
        found = job_panel.panel(job, settings, key=key, label=start, files=files)
    if found is not None and draw is not None:
        draw(found)

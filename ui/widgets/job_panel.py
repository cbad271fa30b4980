"""A short job on a page: a button that starts it, its progress, a button that cancels it, then its result.

Nothing of a job is in the session: it is found by its settings (`segcore.jobs`), so a reload, a second tab and a
restarted server all show the same.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from segcore.errors import Message, read_reason
from segcore.formatting import moment
from segcore.jobs import find_job, is_active, job_progress, job_result, start_job
from segcore.runs import Run
from ui.text import plain, t, translated
from ui.widgets import frame, run_text

_EVERY_SECONDS = 1.0


def panel(
    name: str,
    settings: Mapping[str, Any],
    *,
    key: str,
    label: str,
    files: Iterable[Path] = (),
    icon: str = ":material/play_arrow:",
) -> dict[str, Any] | None:
    """Draw a job of `segcore.jobs.JOBS` and return its result, which depends on the settings and the files.

    The settings are plain JSON values; ``label`` and ``icon`` are those of the button that starts the job.

    Returns:
        The return value of the job's function; None while the job is not started, active, cancelled or failed, which
        is drawn here.
    """
    files = list(files)
    run = find_job(name, settings, files=files)

    @frame.sentences()
    def begin(*, again: bool = False) -> None:
        # As a callback: the next run of the script finds the job already there.
        start_job(name, settings, files=files, again=again)

    with st.container(key=f"{key}.panel", gap="small"):
        if run is not None and is_active(run):
            _running(run, key)
            return None
        result = None if run is None else job_result(run)
        if run is not None and result is not None:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(t("jobs.when", moment=moment((run.last("state") or {}).get("time", run.created))))
                st.button(
                    t("jobs.again"), key=f"{key}.again", type="tertiary", icon=":material/refresh:",
                    on_click=begin, kwargs={"again": True},
                )  # fmt: skip
            return result
        st.button(label, key=f"{key}.start", icon=icon, on_click=begin)
        if run is not None:
            _show_failure(run)
    return None


def _running(run: Run, key: str) -> None:
    """Progress, and the button that cancels."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}.progress"):
        frame.fragment(_progress, run_every=_EVERY_SECONDS)(run)
        # Outside the fragment: a press on a button of one that was replaced meanwhile would be lost.
        st.button(
            t("jobs.cancel"), key=f"{key}.cancel", icon=":material/close:", on_click=_cancel, args=(run,),
            disabled=run.status() == "stopping",
        )  # fmt: skip


def _progress(run: Run) -> None:
    """Progress; when the job has ended, the whole page is redrawn."""
    if not is_active(run):
        st.rerun()
    progress = job_progress(run)
    doing = t(f"jobs.doing.{progress.doing or 'starting'}", detail=plain(progress.detail))
    if progress.total and progress.total > 1 and not progress.detail:
        doing = t("jobs.of", doing=doing, done=f"{progress.done:,.0f}", total=f"{progress.total:,.0f}")
    if run.status() == "stopping":
        doing = t("jobs.cancelling")
    elif progress.left is not None:
        doing = t("jobs.left", doing=doing, left=run_text.seconds(progress.left))
    st.progress(progress.share, text=doing)


@frame.sentences()
def _cancel(run: Run) -> None:
    if is_active(run):
        run.request("stop")


def _show_failure(run: Run) -> None:
    match run.status():
        case "failed":
            reason = read_reason(run.last("state") or {})
            if not (isinstance(reason, Message) and "findings" in reason.facts):  # `accepted_problems` draws these
                st.error(plain(translated(reason)), icon=":material/error:")
        case "lost":
            st.warning(t("jobs.lost"), icon=":material/error:")
        case "stopped":
            st.caption(t("jobs.cancelled"))

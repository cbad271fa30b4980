"""One run: how far it is, its curves, and what can be done with it."""

import json
import shlex
from collections.abc import Callable

import streamlit as st

from segcore.checkpoint import CheckpointRef, load_card
from segcore.runs import REQUESTS, Request, Run, resume
from ui import frame, live, state
from ui.runs import words
from ui.runs.curves import as_csv
from ui.runs.log import log_tail
from ui.runs.summary import Summary, summary
from ui.text import plain, t
from ui.tiles import Tile, tiles

_EVERY_SECONDS = 2.0

_ICONS: dict[Request, str] = {
    "stop": ":material/stop:",
    "stop_after_epoch": ":material/last_page:",
    "pause": ":material/pause:",
}

CAUSES = ("nan", "out_of_memory", "disk_full", "lost")
"""Causes that say more than the reason does; the texts are ``runs.cause.…``."""


def show(run: Run) -> None:
    """Draw everything about a run."""
    facts = summary(run)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(plain(run.name), anchor=False)
        _requests(run, facts)
        if not facts.is_active:
            st.page_link(
                frame.PAGES / "train.py",
                label=t("runs.again"),
                icon=":material/restart_alt:",
                query_params={"like": run.name},
            )
        st.page_link(frame.PAGES / "runs.py", label=t("runs.back"), icon=":material/arrow_back:")
    st.fragment(_head, run_every=_EVERY_SECONDS if facts.is_active else None)(run, facts.state)
    live.curves(run, is_active=facts.is_active, key=f"runs.live.{run.name}")
    left, right = st.columns([6, 5], gap="large")
    with left, frame.sentences():
        st.subheader(t("runs.weights"), anchor=False)
        _weights(run, facts)
    with right, frame.sentences():
        st.subheader(t("runs.files"), anchor=False)
        _files(run, facts)
    _configuration(run)
    if not facts.is_active or facts.state == "queued":
        _delete(run)


def _head(run: Run, drawn_as: str) -> None:
    """Tiles, what went wrong, the end of the log: what changes while the run goes on."""
    with frame.sentences():
        facts = summary(run)
        tiles(_facts(facts))
        if facts.state in ("failed", "lost"):
            _failure(run, facts)
        elif facts.state == "stopped" and facts.reason:
            st.info(plain(facts.reason))
        with st.expander(t("runs.log"), icon=":material/notes:", key="runs.log"):
            st.code(log_tail(run) or t("runs.log.empty"), language=None, height=260)
        if facts.state != drawn_as:
            st.rerun()  # buttons and the clock belong to a state


def _facts(facts: Summary) -> list[Tile]:
    if facts.is_active:
        time = Tile(t("runs.left"), words.seconds(facts.left))
    else:
        time = Tile(t("runs.took"), words.seconds(facts.took))
    return [
        Tile(t("runs.state"), words.state(facts.state), tone=words.tone(facts.state)),
        Tile(t("runs.epoch"), words.epochs(facts)),
        time,
        Tile(t("runs.best"), words.best(facts)),
        Tile(t("runs.speed"), words.speed(facts)),
        Tile(t("runs.device"), facts.device or "—"),
    ]


def _failure(run: Run, facts: Summary) -> None:
    """What happened, why probably, and the last words."""
    with st.container(border=True, key="failure"):
        st.error(
            plain(facts.reason) if facts.state == "failed" else t("runs.lost", name=plain(run.name)),
            icon=":material/error:",
        )
        cause = "lost" if facts.state == "lost" else facts.cause
        if cause in CAUSES:
            st.markdown(f"**{t('runs.cause')}** {t(f'runs.cause.{cause}')}")
        tail = log_tail(run, lines=8)
        if tail:
            st.caption(t("runs.last_words"))
            st.code(tail, language=None)


def _requests(run: Run, facts: Summary) -> None:
    """What can be asked of the run in its state; each button says what it keeps."""
    waits = facts.state == "queued" and run.last("state") is not None  # for its device
    for request in REQUESTS if facts.state in ("running", "starting") else REQUESTS[:1] if waits else ():
        if st.button(
            t(f"runs.ask.{request}"),
            icon=_ICONS[request],
            help=t(f"runs.ask.{request}.help"),
            key=f"runs.{request}",
        ):
            run.ask(request)
            st.rerun()
    if facts.state in ("paused", "stopped", "failed", "lost") and st.button(
        t("runs.resume"), icon=":material/play_arrow:", help=t("runs.resume.help"), key="runs.resume"
    ):
        resume(run)
        st.rerun()


def _weights(run: Run, facts: Summary) -> None:
    """Keep the best checkpoint under a name, or take it away."""
    kept = state.kept_from(run.name)
    best = run.checkpoint_path("best")
    source = best if best.exists() else run.checkpoint_path("last")
    if not source.exists():
        st.caption(t("runs.no_weights") if facts.is_active else t("runs.never_weights"))
        return
    st.caption(t("runs.weights.best", epoch=facts.best_epoch) if source == best else t("runs.weights.last"))
    with st.form(key="runs.keep", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(t("runs.keep.name"), value=_short(run, facts), max_chars=64, key=f"runs.keep.{run.name}")
        pressed = st.form_submit_button(t("runs.keep"), type="primary", icon=":material/bookmark_add:")
    if pressed:
        from segcore.checkpoint import keep_checkpoint  # noqa: PLC0415 - brings torch, which nothing else here needs

        kept = keep_checkpoint(source, name.strip()).name
        state.remember_kept(run.name, kept)
    if kept:
        with st.container(horizontal=True, vertical_alignment="center", key="kept"):
            st.success(t("runs.kept", name=plain(kept)))
            st.page_link(
                frame.PAGES / "segment.py",
                label=t("runs.kept.use"),
                icon=":material/arrow_forward:",
                query_params={"model": kept},
            )
    reference = CheckpointRef.of(source)
    st.download_button(
        t("runs.download.checkpoint", size=words.size(reference.size)),
        data=source.read_bytes,
        file_name=f"{run.name}.safetensors",
        mime="application/octet-stream",
        icon=":material/download:",
        help=plain(load_card(source).title),
        on_click="ignore",
        key="runs.download.checkpoint",
    )


def _short(run: Run, facts: Summary) -> str:
    """A name to begin with: unet-shapes-a3f9."""
    return "-".join([facts.model, *run.name.split("-")[-2:]])[:64]


def _files(run: Run, facts: Summary) -> None:
    """Curves and configuration as files."""
    with st.container(horizontal=True, gap="small"):
        _file("events", t("runs.download.events"), lambda: as_csv(run), f"{run.name}.csv", "text/csv")
        spec = run.path / "spec.json"
        _file("spec", t("runs.download.spec"), spec.read_bytes, f"{run.name}.json", "application/json")
    st.caption(t("runs.made_at", moment=words.moment(facts.created), size=words.size(run.size())))


def _file(kind: str, label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(
        label, data=make, file_name=name, mime=mime, icon=":material/download:", on_click="ignore", key=f"runs.{kind}"
    )


def _configuration(run: Run) -> None:
    command = f"python -m segcore train --config {shlex.quote(str(run.path / 'spec.json'))}"
    with st.expander(t("runs.configuration"), icon=":material/tune:"):
        st.caption(t("runs.command"))
        st.code(command, language="bash")
        st.code(json.dumps(run.spec, indent=2, ensure_ascii=False), language="json", height=360)


def _delete(run: Run) -> None:
    """Delete, after a second press that names what goes and how large it is."""
    with st.popover(t("runs.delete"), icon=":material/delete:"):
        st.markdown(t("runs.delete.sure", name=plain(run.name), size=words.size(run.size())))
        if st.button(t("runs.delete.now"), type="primary", key="runs.delete.now"):
            run.delete()
            st.switch_page(frame.PAGES / "runs.py")

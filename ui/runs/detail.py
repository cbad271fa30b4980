"""One run: progress, curves, samples, weights and files."""

import json
import shlex

import streamlit as st

from segcore.errors import read_message, read_reason
from segcore.formatting import byte_size
from segcore.runs import Run, Summary, shown_name, summary
from ui import links
from ui.components import curves, scrubber
from ui.runs import (
    classification,
    coach,
    failure,
    files,
    log,
    notes,
    queue,
    rename,
    requests,
    stalled,
    way_back,
    weights,
)
from ui.runs.meters import meter_tiles
from ui.text import plain, t, translated
from ui.widgets import frame, run_text, worst_images
from ui.widgets.tiles import Tile, tiles

_EVERY_SECONDS = 3.0
_RESULTS_EVERY_SECONDS = 6.0
"""What changes with an epoch: the weights and, of a classification, the confusion matrix."""


def show(run: Run) -> None:
    """Draw everything about a run."""
    facts = summary(run)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        rename.title(run)
        requests.buttons(run, facts)
        if facts.state == "queued":
            queue.to_front(run)
        if not facts.is_active:
            links.train_like(run.name).draw(t("runs.again"), icon=":material/restart_alt:")
        way_back.button()
    frame.earlier_errors()
    stalled.card(run, facts)
    frame.fragment(_head, run_every=_EVERY_SECONDS if facts.is_active else None)(run, facts.state)
    curves.show([run], is_active=facts.is_active, key=f"runs.live.{run.name}")
    results_every = _RESULTS_EVERY_SECONDS if facts.is_active else None
    if classification.is_classification(run):
        frame.fragment(classification.show, run_every=results_every)(run)
    else:
        st.subheader(t("runs.epochs"), anchor=False)
        scrubber.show(run, is_active=facts.is_active, key=f"runs.scrubber.{run.name}")
    coach.show(run, facts)  # below everything of a fixed height: new advice must not move what is being looked at
    if not classification.is_classification(run):
        worst_images.show(run)
    left, right = st.columns([6, 5], gap="large")
    with left, frame.sentences():
        st.subheader(t("runs.weights"), anchor=False)
        frame.fragment(_weights, run_every=results_every)(run)
        st.subheader(t("runs.files"), anchor=False)
        files.show(run, facts)
    with right, frame.sentences():
        st.subheader(t("runs.notes"), anchor=False)
        notes.show(run)
    _configuration(run)
    if not facts.is_active or facts.state == "queued":
        _delete(run)


@frame.sentences()
def _weights(run: Run) -> None:
    weights.show(run, summary(run))  # as they are now: there may be a better epoch than when the page was drawn


@frame.sentences()
def _head(run: Run, drawn_as: str) -> None:
    """Tiles, failure card and log: everything that changes while the run is active."""
    facts = summary(run)
    st.set_page_config(page_title=run_text.tab(facts))
    tiles(_facts(facts))
    means = run_text.means_note(run)
    if means:
        st.caption(means)
    if facts.state in ("running", "stopping"):
        st.caption(run_text.doing(facts))
        warning = run.last("warning") or {}
        if warning.get("time", 0.0) >= (facts.began or 0.0):
            st.caption(f":material/warning: {plain(translated(read_reason(warning)))}")
    meters = meter_tiles(run, facts)
    if meters:
        tiles(meters, small=True)
    if facts.state == "queued":
        queue.place_in_line(run)
    if facts.state in ("failed", "lost"):
        failure.card(run)
    elif facts.state == "stopped" and facts.reason:
        st.info(plain(translated(facts.reason)))
    log.panel(run, is_active=facts.is_active)
    if facts.state != drawn_as:
        st.rerun()  # the buttons and the refresh depend on the state


def _facts(facts: Summary) -> list[Tile]:
    if facts.is_active:
        time = Tile(t("runs.left"), run_text.span(facts.left_range), why=t("runs.left.why"))
    else:
        time = Tile(t("runs.took"), run_text.seconds(facts.took))
    return [
        Tile(t("runs.state"), run_text.state(facts.state, asked=facts.requested), tone=run_text.tone(facts.state)),
        Tile(t("runs.epoch"), run_text.epochs(facts)),
        time,
        Tile(
            t("runs.best") if facts.best_accuracy is None else t("runs.best_accuracy"),
            run_text.best(facts, named=True),
            why="" if facts.best_epoch else t("runs.best.why"),
        ),
        Tile(t("runs.speed"), run_text.speed(facts), why="" if facts.images_per_second else t("runs.speed.why")),
        Tile(t("runs.device"), facts.device or "—", why="" if facts.device else t("runs.device.why")),
    ]


def _configuration(run: Run) -> None:
    command = f"python -m segcore train --config {shlex.quote(str(run.path / 'spec.json'))}"
    with st.expander(t("runs.configuration"), icon=":material/tune:"):
        for use in (run.last("setup") or {}).get("data_use", ()):
            st.markdown(plain(translated(read_message(**use))))
        st.caption(t("runs.command"))
        st.code(command, language="bash")
        st.code(json.dumps(run.spec, indent=2, ensure_ascii=False), language="json", height=360)


def _delete(run: Run) -> None:
    """Delete, after a second press that shows the name and the size."""
    with st.popover(t("runs.delete"), icon=":material/delete:"):
        st.markdown(t("runs.delete.sure", name=plain(shown_name(run)), size=byte_size(run.size())))
        st.button(t("runs.delete.now"), type="primary", key="runs.delete.now", on_click=_delete_now, args=(run,))


@frame.errors_later()
def _delete_now(run: Run) -> None:
    run.delete()
    way_back.go()

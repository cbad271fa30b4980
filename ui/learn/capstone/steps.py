"""What is drawn for each step of the capstone. Whatever counts as done is written down where it happens."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from segcore.runs import Run, change_notes, list_runs, new_run, read_notes, start, summary
from segcore.runs.notes import MOST_LETTERS
from ui import state
from ui.components import scrubber
from ui.learn.capstone import errand, taken
from ui.learn.capstone.standing import Standing, rises, weights
from ui.text import plain, t
from ui.widgets import frame, run_report, run_text, worst_images
from ui.widgets.presets import DEMO, PRESETS
from ui.widgets.tiles import Tile, tiles

EVERY_SECONDS = 3.0

MOST_RUNS = 50
"""The newest of them can be chosen; the Runs page has all."""


# --- train ----------------------------------------------------------------------------------------------------------


def _train(now: Standing) -> None:
    """Start a training here, or go on with a run that is there."""
    if now.run is not None and now.facts is not None:
        frame.fragment(_watch, run_every=EVERY_SECONDS if now.facts.is_active else None)(now.run, now.facts.state)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                frame.PAGES / "runs.py",
                label=t("capstone.train.run"),
                icon=":material/monitoring:",
                query_params={"run": now.run.name},
            )
    if now.facts is None or not now.facts.is_active:
        _begin(is_first=now.run is None)
    _choose(now.run)


def _watch(run: Run, drawn_as: str) -> None:
    """How far the training is; the page is drawn anew when its state changes."""
    with frame.sentences():
        facts = summary(run)
        left = Tile(t("runs.left"), run_text.span(facts.left_range)) if facts.is_active else None
        tiles(
            [
                Tile(t("runs.state"), run_text.state(facts.state, asked=facts.asked), tone=run_text.tone(facts.state)),
                Tile(t("runs.epoch"), run_text.epochs(facts)),
                left or Tile(t("runs.took"), run_text.seconds(facts.took)),
                Tile(t("runs.best"), run_text.best(facts)),
            ]
        )
        if not facts.is_active and weights(run) is None:
            st.warning(t("capstone.train.nothing"), icon=":material/warning:")
        if facts.state != drawn_as:
            st.rerun()


def _begin(*, is_first: bool) -> None:
    """The demo, on the best device of this machine; and the way to stronger presets."""
    from segcore.train.compute_mode import devices_here  # noqa: PLC0415 - brings torch

    here = devices_here()
    *_, best = here
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("capstone.train.start", device=plain(here[best])) if best != "cpu" else t("capstone.train.demo"),
            key="capstone.train.start",
            type="primary" if is_first else "secondary",
            icon=":material/play_arrow:",
            on_click=_start,
        )
        st.page_link(
            frame.PAGES / "train.py",
            label=t("capstone.train.preset"),
            icon=":material/model_training:",
            query_params={"preset": "balanced"},
        )


def _start() -> None:
    from segcore.train import make_config  # noqa: PLC0415 - brings torch

    with frame.errors_later():
        run = new_run(make_config(PRESETS[DEMO] | {"device": "auto"}).to_json())
        start(run)
        _take(run.name)


def _choose(run: Run | None) -> None:
    names = [each.name for each in list_runs()[:MOST_RUNS]]
    if run is not None and run.name not in names:
        names.insert(0, run.name)
    if not names:
        return
    key = "capstone.train.runs"
    state.set_widget(key, run.name if run is not None else None)
    st.selectbox(
        t("capstone.train.choose"),
        names,
        index=None if run is None else 0,
        key=key,
        placeholder=t("capstone.train.choose.none"),
        on_change=lambda: _take(state.widget(key)),
        width=420,
    )


def _take(name: str | None) -> None:
    if name is not None:
        taken.choose(name)
        state.set_address(run=name, step="train")


# --- the epochs -----------------------------------------------------------------------------------------------------


def _epochs(now: Standing) -> None:
    """The scrubber, and a question that can only be answered by moving it."""
    run = _run(now)
    scrubber.show(run, is_active=False, key=f"capstone.scrubber.{run.name}")
    found = rises(run)
    if not found:
        st.info(t("capstone.epochs.few"), icon=":material/info:")
        return
    key = f"capstone.rise.{run.name}"
    state.sync_widget(key, now.taken.rise if now.taken.rise in found else None)
    st.selectbox(
        t("capstone.epochs.question"),
        list(found),
        index=None,
        format_func=lambda epoch: str(epoch + 1),
        key=key,
        placeholder=t("capstone.epochs.none"),
        on_change=lambda: _answered(run, state.widget(key)),
        width=420,
    )
    if now.taken.rise in found:
        _judge(now.taken.rise, found)


def _judge(named: int, found: Mapping[int, float]) -> None:
    """What was named against what the run has told; one of several equal rises is as right as the others."""
    best = max(found, key=lambda epoch: found[epoch])
    rise = f"{found[best]:+.3f}"
    if found[named] == found[best]:
        st.markdown(f":green[:material/check_circle:] {t('capstone.epochs.right', epoch=named + 1, rise=rise)}")
    else:
        yours = t("capstone.epochs.yours", epoch=named + 1, rise=f"{found[named]:+.3f}")
        st.markdown(f":orange[:material/lightbulb:] {t('capstone.epochs.wrong', epoch=best + 1, rise=rise)} {yours}")


def _answered(run: Run, epoch: int | None) -> None:
    if epoch is not None:
        taken.note(run.name, rise=epoch)


# --- the worst image, and why ---------------------------------------------------------------------------------------


def _worst(now: Standing) -> None:
    """The gallery of the run; one press takes the image that is looked at."""
    run = _run(now)
    row = worst_images.gallery(run)
    if row is None:
        st.info(t("capstone.worst.none"), icon=":material/info:")
        return
    is_taken = now.taken.image == row.index
    if is_taken:
        st.markdown(f":green[:material/check_circle:] {t('capstone.worst.taken', name=plain(row.name))}")
    else:
        st.button(
            t("capstone.worst.take", name=plain(row.name)),
            key="capstone.worst.take",
            type="primary",
            icon=":material/image_search:",
            on_click=_take_image,
            args=(run, row.index, row.name),
        )


def _take_image(run: Run, index: int, name: str) -> None:
    taken.note(run.name, image=index, image_name=name, photo="", asked=False)


def _why(now: Standing) -> None:
    """To lesson 16 with the image; it counts when its result was seen there."""
    run = _run(now)
    if now.taken.image < 0:
        st.info(t("capstone.why.no_image"), icon=":material/info:")
        return
    name = plain(now.taken.image_name)
    if now.taken.asked:
        st.markdown(f":green[:material/check_circle:] {t('capstone.why.asked', name=name)}")
    if st.button(
        t("capstone.why.again", name=name) if now.taken.asked else t("capstone.why.ask", name=name),
        key="capstone.why.ask",
        type="secondary" if now.taken.asked else "primary",
        icon=":material/help:",
    ):
        with st.spinner(t("capstone.why.working")), frame.sentences(stop=True):
            errand.send(run, now.taken.image, now.taken.image_name)
        st.rerun()
    st.caption(t("capstone.why.keeps", name=plain(errand.network_name(run))))


# --- the sentence, and the report -----------------------------------------------------------------------------------


def _sentence(now: Standing) -> None:
    """The note of the run: the same as on its page."""
    run = _run(now)
    key = f"capstone.sentence.{run.name}"
    state.sync_widget(key, read_notes(run).text)
    with st.form(key="capstone.sentence.form", border=False):
        st.text_area(
            t("capstone.sentence.label"),
            key=key,
            max_chars=MOST_LETTERS,
            height=110,
            placeholder=t("capstone.sentence.placeholder"),
        )
        if st.form_submit_button(t("capstone.sentence.keep"), type="primary", icon=":material/edit_note:"):
            change_notes(run, text=str(state.widget(key)))
            taken.note(run.name, reported=False)  # a report that was made before does not say it
            st.rerun()
    if now.marks["sentence"] == "done":
        st.markdown(f":green[:material/check_circle:] {t('capstone.sentence.kept')}")


def _report(now: Standing) -> None:
    """The report of the run, with the sentence in it."""
    run = _run(now)
    if run_report.report(run) and not now.taken.reported:
        taken.note(run.name, reported=True)
        st.rerun()
    if now.taken.reported:
        st.markdown(f":green[:material/check_circle:] {t('capstone.report.made')}")


def _run(now: Standing) -> Run:
    assert now.run is not None, "view draws these steps only for a trained run"
    return now.run


DRAW: Mapping[str, Callable[[Standing], Any]] = {
    "train": _train,
    "epochs": _epochs,
    "worst": _worst,
    "why": _why,
    "sentence": _sentence,
    "report": _report,
}
"""By the names of `standing.STEPS`."""

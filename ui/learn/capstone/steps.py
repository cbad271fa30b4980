"""The widgets of each step of the capstone."""

from collections.abc import Callable, Mapping

import streamlit as st

from segcore.runs import Run, Summary, address, change_notes, list_runs, new_run, read_notes, start, summary
from segcore.runs.notes import MOST_LETTERS
from ui import links, state
from ui.components import scrubber
from ui.learn.capstone import checklist, why_step
from ui.learn.capstone.checklist import Checklist, rises, weights
from ui.text import plain, t
from ui.widgets import frame, run_report, run_text, worst_images
from ui.widgets.presets import DEMO, PRESETS
from ui.widgets.tiles import Tile, tiles

EVERY_SECONDS = 3.0
MOST_RUNS = 50  # the newest runs, which can be chosen; the Runs page has all


def train(run: Run | None, facts: Summary | None) -> None:
    """Start a training, or choose a run."""
    is_active = facts is not None and facts.is_active
    if run is not None and facts is not None:
        frame.fragment(_training, run_every=EVERY_SECONDS if is_active else None)(run, facts.state)
        links.run(run.name).draw(t("capstone.train.run"), icon=":material/monitoring:")
    if not is_active:
        _start_button(is_first=run is None)
    newest = list_runs()[:MOST_RUNS]
    names, titles = [each.name for each in newest], run_text.titles(newest)
    if run is not None and run.name not in names:
        names.insert(0, run.name)
    if names:
        key = "capstone.train.runs"
        state.set_widget(key, run.name if run is not None else None)
        st.selectbox(
            t("capstone.train.choose"),
            names,
            format_func=lambda name: titles.get(address(name), name),
            index=None if run is None else 0,
            key=key,
            placeholder=t("capstone.train.choose.none"),
            on_change=lambda: _choose(state.widget(key)),
            width=420,
        )


def _training(run: Run, drawn_state: str) -> None:
    """The progress of the training; the page is drawn again when its state changes."""
    with frame.sentences():
        facts = summary(run)
        status = run_text.state(facts.state, asked=facts.requested)
        state_tile = Tile(t("runs.state"), status, tone=run_text.tone(facts.state))
        if facts.is_active:
            time = Tile(t("runs.left"), run_text.span(facts.left_range))
        else:
            time = Tile(t("runs.took"), run_text.seconds(facts.took))
        epoch, best = Tile(t("runs.epoch"), run_text.epochs(facts)), Tile(t("runs.best"), run_text.best(facts))
        tiles([state_tile, epoch, time, best])
        if not facts.is_active and weights(run) is None:
            st.warning(t("capstone.train.nothing"), icon=":material/warning:")
        if facts.state != drawn_state:
            st.rerun()


def _start_button(*, is_first: bool) -> None:
    """The demo, on the best device of this machine; and a link to stronger presets."""
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
        links.train("balanced").draw(t("capstone.train.preset"), icon=":material/model_training:")


def _start() -> None:
    from segcore.train import make_config  # noqa: PLC0415 - brings torch

    with frame.errors_later():
        run = new_run(make_config(PRESETS[DEMO] | {"device": "auto"}).to_json())
        start(run)
        _choose(run.name)


def _choose(name: str | None) -> None:
    if name is not None:
        checklist.choose_run(name)
        state.set_address(run=name, step="train")


def _epochs(run: Run, now: Checklist) -> None:
    """The scrubber, and a question that only moving it answers."""
    scrubber.show(run, is_active=False, key=f"capstone.scrubber.{run.name}")
    changes = rises(run)
    if not changes:
        st.info(t("capstone.epochs.few"), icon=":material/info:")
        return
    key = f"capstone.rise.{run.name}"
    chosen = now.notes.rise
    state.sync_widget(key, chosen if chosen in changes else None)
    st.selectbox(
        t("capstone.epochs.question"),
        list(changes),
        index=None,
        format_func=lambda epoch: str(epoch + 1),
        key=key,
        placeholder=t("capstone.epochs.none"),
        on_change=lambda: _note_rise(run, state.widget(key)),
        width=420,
    )
    if chosen not in changes:
        return
    best = max(changes, key=lambda epoch: changes[epoch])
    rise = f"{changes[best]:+.3f}"
    if changes[chosen] == changes[best]:  # several epochs may be equally correct
        _done(t("capstone.epochs.right", epoch=chosen + 1, rise=rise))
    else:
        yours = t("capstone.epochs.yours", epoch=chosen + 1, rise=f"{changes[chosen]:+.3f}")
        st.markdown(f":orange[:material/lightbulb:] {t('capstone.epochs.wrong', epoch=best + 1, rise=rise)} {yours}")


def _note_rise(run: Run, epoch: int | None) -> None:
    if epoch is not None:
        checklist.note(run.name, rise=epoch)


def _worst(run: Run, now: Checklist) -> None:
    """The gallery of the run, and a button that chooses the selected image."""
    image = worst_images.gallery(run)
    if image is None:
        st.info(t("capstone.worst.none"), icon=":material/info:")
    elif now.notes.image == image.index:
        _done(t("capstone.worst.taken", name=plain(image.name)))
    else:
        st.button(
            t("capstone.worst.take", name=plain(image.name)),
            key="capstone.worst.take",
            type="primary",
            icon=":material/image_search:",
            on_click=lambda: checklist.note(run.name, image=image.index, image_name=image.name, photo="", asked=False),
        )


def _why(run: Run, now: Checklist) -> None:
    """A button that opens the lesson "why" with the image; the step is done once its result was shown there."""
    notes = now.notes
    if notes.image < 0:
        st.info(t("capstone.why.no_image"), icon=":material/info:")
        return
    name = plain(notes.image_name)
    if notes.asked:
        _done(t("capstone.why.asked", name=name))
    if st.button(
        t("capstone.why.again", name=name) if notes.asked else t("capstone.why.ask", name=name),
        key="capstone.why.ask",
        type="secondary" if notes.asked else "primary",
        icon=":material/help:",
    ):
        with st.spinner(t("capstone.why.working")), frame.sentences(stop=True):
            why_step.open_lesson(run, notes.image, notes.image_name)
        st.rerun()
    st.caption(t("capstone.why.keeps", name=plain(why_step.network_name(run))))


def _sentence(run: Run, now: Checklist) -> None:
    """The note of the run, the same as on its page."""
    key = f"capstone.sentence.{run.name}"
    state.sync_widget(key, read_notes(run).text)
    with st.form(key="capstone.sentence.form", border=False):
        label, example = t("capstone.sentence.label"), t("capstone.sentence.placeholder")
        st.text_area(label, key=key, max_chars=MOST_LETTERS, height=110, placeholder=example)
        if st.form_submit_button(t("capstone.sentence.keep"), type="primary", icon=":material/edit_note:"):
            change_notes(run, text=str(state.widget(key)))
            checklist.note(run.name, reported=False)  # an earlier report lacks the sentence
            st.rerun()
    if now.marks["sentence"] == "done":
        _done(t("capstone.sentence.kept"))


def _report(run: Run, now: Checklist) -> None:
    if run_report.report(run) and not now.notes.reported:
        checklist.note(run.name, reported=True)
        st.rerun()
    if now.notes.reported:
        _done(t("capstone.report.made"))


def _done(sentence: str) -> None:
    st.markdown(f":green[:material/check_circle:] {sentence}")


DRAW: Mapping[str, Callable[[Run, Checklist], None]] = {
    "epochs": _epochs,
    "worst": _worst,
    "why": _why,
    "sentence": _sentence,
    "report": _report,
}
"""The steps that need a trained run."""

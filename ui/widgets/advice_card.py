"""The card of an advice, the same for the doctor, the preflight check, the coach and failed runs."""

from itertools import groupby

import streamlit as st

from segcore.advice import Advice, Remedy, shell_command
from segcore.runs import ENDED_STATES, Run, extend
from ui import links
from ui.text import plain, spoken, t, translated
from ui.widgets import frame, remedies

_BOXES = {
    "error": (st.error, ":material/error:"),
    "warning": (st.warning, ":material/warning:"),
    "note": (st.info, ":material/lightbulb:"),
}


def draw(advice: Advice, *, key: str, run: Run | None = None) -> None:
    """Draw what was found, why it matters, what to do, and buttons for the remedies.

    The run is None for advice about a dataset or a configuration. The button of remedy N has the key ``<key>.N``.
    """
    with st.container(key=key, gap="xsmall"):
        box, icon = _BOXES[advice.severity]
        box(_text(advice), icon=icon)
        if advice.facts.get("files"):
            _files(advice)
        for in_a_row, group in groupby(enumerate(advice.remedies), key=lambda pair: pair[1].kind != "clone"):
            with st.container(horizontal=in_a_row, gap="small"), frame.sentences():
                for index, remedy in group:
                    _remedy(remedy, f"{key}.{index}", run, is_first=index == 0)
        if advice.lesson in links.LESSONS:
            title = t(f"lesson.{advice.lesson}.title")
            links.lesson(advice.lesson).draw(
                t("advice.lesson", number=links.lesson_number(advice.lesson), title=title), icon=":material/school:"
            )


def _text(advice: Advice) -> str:
    what, why, do = (advice.wording(part, spoken(), plain) for part in ("what", "why", "do"))
    if "files" in advice.facts:
        what = t("advice.heading.count", what=what, count=advice.facts["count"])
    details = ";  \n".join(plain(translated(detail)) for detail in advice.facts.get("details", ()))
    head = f"**{t(f'advice.severity.{advice.severity}')}** · **{what}**"
    return "  \n".join(filter(None, (head, details, why, do)))


def _files(advice: Advice) -> None:
    files, count = advice.facts["files"], advice.facts["count"]
    with st.expander(t("advice.files")):
        st.text("\n".join(files))
        if count > len(files):
            st.caption(t("advice.files.more", count=count - len(files)))


def _remedy(remedy: Remedy, key: str, run: Run | None, *, is_first: bool) -> None:
    match remedy.kind:
        case "set":
            _set(remedy, key)
        case "check_data":
            st.code(shell_command(remedy), language="bash", wrap_lines=True)
        case "clone" if run is not None:
            _clone(remedy, key, run)
        case "extend" if run is not None:
            more = remedy.changes["epochs"]
            if run.status() in ENDED_STATES and st.button(
                t("remedy.extend", epochs=more), icon=":material/play_arrow:", key=key
            ):
                extend(run, more)
                st.rerun()
        case "edit" if run is not None:
            label = t("remedy.edit.changed", changes=remedies.changes_text(remedy.changes)) if remedy.changes else ""
            remedies.edit_link(run, remedy.changes, label=label or t("runs.again"))
        case "resume" if run is not None:
            if st.button(
                _resume_label(remedy),
                icon=":material/play_arrow:",
                type="primary" if is_first else "secondary",
                key=key,
            ):
                fixed = remedy.label in ("fixed", "changed_data")
                remedies.resume_with(run, remedy.changes, data_changed=fixed)


def _set(remedy: Remedy, key: str) -> None:
    from ui.widgets import forms  # noqa: PLC0415 - needs torch, and the Runs page, which has no form, opens without

    changes = ", ".join(f"{remedies.field_name(name)} → {plain(str(value))}" for name, value in remedy.changes.items())
    done = all(forms.shows(name, value) for name, value in remedy.changes.items())
    st.button(
        t("remedy.set.done", changes=changes) if done else t("remedy.set", changes=changes),
        key=key,
        icon=":material/check:" if done else ":material/edit:",
        disabled=done,
        on_click=forms.change,
        args=(remedy.changes,),
    )


def _clone(remedy: Remedy, key: str, run: Run) -> None:
    """A row: the change, a button that starts a new run with it, and a link to edit it first."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"), frame.sentences():
        st.markdown(f"{t('remedy.try')} **{plain(remedies.short_text(remedy.changes))}**", width="content")
        help = f"{plain(remedies.changes_text(remedy.changes))}\n\n{t('remedy.clone.help')}"
        if st.button(t("remedy.clone"), icon=":material/play_arrow:", help=help, key=key):
            remedies.clone(run, remedy.changes)
        remedies.edit_link(run, remedy.changes)


def _resume_label(remedy: Remedy) -> str:
    if remedy.changes:
        return t("remedy.resume.changed", changes=remedies.changes_text(remedy.changes))
    return t(f"remedy.label.{remedy.label or 'resume'}")

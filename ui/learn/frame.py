"""The frame of every lesson: predict, try, view; then, one after the other, the parts of `ui.learn.sections`.

The result stays hidden until the learner has predicted it or skipped the guess: predicting first makes people notice
what then happens (Crouch et al., "Classroom demonstrations: Learning tools or entertainment?", 2004).
"""

from typing import Any, TypeVar

import streamlit as st

from ui import links, state
from ui.learn import progress, sections
from ui.learn.controls import follow_address, key_of, set_values, values
from ui.learn.lesson import Lesson, Settings
from ui.learn.sections import RIGHT, WRONG
from ui.text import t, t_count
from ui.widgets import frame

Result = TypeVar("Result")


def show(lesson: Lesson[Result], before: Lesson[Any] | None, after: Lesson[Any] | None) -> None:
    """Draw a lesson, and links to the previous and the next."""
    controls = (*lesson.controls, *lesson.more)
    follow_address(lesson.name, controls)
    changes = state.get(f"learn.{lesson.name}.pressed", None)
    if changes:  # by a press in a view: they are only possible before the widgets are drawn
        set_values(lesson.name, changes)
        state.put(f"learn.{lesson.name}.pressed", None)
    settings = values(lesson.name, controls)
    is_open = bool(state.get(f"learn.{lesson.name}.open", progress.of(lesson.name).guessed))
    _path(lesson)
    if lesson.intro is not None and not is_open:
        with st.container(key="lesson_intro"):
            lesson.intro()
    with st.container(key="lesson"):
        left, right = st.columns([3, 8], gap="large")
    with left:
        question = st.container(border=True, key="predict") if not is_open else None
        if is_open:
            _controls(lesson)
    with right, frame.sentences(stop=True):
        result = lesson.functions.compute(settings)
        if is_open:
            _verdict(lesson.name, settings)
        with st.container(key="views"):
            pressed = lesson.functions.draw_views(result, not is_open)
    if pressed:
        state.put(f"learn.{lesson.name}.pressed", dict(pressed))
        st.rerun()
    if question is not None:
        with question:
            _predict(lesson, result, settings)
    else:
        with right, frame.sentences():
            sections.show(lesson, result, settings, after)
    _neighbours(before, after)


# --- predict --------------------------------------------------------------------------------------------------------


def _predict(lesson: Lesson[Result], result: Result, settings: Settings) -> None:
    key = f"learn.{lesson.name}"
    st.markdown(f"**{t('learn.predict')}**")
    if not lesson.guess.is_open(result):
        st.markdown(t("learn.predict.nothing"))
        st.button(t("learn.predict.open"), key=f"{key}.skip", on_click=state.put, args=(f"{key}.open", True))
        return
    st.markdown(lesson.predict(result))
    guess = lesson.guess.prompt(lesson.name, result, f"{key}.guess")
    if guess is not None:
        state.put(f"{key}.verdict", lesson.guess.compare(lesson.name, result, guess))
        state.put(f"{key}.verdict.settings", dict(settings))
        state.put(f"{key}.open", True)
        progress.note(lesson.name, guessed=True)
        st.rerun()
    st.button(t("learn.skip"), type="tertiary", key=f"{key}.skip", on_click=state.put, args=(f"{key}.open", True))


def hide(lesson: str) -> None:
    """Hide the result of a lesson until the next guess."""
    state.put(f"learn.{lesson}.open", False)
    state.put(f"learn.{lesson}.verdict", None)


def _verdict(lesson: str, settings: Settings) -> None:
    """How the guess was; it was about the settings at that time."""
    verdict = state.get(f"learn.{lesson}.verdict", None)
    with st.container(horizontal=True, vertical_alignment="center", key="verdict"):
        if verdict is not None and verdict.right:
            st.markdown(f"{RIGHT} {t('learn.verdict.right', truth=verdict.truth)}")
        elif verdict is not None:
            st.markdown(f"{WRONG} {t('learn.verdict.wrong', guessed=verdict.guessed, truth=verdict.truth)}")
        if verdict is not None and state.get(f"learn.{lesson}.verdict.settings", {}) != settings:
            st.caption(t("learn.verdict.then"), width="content")
        st.button(t("learn.again"), type="tertiary", key=f"learn.{lesson}.again", on_click=hide, args=(lesson,))


# --- try ------------------------------------------------------------------------------------------------------------


def _controls(lesson: Lesson[Any]) -> None:
    _guided(lesson)
    for control in lesson.controls:
        control.draw(lesson.name, key_of(lesson.name, control.name))
    if lesson.more:
        with st.expander(t("learn.more"), key=f"learn.{lesson.name}.more"):
            for control in lesson.more:
                control.draw(lesson.name, key_of(lesson.name, control.name))
    key, icon = f"learn.{lesson.name}.reset", ":material/restart_alt:"
    st.button(t("learn.reset"), type="tertiary", icon=icon, key=key, on_click=_go_to, args=(lesson, -1))


def _guided(lesson: Lesson[Any]) -> None:
    """The guided tour: each step sets the controls and describes what to notice."""
    key, names = f"learn.{lesson.name}", list(lesson.steps)
    step = f"{key}.step"
    at = state.get(step, -1)
    about = t("learn.guided") if at < 0 else t(f"lesson.{lesson.name}.step.{names[at]}")
    with st.container(border=True, key="guided", gap="small"):
        st.caption(about if at < 0 else f"**{at + 1} / {len(names)}** {about}")
        with st.container(horizontal=True, gap="small"):
            if at < len(names) - 1:
                label = t("learn.next") if at >= 0 else t_count("learn.begin", len(names))
                st.button(label, key=f"{key}.next", on_click=_go_to, args=(lesson, at + 1))
            if at >= 0:
                explore = f"{key}.explore"
                st.button(t("learn.explore"), type="tertiary", key=explore, on_click=state.put, args=(step, -1))


def _go_to(lesson: Lesson[Any], step: int) -> None:
    """Callback: go to a step of the guided tour, with defaults for the settings it does not name; -1 resets all."""
    state.put(f"learn.{lesson.name}.step", step)
    changes = list(lesson.steps.values())[step] if step >= 0 else {}
    set_values(lesson.name, lesson.defaults | dict(changes))


# --- navigation -----------------------------------------------------------------------------------------------------


def _path(lesson: Lesson[Any]) -> None:
    """The number of the lesson, and which of its three parts are done."""
    done = progress.of(lesson.name)
    marks = [("predict", done.guessed), ("explain", done.explained), ("check", done.right > 0)]
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_path"):
        links.lessons().draw(t("learn.all"), icon=":material/arrow_back:")
        st.caption(t("learn.number", number=lesson.number), width="content")
        for name, is_done in marks:
            icon = RIGHT if is_done else ":material/radio_button_unchecked:"
            st.caption(f"{icon} {t(f'learn.mark.{name}')}", width="content")


def _neighbours(before: Lesson[Any] | None, after: Lesson[Any] | None) -> None:
    st.divider()
    with st.container(horizontal=True, horizontal_alignment="distribute", key="neighbours"):
        for lesson, icon in ((before, "arrow_back"), (after, "arrow_forward")):
            if lesson is not None:
                title = f"{lesson.number} · {t(f'lesson.{lesson.name}.title')}"
                links.lesson(lesson.name).draw(title, icon=f":material/{icon}:")
        if after is None:
            links.capstone().draw(t("capstone.title"), icon=":material/flag:")

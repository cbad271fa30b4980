"""All lessons at a glance: what each is about, and the learner's progress."""

import streamlit as st

from ui import links
from ui.learn import capstone, progress
from ui.learn.table import LESSONS
from ui.text import t

PER_ROW = 3


def show() -> None:
    """Draw a card for every lesson, and a link to the next one."""
    known = progress.all_progress()
    of_lesson = {name: known.get(name, progress.LearnerProgress()) for name in LESSONS}
    done = sum(each.done for each in of_lesson.values())
    with st.container(horizontal=True, vertical_alignment="center", key="learn_head"):
        st.progress(done / len(LESSONS), text=t("learn.done", done=done, count=len(LESSONS)), width=320)
        following = next((name for name, each in of_lesson.items() if not each.done), None)
        if following is not None:
            title = t("learn.go_on", title=t(f"lesson.{following}.title"))
            links.lesson(following).draw(title, icon=":material/play_arrow:")
        links.glossary().draw(t("glossary.title"), icon=":material/menu_book:")
    names = list(LESSONS)
    for begin in range(0, len(names), PER_ROW):
        for column, name in zip(st.columns(PER_ROW), names[begin : begin + PER_ROW], strict=False):
            with column:
                _card(name, of_lesson[name])
    capstone.card()


def _card(name: str, of_lesson: progress.LearnerProgress) -> None:
    with st.container(border=True, height="stretch", key=f"lesson_card_{name}", gap="small"):
        links.lesson(name).draw(f"**{LESSONS[name].number} · {t(f'lesson.{name}.title')}**", icon=None)
        st.markdown(t(f"lesson.{name}.idea"))
        if of_lesson.done:
            st.caption(f":green[:material/check_circle:] {t('learn.state.done')}")
        elif of_lesson.guessed or of_lesson.explained or of_lesson.right:
            st.caption(f":orange[:material/clock_loader_60:] {t('learn.state.begun')}")
        else:
            st.caption(f":material/radio_button_unchecked: {t('learn.state.new')}")

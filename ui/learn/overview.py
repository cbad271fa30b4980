"""All lessons at a glance: what each is about, and how far the learner is."""

import streamlit as st

from ui.learn import capstone, progress
from ui.learn.table import LESSONS
from ui.text import t
from ui.widgets import frame

PER_ROW = 3


def show() -> None:
    """Draw a card for every lesson, and the way to go on."""
    known = progress.all_progress()
    so_far = {name: known.get(name, progress.Progress()) for name in LESSONS}
    done = sum(each.done for each in so_far.values())
    with st.container(horizontal=True, vertical_alignment="center", key="learn_head"):
        st.progress(done / len(LESSONS), text=t("learn.done", done=done, count=len(LESSONS)), width=320)
        following = next((name for name, each in so_far.items() if not each.done), None)
        if following is not None:
            st.page_link(
                frame.PAGES / "learn.py",
                label=t("learn.go_on", title=t(f"lesson.{following}.title")),
                icon=":material/play_arrow:",
                query_params={"lesson": following},
            )
        st.page_link(frame.PAGES / "glossary.py", label=t("glossary.title"), icon=":material/menu_book:")
    names = list(LESSONS)
    for begin in range(0, len(names), PER_ROW):
        for column, name in zip(st.columns(PER_ROW), names[begin : begin + PER_ROW], strict=False):
            with column:
                _card(name, so_far[name])
    capstone.card()


def _card(name: str, done: progress.Progress) -> None:
    with st.container(border=True, height="stretch", key=f"lesson_card_{name}", gap="small"):
        st.page_link(
            frame.PAGES / "learn.py",
            label=f"**{LESSONS[name].number} · {t(f'lesson.{name}.title')}**",
            query_params={"lesson": name},
        )
        st.markdown(t(f"lesson.{name}.idea"))
        word = "done" if done.done else "begun" if done.share else "new"
        icon = {"done": ":green[:material/check_circle:]", "begun": ":orange[:material/clock_loader_60:]"}.get(
            word, ":material/radio_button_unchecked:"
        )
        st.caption(f"{icon} {t(f'learn.state.{word}')}")

"""All lessons at a glance: an image of each, what it is about, how long it takes, and the learner's progress."""

import secrets

import streamlit as st

from segcore.pictures import encode
from ui import blobs, links
from ui.learn import capstone, progress, thumbnails
from ui.learn.table import GROUPS, LESSONS
from ui.text import t

STARTED = secrets.token_hex(8)
"""In the names of the thumbnails, which browsers keep: another start of the server may have other checkpoints."""


def show() -> None:
    """Draw a card for every lesson, and a link to the next one. The browser fetches the thumbnails afterwards."""
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
    for group in GROUPS:
        names = [name for name, lesson in LESSONS.items() if lesson.group == group]
        minutes = t("learn.minutes", minutes=sum(LESSONS[name].minutes for name in names))
        st.subheader(t(f"learn.group.{group}"), anchor=False)
        ready = t("learn.done", done=sum(of_lesson[name].done for name in names), count=len(names))
        st.caption(f"{t(f'learn.group.{group}.about')} {minutes} · {ready}")
        with st.container(key=f"lesson_cards_{group}"):
            for name in names:
                _card(name, of_lesson[name])
    capstone.card()


def _card(name: str, of_lesson: progress.LearnerProgress) -> None:
    with st.container(border=True, height="stretch", key=f"lesson_card_{name}", gap="small"):
        address = blobs.publish_lazily(f"lesson {name} of {STARTED}", lambda: _thumbnail(name), "image/png")
        st.html(f'<div class="seg-thumbnail"><img src="{address}" alt="" loading="lazy"></div>')
        links.lesson(name).draw(f"**{LESSONS[name].number} · {t(f'lesson.{name}.title')}**", icon=None)
        st.markdown(t(f"lesson.{name}.idea"))
        minutes = t("learn.minutes", minutes=LESSONS[name].minutes)
        if of_lesson.done:
            st.caption(f":green[:material/check_circle:] {t('learn.state.done')} · {minutes}")
        elif of_lesson.guessed or of_lesson.explained or of_lesson.right:
            st.caption(f":orange[:material/clock_loader_60:] {t('learn.state.begun')} · {minutes}")
        else:
            st.caption(f":material/radio_button_unchecked: {t('learn.state.new')} · {minutes}")


def _thumbnail(name: str) -> bytes:
    """From the result at the first settings; takes as long as the first view of the lesson."""
    lesson = LESSONS[name]
    return encode(thumbnails.fitted(lesson.thumbnail(lesson.functions.compute(lesson.defaults))))

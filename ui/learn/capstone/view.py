"""The capstone as a page: the list of its steps, and the one that is looked at."""

import streamlit as st

from ui import state
from ui.learn.capstone import steps, taken
from ui.learn.capstone.standing import STEPS, Standing, standing
from ui.text import plain, t
from ui.widgets import frame

NAME = "capstone"
"""In the address, where a lesson's name stands."""

ICONS = {
    "done": ":green[:material/check_circle:]",
    "doing": ":orange[:material/clock_loader_60:]",
    "open": ":material/radio_button_unchecked:",
}


def show() -> None:
    """Draw it. The run and the step stand in the address; the run is also remembered for the next visit."""
    asked = state.address("run")
    now = standing(asked if asked is not None else taken.chosen())
    if asked is not None and now.run is None:
        st.warning(t("capstone.no_run", name=plain(asked[:80])))
    if now.run is not None:
        taken.choose(now.run.name)
    wished = state.address("step")
    step = wished if wished in STEPS else now.following
    state.set_address(lesson=NAME, run=now.run.name if now.run else None, step=step)
    frame.earlier_errors()
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_path"):
        st.page_link(frame.PAGES / "learn.py", label=t("learn.all"), icon=":material/arrow_back:")
        st.caption(t("capstone.done", done=now.done, count=len(STEPS)), width="content")
        if now.run is not None:
            st.caption(t("capstone.with", name=plain(now.run.name)), width="content")
    with st.container(key="lesson"):
        rail, stage = st.columns([3, 8], gap="large")
    with rail, st.container(key="capstone_steps", gap="xsmall"):
        for number, each in enumerate(STEPS, 1):
            _step(number, each, now, is_here=each == step)
    with stage, st.container(key="capstone_stage"), frame.sentences():
        st.subheader(f"{STEPS.index(step) + 1} · {t(f'capstone.step.{step}')}", anchor=False)
        st.markdown(t(f"capstone.{step}.about"))
        if step != "train" and not now.is_trained:
            _first_train(now)
        else:
            steps.DRAW[step](now)
        _onwards(step, now)


def _step(number: int, step: str, now: Standing, *, is_here: bool) -> None:
    mark = now.marks[step]
    st.button(
        f"{ICONS[mark]} {number} · {t(f'capstone.step.{step}')}",
        key=f"capstone.step.{step}",
        type="secondary" if is_here else "tertiary",
        help=t(f"capstone.mark.{mark}"),
        on_click=_go_to,
        args=(step,),
        width="stretch",
    )


def _go_to(step: str) -> None:
    state.set_address(step=step)


def _first_train(now: Standing) -> None:
    """Nothing to show before there is a trained run."""
    st.info(t("capstone.first") if now.run is None else t("capstone.first.doing"), icon=":material/flag:")
    st.button(t("capstone.step.train"), key="capstone.first", type="primary", on_click=_go_to, args=("train",))


def _onwards(step: str, now: Standing) -> None:
    """What to press next, or that all is done."""
    if now.done == len(STEPS):
        st.success(t("capstone.all_done"), icon=":material/check_circle:")
    elif now.marks[step] == "done" and now.following != step:
        st.button(
            t("capstone.next", step=t(f"capstone.step.{now.following}")),
            key="capstone.next",
            type="primary",
            icon=":material/arrow_forward:",
            on_click=_go_to,
            args=(now.following,),
        )


def card() -> None:
    """After all lessons: what it is about, and how far the learner is."""
    now = standing(taken.chosen())
    with st.container(border=True, key=f"lesson_card_{NAME}", gap="small"):
        st.page_link(
            frame.PAGES / "learn.py",
            label=f"**{t('capstone.title')}**",
            icon=":material/flag:",
            query_params={"lesson": NAME},
        )
        st.markdown(t("capstone.lead"))
        mark = "done" if now.done == len(STEPS) else "doing" if now.done else "open"
        st.caption(f"{ICONS[mark]} {t('capstone.done', done=now.done, count=len(STEPS))}")

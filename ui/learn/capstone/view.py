"""The capstone as a page: the checklist, and the current step beside it."""

import streamlit as st

from segcore.runs import shown_name
from ui import links, state
from ui.learn.capstone import steps
from ui.learn.capstone.checklist import STEPS, Checklist, checklist, choose_run, chosen_run
from ui.text import plain, t
from ui.widgets import frame

ICONS = {
    "done": ":green[:material/check_circle:]",
    "doing": ":orange[:material/clock_loader_60:]",
    "open": ":material/radio_button_unchecked:",
}


def show() -> None:
    """Draw the page. Run and step are in the address; the run is also remembered for the next visit."""
    requested = state.address("run")
    now = checklist(requested if requested is not None else chosen_run())
    if requested is not None and now.run is None:
        st.warning(t("capstone.no_run", name=plain(requested[:80])))
    if now.run is not None:
        choose_run(now.run.name)
    in_address = state.address("step")
    step = in_address if in_address in STEPS else now.next_step
    state.set_address(lesson=links.CAPSTONE, run=now.run.name if now.run else None, step=step)
    frame.earlier_errors()
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_path"):
        links.lessons().draw(t("learn.all"), icon=":material/arrow_back:")
        st.caption(t("capstone.done", done=now.done, count=len(STEPS)), width="content")
        if now.run is not None:
            st.caption(t("capstone.with", name=plain(shown_name(now.run))), width="content")
    with st.container(key="lesson"):
        left, right = st.columns([3, 8], gap="large")
    with left, st.container(key="capstone_steps", gap="xsmall"):
        for number, each in enumerate(STEPS, 1):
            mark = now.marks[each]
            st.button(
                f"{ICONS[mark]} {number} · {t(f'capstone.step.{each}')}",
                key=f"capstone.step.{each}",
                type="secondary" if each == step else "tertiary",
                help=t(f"capstone.mark.{mark}"),
                on_click=_go_to,
                args=(each,),
                width="stretch",
            )
    with right, st.container(key="capstone_stage"), frame.sentences():
        _step(step, now)


def _step(step: str, now: Checklist) -> None:
    """One step: what to do, its widgets, and the button for the next step."""
    st.subheader(f"{STEPS.index(step) + 1} · {t(f'capstone.step.{step}')}", anchor=False)
    st.markdown(t(f"capstone.{step}.about", lesson=t("lesson.why.title")))
    if step == "train":
        steps.train(now.run, now.facts)
    elif now.run is not None and now.marks["train"] == "done":
        steps.DRAW[step](now.run, now)
    else:
        st.info(t("capstone.first") if now.run is None else t("capstone.first.doing"), icon=":material/flag:")
        st.button(t("capstone.step.train"), key="capstone.first", type="primary", on_click=_go_to, args=("train",))
    if now.done == len(STEPS):
        st.success(t("capstone.all_done"), icon=":material/check_circle:")
    elif now.marks[step] == "done" and now.next_step != step:
        following, icon = now.next_step, ":material/arrow_forward:"
        label = t("capstone.next", step=t(f"capstone.step.{following}"))
        st.button(label, key="capstone.next", type="primary", icon=icon, on_click=_go_to, args=(following,))


def _go_to(step: str) -> None:
    state.set_address(step=step)


def card() -> None:
    """The card below those of the lessons: what the capstone is about, and how much of it is done."""
    now = checklist(chosen_run())
    with st.container(border=True, key="lesson_card_capstone", gap="small"):
        links.capstone().draw(f"**{t('capstone.title')}**", icon=":material/flag:")
        st.markdown(t("capstone.lead"))
        mark = "done" if now.done == len(STEPS) else "doing" if now.done else "open"
        st.caption(f"{ICONS[mark]} {t('capstone.done', done=now.done, count=len(STEPS))}")

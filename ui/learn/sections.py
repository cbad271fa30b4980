"""What follows the views of a lesson, one part at a time: what happened, the formula, a check, the code.

Each part opens the next. A learner who has been through them before finds them all, and still sees one at a time.
"""

import random
import secrets
from typing import Any, TypeVar

import streamlit as st

from ui import links, state
from ui.learn import glossary, progress
from ui.learn.lesson import Lesson, Settings
from ui.text import t

Result = TypeVar("Result")
SECTIONS = ("happened", "formula", "check", "code")
HAPPENED = ("right", "wrong1", "wrong2")  # accounts of the result; the texts are ``lesson.<lesson>.happened.…``
PAGE_ICONS = {"train": "model_training", "models": "leaderboard", "evaluate": "straighten", "learn": "school"}
RIGHT, WRONG = ":green[:material/check_circle:]", ":orange[:material/lightbulb:]"


def show(lesson: Lesson[Result], result: Result, settings: Settings, after: Lesson[Any] | None) -> None:
    """Draw the open part, the way to the others, and whether the lesson is done."""
    done = progress.of(lesson.name)
    key = f"learn.{lesson.name}.section"
    reached = state.get(f"{key}.reached", len(SECTIONS) if done.done else 2 if done.explained else 1)
    with st.container(border=True, key="section"):
        state.choose_widget(key, SECTIONS[:reached], SECTIONS[0])
        section = SECTIONS[0]
        if reached > 1:
            chosen = st.segmented_control(
                t("learn.sections"),
                SECTIONS[:reached],
                format_func=lambda name: t(f"learn.section.{name}"),
                key=key,
                required=True,
                persist_state="session",
                label_visibility="collapsed",
            )
            section = chosen or section
        match section:
            case "happened":
                is_answered = _what_happened(lesson)
            case "formula":
                is_answered = _formulas(lesson, result)
            case "check":
                is_answered = _check(lesson, result, settings)
            case _:
                is_answered = _code(lesson, result)
        _next(lesson.name, section, reached, is_answered)
    _outcome(done, after)


def _next(lesson: str, section: str, reached: int, is_answered: bool) -> None:
    """A button for the part after this one."""
    at = SECTIONS.index(section) + 1
    if at == len(SECTIONS):
        return
    following = t(f"learn.section.{SECTIONS[at]}")
    st.button(
        t("learn.next_section", section=following) if is_answered else t("learn.skip_section", section=following),
        type="primary" if is_answered and at == reached else "tertiary",
        icon=":material/arrow_forward:",
        key=f"learn.{lesson}.section.next",
        on_click=open_section,
        args=(lesson, SECTIONS[at]),
    )


def open_section(lesson: str, section: str) -> None:
    """Callback: open a part, and all before it."""
    key = f"learn.{lesson}.section"
    state.put(f"{key}.reached", max(state.get(f"{key}.reached", 1), SECTIONS.index(section) + 1))
    state.set_widget(key, section)


def _outcome(done: progress.LearnerProgress, after: Lesson[Any] | None) -> None:
    """Once all three marks are there: the lesson is done, and what comes next."""
    if not done.done:
        return
    with st.container(border=True, key="lesson_done", horizontal=True, vertical_alignment="center"):
        st.markdown(f"{RIGHT} **{t('learn.lesson_done')}**", width="content")
        if after is None:
            links.capstone().draw(t("learn.then", title=t("capstone.title")), icon=":material/flag:")
        else:
            title = f"{after.number} · {t(f'lesson.{after.name}.title')}"
            links.lesson(after.name).draw(t("learn.then", title=title))


# --- the parts; each returns whether the learner has answered it ------------------------------------------------------


def _what_happened(lesson: Lesson[Any]) -> bool:
    """Three accounts of the result: one person in five observes something else than what happens."""
    options = random.Random(lesson.name).sample(HAPPENED, k=len(HAPPENED))  # noqa: S311 - an order, not a secret
    answer = st.radio(
        t("learn.happened"),
        options,
        index=None,
        format_func=lambda option: t(f"lesson.{lesson.name}.happened.{option}"),
        key=f"learn.{lesson.name}.happened",
        persist_state="session",
        on_change=_explained,
        args=(lesson.name,),
    )
    if answer is None and not progress.of(lesson.name).explained:
        st.caption(t("learn.happened.about"))
        return False
    if answer is not None:
        _feedback(answer == "right")
    st.markdown(t(f"lesson.{lesson.name}.explain"))
    return True


def _explained(lesson: str) -> None:
    """Callback: the path above shows the mark in the same run."""
    progress.note(lesson, explained=True)


def _formulas(lesson: Lesson[Result], result: Result) -> bool:
    with st.container(horizontal=True, gap="large", key="formulas"):
        for formula in lesson.functions.formulas(result):
            st.latex(formula.latex(), width="content")
    st.caption(t("learn.formula.about"))
    return True


def _check(lesson: Lesson[Result], result: Result, settings: Settings) -> bool:
    seed = state.get("learn.seed", secrets.randbelow(9000) + 1000)
    asked = f"learn.{lesson.name}.question"
    number = state.get(asked, 0)
    question = lesson.functions.check(result, random.Random(f"{seed} {number}"))  # noqa: S311 - a question, not a secret
    key = f"learn.{lesson.name}.check.{number}.{sum(map(ord, repr(sorted(settings.items()))))}"
    order = random.Random(key).sample(list(question.options), k=len(question.options))  # noqa: S311
    answer = st.radio(
        question.text,
        order,
        index=None,
        format_func=question.options.__getitem__,
        key=key,
        on_change=_answered,
        args=(lesson.name, key, question.answer),
    )
    if answer is None:
        st.caption(t("learn.check.about", seed=f"{seed}.{number + 1}"))
        return False
    _feedback(answer == question.answer)
    if not state.get(f"{key}.first", default=True):
        st.caption(t("learn.check.late"))
    st.markdown(question.why)
    another = f"learn.{lesson.name}.another"
    st.button(t("learn.another"), icon=":material/refresh:", key=another, on_click=state.put, args=(asked, number + 1))
    return True


def _answered(lesson: str, key: str, right: str) -> None:
    """Callback: count the first answer to a question."""
    if state.first_time(key):
        so_far, is_right = progress.of(lesson), state.widget(key) == right
        progress.note(lesson, asked=so_far.asked + 1, right=so_far.right + is_right)
        state.put(f"{key}.first", is_right)


def _feedback(is_right: bool) -> None:
    st.markdown(f"{RIGHT} **{t('learn.right')}**" if is_right else f"{WRONG} **{t('learn.wrong')}**")


def _code(lesson: Lesson[Result], result: Result) -> bool:
    st.caption(t("learn.code"))
    st.code(lesson.functions.code(result), language="python")
    st.markdown(f"**{t('learn.practice')}** {t(f'lesson.{lesson.name}.practice')}")
    for label, link in lesson.practice(result):
        link.draw(label, icon=f":material/{PAGE_ICONS.get(link.page, 'arrow_forward')}:")
    glossary.links(lesson.terms)
    return True

"""What every lesson promises: predict first, ≤ 3 controls in view, numbers that fit, code that runs, both languages."""

import contextlib
import io
import re
import time
from random import Random
from typing import Any

import pytest

from segcore.paths import PROJECT
from segcore.text import languages
from tests.ui.learn.lesson_pages import address_of, open_lesson, reveal
from ui import text
from ui.learn import controls, glossary, progress
from ui.learn.lesson import Lesson
from ui.learn.sections import HAPPENED
from ui.learn.table import LESSONS, neighbours

ALL = [pytest.param(lesson, id=lesson.name) for lesson in LESSONS.values()]
PROSE = ("idea", "predict", "explain", "practice")


def stations(lesson: Lesson[Any]) -> list[dict[str, Any]]:
    """The settings at first, and those of each step of the guided way."""
    return [lesson.defaults, *(lesson.defaults | dict(step) for step in lesson.steps.values())]


# --- the table ------------------------------------------------------------------------------------------------------


def test_lessons_are_in_order_and_named_once() -> None:
    numbers = [lesson.number for lesson in LESSONS.values()]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= 16 for number in numbers)
    assert [lesson.name for lesson in LESSONS.values()] == list(LESSONS)


def test_neighbours_lead_through_all_lessons() -> None:
    name, walked = next(iter(LESSONS)), []
    while True:
        walked.append(name)
        before, after = neighbours(name)
        assert (before.name if before else None) == (walked[-2] if len(walked) > 1 else None)
        if after is None:
            break
        name = after.name
    assert walked == list(LESSONS)


@pytest.mark.parametrize("lesson", ALL)
def test_a_lesson_is_short_and_not_crowded(lesson: Lesson[Any]) -> None:
    english = text.texts("en")
    keys = [f"lesson.{lesson.name}.{part}" for part in PROSE]
    keys += [f"lesson.{lesson.name}.step.{step}" for step in lesson.steps]
    words = sum(len(english[key].split()) for key in keys)
    assert 100 <= words <= 190, words
    assert len([control for control in lesson.controls if not isinstance(control, controls.Selection)]) <= 3
    assert 1 <= len(lesson.steps) <= 4
    assert set(lesson.terms) <= set(glossary.TERMS)
    for settings in lesson.steps.values():
        assert settings.keys() <= lesson.defaults.keys()


@pytest.mark.parametrize("lesson", ALL)
def test_settings_survive_the_address(lesson: Lesson[Any]) -> None:
    for control in (*lesson.controls, *lesson.more):
        for settings in stations(lesson):
            value = settings[control.name]
            assert control.read(control.write(value)) == value
        for nonsense in ("", "-1", "99999", "nan", "<b>", "1.2.3.x"):
            try:
                control.read(nonsense)
            except ValueError:
                continue


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", ALL)
def test_formulas_can_be_filled_in_everywhere(lesson: Lesson[Any]) -> None:
    for settings in stations(lesson):
        formulas = lesson.functions.formulas(lesson.functions.compute(settings))
        assert formulas and len({formula.name for formula in formulas}) == len(formulas)
        for formula in formulas:
            filled = formula.filled()
            assert "@" not in filled and "nan" not in filled
            assert filled.count("{") == filled.count("}")


@pytest.mark.parametrize("lesson", ALL)
def test_the_check_has_one_right_answer_and_says_why(lesson: Lesson[Any]) -> None:
    asked = set()
    for settings in stations(lesson):
        result_of = lesson.functions.compute(settings)
        for seed in range(6):
            question = lesson.functions.check(result_of, Random(seed))
            again = lesson.functions.check(result_of, Random(seed))
            assert question == again
            assert question.answer in question.options and 2 <= len(question.options) <= 5
            assert len(set(question.options.values())) == len(question.options)
            assert question.why and question.text
            asked.add((question.text, question.answer))
    assert len(asked) > 1


@pytest.mark.parametrize("lesson", ALL)
def test_the_code_runs_as_it_stands(lesson: Lesson[Any]) -> None:
    for settings in stations(lesson):
        code = lesson.functions.code(lesson.functions.compute(settings))
        assert not re.search(r"\b(ui|streamlit|plotly)\b", code), "segcore is enough"
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(compile(code, lesson.name, "exec"), {})
        assert said.getvalue()
        assert len(code.splitlines()) <= 26


@pytest.mark.parametrize("lesson", ALL)
def test_a_change_is_answered_quickly(lesson: Lesson[Any]) -> None:
    for settings in stations(lesson):
        lesson.functions.compute(settings)  # fills caches, loads libraries
        began = time.process_time()
        lesson.functions.formulas(lesson.functions.compute(settings))
        assert time.process_time() - began < 0.4


@pytest.mark.parametrize("lesson", ALL)
def test_links_lead_to_pages_that_exist(lesson: Lesson[Any]) -> None:
    practice = lesson.practice(lesson.functions.compute(lesson.defaults))
    assert practice
    for label, link in practice:
        assert label and link.path.is_file() and link.path.parent == PROJECT / "pages"
        assert all(isinstance(value, str) for value in link.query.values())


# --- the page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", ALL)
@pytest.mark.parametrize("language", languages())
def test_the_whole_way_through(lesson: Lesson[Any], language: str) -> None:
    name = lesson.name
    page = open_lesson(name, lang=language)
    assert page.title[0].value == text.texts(language)[f"lesson.{name}.title"]
    assert not page.code and not page.latex, "the result is hidden until a guess is entered"
    reveal(page, name)
    assert not page.code and not page.latex, "one part after the other"
    before = {element.key: element.value for element in page.radio}
    assert before[f"learn.{name}.happened"] is None
    explanation = text.texts(language)[f"lesson.{name}.explain"]
    assert explanation not in [element.value for element in page.markdown]
    page.radio(key=f"learn.{name}.happened").set_value(HAPPENED[1]).run()
    assert not page.exception
    assert explanation in [element.value for element in page.markdown]
    assert progress.of(name).explained
    ticks = [element.value for element in page.caption if "check_circle" in element.value]
    assert ticks == [f":green[:material/check_circle:] {text.texts(language)['learn.mark.explain']}"], "at once"
    page.button(key=f"learn.{name}.section.next").click().run()
    assert page.latex and not page.code
    page.button(key=f"learn.{name}.section.next").click().run()
    for _ in lesson.steps:
        page.button(key=f"learn.{name}.next").click().run()
        assert not page.exception and not page.error
    page.button(key=f"learn.{name}.reset").click().run()
    check = next(element for element in page.radio if element.key.startswith(f"learn.{name}.check"))
    seed = page.session_state["_learn.seed"]
    question = lesson.functions.check(lesson.functions.compute(lesson.defaults), Random(f"{seed} 0"))
    assert set(check.options) == set(question.options.values())
    text.speak(language)
    check.set_value(question.answer).run()
    assert not page.exception
    assert question.why in [element.value for element in page.markdown]
    assert (progress.of(name).asked, progress.of(name).right) == (1, 1)
    assert not progress.of(name).done, "the guess was skipped"
    page.button(key=f"learn.{name}.another").click().run()
    assert not page.exception
    page.button(key=f"learn.{name}.section.next").click().run()
    assert page.code
    assert text.texts(language)["learn.lesson_done"] not in " ".join(element.value for element in page.markdown)


@pytest.mark.parametrize("lesson", ALL)
def test_every_step_has_an_address_of_its_own(lesson: Lesson[Any]) -> None:
    for settings in lesson.steps.values():
        asked = address_of(lesson, dict(settings))
        page = open_lesson(lesson.name, **asked)
        reveal(page, lesson.name)
        defaults = address_of(lesson, {name: lesson.defaults[name] for name in settings})
        for name, value in asked.items():
            assert page.query_params.get(name, defaults[name]) == value


@pytest.mark.parametrize("lesson", ALL)
def test_nonsense_in_the_address_opens_the_lesson_as_at_first(lesson: Lesson[Any]) -> None:
    nonsense = {control.name: "<script>" for control in (*lesson.controls, *lesson.more)}
    page = open_lesson(lesson.name, **nonsense)
    assert not page.error
    assert not set(page.query_params) & set(nonsense)


@pytest.mark.parametrize("lesson", ALL)
def test_settings_outlive_a_change_of_language(lesson: Lesson[Any]) -> None:
    page = open_lesson(lesson.name, **address_of(lesson, dict(next(iter(lesson.steps.values())))))
    reveal(page, lesson.name)
    before = {key: value for key, value in page.query_params.items() if key != "lang"}
    page.segmented_control(key="frame.language").set_value("zh").run()
    assert not page.exception and not page.error
    assert {key: value for key, value in page.query_params.items() if key != "lang"} == before
    assert page.radio(key=f"learn.{lesson.name}.happened"), "still revealed"


@pytest.mark.parametrize("lesson", ALL)
def test_chinese_says_all_that_english_says(lesson: Lesson[Any]) -> None:
    chinese = text.texts("zh")
    for part in PROSE:
        assert len(re.findall("[\u4e00-\u9fff]", chinese[f"lesson.{lesson.name}.{part}"])) >= 8


def test_an_unknown_lesson_shows_those_that_are_there() -> None:
    page = open_lesson("![x](http://evil.example)")
    assert len(page.warning) == 1 and "](http" not in page.warning[0].value
    assert any(text.t("lesson.convolution.idea") == element.value for element in page.markdown)


def test_two_lessons_may_use_the_same_word_in_the_address() -> None:
    page = open_lesson("convolution", pixels="3.4")
    assert page.query_params["pixels"] == "3.4"
    page.query_params.clear()
    page.query_params["lesson"] = "metrics"
    page.query_params["pixels"] = "3.4"
    page.run()
    assert page.query_params["pixels"] == "3.4"
    assert page.session_state[controls.key_of("metrics", "pixels")] == (3, 4)

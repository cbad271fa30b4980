"""The parts of which lessons are made: formulas, controls, guesses, progress, cells, colours, the glossary."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from segcore import paths
from segcore.paths import PROJECT
from tests.ui.learn.lesson_pages import open_lesson, reveal
from ui import text
from ui.learn import colours, glossary, progress
from ui.learn.controls import Choice, Selection, Slider, Switch
from ui.learn.formulas import Formula, digits, figure
from ui.learn.guess import NumberGuess
from ui.learn.table import LESSONS

# --- formulas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, "3"),
        (3.0, "3"),
        (-4.0, "-4"),
        (0.0, "0"),
        (-0.0, "0"),
        (-2.2e-16, "0"),
        (9 / 16, "0.562"),
        (0.0371, "0.0371"),
        (12.345, "12.3"),
        (123.4, "123"),
        (1234.5, "1234"),
        (0.00012345, r"1.23\cdot 10^{-4}"),
        (1234567.5, r"1.23\cdot 10^{6}"),
        (math.nan, r"\text{—}"),
        (-math.inf, r"-\infty"),
    ],
)
def test_figures_have_three_significant_digits(value: float, shown: str) -> None:
    assert figure(value) == shown


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.floats(1e-3, 1e5, allow_nan=False) | st.integers(-(10**6), 10**6))
def test_a_figure_is_the_number_to_three_digits(value: float) -> None:
    assert float(digits(value)) == pytest.approx(value, rel=5.1e-3)


def test_a_formula_fills_in_colours_and_refuses_a_symbol_without_a_value() -> None:
    formula = Formula("f", "y = a + b", "@a@ + @b@ = @y@", {"a": 0.5, "b": 2, "y": 2.5}, {"a": "#0072b2"})
    assert formula.filled() == r"\textcolor{#0072b2}{0.500} + 2 = 2.50"
    assert "gathered" in formula.latex()
    with pytest.raises(ValueError, match="'c'"):
        Formula("f", "", "@c@", {"a": 1}).filled()


# --- controls -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("control", "nonsense"),
    [
        (Slider("n", 3, 1, 9), ["0", "10", "x", "1.5", ""]),
        (Slider("n", 0.5, 0.0, 1.0, 0.05), ["-0.1", "nan", "inf", "x", ""]),
        (Choice("n", "a", ("a", "b")), ["c", "", "A"]),
        (Switch("n"), ["2", "true", "10", "x"]),
        (Selection("n", (1, 2), high=9, length=2), ["1", "1.2.3", "1.10", "-1.2", "a.b", ""]),
    ],
)
def test_what_does_not_fit_is_refused(control: object, nonsense: list[str]) -> None:
    assert control.read(control.write(control.default)) == control.default  # type: ignore[attr-defined]
    for text_ in nonsense:
        with pytest.raises(ValueError):
            control.read(text_)  # type: ignore[attr-defined]


def test_a_painted_set_may_be_empty_and_long() -> None:
    control = Selection("n", (), high=80)
    for value in [(), (0,), tuple(range(81))]:
        assert control.read(control.write(value)) == value


def test_a_guess_of_an_amount_is_right_when_it_is_near() -> None:
    guess: NumberGuess[float] = NumberGuess(0.0, 1.0, 0.1, lambda result_of: result_of, near=0.1)
    assert guess.compare("x", 0.5, 0.6).right and not guess.compare("x", 0.5, 0.61).right
    assert guess.compare("x", 0.5, 0.6).truth == "0.500"


# --- progress -------------------------------------------------------------------------------------------------------


def test_progress_is_kept_in_a_file_of_the_home() -> None:
    assert progress.of("convolution") == progress.LearnerProgress()
    progress.note("convolution", guessed=True)
    progress.note("convolution", asked=2, right=1)
    assert progress.of("convolution") == progress.LearnerProgress(guessed=True, asked=2, right=1)
    assert not progress.of("convolution").done
    assert progress.note("convolution", explained=True).done
    assert progress.of("metrics") == progress.LearnerProgress()
    assert json.loads((paths.home() / "learn.json").read_text())["convolution"]["right"] == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": {"right": "many", "x": 1}}', "null", "\x00"])
def test_a_broken_file_is_as_good_as_none(content: str) -> None:
    progress.file().parent.mkdir(parents=True)
    progress.file().write_text(content)
    assert progress.of("a") == progress.LearnerProgress()
    progress.note("a", right=3)
    assert progress.of("a").right == 3


def test_a_disk_that_cannot_be_written_stops_no_lesson(own_home: Path) -> None:
    own_home.write_text("a file where the folder should be")
    assert progress.note("a", guessed=True).guessed
    assert progress.of("a") == progress.LearnerProgress()


def test_a_guess_is_remembered_over_visits_and_can_be_taken_anew() -> None:
    page = open_lesson("convolution")
    page.button(key="learn.convolution.guess.negative").click().run()
    assert progress.of("convolution").guessed
    assert any("Below zero" in element.value for element in page.markdown)
    later = open_lesson("convolution")
    assert later.radio(key="learn.convolution.happened"), "guessed before: nothing is hidden"
    later.button(key="learn.convolution.again").click().run()
    assert not later.radio


def test_the_overview_says_how_far_each_lesson_is() -> None:
    for name in LESSONS:
        progress.note(name, guessed=True, explained=True, asked=1, right=1)
    last = next(reversed(LESSONS))
    progress.note(last, right=0)
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/learn.py").run()
    assert not page.exception
    said = [element.value for element in page.caption]
    assert sum("Done" in each for each in said) == len(LESSONS) - 1
    assert sum("Started" in each for each in said) == 1


# --- the rest -------------------------------------------------------------------------------------------------------


def test_colours_are_symmetric_about_zero() -> None:
    assert colours.diverging(0.0, 1.0) == colours.diverging(0.0, 0.0) == "#fafaf8"
    assert colours.diverging(2.0, 1.0) == colours.hex_of(colours.POSITIVE)
    assert colours.diverging(-2.0, 1.0) == colours.hex_of(colours.NEGATIVE)
    assert colours.viridis_rgb(np.array([[0.0, 1.0]])).shape == (1, 2, 3)


def test_every_term_of_the_glossary_is_drawn_and_found_by_its_words() -> None:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/glossary.py").run()
    assert not page.exception
    assert sum(element.value.startswith("**") for element in page.markdown) == len(glossary.TERMS)
    page.text_input(key="glossary.search").set_value("dilat").run()
    assert sum(element.value.startswith("**") for element in page.markdown) < 8
    page.text_input(key="glossary.search").set_value("*no such*").run()
    assert page.info and not [element for element in page.markdown if element.value.startswith("**")]


def test_terms_are_sorted_by_the_lesson_that_explains_them() -> None:
    lessons = list(dict.fromkeys(term.lesson for term in glossary.TERMS.values()))
    assert lessons == list(LESSONS)
    for name in ("en", "zh"):
        words = text.texts(name)
        assert len({words[f"term.{term}"] for term in glossary.TERMS}) == len(glossary.TERMS)


def test_a_reload_shows_the_same_setting() -> None:
    page = open_lesson("convolution")
    reveal(page, "convolution")
    page.slider(key="learn.convolution.stride").set_value(2).run()
    assert page.query_params["stride"] == "2"
    again = open_lesson("convolution", stride="2")
    reveal(again, "convolution")
    assert again.slider(key="learn.convolution.stride").value == 2

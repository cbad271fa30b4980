"""Every lesson in a real browser, in both languages: predict, change, see, explain, check; and what the cells do."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import visit
from ui import text
from ui.learn.table import LESSONS

CELLS = ".cells"


def words(language: str, key: str) -> str:
    return text.texts(language)[key]


def skip_guess(page: Page, lesson: str) -> None:
    page.locator(f".st-key-learn-{lesson}-skip button").click()
    expect(page.locator(".st-key-formulas")).to_be_visible()


def veil(page: Page, lesson: str) -> None:
    """Before the guess: an earlier test may have guessed already, and progress is kept."""
    skip, again = (page.locator(f".st-key-learn-{lesson}-{what} button") for what in ("skip", "again"))
    expect(skip.or_(again)).to_be_visible()
    if again.count():
        again.click()
    expect(skip).to_be_visible()


def fits(page: Page) -> None:
    """Nothing but formulas, tables and code may be wider than the screen, and those scroll by themselves.

    What a chart draws outside its frame is cut off, and the unseen input of a slider sticks out at its end.
    """
    too_wide = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMain] *')]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .filter(e => !e.closest('.seg-table, .st-key-formulas, [data-testid=stCode]'))
            .filter(e => !e.closest('.js-plotly-plot, input[type=range]'))
            .map(e => e.className || e.tagName).slice(0, 5)"""
    )
    assert too_wide == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", list(LESSONS))
def test_a_lesson_from_the_guess_to_the_check(browser: Browser, server: str, name: str, language: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    visit(page, f"{server}/learn?lesson={name}&lang={language}")
    expect(page.get_by_role("heading", level=1)).to_have_text(words(language, f"lesson.{name}.title"))
    veil(page, name)
    expect(page.get_by_text(words(language, f"lesson.{name}.predict"))).to_be_visible()
    expect(page.locator(".st-key-formulas")).to_have_count(0)

    ways = page.locator(f"[class*=st-key-learn-{name}-guess]")  # buttons, or a grid in which a place is pressed
    ways.get_by_role("button").or_(ways.locator(".cell")).last.click()
    expect(page.locator(".st-key-formulas .katex").first).to_be_visible()
    expect(page.locator(".st-key-verdict")).not_to_be_empty()

    for _ in LESSONS[name].steps:
        before = page.url
        page.locator(f".st-key-learn-{name}-next button").click()
        expect(page).not_to_have_url(before)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)

    idle = page.get_by_test_id("stApp")
    expect(idle).to_have_attribute("data-test-script-state", "notRunning")  # another setting is another question
    page.get_by_text(words(language, f"lesson.{name}.happened.right")).click()
    expect(page.get_by_text(words(language, f"lesson.{name}.explain")[:30])).to_be_visible()
    page.locator(f"[class*=st-key-learn-{name}-check] label").nth(1).click()
    expect(page.locator(f".st-key-learn-{name}-another button")).to_be_visible()
    fits(page)
    assert not complaints
    context.close()


@pytest.mark.parametrize("name", list(LESSONS))
def test_a_lesson_on_a_phone(browser: Browser, server: str, name: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 800}, locale="zh-CN")
    page = context.new_page()
    visit(page, f"{server}/learn?lesson={name}")
    veil(page, name)
    fits(page)
    skip_guess(page, name)
    fits(page)
    context.close()


def open_convolution(page: Page, server: str, query: str = "") -> None:
    visit(page, f"{server}/learn?lesson=convolution{query}")
    veil(page, "convolution")
    skip_guess(page, "convolution")
    expect(page.locator('[data-place="output:0,0"]')).to_be_visible()


def lit(page: Page) -> set[str]:
    places: list[str] = page.locator(".cell.lit").evaluate_all("boxes => boxes.map(box => box.dataset.place)")
    return set(places)


def test_cells_light_up_what_they_are_made_of_without_a_rerun(page: Page, server: str) -> None:
    open_convolution(page, server)
    window = {f"input:{row},{col}" for row in (3, 4, 5) for col in (2, 3, 4)}
    assert lit(page) == window  # of the cell that is looked at
    page.locator('[data-place="output:0,6"]').hover()
    assert lit(page) == {f"input:{row},{col}" for row in (0, 1, 2) for col in (6, 7, 8)}
    page.locator('[data-place="input:0,0"]').hover()
    assert lit(page) == {"output:0,0"}  # the only one that reads the corner
    page.mouse.move(5, 5)
    assert lit(page) == window


def test_a_press_chooses_a_cell_and_the_formula_follows(page: Page, server: str) -> None:
    open_convolution(page, server)
    page.locator('[data-place="output:0,6"]').click()
    page.wait_for_url(re.compile(r"cell=0\.6"))
    expect(page.locator(".cell.chosen")).to_have_attribute("data-place", "output:0,6")
    expect(page.locator(".st-key-formulas .katex").first).to_contain_text("y_{0,6}")
    page.reload()
    veil(page, "convolution")
    skip_guess(page, "convolution")
    expect(page.locator(".cell.chosen")).to_have_attribute("data-place", "output:0,6")


def test_painting_with_the_mouse_turns_pixels_over(page: Page, server: str) -> None:
    open_convolution(page, server)
    first, last = (page.locator(f'[data-place="input:8,{col}"]').bounding_box() for col in (0, 3))
    assert first and last
    page.mouse.move(first["x"] + 9, first["y"] + 9)
    page.mouse.down()
    page.mouse.move(last["x"] + 9, last["y"] + 9, steps=12)
    page.mouse.up()
    page.wait_for_url(re.compile(r"pixels=72\.73\.74\.75"))
    expect(page.locator('[data-place="input:8,2"]')).to_have_text("1")


def test_cells_by_keyboard(page: Page, server: str) -> None:
    open_convolution(page, server)
    page.locator('[data-place="output:0,0"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert lit(page) == {f"input:{row},{col}" for row in (1, 2, 3) for col in (1, 2, 3)}
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"cell=1\.1"))
    expect(page.locator('[data-place="output:1,1"]')).to_be_focused()


def test_from_lesson_to_lesson_and_back(page: Page, server: str) -> None:
    visit(page, f"{server}/learn")
    page.get_by_role("link", name=words("en", "lesson.convolution.title")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words("en", "lesson.convolution.title"))
    page.get_by_role("link", name=words("en", "learn.all")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words("en", "learn.title"))
    expect(page).not_to_have_url(re.compile("lesson="))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(words("en", "lesson.convolution.title"))
    page.get_by_role("link", name=words("en", "learn.all")).click()
    page.get_by_role("link", name=words("en", "glossary.title")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words("en", "glossary.title"))
    page.get_by_role("link", name="Lesson 2", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words("en", "lesson.convolution.title"))
    page.wait_for_url(re.compile("lesson=convolution"))

"""Every lesson in a real browser, in both languages: predict, change, see, explain, check; and what the cells do."""

import re
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.browser.dashboard import visit
from ui import text
from ui.learn import controls
from ui.learn.capstone.checklist import STEPS
from ui.learn.controls import Control
from ui.learn.table import LESSONS

WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 320, "height": 640}
NAMES = {"en": "English", "zh": "中文"}
"""Of the languages, on the switch."""


TOO_WIDE = """() => [...document.querySelectorAll('[data-testid=stMain] *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .filter(e => !e.closest('.seg-table, .katex, [data-testid=stCode], .seg-lesson-pictures'))
    .filter(e => !e.closest('.js-plotly-plot, input[type=range]'))
    .map(e => e.className || e.tagName).slice(0, 5)"""


def words(language: str, key: str) -> str:
    return text.texts(language)[key]


def skip_guess(page: Page, lesson: str) -> None:
    page.locator(f".st-key-learn-{lesson}-skip button").click()
    expect(page.locator(".st-key-section")).to_be_visible()


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
    end = time.monotonic() + 10  # charts take a moment to follow the width of the screen
    while (too_wide := page.evaluate(TOO_WIDE)) and time.monotonic() < end:
        page.wait_for_timeout(100)
    assert too_wide == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def looks(page: Page) -> str:
    """All that the views show: words, pictures, cells and their colours, curves."""
    seen: str = page.evaluate(
        """() => {
            const told = [];
            const walk = (node) => {
                if (node.nodeType === Node.TEXT_NODE) told.push(node.textContent);
                for (const name of ['src', 'd', 'style']) told.push(node.getAttribute?.(name) ?? '');
                for (const child of [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]) walk(child);
            };
            walk(document.querySelector('.st-key-views'));
            return told.join('|');
        }"""
    )
    return seen


def at_rest(page: Page) -> None:
    """No script runs."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def guess(page: Page, name: str, language: str) -> None:
    """Say what will happen. Nothing of the result is there before; afterwards it is, and a verdict."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words(language, f"lesson.{name}.title"))
    veil(page, name)
    expect(page.locator(".st-key-section")).to_have_count(0)
    fits(page)
    ways = page.locator(f"[class*=st-key-learn-{name}-guess]")  # buttons, or a map on which a place is pressed
    ways.get_by_role("button").last.click()
    expect(page.locator(".st-key-section")).to_be_visible()
    expect(page.locator(".st-key-verdict")).not_to_be_empty()
    at_rest(page)
    fits(page)


def turn(page: Page, name: str, control: Control) -> None:
    """Change a control as a person does."""
    box = page.locator(f".st-key-learn-{name}-{control.name}")
    match control:
        case controls.Slider():
            box.locator("input[type=range]").press("ArrowRight" if control.default < control.high else "ArrowLeft")
        case controls.Choice() if len(control.options) <= 4:
            box.locator("[role=radio][aria-checked=false]").first.click()
        case controls.Choice():
            for key in ("ArrowDown", "ArrowDown", "Enter"):
                box.get_by_role("combobox").press(key)
        case _:
            box.locator("label").last.click()


def manipulate(page: Page, name: str, *, steps: int = 0) -> None:
    """The first control by hand, then so many steps of the guided way: address and views follow each time."""
    first = next(control for control in LESSONS[name].controls if not isinstance(control, controls.Selection))
    for step in range(steps + 1):
        address, before = page.url, looks(page)
        if step == 0:
            turn(page, name, first)
        else:
            page.locator(f".st-key-learn-{name}-next button").click()
        expect(page).not_to_have_url(address)
        at_rest(page)
        expect_else(page, before)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


def expect_else(page: Page, before: str) -> None:
    """The views show something else than they did; charts may take a moment to be drawn."""
    end = time.monotonic() + 15
    while looks(page) == before:
        assert time.monotonic() < end, "the views stayed as they were"
        page.wait_for_timeout(50)


CUT = """() => [...document.querySelectorAll('.st-key-formulas .katex-display')].filter(box => {
    const {top, bottom} = box.getBoundingClientRect();
    return box.scrollHeight > box.clientHeight + 1
        || [...box.querySelectorAll('.katex-html *')].some(e => {
            const ink = e.getBoundingClientRect();
            return ink.height && e.textContent.trim() && (ink.top < top - 1 || ink.bottom > bottom + 1);
        });
}).length"""
"""Formulas of which something lies above or below the box that shows them."""


def explain_and_check(page: Page, name: str, language: str) -> None:
    """Say what happened, read the explanation and the formulas, answer a question: one part after the other."""
    following = page.locator(f".st-key-learn-{name}-section-next button")
    page.get_by_text(words(language, f"lesson.{name}.happened.right")).click()
    expect(page.get_by_text(words(language, f"lesson.{name}.explain")[:30])).to_be_visible()
    following.click()
    expect(page.locator(".st-key-formulas .katex").first).to_be_visible()
    at_rest(page)
    assert page.evaluate(CUT) == 0
    fits(page)
    following.click()
    expect(page.locator(f"[class*=st-key-learn-{name}-check]")).to_be_visible()
    another = page.locator(f".st-key-learn-{name}-another button")
    if another.count():
        another.click()  # the question of the other language has been answered
        expect(another).to_have_count(0)
    page.locator(f"[class*=st-key-learn-{name}-check] label").nth(1).click()
    expect(another).to_be_visible()
    at_rest(page)


@pytest.fixture
def lesson_page(context: BrowserContext) -> Iterator[Page]:
    """A page in which no script may fail."""
    page = context.new_page()
    page.set_viewport_size(WIDE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert not complaints


def languages(name: str) -> tuple[str, str]:
    """The language that a lesson is opened in, and the one it is switched to."""
    return ("en", "zh") if LESSONS[name].number % 2 else ("zh", "en")


QUICK = ("tasks", "convolution", "boxes", "augmentation", "metrics")
"""Lessons of every kind of picture and control; the others take minutes together."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in LESSONS]
)
def test_a_lesson_from_the_guess_to_the_check(lesson_page: Page, server: str, name: str) -> None:
    """Opened in one language and done, then switched to the other and to the width of a phone, and reset."""
    page, (first, second) = lesson_page, languages(name)
    visit(page, f"{server}/learn?lesson={name}&lang={first}")
    guess(page, name, first)
    manipulate(page, name, steps=1)
    explain_and_check(page, name, first)
    fits(page)
    settings = page.url.replace(f"lang={first}", "")

    page.get_by_role("radio", name=NAMES[second]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words(second, f"lesson.{name}.title"))
    at_rest(page)
    assert page.url.replace(f"lang={second}", "") == settings, "another language, the same settings"
    page.set_viewport_size(PHONE)
    at_rest(page)
    fits(page)
    page.locator(f".st-key-learn-{name}-reset button").click()
    page.wait_for_url(lambda address: parse_qs(urlsplit(address).query).keys() == {"lesson", "lang"})


@pytest.mark.long
@pytest.mark.parametrize("name", list(LESSONS))
def test_a_lesson_in_the_other_language_on_a_phone(lesson_page: Page, server: str, name: str) -> None:
    page, (_, second) = lesson_page, languages(name)
    page.set_viewport_size(PHONE)
    visit(page, f"{server}/learn?lesson={name}&lang={second}")
    guess(page, name, second)
    manipulate(page, name, steps=len(LESSONS[name].steps))
    explain_and_check(page, name, second)
    fits(page)


def test_the_capstone_on_wide_and_narrow_screens(context: BrowserContext, server: str) -> None:
    page = context.new_page()
    visit(page, f"{server}/learn?lesson=capstone&lang=zh")
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        for step in STEPS:
            page.locator(f".st-key-capstone-step-{step} button:visible").click()
            about = words("zh", f"capstone.{step}.about").format(lesson=words("zh", "lesson.why.title"))
            expect(page.get_by_text(about)).to_be_visible()
            fits(page)
    assert "step=report" in page.url
    page.close()


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
    page.locator(".st-key-learn-convolution-section-next button").click()
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


def test_a_pixel_is_chosen_on_the_image_itself(page: Page, server: str) -> None:
    """By pointer on the mask, then by keyboard; the cross shows the same place in every image."""
    visit(page, f"{server}/learn?lesson=tasks")
    veil(page, "tasks")
    skip_guess(page, "tasks")
    box = page.locator(".frame").nth(2).bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    expect(page.locator(".cross:visible")).to_have_count(4)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url(re.compile(r"pixel=2[45]\d\.7[45]\d"))
    page.locator(".frame").first.focus()
    for key in ("Tab", "ArrowDown", "Shift+ArrowLeft", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url(re.compile(r"pixel=2[56]\d\.6[45]\d"))
    expect(page.locator(".frame").nth(1)).to_be_focused()


def test_on_a_phone_the_images_stay_above_the_controls_and_take_less_than_half(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, f"{server}/learn?lesson=tasks")
    veil(page, "tasks")
    skip_guess(page, "tasks")
    page.locator(".st-key-learn-tasks-groups").scroll_into_view_if_needed()
    image = page.locator(".st-key-views > :first-child")
    slider = page.locator(".st-key-learn-tasks-groups")
    above, below = image.bounding_box(), slider.bounding_box()
    assert above and below and above["height"] <= 0.45 * 844 + 1
    assert above["y"] >= 0 and above["y"] + above["height"] <= below["y"] < 844
    fits(page)


def test_a_stage_is_chosen_in_the_drawing_of_the_network(page: Page, server: str) -> None:
    visit(page, f"{server}/learn?lesson=families&family=unet")
    veil(page, "families")
    skip_guess(page, "families")
    expect(page.locator("path.skip")).to_have_count(4)
    page.locator("svg [data-part='2']").click()
    page.wait_for_url(re.compile("block=2"))
    expect(page.locator(".block.chosen")).to_have_attribute("data-part", "2")
    page.locator("svg [data-part='3']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("block=3"))


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
    expect(page.locator(".st-key-learn_head")).to_be_visible()
    at_rest(page)  # until then the lesson's own link to the glossary is there too
    page.get_by_role("link", name=words("en", "glossary.title")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words("en", "glossary.title"))
    page.get_by_role("link", name="Lesson 2", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words("en", "lesson.convolution.title"))
    page.wait_for_url(re.compile("lesson=convolution"))

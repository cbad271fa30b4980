"""The Learn page for tests: opened at a lesson, guessed, and read."""

from typing import Any

from streamlit.testing.v1 import AppTest

from segcore.paths import PROJECT
from segcore.text import best_language
from ui import text
from ui.learn import controls
from ui.learn.lesson import Lesson
from ui.learn.sections import SECTIONS


def open_lesson(name: str, **address: str) -> AppTest:
    """The page as a first visit finds it."""
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/learn.py")
    for key, value in {"lesson": name, **address}.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    text.speak(best_language(address.get("lang")))
    return page


def reveal(page: AppTest, name: str) -> None:
    """Open the lesson without a guess."""
    page.button(key=f"learn.{name}.skip").click().run()
    assert not page.exception and not page.error


def open_sections(page: AppTest, name: str) -> None:
    """Open the parts below the views one after the other, up to the last."""
    for _ in SECTIONS[1:]:
        page.button(key=f"learn.{name}.section.next").click().run()
        assert not page.exception and not page.error


def open_section(page: AppTest, name: str, section: str) -> None:
    """Go to a part that has been opened before."""
    page.segmented_control(key=f"learn.{name}.section").set_value(section).run()
    assert not page.exception and not page.error


def result_of(lesson: Lesson[Any], **settings: Any) -> Any:
    """What a lesson sees under these settings, the rest as at first."""
    assert settings.keys() <= lesson.defaults.keys()
    return lesson.functions.compute(lesson.defaults | settings)


def address_of(lesson: Lesson[Any], settings: dict[str, Any]) -> dict[str, str]:
    """Settings as they stand in an address."""
    known: dict[str, controls.Control] = {control.name: control for control in (*lesson.controls, *lesson.more)}
    return {name: known[name].write(value) for name, value in settings.items()}

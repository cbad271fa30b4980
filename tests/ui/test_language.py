"""English and Chinese: which is spoken, and that a change of language changes nothing else."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from segcore.paths import PROJECT
from segcore.text import best_language, languages
from tests.ui.made_runs import made_run
from tests.ui.test_segment_page import own_tiles, png, upload
from ui import state, text
from ui.language import NAMES

PAGES = sorted(path.name for path in (PROJECT / "pages").glob("*.py"))


def open_page(name: str, **address: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    if name != "segment.py":
        page.switch_page(f"../pages/{name}")
    for key, value in address.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    text.speak(best_language(address.get("lang")))
    return page


def speak(page: AppTest, language: str) -> None:
    """Press the switch. As a browser does, the page sends every choice in the words of the language before."""
    page.segmented_control(key="frame.language").set_value(language).run()
    assert not page.exception
    text.speak(language)


def heading(page: AppTest) -> str:
    return str(page.title[0].value)


def choices(page: AppTest) -> dict[str, object]:
    """The value of every widget with a key, the switch of the language aside."""
    kinds = ("selectbox", "multiselect", "segmented_control", "number_input", "text_input", "checkbox", "toggle")
    drawn = [widget for kind in (*kinds, "slider", "radio", "text_area") for widget in page.get(kind)]
    return {widget.key: widget.value for widget in drawn if widget.key and widget.key != "frame.language"}


def test_every_language_has_its_own_name() -> None:
    assert tuple(NAMES) == languages()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_read_in_chinese_and_back(name: str) -> None:
    page = open_page(name, lang="zh")
    chinese = heading(page)
    assert re.search("[\u4e00-\u9fff]", chinese)
    before = choices(page)
    speak(page, "en")
    assert not re.search("[\u4e00-\u9fff]", heading(page))
    assert page.query_params["lang"] == "en"
    assert choices(page) == before
    speak(page, "zh")
    assert heading(page) == chinese
    assert choices(page) == before


@pytest.mark.parametrize("wish", ["xx", "<b>", "../zh", ""])
def test_a_language_that_is_not_there_is_english(wish: str) -> None:
    assert heading(open_page("models.py", lang=wish)) == text.texts("en")["models.title"]


def test_a_language_once_chosen_goes_along_to_other_pages() -> None:
    page = open_page("models.py")
    assert "lang" not in page.query_params
    speak(page, "zh")
    page.switch_page("../pages/train.py")
    page.query_params.clear()  # as a press on the navigation does
    page.run()
    assert heading(page) == text.texts("zh")["train.title"]
    assert page.query_params["lang"] == "zh"


def test_a_photo_its_model_and_its_detail_outlive_a_change_of_language() -> None:
    page = open_page("segment.py", model="otsu")
    upload(page, ("mine.png", png(300, 400)))
    page.selectbox(key="segment.model").select("everyday").run()
    page.radio(key="segment.detail").set_value("fast").run()
    for language in ("zh", "en", "zh"):
        speak(page, language)
        assert own_tiles(page) == [r"mine\.png"]
        assert page.selectbox(key="segment.model").value == "everyday"
        assert page.radio(key="segment.detail").value == "fast"
        assert page.query_params["detail"] == "fast"


def test_a_form_that_was_filled_in_outlives_a_change_of_language() -> None:
    page = open_page("train.py")
    page.segmented_control(key="train.preset").set_value("best").run()
    page.number_input(key="train.epochs").set_value(77)
    page.selectbox(key="train.model").select("segnet")
    page.selectbox(key="train.schedule").select("plateau")
    page.multiselect(key="train.data").set_value(["shapes", "/my/data"])
    page.text_input(key="train.classes").set_value("cat, dog")
    page.text_input(key="train.options").set_value("").run()
    chosen = choices(page)
    assert chosen["train.epochs"] == 77 and chosen["train.data"] == ["shapes", "/my/data"]
    for language in ("zh", "en"):
        speak(page, language)
        assert choices(page) == chosen


def test_the_run_that_is_looked_at_outlives_a_change_of_language() -> None:
    made_run("mine")
    page = open_page("runs.py", run="mine")
    speak(page, "zh")
    assert page.query_params["run"] == "mine"
    assert page.subheader[0].value == "mine"


def test_an_error_of_segcore_is_told_in_chinese() -> None:
    page = open_page("segment.py", model="otsu", lang="zh")
    upload(page, ("空.png", b""))
    assert len(page.error) == 1 and "空文件" in page.error[0].value


def test_words_are_held_and_files_and_buttons_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be set (an upload, a button) or has no words (a number) is left alone."""
    held: dict[str, object] = {}

    class Store(dict[str, object]):
        def __setitem__(self, key: str, value: object) -> None:
            held[key] = value

    kept = {"a.menu": "x", "a.menus": ["x", "y"], "a.nothing": [], "a.file": [b"x"], "a.button": True, "_ours": "x"}
    monkeypatch.setattr("streamlit.session_state", Store(kept))
    state._keep_choices()
    assert held == {"a.menu": "x", "a.menus": ["x", "y"]}

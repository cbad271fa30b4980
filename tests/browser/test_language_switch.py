"""Both languages in a real browser: the switch, what survives it, and who chooses when nobody did."""

import re
from pathlib import Path

import pytest
import skimage
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import visit

COINS = Path(skimage.__file__).parent / "data" / "coins.png"
CHINESE = re.compile("[\u4e00-\u9fff]")


def speak(page: Page, language: str) -> None:
    page.locator(".st-key-frame-language").get_by_role("radio", name=language).click()
    words = CHINESE if language == "中文" else re.compile("^[A-Za-z ]+$")
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_switching_keeps_photo_model_and_detail(page: Page, server: str) -> None:
    visit(page, f"{server}/?model=everyday")
    page.locator("[class*=st-key-segment-inbox] input[type=file]").set_input_files(COINS)
    expect(page.get_by_role("button", name="coins.png")).to_be_visible()
    page.get_by_text("144 px", exact=True).click()
    page.locator(".st-key-segment-model input").click()
    page.get_by_role("option", name="Otsu").click()
    line = page.get_by_test_id("stCaptionContainer")
    expect(line.filter(has_text="resized to 384 × 303")).to_be_visible()
    shown = (("中文", "大津法", "缩放至 384 × 303"), ("English", "Otsu", "resized to 384 × 303"))
    for language, menu, facts in shown:
        speak(page, language)
        expect(page.locator(".st-key-segment-model input")).to_have_value(re.compile(menu))
        expect(line.filter(has_text=facts)).to_be_visible()
        expect(page.get_by_role("button", name="coins.png")).to_be_visible()
    assert "lang=en" in page.url and "model=otsu" in page.url


def test_the_viewer_and_the_browser_speak_chinese_too(page: Page, server: str) -> None:
    visit(page, f"{server}/?model=otsu&lang=zh")
    expect(page.get_by_role("radio", name="置信度")).to_be_attached()
    expect(page.locator(".viewer .panel")).not_to_contain_text("Opacity")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    button = page.get_by_test_id("stFileUploaderDropzone").first.locator("button p")
    assert button.evaluate("p => getComputedStyle(p, '::after').content") == '"选择文件"'


def test_the_language_goes_along_through_the_navigation_and_back(page: Page, server: str) -> None:
    visit(page, f"{server}/models?lang=zh")
    page.get_by_test_id("stTopNavLink").filter(has_text="训练").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("训练网络")
    page.wait_for_url(re.compile(r"/train\?lang=zh"))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("模型")
    page.wait_for_url(re.compile(r"/models\?lang=zh"))
    speak(page, "English")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Models")


@pytest.mark.parametrize(("locale", "title"), [("zh-CN", "模型"), ("fr-FR", "Models")])
def test_a_browser_brings_its_language(browser: Browser, server: str, locale: str, title: str) -> None:
    context = browser.new_context(locale=locale)
    page = context.new_page()
    visit(page, f"{server}/models")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert "lang=" not in page.url
    context.close()


@pytest.mark.parametrize("width", [360, 1440])
def test_the_switch_is_at_hand_on_every_screen(browser: Browser, server: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 700})
    page = context.new_page()
    for path in ("train", "runs", "models"):
        visit(page, f"{server}/{path}")
        page.wait_for_function(
            "() => [...document.querySelectorAll('style')].some(s => s.textContent.includes('.st-key-language'))"
        )
        box = page.locator(".st-key-frame-language").bounding_box()
        assert box and box["height"] >= 40 and box["y"] < 60 and box["x"] + box["width"] <= width
        covered = page.evaluate("([x, y]) => !document.elementFromPoint(x, y).closest('.st-key-frame-language')", [
            box["x"] + box["width"] / 2, box["y"] + box["height"] / 2,
        ])  # fmt: skip
        assert not covered
    context.close()

"""The Segment page in a real browser, as people use it."""

import io
import json
import time
import zipfile
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import skimage
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from segcore.paths import shipped_checkpoints_dir
from tests.browser.dashboard import visit

SAMPLES = Path(skimage.__file__).parent / "data"
COINS, COFFEE = SAMPLES / "coins.png", SAMPLES / "coffee.png"


def photo_file(name: str, path: Path) -> dict[str, object]:
    return {"name": name, "mimeType": "image/png", "buffer": path.read_bytes()}


def inbox(page: Page) -> Locator:
    return page.locator("[class*=st-key-segment-inbox] input[type=file]")


def facts(page: Page) -> Locator:
    """The quiet line under the picture: it changes when, and only when, another prediction is shown."""
    return page.get_by_test_id("stCaptionContainer").filter(has_text="resized to")


def class_table(page: Page) -> Locator:
    return page.get_by_role("table", name="Classes found")


def download(page: Page, key: str) -> tuple[str, bytes]:
    """Press a download button, once it belongs to what is on the screen."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    with page.expect_download() as caught:
        page.locator(f".st-key-{key}").get_by_role("button").click()
    return caught.value.suggested_filename, Path(caught.value.path()).read_bytes()


def test_the_first_open_shows_a_mask_quietly(page: Page, server: str) -> None:
    """A mask before any choice; no error in the console, no request that leaves this computer."""
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    visit(page, server)
    expect(class_table(page)).to_be_visible()
    expect(facts(page)).to_be_visible()
    expect(page.locator(".st-key-sample_chelsea button")).to_have_attribute("kind", "primary")
    page.locator("canvas").first.wait_for()
    assert page.title() == "Segment"
    assert not complaints
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {server.split("/")[2]}
    assert any("/api/blobs/" in url for url in asked)


def test_the_cat_is_a_cat(page: Page, server: str) -> None:
    if not (shipped_checkpoints_dir() / "everyday.safetensors").is_file():
        pytest.skip("checkpoints/everyday.safetensors is not in this copy")
    visit(page, server)
    row = class_table(page).get_by_role("row").filter(has_text="cat")
    expect(row).to_be_visible()
    share = float(row.inner_text().split("%")[0].split()[-1])
    assert 40 < share < 99


def test_an_uploaded_photo_gets_its_mask_and_its_files(page: Page, server: str) -> None:
    visit(page, f"{server}/?model=otsu")
    inbox(page).set_input_files(photo_file("my coins.png", COINS))
    expect(page.get_by_role("button", name="my coins.png")).to_be_visible()
    expect(facts(page)).to_contain_text("384 × 303")
    expect(class_table(page)).to_contain_text("object")

    name, data = download(page, "download_labels")
    labels = np.asarray(PIL.Image.open(io.BytesIO(data)))
    assert (name, labels.shape) == ("my_coins_labels.png", (303, 384))
    assert set(np.unique(labels)) == {0, 1}

    name, data = download(page, "download_rle")
    coco = json.loads(data)
    assert (name, coco["images"][0]["file_name"]) == ("my_coins_coco.json", "my coins.png")
    pixels = sum(annotation["area"] for annotation in coco["annotations"])
    assert pixels == int((labels == 1).sum())

    name, data = download(page, "download_table")
    assert name == "my_coins_classes.csv" and f",{pixels}," in data.decode()


def test_several_photos_make_one_zip(page: Page, server: str) -> None:
    visit(page, f"{server}/?model=otsu")
    inbox(page).set_input_files([photo_file("a.png", COINS), photo_file("b.png", COFFEE)])
    expect(page.locator("[class*=st-key-tiles_own] button")).to_have_count(2)
    page.get_by_role("button", name="Segment all 2 photos").click()
    expect(page.locator(".st-key-zip_download").get_by_role("button")).to_be_visible()
    name, data = download(page, "zip_download")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        with archive.open("02_b/b_labels.png") as file:
            assert PIL.Image.open(file).size == (600, 400)
    assert name == "segcore.zip"
    assert sum(entry.endswith("_labels.png") for entry in names) == 2

    page.locator("[class*=st-key-tiles_own] button").first.click()
    expect(facts(page)).to_contain_text("384 × 303")


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("broken.png", b"\x89PNG\r\n\x1a\n and then nothing", "not an image"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        ("![x](https://evil.example/x.png) www.evil.example.png", b"", "empty"),
    ],
    ids=["broken", "svg", "markdown"],
)
def test_a_bad_file_gets_a_sentence(page: Page, server: str, name: str, data: bytes, says: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, f"{server}/?model=otsu")
    inbox(page).set_input_files({"name": name, "mimeType": "image/png", "buffer": data})
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text(says)
    assert f"{name} is " in alert.inner_text().replace("\u2060", "")
    assert alert.locator("img, a").count() == 0
    assert not any("evil" in url for url in asked)
    expect(class_table(page)).to_be_visible()


def test_ground_truth_gives_scores_and_the_view_of_errors(page: Page, server: str) -> None:
    visit(page, f"{server}/?model=otsu&sample=coins")
    _, labels = download(page, "download_labels")
    page.get_by_text("Compare with ground truth").click()
    page.get_by_test_id("stFileUploader").last.locator("input[type=file]").set_input_files(
        {"name": "coins_truth.png", "mimeType": "image/png", "buffer": labels}
    )
    scores = page.get_by_role("table", name="Scores of this photo")
    expect(scores).to_contain_text("Mean IoU")
    expect(scores.get_by_role("row").filter(has_text="Mean IoU")).to_contain_text("1.000")  # compared with itself
    expect(page.get_by_text("This photo only.")).to_be_visible()
    expect(page.get_by_role("radio", name="Errors")).to_be_checked()


def test_the_camera_asks_only_when_it_is_opened(page: Page, server: str) -> None:
    visit(page, f"{server}/?model=otsu")
    assert page.locator("video").count() == 0
    page.get_by_role("button", name="Camera").click()
    expect(page.locator("video")).to_have_js_property("readyState", 4)
    page.get_by_role("button", name="Take Photo").click()  # Chromium's own test picture
    expect(page.get_by_role("button", name="Camera photo")).to_be_visible()
    expect(facts(page)).not_to_contain_text("384 × 255")


def test_a_link_shows_the_same_and_back_goes_back(page: Page, server: str) -> None:
    visit(page, f"{server}/?sample=coins&model=otsu")
    expect(facts(page)).to_contain_text("Otsu")
    page.locator(".st-key-sample_coffee button").click()
    expect(facts(page)).to_contain_text("384 × 256")
    assert "sample=coffee" in page.url and "model=otsu" in page.url
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Architectures")).to_be_visible()
    page.go_back()
    expect(facts(page)).to_contain_text("384 × 256")


def test_the_page_works_by_keyboard(page: Page, server: str) -> None:
    visit(page, f"{server}/?model=otsu")
    page.locator(".st-key-sample_chelsea button").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText").strip() == "Astronaut"
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-sample_astronaut button")).to_have_attribute("kind", "primary")


@pytest.mark.parametrize("path", ["/", "/models"])
@pytest.mark.parametrize("width", [360, 768])
def test_a_narrow_screen_needs_no_sideways_scrolling(
    context: BrowserContext, server: str, path: str, width: int
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    visit(page, f"{server}{path}")
    page.get_by_role("table").first.wait_for()
    too_wide = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMain] *')]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.seg-table'))
            .map(e => e.className || e.tagName).slice(0, 5)"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert too_wide == []


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_the_upload_comes_first_then_the_picture_then_the_choices(
    context: BrowserContext, server: str, width: int
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, f"{server}/?model=otsu")
    expect(facts(page)).to_be_visible()
    parts = (
        page.get_by_role("button", name="Upload").first,
        page.locator("[data-part=stage]"),
        page.locator(".st-key-segment-model"),
        page.locator(".st-key-sample_chelsea"),
    )
    end = time.monotonic() + 10  # the parts move until all have arrived
    while (tops := [part.bounding_box()["y"] for part in parts]) != sorted(tops) and time.monotonic() < end:
        page.wait_for_timeout(100)
    assert tops == sorted(tops)
    upload = parts[0].bounding_box()
    assert upload["y"] + upload["height"] < 420
    assert tops[1] < 844


@pytest.mark.parametrize("width", [390, 320])
def test_the_drawer_lies_above_all_and_a_tap_beside_it_only_closes_it(
    browser: Browser, server: str, width: int
) -> None:
    phone = browser.new_context(
        viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True, locale="en-GB"
    )
    page = phone.new_page()
    visit(page, f"{server}/?model=otsu")
    expect(facts(page)).to_be_visible()
    page.get_by_test_id("stExpandSidebarButton").tap()  # it is not covered
    drawer = page.get_by_test_id("stSidebar")
    expect(drawer).to_have_attribute("data-collapsed", "false")
    page.wait_for_timeout(500)
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").tap()
    expect(drawer).to_have_attribute("data-collapsed", "true")
    page.get_by_test_id("stExpandSidebarButton").tap()
    page.wait_for_timeout(500)
    camera = page.get_by_role("button", name="Camera").bounding_box()
    assert camera
    page.touchscreen.tap(camera["x"] + camera["width"] - 4, camera["y"] + camera["height"] / 2)
    expect(drawer).to_have_attribute("data-collapsed", "true")
    page.wait_for_timeout(500)
    assert page.get_by_test_id("stPopoverBody").count() == 0
    phone.close()


def test_an_image_is_pasted_and_the_arrow_keys_show_the_next_photo(page: Page, server: str) -> None:
    visit(page, f"{server}/?model=otsu")
    expect(facts(page)).to_be_visible()
    paste = """async () => {
        const canvas = new OffscreenCanvas(64, 48);
        canvas.getContext("2d").fillRect(8, 8, 20, 20);
        const given = new DataTransfer();
        given.items.add(new File([await canvas.convertToBlob()], "pasted.png", { type: "image/png" }));
        document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: given, bubbles: true }));
    }"""
    listener = page.locator(".st-key-segment-inbox-shortcuts [data-testid=stBidiComponentRegular]")
    listener.wait_for(state="attached")
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.evaluate(paste)
    head = page.locator(".st-key-photo_head")
    expect(head).to_contain_text("pasted.png")
    expect(facts(page)).to_contain_text("64 × 48")
    inbox(page).set_input_files(photo_file("coins.png", COINS))
    expect(head).to_contain_text("coins.png 2 of 2")
    page.locator("h1").click()
    page.keyboard.press("ArrowLeft")
    expect(head).to_contain_text("pasted.png 1 of 2")
    page.keyboard.press("ArrowLeft")
    expect(head).to_contain_text("coins.png 2 of 2")


def test_enter_on_a_pixel_offers_the_reason(page: Page, server: str) -> None:
    if not (shipped_checkpoints_dir() / "everyday.safetensors").is_file():
        pytest.skip("checkpoints/everyday.safetensors is not in this copy")
    visit(page, server)
    expect(facts(page)).to_be_visible()
    page.locator("[data-part=stage]").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Why this pixel?")).to_contain_text("row 150")


def test_nothing_jumps_while_another_photo_is_computed(page: Page, server: str) -> None:
    visit(page, f"{server}/?model=grabcut")
    before = class_table(page).bounding_box()
    page.locator(".st-key-sample_astronaut button").click()
    expect(page.locator(".st-key-sample_astronaut button")).to_have_attribute("kind", "primary")
    during = class_table(page).bounding_box()
    assert before and during and abs(before["y"] - during["y"]) < 120

"""The Data page in a real browser: upload, look, let the doctor find what is wrong, repair, train."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.dashboard import visit

LONG = 180_000  # milliseconds: check and repair are processes of their own, and the machine may be busy


@pytest.fixture
def calm(page: Page) -> Iterator[Page]:
    """The page; no script of it may have failed."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert not complaints


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Eight photos whose masks say 255 for yes; one photo has no mask."""
    root = tmp_path / "leaves"
    for inner in ("images", "masks"):
        (root / inner).mkdir(parents=True)
    for index in range(9):
        noise = np.random.default_rng(index).integers(0, 256, (12, 16, 3), np.uint8)
        Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC).save(root / "images" / f"leaf{index}.jpg")
        mask = np.zeros((120, 160), np.uint8)
        mask[20 : 60 + 5 * index, 30:90] = 255
        if index < 8:
            Image.fromarray(mask).save(root / "masks" / f"leaf{index}.png")
    (root / "classes.json").write_text(json.dumps({"classes": ["background", "leaf"]}))
    return root


def test_browse_check_repair_train(calm: Page, server: str, broken: Path) -> None:
    page = calm
    visit(page, f"{server}/data?data={broken}&view=doctor")
    page.locator(".st-key-data-check-start button").click()
    expect(page.locator(".st-key-data-finding-binary_255")).to_contain_text("Replace 255 by 1", timeout=LONG)
    expect(page.locator(".st-key-data-finding-missing_mask")).to_contain_text("Images without a mask (1)")
    page.locator(".st-key-data-repair-start button").click()
    train = page.locator(".st-key-data-train button")
    expect(train).to_be_visible(timeout=LONG)
    folder = page.locator(".st-key-data-repair-to input").input_value()
    assert folder.endswith("leaves-repaired")

    visit(page, f"{server}/data?data={folder}")
    tiles = page.locator(".st-key-tiles_data_tile button")
    expect(tiles).to_have_count(8)
    for index in range(8):
        found = page.request.get(server + _face(page, index))
        assert found.ok and found.headers["content-type"] == "image/jpeg"
    tiles.nth(4).click()
    expect(tiles.nth(4)).to_have_attribute("kind", "primary")
    expect(page.get_by_text("leaf4")).to_be_visible()
    expect(page.locator(".st-key-data-viewer canvas").first).to_be_visible()
    assert page.request.get(f"{server}/api/data/{'0' * 64}/0").status == 404


def test_a_zip_from_the_browser_and_only_the_images_of_one_class(
    calm: Page, server: str, broken: Path, tmp_path: Path
) -> None:
    """Upload, unpack, look; then the doctor's 0/255 aside, two of the images show a leaf as class 1."""
    for index in (2, 5):
        Image.fromarray(np.ones((120, 160), np.uint8)).save(broken / "masks" / f"leaf{index}.png")
    (broken / "images" / "leaf8.jpg").unlink()  # the one without a mask
    packed = shutil.make_archive(str(tmp_path / "my leaves"), "zip", broken.parent, broken.name)
    page = calm
    visit(page, f"{server}/data")
    page.locator(".st-key-data-spec-toggle button").click()
    page.locator(".st-key-data-spec-view").get_by_text("Upload", exact=True).click()
    page.locator(".st-key-data-spec-panel input[type=file]").first.set_input_files(packed)
    card = page.locator("[class*=st-key-data-spec-import-]").filter(has_text="my-leaves").first
    card.get_by_role("button", name="Unpack").click()
    expect(page.get_by_text("8 images", exact=True)).to_be_visible(timeout=LONG)
    expect(card).to_have_count(0)
    page.wait_for_url(re.compile("data=.*leaves"))
    expect(page.get_by_role("combobox", name="Dataset")).to_have_value(re.compile("leaves"))
    page.locator(".st-key-data-filter-box summary").click()
    page.locator(".st-key-data-showing-start button").click()
    menu = page.locator(".st-key-data-filter").get_by_role("combobox")
    expect(menu).to_be_visible(timeout=LONG)
    menu.click()
    page.get_by_role("option", name="leaf (2)").click()
    expect(page.locator(".st-key-tiles_data_tile button")).to_have_count(2)


def _face(page: Page, index: int) -> str:
    """The address of the picture on a tile."""
    style = page.locator(f".st-key-data_tile_{index} button").evaluate("it => getComputedStyle(it).backgroundImage")
    return "/api/" + str(style).partition("/api/")[2].rstrip('")')

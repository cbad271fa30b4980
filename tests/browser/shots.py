"""``python -m tests.browser.shots [FOLDER]``: every page in its main states, light and dark, wide and on a phone.

The pictures are for people: look at each as a demanding visitor would.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import skimage
from playwright.sync_api import Browser, Page, expect, sync_playwright

from segcore.paths import PROJECT
from tests.browser.dashboard import browser_path, dashboard, launch, visit
from tests.ui.made_runs import made_run
from tests.ui.made_samples import made_story
from ui.learn.table import LESSONS

PHOTOS = Path(skimage.__file__).parent / "data"
READY = (
    "table, .st-key-fetch, .st-key-train-start, .seg-tiles, .st-key-learn_head, .st-key-term_iou, "
    "[data-testid=stBidiComponent] .cells, [data-testid=stAlert]"
)
WIDE, PHONE = (1440, 900), (390, 844)


@dataclass(frozen=True)
class State:
    """One thing to look at.

    Attributes:
        name: of the file.
        path: where to begin.
        act: what to do there.
        small: also as seen on a phone.
    """

    name: str
    path: str
    act: Callable[[Page], None] | None = None
    small: bool = False


def _upload(*names: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator("[class*=st-key-segment-inbox] input[type=file]").set_input_files(
            [PHOTOS / name for name in names]
        )
        expect(page.locator("[class*=st-key-tiles_own] button")).to_have_count(len(names))

    return act


def _broken(page: Page) -> None:
    page.locator("[class*=st-key-segment-inbox] input[type=file]").set_input_files(
        {"name": "holiday.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n and then nothing"}
    )
    expect(page.get_by_test_id("stAlert")).to_be_visible()


def _truth(page: Page) -> None:
    with page.expect_download() as caught:
        page.locator(".st-key-download_labels").get_by_role("button").click()
    labels = Path(caught.value.path()).read_bytes()
    page.locator(".st-key-sample_coins button").focus()
    page.get_by_text("Compare with ground truth").click()
    page.get_by_test_id("stFileUploader").last.locator("input[type=file]").set_input_files(
        {"name": "coins.png", "mimeType": "image/png", "buffer": labels}
    )
    expect(page.get_by_role("table", name="Scores of this photo")).to_be_visible()


def _rectangle(page: Page) -> None:
    page.get_by_text("Start from a rectangle").click()
    expect(page.locator(".st-key-segment-rows")).to_be_visible()


def _add(page: Page) -> None:
    page.get_by_text("Add a checkpoint").first.click()
    page.locator("input[type=file]").set_input_files(
        {"name": "network.pth", "mimeType": "application/octet-stream", "buffer": b"PK\x03\x04 not ours"}
    )
    expect(page.get_by_test_id("stAlert").last).to_be_visible()


def _unfolded(page: Page) -> None:
    page.get_by_text("Optimiser", exact=True).click()
    expect(page.locator(".st-key-train-weight_decay")).to_be_visible()


def _train_on_nothing(page: Page) -> None:
    box = page.locator(".st-key-train-data input")
    box.fill("/no/such/folder")
    box.press("Enter")
    page.locator(".st-key-train-start button").click()
    expect(page.get_by_test_id("stAlert")).to_be_visible()


def _open_lesson(page: Page) -> None:
    """Past the guess; the lessons after the first state of each are open already."""
    page.locator("[class*=st-key-learn-][class*=-skip] button, [class*=st-key-learn-][class*=-again] button").wait_for()
    skip = page.locator("[class*=st-key-learn-][class*=-skip] button")
    if skip.count():
        skip.click()
    expect(page.locator(".st-key-section")).to_be_visible()


def _curves(page: Page) -> None:
    expect(page.locator('[data-chart="loss"] .scatterlayer .trace').first).to_be_visible()


def _scrubber(mode: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.get_by_role("radio", name=mode).check()
        expect(page.locator("[data-part=scrubber]")).to_have_attribute("aria-busy", "false")

    return act


def _compared(page: Page) -> None:
    expect(page.locator('[data-chart="miou"] .scatterlayer .trace').first).to_be_visible()


def _ticked(page: Page) -> None:
    page.get_by_role("checkbox", name="Tick finished").check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Delete this run")).to_be_visible()


STATES = (
    State("segment", "/", small=True),
    State("segment-person", "/?sample=astronaut"),
    State("segment-rectangle", "/?sample=coffee&model=grabcut", _rectangle),
    State(
        "segment-several",
        "/?model=otsu",
        _upload("coffee.png", "rocket.jpg", "astronaut.png", "camera.png"),
        small=True,
    ),
    State("segment-broken-file", "/", _broken, small=True),
    State("segment-truth", "/?sample=coins&model=otsu", _truth, small=True),
    State("segment-no-such-model", "/?model=yesterday"),
    State("segment-download", "/?model=deeplabv3_resnet50"),
    State("train", "/train", _unfolded, small=True),
    State("train-problems", "/train", _train_on_nothing),
    State("data", "/data?data=shapes", small=True),
    State("data-facts", "/data?data=shapes&view=facts"),
    State("data-doctor", "/data?data=shapes&view=doctor"),
    State("data-preview", "/data?data=shapes&view=preview"),
    State("evaluate", "/evaluate", small=True),
    State("runs", "/runs", small=True),
    State("run-finished", "/runs?run=finished", _curves, small=True),
    State("run-epochs", "/runs?run=epochs&epoch=3&against=rival", _scrubber("Prediction"), small=True),
    State("run-gained-lost", "/runs?run=epochs&epoch=3", _scrubber("Gained & lost")),
    State("run-failed", "/runs?run=failed", _curves, small=True),
    State("run-unknown", "/runs?run=yesterday"),
    State("runs-compared", "/runs?compare=finished,failed", _compared, small=True),
    State("runs-ticked", "/runs?sort=name&order=up", _ticked),
    State("learn", "/learn", small=True),
    State("learn-zh", "/learn?lang=zh", small=True),
    *(State(f"lesson-{name}-veiled", f"/learn?lesson={name}") for name in LESSONS),
    *(State(f"lesson-{name}", f"/learn?lesson={name}", _open_lesson, small=True) for name in LESSONS),
    *(State(f"lesson-{name}-zh", f"/learn?lesson={name}&lang=zh", _open_lesson) for name in LESSONS),
    State("glossary", "/glossary?lang=zh"),
    State("models", "/models", small=True),
    State("models-wrong-file", "/models", _add),
)


def shoot(
    browser: Browser, address: str, state: State, scheme: Literal["light", "dark"], phone: bool, file: Path
) -> None:
    """Write one picture of a whole page, as tall as it is."""
    width, height = PHONE if phone else WIDE
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True)
    page.set_default_timeout(60_000)
    visit(page, address + state.path)
    page.locator(READY).first.wait_for()
    if state.act:
        state.act(page)
    page.wait_for_timeout(1500)  # pictures are decoded and skeletons fade
    tall = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(height, tall)})
    page.wait_for_timeout(500)
    page.screenshot(path=file)
    page.close()


def main(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        path = browser_path(playwright)
        if path is None:
            sys.exit("No Chromium or Chrome was found. Install one, for instance: apt install chromium")
        browser = launch(playwright, path)
        os.environ["SEGCORE_HOME"] = home
        made_run("finished", epochs=40, done=40)
        made_run("failed", state="failed", done=2, cause="nan", reason="The loss became nan at step 25.")
        made_run("waiting", state=None)
        made_story("epochs", epochs=6)
        made_story("rival", seed=1)
        with dashboard(Path(home)) as address:
            for state in STATES:
                for scheme in ("light", "dark"):
                    for phone in (False, True) if state.small else (False,):
                        file = folder / f"{state.name}-{'phone' if phone else 'wide'}-{scheme}.png"
                        shoot(browser, address, state, scheme, phone, file)
                        sys.stdout.write(f"{file}\n")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "shots")

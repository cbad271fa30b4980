"""What a run gives away, in a real browser: a report that opens without a network, a log that can be searched while it
grows, and the worst images in the viewer.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from segcore.checkpoint import CheckpointCard, save_checkpoint
from segcore.export.run_report import html_report
from segcore.models import build_model
from segcore.palette import default_colours
from segcore.runs import Run, new_run
from segcore.runs.lock import FileLock, take_lock
from segcore.train import make_config
from segcore.train.review import validation_data
from tests.browser.dashboard import visit

HOSTILE = "</script><script>document.title='hacked'</script><img src=http://127.0.0.1:9/x.png>"


def made_run(home: Path, name: str) -> Run:
    """One epoch on generated shapes, with weights and two worst images."""
    run = new_run(
        make_config({"data": ["shapes:8:32"], "epochs": 2, "title": HOSTILE}).to_json(), name=name, root=home / "runs"
    )
    data = validation_data(run)
    card = CheckpointCard(
        name="last",
        title="Tiny",
        architecture="unet",
        options={"width": 4},
        classes=data.classes,
        colours=default_colours(data.classes),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )
    save_checkpoint(run.checkpoint_path("last"), build_model("unet", num_classes=len(data.classes), width=4), card)
    run.emit("setup", classes=[HOSTILE, *data.classes[1:]], colours=[list(c) for c in data.colours], steps_per_epoch=2)
    run.emit("state", state="running")
    for epoch in range(2):
        run.emit("step", epoch=epoch, step=2 * epoch, loss=1 / (epoch + 1), rate=0.1, gradient_norm=1.0)
        iou = [0.5] * len(data.classes)
        run.emit("val", epoch=epoch, step=2 * epoch + 2, loss=0.5, miou=0.5, pixel_accuracy=0.5, iou=iou)
    rows = [{"index": n, "name": data[n].name, "miou": 0.1 + n / 10, "loss": 1.0} for n in range(2)]
    run.emit("worst", epoch=1, images=rows)
    return run


def complaints_of(page: Page) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_report_opens_from_the_disk_without_a_network(
    browser: Browser, tmp_path: Path, language: str, width: int
) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(html_report(made_run(tmp_path, "told"), language=language))
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    complaints = complaints_of(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.title() == "told"
    expect(page.get_by_role("heading", level=1)).to_have_text("told")
    pictures = page.locator("img")
    assert pictures.count() == 8
    assert all(pictures.nth(n).evaluate("image => image.naturalWidth > 0") for n in range(8))
    assert page.get_by_role("img").filter(has=page.locator("path")).count() >= 4, "charts"
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "tables scroll, the page does not"
    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert complaints == []
    context.close()


def test_the_report_is_downloaded_from_the_page_of_the_run(page: Page, server: str, home: Path, tmp_path: Path) -> None:
    run = made_run(home, "report")
    run.emit("state", state="finished")
    visit(page, f"{server}/runs?run=report")
    page.get_by_role("button", name="Make a report").click()
    button = page.locator(".st-key-runs-report-download").get_by_role("button").last
    expect(button).to_be_visible(timeout=120_000)  # the first report of a server imports torch
    with page.expect_download() as got:
        button.click()
    got.value.save_as(tmp_path / "report.html")
    assert got.value.suggested_filename == "report.html"
    page.goto((tmp_path / "report.html").as_uri())
    page.get_by_text("report.json").last.click()
    assert json.loads(page.locator("pre").last.inner_text()) == run.plan


@pytest.fixture
def growing(home: Path) -> Iterator[Run]:
    run = made_run(home, "growing")
    held = take_lock(run.path / "lock")
    assert isinstance(held, FileLock)
    run.log_path.write_text("".join(f"line {number}\n" for number in range(500)))
    yield run
    run.emit("state", state="finished")
    held.close()


def test_the_log_follows_and_is_searched_while_it_grows(page: Page, server: str, growing: Run) -> None:
    visit(page, f"{server}/runs?run=growing")
    page.locator(".st-key-runs-log summary").click()
    log = page.locator(".seg-log")
    expect(log).to_contain_text("line 499")

    def at_its_end() -> bool:
        return bool(log.evaluate("box => Math.abs(box.scrollTop) < 2"))  # a reversed column begins at its end

    assert at_its_end()
    with growing.log_path.open("a") as file:
        file.write("RuntimeError: the needle\n")
    expect(log).to_contain_text("the needle")
    assert at_its_end(), "it follows"

    field = page.get_by_role("textbox", name="Search the log")
    field.click()
    for letter in "needle":
        page.keyboard.type(letter)
        time.sleep(0.6)  # the page is drawn anew every two seconds meanwhile
    assert field.input_value() == "needle", "not a letter was lost, nor the focus"
    page.keyboard.press("Enter")
    expect(log.locator("mark")).to_have_text("needle")
    expect(page.get_by_text("1 line contains")).to_be_visible()
    with page.expect_download() as got:
        page.get_by_role("link", name="Whole log").click()
    assert Path(got.value.path()).read_bytes() == growing.log_path.read_bytes()


def test_a_worst_image_opens_in_the_viewer_with_its_errors(page: Page, server: str, home: Path) -> None:
    made_run(home, "worst").emit("state", state="finished")
    complaints = complaints_of(page)
    visit(page, f"{server}/runs?run=worst")
    page.locator(".st-key-runs-worst summary").first.click()
    tiles = page.locator(".st-key-faces_worst").get_by_role("button")
    expect(tiles.last).to_be_visible(timeout=60_000)
    expect(page.get_by_text("In the validation it was 0.100")).to_be_visible()  # the page is complete
    page.locator(".st-key-worst_1").get_by_role("button").last.click()
    viewer = page.locator(".st-key-worst-viewer")
    viewer.get_by_role("radio", name="Errors").check()
    expect(page.get_by_text("In the validation it was 0.200")).to_be_visible()
    page.get_by_role("button", name="Open on the Segment page").click()
    expect(page.locator(".st-key-photo_head").get_by_text("1 of 1")).to_be_visible(timeout=60_000)
    assert [each for each in complaints if "404" not in each] == []  # Streamlit itself tries two addresses

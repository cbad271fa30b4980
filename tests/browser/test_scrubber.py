"""The epoch scrubber in a real browser: what it shows is compared with numpy, pixel by pixel.

The runs are made (tests/ui/made_samples.py): five epochs of three samples with known truths and labels. The samples are
shown about four times as large as they are, so that every pixel of theirs has pixels of the canvas to itself.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Locator, Page, expect

from segcore.types import IGNORE
from tests.browser.dashboard import visit
from tests.ui.made_samples import CLASSES, COLOURS, SIZES, MadeStory, made_story

RIGHT, WRONG, LOST, MARK = (0, 114, 178), (220, 38, 30), (214, 0, 147), (255, 255, 255)  # orange is a class
Colours = NDArray[np.int16]


@pytest.fixture(scope="module")
def rival(home: Path) -> MadeStory:
    """Other labels of the same samples, and an epoch less."""
    return made_story("run-b", epochs=4, seed=1, root=home / "runs")


@pytest.fixture(scope="module")
def story(home: Path) -> MadeStory:
    """The run that most tests look at, beside two that cannot be compared with it."""
    made_story("other-classes", epochs=1, classes=CLASSES[:2], root=home / "runs")
    made_story("other-images", epochs=1, truth_seed=1, root=home / "runs")
    return made_story("run-a", root=home / "runs")


class Scrubber:
    """The scrubber on an open page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("[data-part=scrubber]")
        self.problems: list[str] = []
        self.sent: list[str | bytes] = []  # to Streamlit: a rerun would be here
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: self.sent.append(frame)))  # noqa: PLW0108

    def part(self, name: str) -> Locator:
        return self.root.locator(f"[data-part={name}]")

    def at(self, epoch: int) -> None:
        """Wait until this epoch is drawn."""
        expect(self.root).to_have_attribute("data-epoch", str(epoch))
        expect(self.root).to_have_attribute("aria-busy", "false")
        self.settle()

    def go(self, epoch: int) -> None:
        self.part("slider").fill(str(epoch - 1))
        self.at(epoch)

    def mode(self, name: str) -> None:
        self.page.get_by_role("radio", name=name).check()
        self.settle()

    def settle(self) -> None:
        """Two frames: the first may have been asked for before the last change."""
        self.page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
        expect(self.root).to_have_attribute("aria-busy", "false")

    def count(self, name: str) -> int:
        text = self.root.locator(f"[data-entry={name}]").inner_text()
        return int(re.sub(r"[^0-9]", "", text))

    def pixels(self, sample: int) -> Colours:
        """(H, W, 3): the colour in the middle of every pixel of a sample."""
        self.settle()
        height, width = SIZES[sample]
        js = """(canvas, [rows, cols]) => {
            const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            const found = [];
            for (let row = 0; row < rows; row++) for (let col = 0; col < cols; col++) {
                const x = Math.floor(((col + 0.5) * canvas.width) / cols);
                const y = Math.floor(((row + 0.5) * canvas.height) / rows);
                found.push(...all.slice(4 * (y * canvas.width + x), 4 * (y * canvas.width + x) + 3));
            }
            return found;
        }"""
        canvas = self.root.locator(f".card[data-sample='{sample}'] canvas").first
        return np.array(canvas.evaluate(js, [height, width]), np.int16).reshape(height, width, 3)


def is_colour(seen: Colours, colour: tuple[int, ...], slack: int = 2) -> NDArray[np.bool_]:
    return np.asarray(np.abs(seen - np.array(colour)).max(-1) <= slack)


Open = Callable[..., Scrubber]


@pytest.fixture
def open_run(context: BrowserContext, server: str) -> Iterator[Open]:
    """Opens the page of a run; afterwards no error may stand in the console."""
    opened: list[Scrubber] = []

    def open_(name: str, query: str = "", epoch: int | None = 5) -> Scrubber:
        scrubber = Scrubber(context.new_page())
        visit(scrubber.page, f"{server}/runs?run={name}{query}")
        if epoch is not None:
            scrubber.at(epoch)
        opened.append(scrubber)
        return scrubber

    yield open_
    for scrubber in opened:
        assert scrubber.problems == []


def flips(now: NDArray, before: NDArray, truth: NDArray, one: int | None) -> dict[str, NDArray[np.bool_]]:
    """Gained, lost and still wrong, as the words say it."""
    is_right = now == truth if one is None else (now == one) == (truth == one)
    was_right = before == truth if one is None else (before == one) == (truth == one)
    counted = truth != IGNORE
    return {
        "gained": is_right & ~was_right & counted,
        "lost": ~is_right & was_right & counted,
        "wrong": ~is_right & ~was_right & counted,
    }


def test_slider_keys_and_play_move_everything_without_a_rerun(open_run: Open, story: MadeStory) -> None:
    scrubber = open_run("run-a")
    page = scrubber.page
    expect(scrubber.part("now")).to_have_text("Epoch 5 / 5")
    page.wait_for_timeout(500)
    scrubber.sent.clear()
    scrubber.part("slider").focus()
    page.keyboard.press("ArrowLeft")
    scrubber.at(4)
    page.keyboard.press("Home")
    scrubber.at(1)
    scrubber.root.focus()
    page.keyboard.press("ArrowRight")
    scrubber.at(2)
    counts = story.counts(1)
    expect(scrubber.part("facts")).to_contain_text(f"{counts.trace() / counts.sum():.3f}")
    cell = scrubber.root.locator(".cell[data-truth='1'][data-label='2']")
    cell.hover()
    expect(scrubber.part("matrixReading")).to_contain_text(f"{counts[1, 2]:,} pixels")
    share = 100 * counts[1, 2] / counts[1].sum()
    expect(cell).to_have_text(f"{share:.1f}" if share < 9.95 else f"{share:.0f}")
    iou = counts[2, 2] / (counts[2].sum() + counts[:, 2].sum() - counts[2, 2])
    expect(scrubber.root.locator(".bar-row[data-class='2'] .value")).to_have_text(f"{iou:.3f}")

    page.locator("h1").hover()
    scrubber.part("speed").select_option("8")
    page.keyboard.press("Escape")
    scrubber.root.focus()
    page.keyboard.press(" ")
    expect(scrubber.part("play")).to_have_attribute("aria-label", "Pause (Space)")
    scrubber.at(5)
    expect(scrubber.part("play")).to_have_attribute("aria-label", "Play (Space)")
    assert scrubber.sent == [], "the server was told nothing"


def test_gained_and_lost_are_what_numpy_counts(open_run: Open, story: MadeStory) -> None:
    scrubber = open_run("run-a")
    scrubber.mode("Gained & lost")
    scrubber.part("opacity").fill("100")
    for one, epoch, since in ((None, 1, 0), (None, 4, 3), (None, 1, 4), (1, 3, 2), (1, 2, 0)):
        scrubber.part("one").select_option("" if one is None else str(one))
        scrubber.go(epoch + 1)
        scrubber.part("since").select_option("previous" if since == epoch - 1 else str(since))
        scrubber.settle()
        arrays = zip(story.labels[epoch], story.labels[since], story.truths, strict=True)
        expected = [flips(*each, one) for each in arrays]
        for name in ("gained", "lost", "wrong"):
            assert scrubber.count(name) == sum(int(each[name].sum()) for each in expected), (epoch, since, name)
        for sample, masks in enumerate(expected):
            seen = scrubber.pixels(sample)
            np.testing.assert_array_equal(is_colour(seen, RIGHT), masks["gained"])
            np.testing.assert_array_equal(is_colour(seen, WRONG), masks["wrong"])
            np.testing.assert_array_equal(is_colour(seen, LOST) | is_colour(seen, MARK, 66), masks["lost"])
    scrubber.part("since").select_option("previous")
    scrubber.go(1)
    expect(scrubber.part("legend")).to_contain_text("this is the first epoch")


def test_a_cell_of_the_matrix_and_errors_of_a_class_show_exactly_their_pixels(open_run: Open, story: MadeStory) -> None:
    scrubber = open_run("run-a")
    scrubber.go(2)
    scrubber.root.locator(".cell[data-truth='0'][data-label='2']").click()
    scrubber.page.locator("h1").hover()
    hits = [(truth == 0) & (labels == 2) for truth, labels in zip(story.truths, story.labels[1], strict=True)]
    expect(scrubber.part("legend")).to_contain_text(f"{sum(int(hit.sum()) for hit in hits):,} pixels")
    for sample, hit in enumerate(hits):
        np.testing.assert_array_equal(is_colour(scrubber.pixels(sample), WRONG, 24), hit)
    scrubber.go(3)
    np.testing.assert_array_equal(
        is_colour(scrubber.pixels(0), WRONG, 24), (story.truths[0] == 0) & (story.labels[2][0] == 2)
    )
    scrubber.page.get_by_role("button", name="Show everything").click()
    scrubber.settle()
    assert not (is_colour(scrubber.pixels(0), WRONG, 24) & (story.truths[0] == 0) & (story.labels[2][0] == 2)).any()

    cell = scrubber.root.locator(".cell[data-truth='0'][data-label='0']")
    cell.focus()
    scrubber.page.keyboard.press("ArrowDown")
    scrubber.page.keyboard.press("ArrowRight")
    expect(scrubber.root.locator(".cell[data-truth='1'][data-label='1']")).to_be_focused()
    hit = (story.truths[1] == 1) & (story.labels[2][1] == 1)
    np.testing.assert_array_equal(is_colour(scrubber.pixels(1), RIGHT, 24), hit)
    assert scrubber.root.get_attribute("data-epoch") == "3", "the arrows moved in the matrix, not in time"

    scrubber.part("now").click()
    scrubber.mode("Errors")
    scrubber.part("opacity").fill("100")
    scrubber.part("one").select_option("1")
    truth, labels = story.truths[0], story.labels[2][0]
    seen = scrubber.pixels(0)
    np.testing.assert_array_equal(is_colour(seen, RIGHT), (truth == 1) & (labels == 1))
    np.testing.assert_array_equal(is_colour(seen, WRONG), (truth != 1) & (labels == 1) & (truth != IGNORE))
    missed = (truth == 1) & (labels != 1)
    np.testing.assert_array_equal(is_colour(seen, LOST) | is_colour(seen, MARK, 66), missed)


def test_two_runs_are_swiped_at_the_same_epoch(open_run: Open, story: MadeStory, rival: MadeStory) -> None:
    scrubber = open_run("run-a")
    scrubber.go(3)
    scrubber.part("opacity").fill("100")
    scrubber.part("against").focus()
    options = scrubber.part("against").locator("option")
    expect(options).to_have_count(4)
    expect(options.nth(1)).to_be_enabled()
    expect(options.filter(has_text="other-classes — different classes")).to_be_disabled()
    expect(options.filter(has_text="other-images — different validation images")).to_be_disabled()
    scrubber.part("against").select_option("run-b")
    expect(scrubber.part("rivalNote")).to_contain_text("run-b at the same epoch")
    scrubber.settle()
    split = SIZES[0][1] // 2
    seen = scrubber.pixels(0)
    for labels, side in ((story.labels[2][0], np.s_[:, : split - 1]), (rival.labels[2][0], np.s_[:, split + 1 :])):
        for label in (1, 2):
            np.testing.assert_array_equal(is_colour(seen, COLOURS[label])[side], (labels == label)[side])
    scrubber.part("split").fill("0")
    seen = scrubber.pixels(0)
    np.testing.assert_array_equal(is_colour(seen, COLOURS[1]), rival.labels[2][0] == 1)
    scrubber.go(5)
    expect(scrubber.part("rivalNote")).to_contain_text("does not have this epoch; its epoch 4 is shown")
    scrubber.page.wait_for_url(re.compile("against=run-b"))

    strange = open_run("run-a", "&against=other-classes&epoch=2", epoch=2)
    expect(strange.part("rivalNote")).to_contain_text("its classes differ")
    expect(strange.root.locator(".handle").first).to_be_hidden()


def test_scrubber_and_curves_share_a_cursor(open_run: Open, story: MadeStory) -> None:
    scrubber = open_run("run-a")
    page = scrubber.page
    loss, scores = page.locator('[data-chart="loss"]'), page.locator('[data-chart="scores"]')
    expect(scores.locator(".scatterlayer .trace").first).to_be_visible()
    scrubber.go(2)
    flags = page.locator(".live-flag")
    expect(flags.first).to_have_text("2")
    miou = page.locator(".live-chart").filter(has=scores).locator(".live-entry").first
    counts = story.counts(1)
    union = counts.sum(0) + counts.sum(1) - counts.diagonal()
    expect(miou).to_contain_text(f"{(counts.diagonal() / union).mean():.3f}")

    def place(step: float) -> dict[str, float]:
        """Where a step is on the chart of scores."""
        x = scores.evaluate("(plot, x) => plot._fullLayout.xaxis._offset + plot._fullLayout.xaxis.l2p(x)", step / 10)
        return {"x": float(x), "y": 60}

    scores.hover(position=place(32))
    cursors = page.locator(".live-cursor")
    for nth in range(2):
        expect(cursors.nth(nth)).to_be_visible()
    left = loss.evaluate("plot => plot._fullLayout.xaxis._offset + plot._fullLayout.xaxis.l2p(3)")
    assert cursors.first.evaluate("line => parseFloat(line.style.left)") == pytest.approx(left, abs=1)
    scores.click(position=place(38))
    scrubber.at(4)
    expect(flags.first).to_have_text("4")


def test_a_live_run_is_followed_until_the_reader_looks_back(open_run: Open, home: Path) -> None:
    live = made_story("live", epochs=0, state="running", root=home / "runs")
    live.run.emit("state", state="running")
    held = live.run.take(again=True)
    live.run.emit("state", state="running")
    try:
        scrubber = open_run("live", epoch=None)
        expect(scrubber.part("empty")).to_contain_text("After the first validation")
        live.add_epoch(0)
        scrubber.at(1)
        live.add_epoch(1)
        scrubber.at(2)
        expect(scrubber.part("live")).to_have_text("Live")
        scrubber.go(1)
        expect(scrubber.part("live")).to_have_text("To the newest epoch")
        scrubber.page.wait_for_url(re.compile("epoch=1"))
        live.add_epoch(2)
        expect(scrubber.part("now")).to_have_text("Epoch 1 / 3")
        scrubber.part("live").click()
        scrubber.at(3)

        # The run goes back and does the third epoch again: other pictures under the same names.
        live.run.emit("resumed", epoch=2, step=20)
        scrubber.at(2)
        live.add_epoch(2, luck=1)
        scrubber.at(3)
        scrubber.mode("Prediction")
        scrubber.part("opacity").fill("100")
        np.testing.assert_array_equal(is_colour(scrubber.pixels(0), COLOURS[1]), live.labels[2][0] == 1)
    finally:
        held.close()


def test_the_address_keeps_the_epoch(open_run: Open, story: MadeStory) -> None:
    scrubber = open_run("run-a", "&epoch=2", epoch=2)
    scrubber.go(4)
    scrubber.page.wait_for_url(re.compile(r"run=run-a&epoch=4"))
    scrubber.page.reload()
    scrubber.at(4)
    scrubber.part("live").click()
    scrubber.at(5)
    scrubber.page.wait_for_function("() => !location.search.includes('epoch')")


def test_nothing_overflows_or_is_too_small(open_run: Open, story: MadeStory) -> None:
    scrubber = open_run("run-a")
    for width in (1440, 820, 390):
        scrubber.page.set_viewport_size({"width": width, "height": 900})
        scrubber.settle()
        assert scrubber.page.evaluate("document.documentElement.scrollWidth") <= width
        sizes = scrubber.root.evaluate("(node) => [node.scrollWidth, node.clientWidth]")
        assert sizes[0] <= sizes[1]
        for control in scrubber.root.locator("button:visible:not(.cell), select:visible, .modes label").all():
            box = control.bounding_box()
            assert box is not None
            assert box["height"] >= 30, control.inner_text()
    names = scrubber.root.locator(".bar-row .name").all_inner_texts()
    assert names == list(CLASSES), "names are text, whatever they contain"

"""The mask viewer in a real browser: what it shows is compared with numpy, pixel by pixel.

The scene (viewer_scene.py) is 320 x 214. In a window of 1280 it is shown 2.6 times as large with crisp pixels, so
the canvas must hold exactly the photo's colours, mixed with a class colour where the mask is drawn.
"""

import base64
import io
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import viewer_scene as scene
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect
from viewer_scene import BIRD, CAT, COLOURS, DOG

from segcore.paths import PROJECT
from segcore.types import IGNORE
from tests.browser.dashboard import free_port, wait_until_up

RIGHT, FALSE_POSITIVE, FALSE_NEGATIVE = (0, 114, 178), (220, 38, 30), (214, 0, 147)  # unlike all classes of the scene
PATIENCE_MS = 60_000  # for a machine that trains a network at the same time
Colour = tuple[int, int, int]

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demo app runs. Asks for the browser first: without one no server is started."""
    port = free_port()
    app = str(Path(__file__).with_name("viewer_app.py"))
    log = tmp_path_factory.mktemp("viewer") / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", app, "--server.port", str(port), "--server.headless", "true"],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT), "SEGCORE_STRICT_TEXT": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_up(f"http://127.0.0.1:{port}", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


class Viewer:
    """The viewer on an open page: pixels in photo coordinates, controls by what they say."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stage = page.locator(".stage")
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)

    def part(self, name: str) -> Locator:
        return self.page.locator(f"[data-part={name}]")

    def wait(self) -> None:
        expect(self.stage).to_have_attribute("aria-busy", "false")
        self.settle()

    def settle(self) -> None:
        """Two frames: the first may have been asked for before the last change."""
        self.page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")

    def places(self) -> Callable[[float, float], tuple[float, float]]:
        """The middle of a photo pixel (row, col) in the stage, while the whole photo is shown."""
        box = self.stage.bounding_box()
        assert box is not None
        scale = min(box["width"] / scene.WIDTH, box["height"] / scene.HEIGHT)
        left, top = (box["width"] - scene.WIDTH * scale) / 2, (box["height"] - scene.HEIGHT * scale) / 2
        return lambda row, col: (left + (col + 0.5) * scale, top + (row + 0.5) * scale)

    def place(self, row: float, col: float) -> tuple[float, float]:
        return self.places()(row, col)

    def hover(self, row: int, col: int) -> None:
        x, y = self.place(row, col)
        self.stage.hover(position={"x": x, "y": y})

    def colours_at(self, places: Sequence[tuple[float, float]]) -> list[Colour]:
        """What the canvas holds at places of the stage."""
        self.settle()
        js = """(canvas, places) => places.map(([x, y]) => {
            const ratio = canvas.width / canvas.clientWidth;
            const spot = canvas.getContext("2d").getImageData(Math.floor(x * ratio), Math.floor(y * ratio), 1, 1);
            return [...spot.data.slice(0, 3)];
        })"""
        return [(red, green, blue) for red, green, blue in self.part("canvas").evaluate(js, list(places))]

    def colour_at(self, x: float, y: float) -> Colour:
        return self.colours_at([(x, y)])[0]

    def colours(self, pixels: Iterable[Sequence[int]]) -> list[Colour]:
        """The same at photo pixels, while the whole photo is shown."""
        place = self.places()
        return self.colours_at([place(row, col) for row, col in pixels])

    def colour(self, row: int, col: int) -> Colour:
        return self.colours([(row, col)])[0]

    def set(self, slider: str, per_cent: int) -> None:
        self.part(slider).fill(str(per_cent))

    def press(self, keys: str) -> None:
        self.stage.focus()
        for key in keys.split():
            self.page.keyboard.press(key)

    def mode(self, name: str) -> None:
        self.page.get_by_role("radio", name=name).check()

    def class_row(self, class_id: int) -> Locator:
        return self.page.locator(f".classes li[data-id='{class_id}']")

    def reading(self) -> dict[str, str]:
        names = {"class": "readClass", "confidence": "readConfidence", "runner_up": "readRunnerUp"}
        names |= {"uncertainty": "readUncertainty", "truth": "readTruth", "place": "readPlace"}
        js = "(root, names) => Object.fromEntries(Object.entries(names).map(([key, part]) => "
        js += "[key, root.querySelector(`[data-part=${part}]`).textContent]))"
        return dict(self.part("readingList").evaluate(js, names))

    def handle_at(self) -> int:
        self.settle()
        return int(self.part("handle").get_attribute("aria-valuenow") or -1)

    def runs(self) -> str:
        return self.page.get_by_text(re.compile("^run [0-9]+, clicked")).inner_text()


Open = Callable[..., Viewer]


@pytest.fixture
def open_viewer(browser: Browser, address: str) -> Iterator[Open]:
    """Opens pages; afterwards no error may stand in the console, and no script may have run again unasked."""
    contexts: list[BrowserContext] = []
    viewers: list[Viewer] = []

    def open_(
        query: str = "", *, width: int = 1280, height: int = 900, reruns_allowed: bool = False, **more: object
    ) -> Viewer:
        context = browser.new_context(viewport={"width": width, "height": height}, **more)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        viewer = Viewer(context.new_page())
        viewer.page.goto(f"{address}/?{query}")
        viewer.wait()
        if not reruns_allowed:
            viewers.append(viewer)
        return viewer

    yield open_
    for viewer in viewers:
        assert viewer.runs() == "run 1, clicked None"
        assert viewer.problems == []
    for context in contexts:
        context.close()


def mixed(row: int, col: int, colour: Colour, share: float, photo: np.ndarray | None = None) -> np.ndarray:
    under = (scene.photo() if photo is None else photo)[row, col].astype(float)
    return under * (1 - share) + np.array(colour) * share


def close(seen: Colour, expected: np.ndarray | Colour, slack: float = 3) -> bool:
    return bool(np.abs(np.array(seen, float) - np.array(expected, float)).max() <= slack)


def shown_share(byte: int) -> str:
    value = byte / 255 * 100
    if 0 < value < 0.1:
        return "< 0.1\u202f%"
    return f"{value:.1f}\u202f%" if value < 10 and value % 1 else f"{int(value + 0.5)}\u202f%"


def expected_reading(row: int, col: int) -> dict[str, str]:
    truth = scene.TRUTH[row, col]
    return {
        "class": scene.CLASSES[scene.LABELS[row, col]],
        "confidence": shown_share(scene.CONFIDENCE[row, col]),
        "runner_up": scene.CLASSES[scene.RUNNER_UP[row, col]],
        "uncertainty": shown_share(scene.UNCERTAINTY[row, col]),
        "truth": "ignored" if truth == IGNORE else scene.CLASSES[truth],
        "place": f"{col}, {row}",
    }


def test_hover_reads_what_numpy_reads(open_viewer: Open) -> None:
    viewer = open_viewer("truth")
    points = random.Random(1)
    for _ in range(40):
        row, col = points.randrange(scene.HEIGHT), points.randrange(scene.WIDTH)
        viewer.hover(row, col)
        assert viewer.reading() == expected_reading(row, col)


def test_hover_when_zoomed_reads_the_pixel_that_is_drawn_there(open_viewer: Open) -> None:
    viewer = open_viewer("truth")
    viewer.set("opacity", 0)
    points = random.Random(2)
    for zoom, pan in (("+ + +", "ArrowRight ArrowDown"), ("+ + + +", "ArrowLeft ArrowUp ArrowUp"), ("+ + + + +", "")):
        viewer.press(f"{zoom} {pan}")
        viewer.settle()
        for _ in range(12):
            x, y = points.randrange(20, 800), points.randrange(20, 500)
            viewer.stage.hover(position={"x": x, "y": y})
            seen = viewer.reading()
            col, row = map(int, seen["place"].split(", "))
            assert seen == expected_reading(row, col)
            assert viewer.colour_at(x, y) == tuple(scene.photo()[row, col])
    expect(viewer.part("zoomValue")).to_have_text("4000\u202f%")
    viewer.press("f")
    viewer.settle()
    assert viewer.colour(5, 9) == tuple(scene.photo()[5, 9])


def test_opacity_and_overlay(open_viewer: Open) -> None:
    viewer = open_viewer()
    for per_cent in (0, 30, 100):
        viewer.set("opacity", per_cent)
        assert close(viewer.colour(100, 80), mixed(100, 80, COLOURS[CAT], per_cent / 100))
        assert viewer.colour(5, 5) == (5, 5, 0), "the background is not painted"
    viewer.press("[ [")
    assert close(viewer.colour(100, 80), mixed(100, 80, COLOURS[CAT], 0.9))
    viewer.press("]")
    assert close(viewer.colour(100, 80), mixed(100, 80, COLOURS[CAT], 0.95))
    viewer.press("o")
    assert viewer.colour(100, 80) == (80, 100, 0)
    viewer.press("o")
    assert close(viewer.colour(100, 80), mixed(100, 80, COLOURS[CAT], 0.95))


def test_classes_off_on_and_alone(open_viewer: Open) -> None:
    viewer = open_viewer()
    cat, dog, background = (100, 80), (120, 200), (5, 5)
    viewer.set("opacity", 60)

    def painted() -> tuple[bool, ...]:
        places = (background, cat, dog)
        return tuple(seen != tuple(scene.photo()[at]) for at, seen in zip(places, viewer.colours(places), strict=True))

    assert painted() == (False, True, True)
    viewer.class_row(DOG).get_by_role("button").first.click()
    assert painted() == (False, True, False)
    viewer.class_row(0).get_by_role("button").first.click()
    assert painted() == (True, True, False)
    viewer.class_row(DOG).get_by_role("button", name="Only").click()
    assert painted() == (False, False, True)
    viewer.press("2")  # the second row of the list: the cat
    assert painted() == (False, True, False)
    viewer.press("2")
    assert painted() == (True, True, False), "leaving solo brings back what was chosen before"
    viewer.press("0")
    assert painted() == (False, True, True)
    expect(viewer.part("clear")).to_be_hidden()


def test_names_are_text_and_areas_are_right(open_viewer: Open) -> None:
    viewer = open_viewer()
    expect(viewer.class_row(BIRD)).to_contain_text("<b>bird</b>")
    assert viewer.page.locator(".classes b").count() == 0
    expect(viewer.part("absent")).to_have_text("Not found: sheep")
    shares = np.bincount(scene.LABELS.ravel(), minlength=len(scene.CLASSES)) / scene.LABELS.size
    for class_id in (0, CAT, DOG, BIRD):
        expect(viewer.class_row(class_id).locator(".share")).to_have_text(shown_share(shares[class_id] * 255))
    order = sorted((0, CAT, DOG, BIRD), key=lambda class_id: -shares[class_id])
    spoken = ", ".join(f"{scene.CLASSES[class_id]} {shown_share(shares[class_id] * 255)}" for class_id in order)
    expect(viewer.stage).to_have_attribute("aria-label", f"Mask of the photo: {spoken}")


def test_contours(open_viewer: Open) -> None:
    viewer = open_viewer()
    viewer.press("c")
    expect(viewer.part("contour")).to_have_attribute("aria-pressed", "true")
    assert viewer.colour(100, 80) == (80, 100, 0), "nothing is filled"
    assert viewer.colour(100, 30) == COLOURS[CAT], "the first column of the cat is its contour"
    assert close(viewer.colour(100, 29), mixed(100, 29, (0, 0, 0), 0.55), slack=4), "with a dark line outside"
    assert viewer.page.get_by_role("dialog").filter(has_text="cache").count() == 0, "C is not left to Streamlit"


def test_patterns_mark_each_class_differently(open_viewer: Open) -> None:
    viewer = open_viewer()
    column = [(row, 80) for row in range(80, 90)]
    plain = set(viewer.colours(column))
    viewer.press("p")
    js = "(canvas) => canvas.toDataURL()"
    swatches = [viewer.class_row(class_id).locator("canvas").evaluate(js) for class_id in (CAT, DOG, BIRD)]
    assert len(set(swatches)) == 3
    marked = viewer.colours(column)
    dark = [close(seen, mixed(row, 80, (20, 20, 20), 0.55), 5) for row, seen in zip(range(80, 90), marked, strict=True)]
    assert any(dark)
    assert not all(dark)
    assert set(marked) & plain


def test_swipe_shows_the_photo_the_truth_or_another_mask(open_viewer: Open) -> None:
    viewer = open_viewer("truth&second")
    viewer.set("opacity", 60)
    cat, dog = (100, 80), (120, 200)
    viewer.press("s")
    assert viewer.colour(*cat) == tuple(scene.photo()[cat]), "left of the handle: the photo"
    assert close(viewer.colour(*dog), mixed(*dog, COLOURS[DOG], 0.6))
    box = viewer.part("handle").bounding_box()
    assert box is not None
    viewer.page.mouse.move(box["x"] + 22, box["y"] + 30)
    viewer.page.mouse.down()
    viewer.page.mouse.move(box["x"] + 300, box["y"] + 60, steps=4)
    viewer.page.mouse.up()
    assert viewer.colour(*dog) == tuple(scene.photo()[dog])
    dragged_to = viewer.handle_at()
    viewer.press("ArrowLeft " * 25)
    assert viewer.handle_at() == pytest.approx(dragged_to - 50, abs=1)
    assert close(viewer.colour(*dog), mixed(*dog, COLOURS[DOG], 0.6))

    only_second, only_truth = (100, 45), (100, 35)  # the cat begins at 30 here, at 42 in the truth, at 60 in the other
    assert viewer.colour(*only_second) == tuple(scene.photo()[only_second])
    viewer.part("left").select_option("truth")
    expect(viewer.part("leftTitle")).to_have_text("Ground truth")
    assert close(viewer.colour(*only_second), mixed(*only_second, COLOURS[CAT], 0.6))
    assert viewer.colour(*only_truth) == tuple(scene.photo()[only_truth])
    viewer.part("left").select_option("second")
    expect(viewer.part("leftTitle")).to_have_text("Otsu")
    assert viewer.colour(*only_second) == tuple(scene.photo()[only_second])
    viewer.hover(*only_second)
    assert viewer.reading()["class"] == "background", "left of the handle the other mask is read"


@pytest.mark.parametrize(
    ("mode", "levels", "first", "last"),
    [
        ("Confidence", scene.CONFIDENCE, (0x00, 0x22, 0x4E), (0xFE, 0xE8, 0x38)),
        ("Uncertainty", scene.UNCERTAINTY, (0x44, 0x01, 0x54), (0xFD, 0xE7, 0x25)),
    ],
)
def test_continuous_maps(open_viewer: Open, mode: str, levels: np.ndarray, first: Colour, last: Colour) -> None:
    viewer = open_viewer()
    viewer.mode(mode)
    viewer.set("opacity", 100)
    expect(viewer.part("legend")).to_have_text("0\u202f%100\u202f%")
    lowest, highest = (np.argwhere(levels == level)[0].tolist() for level in (0, 255))
    assert viewer.colour(*lowest) == first
    assert viewer.colour(*highest) == last
    steps = viewer.colours([np.argwhere(levels == level)[0].tolist() for level in range(0, 256, 51)])
    brightness = [sum(colour) for colour in steps]
    assert brightness == sorted(brightness)
    viewer.press("2")
    assert viewer.colour(5, 5) == (5, 5, 0), "solo leaves the other classes unpainted"


def test_pixels_below_the_least_confidence_are_hatched(open_viewer: Open) -> None:
    viewer = open_viewer()
    viewer.set("opacity", 60)
    viewer.set("threshold", 50)
    inside = np.zeros_like(scene.LABELS, bool)
    inside[45:155, 35:125] = True
    sure = np.argwhere(inside & (scene.CONFIDENCE > 130))[:60].tolist()
    unsure = np.argwhere(inside & (scene.CONFIDENCE < 125))[:60].tolist()
    solid = zip(sure, viewer.colours(sure), strict=True)
    assert all(close(seen, mixed(row, col, COLOURS[CAT], 0.6)) for (row, col), seen in solid)
    hatched = list(zip(unsure, viewer.colours(unsure), strict=True))
    faint = [close(seen, mixed(row, col, COLOURS[CAT], 0.18)) for (row, col), seen in hatched]
    white = [close(seen, mixed(row, col, (255, 255, 255), 0.665)) for (row, col), seen in hatched]
    assert all(a or b for a, b in zip(faint, white, strict=True))
    assert any(faint)
    assert any(white)


def test_errors_against_the_truth(open_viewer: Open) -> None:
    viewer = open_viewer("truth")
    viewer.mode("Errors")
    viewer.set("opacity", 100)
    found, extra, missed, ignored, nothing = (100, 80), (100, 35), (100, 135), (153, 80), (100, 150)
    assert viewer.colour(*found) == RIGHT
    assert viewer.colour(*nothing) == RIGHT
    assert viewer.colour(*extra) == viewer.colour(*missed) == FALSE_POSITIVE
    assert viewer.colour(*ignored) == tuple(scene.photo()[ignored])
    counted = scene.TRUTH != IGNORE
    right = (scene.LABELS == scene.TRUTH)[counted].mean()
    expect(viewer.part("legend")).to_contain_text(f"correct {shown_share(right * 255)}")

    viewer.class_row(CAT).get_by_role("button", name="Only").click()
    assert viewer.colour(*found) == RIGHT
    assert viewer.colour(*extra) == FALSE_POSITIVE
    assert viewer.colour(*nothing) == tuple(scene.photo()[nothing])
    column = [(row, 135) for row in range(100, 112)]
    seen = viewer.colours(column)
    plain = [colour == FALSE_NEGATIVE for colour in seen]
    hatch = [close(colour, mixed(*at, (255, 255, 255), 0.75)) for at, colour in zip(column, seen, strict=True)]
    assert all(a != b for a, b in zip(plain, hatch, strict=True))
    assert any(plain)
    assert any(hatch)
    predicted, true = ((labels == CAT)[counted] for labels in (scene.LABELS, scene.TRUTH))
    expect(viewer.part("legend")).to_contain_text(f"IoU {(predicted & true).sum() / (predicted | true).sum():.3f}")
    missed = shown_share((~predicted & true).mean() * 255)
    expect(viewer.part("legend")).to_contain_text(f"false negative (FN) {missed}")

    viewer.press("0")
    viewer.mode("Ground truth")
    assert viewer.colour(100, 138) == COLOURS[CAT]


def test_wheel_drag_and_buttons_move_the_view(open_viewer: Open) -> None:
    viewer = open_viewer()
    viewer.set("opacity", 0)
    zoom = viewer.part("zoomValue")
    fitted = zoom.inner_text()
    expect(viewer.part("zoomOut")).to_be_disabled()
    viewer.hover(100, 100)
    viewer.page.mouse.wheel(0, -400)
    viewer.settle()
    assert zoom.inner_text() == fitted, "without Ctrl the wheel scrolls the page"
    viewer.page.keyboard.down("Control")
    viewer.page.mouse.wheel(0, -400)
    viewer.page.keyboard.up("Control")
    viewer.settle()
    assert zoom.inner_text() != fitted
    x, y = viewer.place(100, 100)
    assert viewer.colour_at(x, y) == (100, 100, 0), "the pixel under the pointer stays there"
    box = viewer.stage.bounding_box()
    assert box is not None
    viewer.page.mouse.down()
    viewer.page.mouse.move(box["x"] + x + 40, box["y"] + y + 25, steps=5)
    viewer.page.mouse.up()
    assert viewer.colour_at(x + 40, y + 25) == (100, 100, 0), "and follows it when it is dragged"
    expect(viewer.part("cross")).to_be_hidden()
    viewer.part("fit").click()
    expect(zoom).to_have_text(fitted)
    viewer.part("zoomIn").click()
    expect(viewer.part("zoomOut")).to_be_enabled()


def test_touch(open_viewer: Open) -> None:
    """A tap reads, two fingers zoom, one finger moves the photo once it is zoomed."""
    viewer = open_viewer("truth", width=390, height=844, has_touch=True, is_mobile=True, device_scale_factor=2)
    assert viewer.page.evaluate("document.documentElement.scrollWidth") <= 390
    viewer.stage.scroll_into_view_if_needed()
    x, y = viewer.place(100, 80)
    viewer.stage.tap(position={"x": x, "y": y})
    assert viewer.reading() == expected_reading(100, 80)
    expect(viewer.part("cross")).to_be_visible()
    expect(viewer.part("near")).to_be_hidden()

    session = viewer.page.context.new_cdp_session(viewer.page)
    box = viewer.stage.bounding_box()
    assert box is not None

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": box["x"] + px, "y": box["y"] + py, "id": i} for i, (px, py) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    before = viewer.part("zoomValue").inner_text()
    touch("touchStart", (150, 100), (200, 100))
    for spread in range(5, 60, 5):
        touch("touchMove", (150 - spread, 100), (200 + spread, 100))
    touch("touchEnd")
    viewer.settle()
    assert float(viewer.part("zoomValue").inner_text().split("\u202f")[0]) > 2 * float(before.split("\u202f")[0])
    ring = viewer.part("cross").bounding_box()
    touch("touchStart", (200, 100))
    for step in range(5, 45, 5):
        touch("touchMove", (200 + step, 100))
    touch("touchEnd")
    viewer.settle()
    moved = viewer.part("cross").bounding_box()
    assert ring is not None
    assert moved is not None
    assert moved["x"] - ring["x"] == pytest.approx(40, abs=6)


def test_keyboard_alone_can_read_every_pixel(open_viewer: Open) -> None:
    viewer = open_viewer()
    viewer.press("Shift+ArrowLeft Shift+ArrowUp Shift+ArrowUp")
    row, col = scene.HEIGHT // 2 - 2, scene.WIDTH // 2 - 1
    assert viewer.reading()["place"] == f"{col}, {row}"
    spoken = f"{scene.CLASSES[scene.LABELS[row, col]]} {shown_share(scene.CONFIDENCE[row, col])}, x {col}, y {row}"
    expect(viewer.part("spoken")).to_have_text(spoken)
    viewer.press("?")
    expect(viewer.part("keys")).to_be_visible()
    viewer.page.keyboard.press("Escape")
    expect(viewer.part("keys")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 390, 700, 1600])
def test_nothing_overflows_jumps_or_is_too_small(open_viewer: Open, width: int) -> None:
    viewer = open_viewer("truth&second", width=width)
    assert viewer.page.evaluate("document.documentElement.scrollWidth") <= width
    inner = viewer.page.locator(".viewer").evaluate("(node) => [node.scrollWidth, node.clientWidth]")
    assert inner[0] <= inner[1]
    for control in viewer.page.locator(".viewer button:visible, .viewer select:visible, .modes label").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 32, control.inner_text()
    below = viewer.part("panel").bounding_box()
    for row, col in ((100, 80), (5, 5), (153, 80)):
        viewer.hover(row, col)
        assert viewer.part("panel").bounding_box() == below


def test_a_click_reaches_python_when_asked_for(open_viewer: Open) -> None:
    viewer = open_viewer("ask", reruns_allowed=True)
    x, y = viewer.place(71, 43)
    viewer.stage.click(position={"x": x, "y": y})
    expect(viewer.page.get_by_text("run 2, clicked (71, 43)")).to_be_visible()
    expect(viewer.part("cross")).to_be_visible()


def test_settings_stay_when_the_photo_changes(open_viewer: Open) -> None:
    viewer = open_viewer(reruns_allowed=True)
    viewer.set("opacity", 20)
    viewer.press("+ +")
    viewer.page.get_by_text("Other photo").click()
    expect(viewer.page.get_by_text("run 2, clicked None")).to_be_visible()
    viewer.wait()
    assert close(viewer.colour(100, 80), mixed(100, 80, COLOURS[CAT], 0.2, 255 - scene.photo()))
    viewer.press("o")
    assert viewer.colour(100, 80) == tuple(255 - scene.photo()[100, 80]), "one key press is one toggle after a rerun"
    assert viewer.problems == []


@pytest.mark.parametrize(
    ("maps", "why"), [("gone", "HTTP 404"), ("small", "9 × 9 ≠ 320 × 214"), ("uncertainty", "not a colour PNG")]
)
def test_a_picture_that_fails_is_named(open_viewer: Open, maps: str, why: str) -> None:
    viewer = open_viewer(f"maps={maps}", reruns_allowed=True)
    expect(viewer.part("sorryText")).to_have_text(f"The mask did not load. ({why})")
    assert viewer.colour(100, 80) == (80, 100, 0), "the photo is there all the same"
    viewer.part("retry").click()
    expect(viewer.part("sorryText")).to_contain_text(why)


def png_bytes(array: np.ndarray, mode: str | None = None) -> tuple[bytes, np.ndarray]:
    image = Image.fromarray(array)
    if mode == "P":  # few colours: Pillow packs 2, 4 or 8 pixels into a byte
        image = Image.frombytes("P", array.shape[::-1], array.tobytes())
        image.putpalette([index % 256 for index in range(3 * (int(array.max()) + 1))])
    if mode == "1":
        image = Image.fromarray(array > 0)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue(), array


def test_png_reader_gives_the_bytes_that_pillow_wrote(browser: Browser) -> None:
    """Smooth pictures make the encoder use every line filter, small palettes the packed depths; sizes are odd."""
    rng = np.random.default_rng(3)
    rows, cols = np.mgrid[:37, :53]
    smooth = ((rows * 5 + cols * 3) % 256).astype(np.uint8)
    noise = rng.integers(0, 256, (37, 53), dtype=np.uint8)
    cases = [png_bytes(np.dstack([smooth, noise, smooth.T.copy().T, np.full_like(smooth, 255)]))]
    cases += [png_bytes(np.dstack([smooth, smooth // 2, noise])), png_bytes(smooth), png_bytes(noise)]
    cases += [png_bytes(np.dstack([smooth, noise]))]
    cases += [png_bytes((noise % colours).astype(np.uint8), "P") for colours in (2, 3, 11, 200)]
    cases += [png_bytes((noise % 2).astype(np.uint8), "1"), png_bytes(noise[:1, :1])]
    source = (PROJECT / "ui" / "components" / "viewer" / "png.js").read_text(encoding="utf-8")
    js = "async (text) => { const png = await decodePng(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);"
    js += " return { ...png, data: btoa(Array.from(png.data, (byte) => String.fromCharCode(byte)).join('')) }; }"
    page = browser.new_page()
    page.add_script_tag(content=source)
    depths = set()
    for encoded, array in cases:
        depths.add(encoded[24])
        png = page.evaluate(js, base64.b64encode(encoded).decode())
        assert (png["height"], png["width"]) == array.shape[:2]
        np.testing.assert_array_equal(np.frombuffer(base64.b64decode(png["data"]), np.uint8), array.ravel())
    assert depths == {1, 2, 4, 8}
    for broken, why in ((b"GIF89a", "not a PNG"), (cases[0][0][:200], "TypeError|cut short")):
        text = base64.b64encode(broken).decode()
        with pytest.raises(Error, match=why):
            page.evaluate(js, text)
    page.close()

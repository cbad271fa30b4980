"""Downloads of the Segment page: sizes of shrunk photos, work in the background, ground truth of the original size."""

import csv
import io
import json
import threading
import zipfile
from collections.abc import Callable

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from segcore.data import read_image
from segcore.errors import BadImage
from segcore.inference import full_labels, segment_classically
from segcore.job_context import Cancelled
from segcore.paths import PROJECT
from segcore.types import Image, Prediction
from ui.segment import ground_truth, photo_files

FULL = (400, 300)


def disc(size: tuple[int, int] = FULL) -> NDArray[np.uint8]:
    """A bright disc on dark noise: (H, W, 3)."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    inside = np.hypot(rows - size[0] / 2, columns - size[1] / 2) < min(size) / 3
    noise = np.random.default_rng(5).integers(0, 40, (*size, 3))
    return (noise + 200 * inside[..., None]).astype(np.uint8)


def png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def shrunk(monkeypatch: pytest.MonkeyPatch) -> tuple[Image, Prediction, bytes]:
    """A photo that was read at half its size, its prediction, and its file."""
    monkeypatch.setattr("segcore.data.photo_decoding.MAX_PIXELS", 40_000)
    data = png(disc())
    image = read_image(data, "disc.png")
    assert image.rgb.shape[:2] == (200, 150) and image.full_size == FULL
    return image, segment_classically(image.rgb, "otsu"), data


def made(kind: str, image: Image, prediction: Prediction) -> bytes:
    content = photo_files.FILES[kind].make(image, prediction, lambda *_: None)
    return content.encode() if isinstance(content, str) else content


def pixels_of(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(PIL.Image.open(io.BytesIO(data)))


def test_files_of_a_shrunk_photo_have_the_size_of_its_file(shrunk: tuple[Image, Prediction, bytes]) -> None:
    """As `predict` writes them: labels by the nearest neighbour."""
    image, prediction, _ = shrunk
    labels = full_labels(prediction, FULL)
    np.testing.assert_array_equal(pixels_of(made("labels", image, prediction)), labels)
    assert pixels_of(made("colours", image, prediction)).shape[:2] == FULL
    for kind in ("rle", "polygons"):
        document = json.loads(made(kind, image, prediction))
        assert [(each["height"], each["width"]) for each in document["images"]] == [FULL]
        assert sum(each["area"] for each in document["annotations"]) == np.count_nonzero(labels)
    assert document["info"]["tolerance_px"] == 2 == photo_files.tolerance(image)
    rows = list(csv.DictReader(io.StringIO(made("table", image, prediction).decode())))
    assert [int(row["pixels"]) for row in rows] == np.bincount(labels.ravel()).tolist()
    assert pixels_of(made("overlay", image, prediction)).shape[:2] == (200, 150)  # the page states it


def test_the_cut_out_of_a_shrunk_photo_has_its_original_pixels(shrunk: tuple[Image, Prediction, bytes]) -> None:
    image, prediction, data = shrunk
    cut = pixels_of(photo_files.cutout(image, data, prediction, [1], lambda *_: None))
    kept = full_labels(prediction, FULL) == 1
    np.testing.assert_array_equal(cut[..., 3] == 255, kept)
    np.testing.assert_array_equal(cut[kept][:, :3], disc()[kept])


def test_yolo_lines_are_shares_of_the_photo_whatever_its_size(shrunk: tuple[Image, Prediction, bytes]) -> None:
    image, prediction, _ = shrunk
    line = made("yolo", image, prediction).decode().splitlines()[0]
    points = np.array(line.split()[1:], float).reshape(-1, 2)
    rows, columns = np.nonzero(full_labels(prediction, FULL))
    assert points[:, 0].min() * FULL[1] == pytest.approx(columns.min(), abs=2)
    assert points[:, 1].max() * FULL[0] == pytest.approx(rows.max() + 1, abs=2)


@pytest.mark.parametrize("kind", ["overlay", "rle", "polygons", "yolo", "cutout"])
def test_files_that_take_long_stop_when_they_are_cancelled(kind: str, shrunk: tuple[Image, Prediction, bytes]) -> None:
    image, prediction, data = shrunk

    def cancel(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        if kind == "cutout":
            photo_files.cutout(image, data, prediction, [1], cancel)
        else:
            photo_files.FILES[kind].make(image, prediction, cancel)


# --- ground truth -----------------------------------------------------------------------------------------------------


def test_ground_truth_of_the_original_size_fits_a_shrunk_photo(shrunk: tuple[Image, Prediction, bytes]) -> None:
    image, prediction, _ = shrunk
    original = full_labels(prediction, FULL)
    np.testing.assert_array_equal(ground_truth.fitted(original, image, "mask.png"), prediction.labels)
    np.testing.assert_array_equal(ground_truth.fitted(prediction.labels, image, "mask.png"), prediction.labels)
    with pytest.raises(BadImage, match="300 × 400"):
        ground_truth.fitted(np.zeros((100, 75), np.uint8), image, "mask.png")


# --- the page ---------------------------------------------------------------------------------------------------------


def open_page(*files: tuple[str, bytes]) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=120)
    page.query_params["model"] = "otsu"
    page.run()
    inbox = next(widget for widget in page.file_uploader if widget.key.startswith("segment.inbox"))
    for name, data in files:
        inbox.upload(name, data, "image/png")
    page.run()
    assert not page.exception and not page.error
    return page


def test_the_page_of_a_shrunk_photo_states_sizes_and_takes_its_ground_truth(
    shrunk: tuple[Image, Prediction, bytes],
) -> None:
    _, prediction, data = shrunk
    page = open_page(("disc.png", data))
    assert any("300 × 400" in each.value and "150 × 200" in each.value for each in page.caption)
    inbox = next(widget for widget in page.file_uploader if widget.key.startswith("segment.truth"))
    inbox.upload("mask.png", png(full_labels(prediction, FULL)), "image/png").run()
    assert not page.error and not page.exception
    assert "1.000" in " ".join(html.proto.body for html in page.get("html"))


def test_the_zip_has_the_size_of_each_file(shrunk: tuple[Image, Prediction, bytes]) -> None:
    _, _, data = shrunk
    page = open_page(("disc.png", data), ("small.png", png(disc((60, 80)))))
    page.button(key="zip_make").click().run()
    with zipfile.ZipFile(io.BytesIO(page.session_state["_segment.zip"][1].result())) as archive:
        coco, polygons = (json.loads(archive.read(name)) for name in ("coco.json", "coco_polygons.json"))
        labels = pixels_of(archive.read("01_disc/disc_labels.png"))
    assert labels.shape == FULL
    assert [(each["height"], each["width"]) for each in coco["images"]] == [FULL, (60, 80)]
    assert polygons["info"]["tolerance_px"] == 2


def test_large_files_are_made_in_the_background_with_a_way_to_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The overlay and the cut-out too; a failed one is an error once, and can be tried again."""
    files = {kind: file._replace(large_px=100) for kind, file in photo_files.FILES.items()}
    monkeypatch.setattr("ui.segment.downloads.FILES", files)
    monkeypatch.setattr("ui.segment.downloads.LARGE_CUTOUT_PX", 100)
    monkeypatch.setattr("ui.widgets.background.PATIENCE_SECONDS", 0.2)
    page = open_page(("disc.png", png(disc((60, 80)))))
    keys = {button.key for button in page.button}
    assert {"make_overlay", "make_cutout", "make_rle", "make_labels"} <= keys
    page.button(key="make_labels").click().run()
    assert "make_labels" not in {button.key for button in page.button}, "the file takes the place of its button"
    assert "download_labels" in {button.key for button in page.get("download_button")}
    released, reports = threading.Event(), list[int]()

    def slow(_image: Image, _prediction: Prediction, report: Callable[..., None]) -> bytes:
        for done in range(1000):
            report(done, 1000)
            reports.append(done)
            released.wait(0.05)
        return b""

    files["overlay"] = files["overlay"]._replace(make=slow)
    page.run()
    page.button(key="make_overlay").click().run()
    assert not page.exception
    page.button(key="segment.file.overlay.cancel").click().run()
    count = len(reports)
    released.wait(0.3)
    assert count and len(reports) <= count + 1, "it goes on in the background"
    assert "make_overlay" in {button.key for button in page.button}

    def failing(*_: object) -> bytes:
        raise MemoryError

    files["overlay"] = files["overlay"]._replace(make=failing)
    page.run()
    page.button(key="make_overlay").click().run()
    assert len(page.error) == 1 and not page.exception
    page.run()
    assert not page.error and "make_overlay" in {button.key for button in page.button}

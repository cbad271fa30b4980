"""The Data page: choose, browse, check, repair, preview. Jobs are carried out in this process."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from segcore import paths
from segcore.jobs import start
from segcore.jobs.worker import run_job
from segcore.paths import PROJECT
from segcore.runs import Run
from ui.data import browse, preview
from ui.text import speak
from ui.widgets import dataset_thumbnails, dataset_upload


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is done when its button was pressed."""

    def work(run: Run, *, module: str) -> None:
        run_job(run)

    monkeypatch.setattr(start, "start", work)


def binary_folder(root: Path) -> Path:
    """Six noise photos whose masks say 255 for yes."""
    for inner in ("images", "masks"):
        (root / inner).mkdir(parents=True)
    for index in range(6):
        noise = np.random.default_rng(index).integers(0, 256, (40, 60, 3), np.uint8)
        Image.fromarray(noise).save(root / "images" / f"p{index}.png")
        mask = np.zeros((40, 60), np.uint8)
        mask[5 : 10 + index, 5:20] = 255
        Image.fromarray(mask).save(root / "masks" / f"p{index}.png")
    (root / "classes.json").write_text(json.dumps({"classes": ["background", "cat"]}))
    return root


def open_page(**address: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/data.py")
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def pressed(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


def shown(page: AppTest) -> str:
    boxes = [*page.error, *page.warning, *page.info, *page.success, *page.caption, *page.markdown]
    return "\n".join(box.value for box in boxes)


def test_the_first_visit_shows_drawn_shapes_with_their_masks() -> None:
    page = open_page()
    tiles = [button for button in page.button if str(button.key).startswith("data_tile_")]
    assert len(tiles) == browse.PER_PAGE
    assert "200 images" in shown(page)
    pressed(page, "data_tile_3")
    assert "200" in shown(page)
    page.number_input(key="data.page").set_value(9).run()
    assert next(button.key for button in page.button if str(button.key).startswith("data_tile_")) == "data_tile_192"


def test_images_of_one_class_alone(tmp_path: Path) -> None:
    folder = binary_folder(tmp_path / "set")
    for index in (1, 4):
        mask = np.ones((40, 60), np.uint8)
        Image.fromarray(mask).save(folder / "masks" / f"p{index}.png")
    page = open_page(data=str(folder))
    pressed(page, "data.showing.start")
    page.selectbox(key="data.filter").select(1).run()
    assert not page.exception
    tiles = [button.key for button in page.button if str(button.key).startswith("data_tile_")]
    assert tiles == ["data_tile_1", "data_tile_4"]


def test_the_doctor_finds_repairs_and_leads_to_training(tmp_path: Path) -> None:
    folder = binary_folder(tmp_path / "set")
    page = open_page(data=str(folder), view="doctor")
    pressed(page, "data.check.start")
    assert "255 is read as ignored" in page.error[0].value
    assert "Replace 255 by 1" in page.error[0].value
    assert page.text_input(key="data.repair.to").value == str(paths.data_dir() / "set-repaired")
    pressed(page, "data.repair.start")
    assert "6 images with masks" in page.success[0].value
    assert (np.array(Image.open(paths.data_dir() / "set-repaired" / "masks" / "p0.png")) <= 1).all()
    pressed(page, "data.train")
    assert page.multiselect(key="train.data").value == [str(paths.data_dir() / "set-repaired")]
    sound = open_page(data=str(paths.data_dir() / "set-repaired"), view="doctor")
    pressed(sound, "data.check.start")
    assert "none of the checked problems was found" in sound.success[0].value
    assert "cannot know" in shown(sound) and "no validation split" in shown(sound) and "6 images gives" in shown(sound)


def zipped(folder: Path) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent))
    return file.getvalue()


def uploading(page: AppTest) -> AppTest:
    """The panel of the picker, with its uploaders."""
    pressed(page, "data.spec.toggle")
    page.segmented_control(key="data.spec.view").set_value("upload").run()
    return page


def card_of(page: AppTest) -> str:
    """The prefix of the keys of the one zip that waits."""
    (key,) = [button.key for button in page.button if str(button.key).startswith("data.spec.import.")
              and str(button.key).endswith(".start")]  # fmt: skip
    return str(key).removesuffix(".start")


def test_a_zip_is_uploaded_unpacked_and_looked_at(tmp_path: Path) -> None:
    data = zipped(binary_folder(tmp_path / "leaves"))
    page = uploading(open_page())
    page.file_uploader[0].upload("my ![x](y) leaves.zip", data, "application/zip").run()
    assert not page.exception
    (waiting,) = dataset_upload.inbox().glob("*.zip")
    assert waiting.read_bytes() == data, "on disk, whole"
    assert "](y)" not in shown(page), "a name is never Markdown"
    again = open_page()  # a reload: the session is gone, the zip is not
    pressed(again, f"{card_of(again)}.start")
    root = Path(again.selectbox(key="data.spec").value)
    assert root.is_relative_to(paths.data_dir()) and "6 images" in shown(again)
    assert not list(dataset_upload.inbox().glob("*.zip")), "the zip is let go"
    assert again.query_params["data"] == str(root)


@pytest.fixture
def chinese() -> None:
    """AppTest finds the options of a menu by their texts, in the language of this thread."""
    speak("zh")


@pytest.mark.usefixtures("chinese")
def test_a_zip_that_is_none_is_a_sentence_in_both_languages_and_can_be_discarded(tmp_path: Path) -> None:
    page = uploading(open_page(lang="zh"))
    page.file_uploader[0].upload("broken.zip", b"PK\x03\x04 and then nothing", "application/zip").run()
    key = card_of(page)
    pressed(page, f"{key}.start")
    assert "无法解压" in page.error[0].value
    pressed(page, f"{key}.discard")
    assert not list(dataset_upload.inbox().glob("*.zip")) and not page.error
    named = tmp_path / "large.zip"
    named.write_bytes(zipped(binary_folder(tmp_path / "leaves")))
    page.text_input[0].set_value(str(named)).run()
    pressed(page, f"{card_of(page)}.start")
    assert "6" in shown(page) and named.exists(), "what somebody named stays theirs"


def test_facts_as_charts_and_tables(tmp_path: Path) -> None:
    folder = binary_folder(tmp_path / "set")
    for index in range(6):
        mask = np.zeros((40, 60), np.uint8)
        mask[2:6, 2:6], mask[10:30, 10:50] = 1, 1  # 16 and 800 pixels
        Image.fromarray(mask).save(folder / "masks" / f"p{index}.png")
    page = open_page(data=str(folder), view="facts")
    pressed(page, "data.facts.start")
    specs = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    assert len(specs) == 2 and all(chart.proto.alt for chart in page.get("plotly_chart"))
    shares, objects = specs  # one bar for the images of one split, and one bubble for one size, would say nothing
    assert list(shares["data"][0]["y"]) == ["background", "cat"]
    assert len(set(shares["data"][0]["marker"]["color"])) == 2, "the colours of the classes"
    assert objects["data"][0]["name"] == "cat"
    html = "".join(element.proto.body for element in page.get("html"))
    assert "60 × 40" in html and "<dd>6</dd>" in html
    assert "below 64 px" in html and html.count(">12<") == 1, "twelve pieces"


def test_a_folder_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    page = open_page(data=str(tmp_path / "nowhere"))
    assert "nowhere" in page.error[0].value


def test_augmentation_shows_the_original_and_every_seed() -> None:
    page = open_page(view="preview")
    html = "".join(element.proto.body for element in page.get("html"))
    assert html.count("<figure>") == 1 + preview.SEEDS


def test_a_picture_is_read_by_an_address_that_was_given_and_by_no_other(tmp_path: Path) -> None:
    folder = binary_folder(tmp_path / "set")
    address = dataset_thumbnails.address(str(folder), None, "1", 0)
    _, _, _, token, index = address.split("/")
    data = dataset_thumbnails.read(token, index)
    assert data is not None and data.startswith(b"\xff\xd8")
    for bad_token, bad_index in [
        (token, "6"), (token, "-1"), (token, "../0"), (token, ""), (token, "0x0"), ("0" * 64, "0"), ("../x", "0"),
    ]:  # fmt: skip
        assert dataset_thumbnails.read(bad_token, bad_index) is None
    (folder / "images" / "p1.png").write_bytes(b"broken")
    assert dataset_thumbnails.read(token, "1") is None

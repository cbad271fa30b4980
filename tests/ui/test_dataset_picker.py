"""The picker of data, which Train, Data and Evaluate share: recent data, folders of the server, uploads."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from segcore import paths
from segcore.data import recent_data, remember_data
from segcore.jobs import start
from segcore.jobs.worker import run_job
from segcore.paths import PROJECT
from segcore.runs import Run
from ui.widgets import dataset_picker


def folder(root: Path, count: int = 3) -> Path:
    for inner in ("images", "masks"):
        (root / inner).mkdir(parents=True)
    for index in range(count):
        noise = np.random.default_rng(index).integers(0, 256, (20, 30, 3), np.uint8)
        Image.fromarray(noise).save(root / "images" / f"p{index}.png")
        Image.fromarray(np.full((20, 30), index % 2, np.uint8)).save(root / "masks" / f"p{index}.png")
    (root / "classes.json").write_text(json.dumps({"classes": ["background", "leaf"]}))
    return root


def open_page(name: str, **address: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page(f"../pages/{name}.py")
    for key, value in address.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def pressed(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return "".join(element.proto.body for element in page.get("html"))


def panel(page: AppTest, key: str, view: str = "known") -> AppTest:
    pressed(page, f"{key}.toggle")
    page.session_state[f"{key}.view"] = view
    page.run()
    assert not page.exception
    return page


PICKERS = [("data", "data.spec"), ("evaluate", "data.spec"), ("train", "train.data")]


@pytest.mark.parametrize(("name", "key"), PICKERS)
def test_what_was_used_on_one_page_is_offered_on_every_page(name: str, key: str, tmp_path: Path) -> None:
    used = folder(tmp_path / "leaves")
    open_page("data", data=str(used))
    assert recent_data() == [str(used)]
    page = panel(open_page(name), key)
    text = html(page)
    assert "<b>leaves</b>" in text and "3 images" in text and text.count("/api/data/") >= 3
    pressed(page, f"{key}.known.0.take")
    if name == "train":
        assert str(used) in page.multiselect(key=key).value
    else:
        assert page.selectbox(key=key).value == str(used)


@pytest.mark.parametrize(
    "spec", ["/data/leaves", "voc:/data/leaves#val", "shapes:20:32", "/", "/odd · name/x", "/d/a · b"]
)
def test_the_text_of_an_entry_is_read_as_its_spec(spec: str) -> None:
    assert dataset_picker.spec_of(dataset_picker.option_text(spec)) == spec
    assert dataset_picker.spec_of(f" {spec} ") == spec


def test_what_is_gone_is_said_to_be_gone_and_can_be_removed(tmp_path: Path) -> None:
    used = folder(tmp_path / "leaves")
    remember_data(str(used))
    used.rename(tmp_path / "moved")
    page = panel(open_page("data"), "data.spec")
    assert any("not there any more" in caption.value for caption in page.caption)
    assert page.button(key="data.spec.known.0.take").disabled
    pressed(page, "data.spec.known.0.forget")
    assert recent_data() == [] and not any("not there any more" in caption.value for caption in page.caption)


def test_folders_are_walked_and_a_dataset_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "shown"
    folder(root / "projects" / "leaves")
    monkeypatch.setenv("SEGCORE_DATA_FOLDERS", str(root))
    page = panel(open_page("evaluate"), "data.spec", "folders")
    assert any(button.label == "projects" for button in page.button)
    pressed(pressed(page, "data.spec.folder.0"), "data.spec.folder.0")
    assert "3 images" in html(page)
    pressed(page, "data.spec.here.take")
    assert page.selectbox(key="data.spec").value == str(root / "projects" / "leaves")


@pytest.mark.parametrize("name", ["data", "evaluate"])
def test_a_path_outside_the_allowed_folders_is_refused_in_a_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = folder(tmp_path / "secret")
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "link").symlink_to(outside)
    monkeypatch.setenv("SEGCORE_DATA_FOLDERS", str(tmp_path / "shown"))
    for spec in (outside, tmp_path / "shown" / ".." / "secret", tmp_path / "shown" / "link", f"voc:{outside}"):
        page = open_page(name, data=str(spec))
        assert "outside the folders that this server shows" in page.error[0].value, spec
        assert "3 images" not in html(page)
    assert recent_data() == []


def test_the_train_form_refuses_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = folder(tmp_path / "secret")
    (tmp_path / "shown").mkdir()
    monkeypatch.setenv("SEGCORE_DATA_FOLDERS", str(tmp_path / "shown"))
    page = open_page("train", data=str(outside))
    assert any("outside the folders" in error.value for error in page.error)
    assert not any(button.key == "train.start" for button in page.button)


def test_a_typed_path_that_is_wrong_is_a_sentence(tmp_path: Path) -> None:
    page = open_page("train", data=str(tmp_path / "nowhere"))
    assert page.multiselect(key="train.data").value == [str(tmp_path / "nowhere")]
    assert "There is no dataset" in html(page) and "nowhere" in html(page)


def test_the_choice_travels_from_data_to_train(tmp_path: Path) -> None:
    used = folder(tmp_path / "leaves")
    page = open_page("train", data=str(used))
    assert page.multiselect(key="train.data").value == [str(used)]
    assert page.selectbox(key="train.model").value == "deeplabv3plus", "not the demo, which is for its own shapes"
    again = open_page("train")
    again.selectbox(key="train.model").select("segnet").run()
    again.query_params["data"] = str(used)
    again.run()
    assert (
        again.selectbox(key="train.model").value == "segnet" and str(used) in again.multiselect(key="train.data").value
    )


def png(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()


def test_images_and_masks_from_the_browser_become_a_dataset() -> None:
    page = panel(open_page("data"), "data.spec", "upload")
    noise = png(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    page.file_uploader[1].upload("leaf1.png", noise, "image/png")
    page.file_uploader[2].upload("leaf1_mask.png", png(np.eye(20, 30, dtype=np.uint8) * 2), "image/png").run()
    pressed(page, "data.spec.pairs.save")
    root = Path(page.selectbox(key="data.spec").value)
    assert root == paths.data_dir() / "my-images"
    assert json.loads((root / "classes.json").read_text())["classes"] == ["background", "class 1", "class 2"]
    assert (root / "images" / "leaf1.png").read_bytes() == noise
    assert "1 image" in " ".join(each.value for each in page.markdown)


def test_a_zip_goes_where_it_was_uploaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(run: Run, *, module: str) -> None:
        run_job(run)

    monkeypatch.setattr(start, "start", work)
    leaves, packed = folder(tmp_path / "leaves"), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(leaves.rglob("*")):
            archive.write(path, path.relative_to(tmp_path))
    page = panel(open_page("train"), "train.val_data", "upload")
    (uploader,) = [each for each in page.file_uploader if str(each.key).startswith("train.val_data.inbox")]
    uploader.upload("leaves.zip", packed.getvalue(), "application/zip").run()
    assert not page.exception
    (waiting,) = [str(each.key) for each in page.button if ".import." in str(each.key) and each.key.endswith(".start")]
    assert waiting.startswith("train.val_data.import.")
    before = page.multiselect(key="train.data").value
    pressed(page, waiting)
    (place,) = page.multiselect(key="train.val_data").value
    assert Path(place).is_relative_to(paths.data_dir())
    assert page.multiselect(key="train.data").value == before

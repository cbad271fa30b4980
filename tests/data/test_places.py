"""Which folders the dashboard shows, which data was used last, and pairs that were uploaded."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore import paths
from segcore.data import (
    allowed_folders,
    forget_data,
    is_there,
    list_folder,
    open_dataset,
    recent_data,
    remember_data,
    require_allowed,
    save_pairs,
)
from segcore.data.recent_data import MAX_RECENT
from segcore.errors import BadDataset, BadImage, MissingData
from segcore.text import translate


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SEGCORE_DATA_FOLDERS", raising=False)


# --- folders


def test_by_default_the_users_home_and_the_folder_of_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "me").mkdir()
    paths.data_dir().mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert allowed_folders() == (tmp_path / "me", paths.data_dir())
    monkeypatch.setenv("HOME", "/")
    assert allowed_folders() == (paths.data_dir(),), "a service whose home is the whole disk"
    require_allowed(tmp_path)  # a path may be typed, unless the owner has set the folders


def test_neither_links_nor_dots_lead_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, secret = tmp_path / "shown", tmp_path / "secret"
    for each in (shown / "b", shown / "A", shown / ".hidden", secret / "deep"):
        each.mkdir(parents=True)
    (shown / "out").symlink_to(secret)
    (shown / "inside").symlink_to(shown / "b")
    (shown / "circle").symlink_to(shown / "circle")
    (shown / "file.txt").write_text("")
    monkeypatch.setenv("SEGCORE_DATA_FOLDERS", os.pathsep.join([str(shown), str(tmp_path / "missing")]))
    listing = list_folder(shown)
    assert [each.name for each in listing.folders] == ["A", "b", "inside"] and listing.parent is None
    assert list_folder(shown / "b").parent == shown
    for outside in (secret, shown / "..", shown / "out" / "deep", shown / "b" / ".." / ".." / "secret", "/", "~"):
        with pytest.raises(BadDataset, match="outside the folders that this server shows"):
            list_folder(outside)
        with pytest.raises(BadDataset, match="SEGCORE_DATA_FOLDERS"):
            require_allowed(str(outside))
    with pytest.raises(MissingData, match="not a folder"):
        list_folder(shown / "nowhere")
    require_allowed("shapes:3:32")
    require_allowed(shown / "b")


# --- recent data


def test_the_newest_comes_first_once_and_the_list_is_bounded(tmp_path: Path) -> None:
    for number in [*range(MAX_RECENT + 3), 5]:
        (tmp_path / f"d{number}").mkdir(exist_ok=True)
        remember_data(str(tmp_path / f"d{number}"))
    remember_data("shapes:3:32")
    found = recent_data()
    assert found[0].endswith("d5") and len(found) == len(set(found)) == MAX_RECENT
    forget_data(found[0])
    assert not recent_data()[0].endswith("d5")
    assert is_there("shapes") and not is_there(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("content", ["", "{", "{}", "[1, null]", "\xff"])
def test_a_damaged_list_is_an_empty_one(content: str) -> None:
    paths.home().mkdir(parents=True, exist_ok=True)
    (paths.home() / "recent-data.json").write_text(content)
    assert recent_data() == []


# --- uploaded pairs


def png(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()


PHOTO = png(np.zeros((8, 9, 3), np.uint8))
IDS = png(np.arange(72, dtype=np.uint8).reshape(8, 9) % 3)
YES_NO = png(np.where(np.eye(8, 9), 255, 0).astype(np.uint8))


def test_masks_of_ids_and_masks_of_yes_and_no() -> None:
    one = save_pairs({"a.PNG": PHOTO, "1.png": PHOTO}, {"a_gt.png": IDS, "1.png": IDS}, "My set!")
    assert one.name == "My-set" and open_dataset(one).classes == ("background", "class 1", "class 2")
    assert sorted(open_dataset(one)[index].name for index in range(2)) == ["1", "a"]
    other = save_pairs({"a.png": PHOTO}, {"a.png": YES_NO}, "My set!")
    assert other.name == "My-set-2" and open_dataset(other)[0].labels.max() == 1


@pytest.mark.parametrize(
    ("images", "masks", "name"),
    [
        (["1.png", "11.png"], ["11.png"], "1.png"),
        (["a.png"], ["a.png", "b.png"], "b.png"),
        (["a.png"], ["a.png", "a_mask.png"], "a_mask.png"),
        (["a.png", "a.jpg"], ["a.png"], "a.jpg"),
        ([".a.png"], [".a.png"], ".a.png"),
        ([], [], "no image"),
    ],
)
def test_a_file_without_a_counterpart_is_named_and_nothing_is_kept(
    images: list[str], masks: list[str], name: str
) -> None:
    with pytest.raises(BadDataset, match="no counterpart") as caught:
        save_pairs(dict.fromkeys(images, PHOTO), dict.fromkeys(masks, IDS), "x")
    assert name in str(caught.value)
    assert not list(paths.data_dir().glob("*")) if paths.data_dir().exists() else True


@pytest.mark.parametrize(
    ("image", "mask"), [("a_sat.png", "a_mask.png"), ("a.png", "label-a.png"), ("a b.png", "a b GT.png")]
)
def test_uploads_are_paired_like_every_folder(image: str, mask: str) -> None:
    assert len(open_dataset(save_pairs({image: PHOTO}, {mask: IDS}, "x"))) == 1


def test_grey_masks_that_are_stored_as_colours_are_read() -> None:
    grey = png(np.where(np.eye(8, 9), 255, 0).astype(np.uint8)[..., None].repeat(3, axis=2))
    assert open_dataset(save_pairs({"a.png": PHOTO}, {"a.png": grey}, "x"))[0].labels.max() == 1
    ids = png((np.arange(72, dtype=np.uint8).reshape(8, 9) % 3)[..., None].repeat(3, axis=2))
    assert open_dataset(save_pairs({"a.png": PHOTO}, {"a.png": ids}, "y")).classes[-1] == "class 2"


def test_masks_of_colours_get_the_advice_of_the_doctor() -> None:
    colours = np.zeros((8, 9, 3), np.uint8)
    colours[2:5] = (128, 0, 0)
    with pytest.raises(BadDataset) as caught:
        save_pairs({"a.png": PHOTO, "b.png": PHOTO}, {"a.png": png(colours), "b.png": png(colours)}, "x")
    text = str(caught.value)
    assert "Masks hold colours instead of class ids (2: a.png, b.png)" in text
    assert "(0, 0, 0), (128, 0, 0)" in text
    assert "Name the colour of each class in classes.json" in text
    assert "zip" in text
    assert translate("zh", caught.value.message).startswith("掩码")
    assert not list(paths.data_dir().iterdir())


def test_a_broken_file_leaves_nothing() -> None:
    with pytest.raises(BadImage, match=r"b\.png"):
        save_pairs({"a.png": PHOTO, "b.png": b"nothing"}, {"a.png": IDS, "b.png": IDS}, "x")
    assert not list(paths.data_dir().iterdir())

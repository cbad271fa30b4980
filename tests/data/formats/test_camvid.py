"""CamVid as SegNet's authors, its publisher, fast.ai and Kaggle arrange it."""

from pathlib import Path

import numpy as np
import pytest

from segcore.data import dataset_splits, open_dataset, sample_names
from segcore.data.formats.camvid import CLASSES, _segnet_split
from segcore.errors import BadDataset, UnknownLabel
from segcore.paths import PROJECT
from segcore.types import IGNORE
from tests.data.sample_files import photo, save, write

SHARED = PROJECT.parent / "shared" / "data" / "camvid"
COLOURS = np.array([[[128, 128, 128], [0, 128, 64], [192, 0, 64], [0, 0, 0], [64, 128, 64], [192, 0, 192]]], np.uint8)
MEANING = [["sky", "building", "road", None, "pedestrian", "bicyclist"]]


def named(labels: np.ndarray) -> list:
    return [[None if value == IGNORE else CLASSES[value] for value in row] for row in labels]


@pytest.mark.parametrize("void", [11, 255])
def test_index_masks_of_segnet(tmp_path: Path, void: int) -> None:
    for split, stem in (("train", "0001TP_006690"), ("val", "0016E5_07959"), ("test", "Seq05VD_f00000")):
        save(tmp_path / "CamVid" / split / f"{stem}.png", photo(1, 4))
        save(tmp_path / "CamVid" / f"{split}annot" / f"{stem}.png", np.array([[0, 3, 10, void]], np.uint8))
        write(tmp_path / "CamVid" / f"{split}.txt", f"/SegNet/CamVid/{split}/{stem}.png /SegNet/…\n")
    assert dataset_splits(tmp_path) == ("train", "val", "test")
    dataset = open_dataset(tmp_path, "val")
    assert named(dataset[0].labels) == [["sky", "road", "bicyclist", None]]
    assert sample_names(open_dataset(tmp_path)) == ["0001TP_006690", "0016E5_07959"]
    assert dataset.shippable is False


@pytest.mark.parametrize(
    ("images", "labels", "mark"),
    [("701_StillsRaw_full", "LabeledApproved_full", "_L"), ("images", "labels", "_P"), ("images", "labels", "_L")],
)
def test_colour_masks_get_segnets_splits(tmp_path: Path, images: str, labels: str, mark: str) -> None:
    for stem in ("0001TP_006690", "0001TP_008550", "0006R0_f00930", "0016E5_07959", "0016E5_07980", "Seq05VD_f00000"):
        save(tmp_path / images / f"{stem}.png", photo(1, 6))
        save(tmp_path / labels / f"{stem}{mark}.png", COLOURS)
    write(tmp_path / "label_colors.txt", "64 128 64\tAnimal\n")
    assert dataset_splits(tmp_path) == ("train", "val", "test")
    train = open_dataset(tmp_path, "train")
    assert sample_names(train) == ["0001TP_006690", "0006R0_f00930", "0016E5_07980"]
    assert named(train[0].labels) == MEANING
    assert sample_names(open_dataset(tmp_path, "val")) == ["0016E5_07959"]
    assert sample_names(open_dataset(tmp_path, "test")) == ["0001TP_008550", "Seq05VD_f00000"]


def test_colour_masks_in_folders_of_splits(tmp_path: Path) -> None:
    for split in ("train", "val"):
        save(tmp_path / split / "a.png", photo(1, 6))
        save(tmp_path / f"{split}_labels" / "a_L.png", COLOURS)
    assert dataset_splits(tmp_path) == ("train", "val")
    assert named(open_dataset(tmp_path, "val")[0].labels) == MEANING


def test_colours_that_are_none_of_the_32_are_refused(tmp_path: Path) -> None:
    for number, colour in enumerate(((128, 128, 129), (64, 64, 192))):
        save(tmp_path / "images" / f"{number}.png", photo(1, 1))
        save(tmp_path / "labels" / f"{number}_L.png", np.array([[colour]], np.uint8))
    dataset = open_dataset(tmp_path)
    with pytest.raises(UnknownLabel, match=r"\[128, 128, 129\]"):
        dataset[0]
    with pytest.raises(UnknownLabel, match=r"\[64, 64, 192\]"):
        dataset[1]


def test_frames_without_labels_are_named(tmp_path: Path) -> None:
    save(tmp_path / "train" / "a.png", photo(1, 4))
    save(tmp_path / "train" / "b.png", photo(1, 4))
    save(tmp_path / "trainannot" / "a.png", np.zeros((1, 4), np.uint8))
    with pytest.raises(BadDataset, match=r"no labels for these frames: b\.png"):
        open_dataset(tmp_path, "train")


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the real frames")
def test_the_rule_gives_segnets_own_lists() -> None:
    for split, count in (("train", 367), ("val", 101)):
        stems = [path.stem for path in (SHARED / split / "images").iterdir()]
        assert (len(stems), {_segnet_split(stem) for stem in stems}) == (count, {split})

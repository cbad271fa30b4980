"""Folders of black-and-white masks, by their many names."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.data import dataset_splits, open_dataset, sample_names
from segcore.errors import BadDataset, SegcoreError
from tests.data.sample_files import photo, save, write

MASK = np.zeros((12, 16), np.uint8)
MASK[3:7, 4:9] = 255


@pytest.mark.parametrize(
    ("images", "masks", "mark", "suffix"),
    [
        ("images", "masks", "", ".png"),
        ("imgs", "masks", "_mask", ".gif"),
        ("image", "label", "", ".tif"),
        ("images", "labels", "_segmentation", ".bmp"),
        ("input", "target", "_gt", ".png"),
    ],
)
def test_names_of_folders_and_masks(tmp_path: Path, images: str, masks: str, mark: str, suffix: str) -> None:
    for stem in ("a", "b"):
        save(tmp_path / images / f"{stem}.jpg", photo())
        save(tmp_path / masks / f"{stem}{mark}{suffix}", MASK)
    write(tmp_path / images / "Thumbs.db", "Windows leaves this behind")
    dataset = open_dataset(tmp_path)
    assert dataset.classes == ("background", "foreground")
    assert sample_names(dataset) == ["a", "b"]
    np.testing.assert_array_equal(dataset[1].labels, MASK // 255)


@pytest.mark.parametrize("kind", ["0/1", "1 bit", "palette", "grey RGB"])
def test_kinds_of_masks(tmp_path: Path, kind: str) -> None:
    save(tmp_path / "images" / "a.jpg", photo())
    pixels = {"0/1": MASK // 255, "1 bit": MASK > 0, "grey RGB": np.dstack([MASK] * 3)}.get(kind, MASK // 255)
    save(tmp_path / "masks" / "a.png", pixels, palette=kind == "palette")
    np.testing.assert_array_equal(open_dataset(tmp_path)[0].labels, MASK // 255)


def test_folders_of_splits(tmp_path: Path) -> None:
    for split, count in (("train", 2), ("valid", 1), ("test", 1)):
        for number in range(count):
            save(tmp_path / split / "images" / f"{number}.png", photo())
            save(tmp_path / split / "masks" / f"{number}.png", MASK)
    assert dataset_splits(tmp_path) == ("train", "val", "test")
    assert [len(open_dataset(tmp_path, split)) for split in ("train", "val", None)] == [2, 1, 3]


def test_other_values_are_refused(tmp_path: Path) -> None:
    for number in range(7):
        save(tmp_path / "images" / f"{number}.jpg", photo())
        save(tmp_path / "masks" / f"{number}.png", MASK)
    grey = MASK.copy()
    grey[0, 0] = 17
    save(tmp_path / "masks" / "6.png", grey)  # not among the first, by which the folder is recognised
    with pytest.raises(SegcoreError, match=r"6\.png holds the value\(s\) 17"):
        open_dataset(tmp_path)[6]
    grey[0, 0] = 1  # beside 255: a class and ignored pixels
    save(tmp_path / "masks" / "6.png", grey)
    with pytest.raises(SegcoreError, match=r"6\.png holds the value\(s\) 1,"):
        open_dataset(tmp_path)[6]
    save(tmp_path / "masks" / "6.png", photo())
    with pytest.raises(SegcoreError, match="holds colours"):
        open_dataset(tmp_path)[6]


def test_several_classes_need_a_classes_json(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.jpg", photo())
    save(tmp_path / "masks" / "a.png", np.full((12, 16), 3, np.uint8))
    with pytest.raises(BadDataset, match=r"has no classes\.json"):
        open_dataset(tmp_path)


def test_images_without_masks_are_named(tmp_path: Path) -> None:
    for stem in ("a", "b"):
        save(tmp_path / "images" / f"{stem}.jpg", photo())
    save(tmp_path / "masks" / "a.png", MASK)
    with pytest.raises(BadDataset, match=r"images without a mask: b\.jpg"):
        open_dataset(tmp_path)


def test_jpeg_masks_are_no_masks(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.jpg", photo())
    (tmp_path / "masks").mkdir()
    Image.fromarray(MASK).save(tmp_path / "masks" / "a.jpg")
    with pytest.raises(BadDataset, match=r"has no classes\.json"):
        open_dataset(tmp_path)

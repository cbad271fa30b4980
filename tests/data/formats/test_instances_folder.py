"""One folder per photo and one mask per object, as in the Data Science Bowl 2018."""

from pathlib import Path

import numpy as np
import pytest

from segcore.data import dataset_splits, open_dataset, sample_names
from segcore.data.formats.instances_folder import instances
from segcore.errors import BadDataset
from tests.data.sample_files import photo, save

FIRST, SECOND = "0" * 64, "1a" * 32


def add(root: Path, stem: str, things: int) -> None:
    rgba = np.dstack([photo(6, 8), np.full((6, 8), 255, np.uint8)])
    save(root / stem / "images" / f"{stem}.png", rgba)
    (root / stem / "masks").mkdir()
    for number in range(things):
        mask = np.zeros((6, 8), np.uint8)
        mask[2 * number : 2 * number + 2, :3] = 255
        save(root / stem / "masks" / f"{'abc'[number] * 64}.png", mask)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    add(tmp_path / "stage1_train", FIRST, 2)
    add(tmp_path / "stage1_train", SECOND, 0)
    save(tmp_path / "stage1_test" / SECOND / "images" / f"{SECOND}.png", photo())
    return tmp_path


def test_masks_are_joined(root: Path) -> None:
    dataset = open_dataset(root)
    assert dataset_splits(root) == ()
    assert dataset.classes == ("background", "nucleus")
    assert (dataset.title, dataset.shippable) == ("Data Science Bowl 2018", True)
    assert sample_names(dataset) == [FIRST, SECOND]
    assert dataset[0].image.shape == (6, 8, 3)
    assert dataset[0].labels.sum() == 12
    assert dataset[0].labels.max() == 1
    assert not dataset[1].labels.any(), "a photo without things is all background"


def test_things_keep_their_numbers(root: Path) -> None:
    numbers = instances(open_dataset(root).items[0], (6, 8))
    assert numbers[:, 0].tolist() == [1, 1, 2, 2, 0, 0]


def test_somebodys_own_folders_in_splits(tmp_path: Path) -> None:
    for split in ("train", "valid", "test"):
        for stem in ("cell1", "cell2"):
            add(tmp_path / split, stem, 1)
    assert dataset_splits(tmp_path) == ("train", "val", "test")
    dataset = open_dataset(tmp_path, "val")
    assert (dataset.classes, dataset.licence, dataset.shippable) == (("background", "object"), "", None)
    assert len(open_dataset(tmp_path)) == 4, "the test split stays aside"


def test_what_is_wrong_is_said(root: Path) -> None:
    save(root / "stage1_train" / FIRST / "masks" / f"{'b' * 64}.png", np.zeros((3, 3), np.uint8))
    with pytest.raises(BadDataset, match="3 × 3 pixels, its photo 8 × 6"):
        open_dataset(root)[0]
    save(root / "stage1_train" / SECOND / "images" / "second.png", photo())
    with pytest.raises(BadDataset, match="holds 2 photos"):
        open_dataset(root)

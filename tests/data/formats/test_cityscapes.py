"""Cityscapes in the tree that its two archives unpack to."""

from pathlib import Path

import numpy as np
import pytest

from segcore.data import dataset_splits, open_dataset, sample_names
from segcore.data.formats.cityscapes import CLASSES, LABEL_IDS
from segcore.errors import BadDataset, MissingData, UnknownLabel
from segcore.types import IGNORE
from tests.data.sample_files import photo, save

IDS = np.array([[7, 8, 11, 26, 33], [0, 1, 4, 9, 15], [24, 25, 31, 32, 34 - 1]], np.uint8)


def add(root: Path, split: str, city: str, number: int, *, kind: str = "labelIds", ids: np.ndarray = IDS) -> str:
    stem = f"{city}_{number:06d}_000019"
    save(root / "leftImg8bit" / split / city / f"{stem}_leftImg8bit.png", photo(*ids.shape, seed=number))
    folder = root / "gtFine" / split / city
    save(folder / f"{stem}_gtFine_{kind}.png", ids)
    save(folder / f"{stem}_gtFine_color.png", photo(*ids.shape))
    (folder / f"{stem}_gtFine_polygons.json").write_text("{}")
    return stem


@pytest.fixture
def root(tmp_path: Path) -> Path:
    add(tmp_path, "train", "bochum", 1)
    add(tmp_path, "train", "aachen", 2)
    add(tmp_path, "val", "lindau", 3)
    add(tmp_path, "test", "berlin", 4, ids=np.zeros_like(IDS))
    return tmp_path


def test_label_ids_become_train_ids(root: Path) -> None:
    assert dataset_splits(root) == ("train", "val")
    dataset = open_dataset(root, "train")
    assert sample_names(dataset) == ["aachen_000002_000019", "bochum_000001_000019"]
    assert dataset[0].labels.tolist() == [[0, 1, 2, 13, 18], [IGNORE] * 5, [11, 12, 16, 17, 18]]
    assert (len(dataset.classes), dataset.shippable) == (19, False)


def test_all_34_ids_are_known_and_19_are_learnt() -> None:
    learnt = [value for value in range(34) if LABEL_IDS[value] != IGNORE]
    assert [int(LABEL_IDS[value]) for value in learnt] == list(range(19))
    assert CLASSES[int(LABEL_IDS[24])] == "person"
    assert LABEL_IDS[255] == IGNORE, "the licence plate, whose id is -1"


def test_without_a_wish_train_and_val_and_never_test(root: Path) -> None:
    assert len(open_dataset(root)) == 3
    with pytest.raises(BadDataset, match='no split "test"; it has train, val'):
        open_dataset(root, "test")


def test_train_ids_are_taken_where_that_is_all(tmp_path: Path) -> None:
    add(tmp_path, "val", "ulm", 1, kind="labelTrainIds", ids=np.array([[0, 18, 255]], np.uint8))
    assert open_dataset(tmp_path, "val")[0].labels.tolist() == [[0, 18, IGNORE]]


def test_missing_labels_are_named(root: Path) -> None:
    stem = add(root, "train", "aachen", 9)
    (root / "gtFine" / "train" / "aachen" / f"{stem}_gtFine_labelIds.png").unlink()
    with pytest.raises(BadDataset, match=r"have no …_gtFine_labelIds.png: aachen_000009_000019_leftImg8bit.png"):
        open_dataset(root, "train")


def test_what_is_no_label_id_is_refused(tmp_path: Path) -> None:
    add(tmp_path, "val", "ulm", 1, ids=np.array([[0, 77]], np.uint8))
    with pytest.raises(UnknownLabel, match="77"):
        open_dataset(tmp_path, "val")[0]


def test_how_to_get_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingData, match=r"register at https://www.cityscapes-dataset.com/"):
        open_dataset("cityscapes")

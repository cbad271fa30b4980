"""Oxford-IIIT Pet in the tree that its two archives unpack to."""

from pathlib import Path

import numpy as np
import pytest

from segcore.data import check_dataset, dataset_splits, open_dataset, sample_names, with_classes
from segcore.data.doctor import examine
from segcore.data.statistics import work
from segcore.errors import BadDataset, UnknownLabel
from segcore.job_context import JobContext
from segcore.paths import PROJECT
from segcore.types import IGNORE
from tests.data.sample_files import photo, save, write

BROKEN = PROJECT.parent / "shared" / "data" / "broken" / "MSK-15"
TRIMAP = np.array([[2, 2, 3], [2, 3, 1]], np.uint8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "oxford-iiit-pet"
    for number, stem in enumerate(("Abyssinian_100", "beagle_7", "Bengal_1")):
        save(folder / "images" / f"{stem}.jpg", photo(2, 3, seed=number))
        save(folder / "annotations" / "trimaps" / f"{stem}.png", TRIMAP)
    (folder / "images" / "Abyssinian_100.mat").write_bytes(b"not a photo")
    (folder / "annotations" / "trimaps" / "._Abyssinian_100.png").write_bytes(b"left by macOS")
    write(folder / "annotations" / "trainval.txt", "Abyssinian_100 1 1 1\nbeagle_7 5 2 3\n")
    write(folder / "annotations" / "test.txt", "Bengal_1 6 1 4\n")
    write(folder / "annotations" / "list.txt", "#Image CLASS-ID SPECIES BREED ID\nAbyssinian_100 1 1 1\n")
    return tmp_path


def test_the_pet_gets_the_class_of_its_species(root: Path) -> None:
    assert dataset_splits(root) == ("trainval", "test")
    dataset = open_dataset(root, "trainval")
    assert dataset.classes == ("background", "cat", "dog")
    assert dataset[0].labels.tolist() == [[0, 0, IGNORE], [0, IGNORE, 1]]
    assert dataset[1].labels.tolist() == [[0, 0, IGNORE], [0, IGNORE, 2]]
    assert (dataset.licence, dataset.shippable) == ("CC BY-SA 4.0", True)


def test_without_a_wish_the_test_split_stays_aside(root: Path) -> None:
    assert sample_names(open_dataset(root)) == ["Abyssinian_100", "beagle_7"]


def test_both_species_can_be_one_class(root: Path) -> None:
    pets = with_classes(open_dataset(root), ["background", "pet"], {"cat": "pet", "dog": "pet"})
    assert pets[1].labels.tolist() == [[0, 0, IGNORE], [0, IGNORE, 1]]


def test_without_lists_names_tell_the_species(root: Path) -> None:
    for name in ("trainval", "test", "list"):
        (root / "oxford-iiit-pet" / "annotations" / f"{name}.txt").unlink()
    assert dataset_splits(root) == ()
    dataset = open_dataset(root)
    species = {sample.name: int(sample.labels[1, 2]) for sample in map(dataset.__getitem__, range(3))}
    assert species == {"Abyssinian_100": 1, "Bengal_1": 1, "beagle_7": 2}


def test_what_is_wrong_is_said(root: Path) -> None:
    annotations = root / "oxford-iiit-pet" / "annotations"
    save(annotations / "trimaps" / "Bengal_1.png", np.array([[0, 1, 2], [2, 2, 2]], np.uint8))
    with pytest.raises(UnknownLabel, match=r"holds the value\(s\) 0"):
        open_dataset(root, "test")[0]
    write(annotations / "test.txt", "Bengal_1 6 1 4\nBengal_2 cat\n")
    with pytest.raises(BadDataset, match=r'line 2: "Bengal_2 cat" is not NAME BREED SPECIES NUMBER'):
        open_dataset(root, "test")


def test_both_splits_are_checked_and_measured(root: Path) -> None:
    assert examine(root).looked_at == 3
    (skipped,) = [each for each in check_dataset(root) if each.name == "skipped"]
    assert skipped.facts["count"] == 2
    facts = work({"data": str(root)}, JobContext(Path(), emit=lambda *_, **__: None))
    assert {name: split["images"] for name, split in facts["splits"].items()} == {"trainval": 2, "test": 1}


def test_names_with_blanks_and_a_byte_order_mark(root: Path) -> None:
    annotations = root / "oxford-iiit-pet" / "annotations"
    (annotations / "trainval.txt").write_bytes("\ufeffAbyssinian_100 1 1 1\r\nbeagle_7 5 2 3\r\n".encode())
    assert sample_names(open_dataset(root)) == ["Abyssinian_100", "beagle_7"]


@pytest.mark.skipif(not BROKEN.is_dir(), reason="the shared data is not beside this clone")
def test_files_of_other_kinds_beside_the_photos() -> None:
    assert dataset_splits(BROKEN) == ("trainval", "test")
    assert examine(BROKEN).looked_at == 7, "6 + 1: the photo in both lists is read twice"

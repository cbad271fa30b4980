"""Specs, cards, and folders that nobody or more than one recognises."""

import json
from pathlib import Path

import numpy as np
import pytest

from segcore.data import (
    DATASETS,
    dataset_card,
    dataset_folder,
    dataset_splits,
    full_spec,
    named_datasets,
    open_dataset,
)
from segcore.data.recognition import recognise
from segcore.errors import BadDataset, MissingData
from tests.data.sample_files import photo, save, write

MASK = np.zeros((12, 16), np.uint8)
MASK[3:7, 4:9] = 255


def binary(root: Path) -> Path:
    save(root / "images" / "a.jpg", photo())
    save(root / "masks" / "a.png", MASK)
    return root


def test_cards_are_whole() -> None:
    for name, card in DATASETS.items():
        assert (card.name, bool(card.title), bool(card.summary)) == (name, True, True)
        assert (card.open is None) != (card.layout is None)
        assert len(card.classes) == len(card.colours)
        assert len(set(card.classes)) == len(card.classes)
        assert ":" not in name


def test_a_wrapped_folder_is_found(tmp_path: Path) -> None:
    root = binary(tmp_path / "download" / "my set" / "data")
    (tmp_path / "download" / "__MACOSX").mkdir()
    assert recognise(tmp_path / "download").root == root
    assert dataset_card(tmp_path / "download").name == "binary"
    assert len(open_dataset(f"binary:{tmp_path / 'download' / 'my set'}")) == 1


def test_a_classes_json_settles_what_a_folder_is(tmp_path: Path) -> None:
    binary(tmp_path)
    write(tmp_path / "classes.json", json.dumps({"classes": ["no", "yes"], "ignore_index": 0}))
    assert dataset_card(tmp_path).name == "folder"


def test_nobody_recognises_it(tmp_path: Path) -> None:
    write(tmp_path / "notes.txt", "nothing")
    with pytest.raises(BadDataset, match=r"no dataset of a known layout") as caught:
        open_dataset(tmp_path)
    for card in DATASETS.values():
        if card.layout:
            assert f"{card.name}: {card.layout.looks_for}" in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("nowhere", "There is no dataset nowhere: .*known by name are shapes"),
        ("voc:nowhere", "nowhere is not a folder. Give the folder that holds JPEGImages/"),
        ("voc", "Fetch it: python -m segcore data get voc"),
        ("coco", "Download 2017 Train images"),
        ("binary", "give it one, as binary:FOLDER"),
        ("notes.txt", "is a file"),
    ],
)
def test_what_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, sentence: str) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "notes.txt", "")
    with pytest.raises(MissingData, match=sentence):
        open_dataset(spec)


def test_a_layout_that_is_another_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="does not look like voc: it was looked for JPEGImages/"):
        open_dataset(f"voc:{binary(tmp_path)}")


def test_names_find_what_was_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert named_datasets() == ("shapes",)
    binary(tmp_path / "home" / "data" / "binary" / "unpacked")
    assert named_datasets() == ("shapes", "binary")
    assert len(open_dataset("binary")) == 1
    assert full_spec("binary") == f"binary:{tmp_path / 'home' / 'data' / 'binary'}"
    assert len(open_dataset(full_spec("binary"))) == 1


def test_a_folder_right_here_comes_before_what_was_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    binary(tmp_path / "pets")
    assert dataset_card("pets").name == "binary", "read as what it is, not as Oxford-IIIT Pet"
    assert full_spec("pets") == str(tmp_path / "pets")


def test_specs_mean_the_same_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    binary(tmp_path / "mine")
    assert full_spec("mine") == str(tmp_path / "mine")
    assert full_spec("binary:mine#train") == f"binary:{tmp_path / 'mine'}#train"
    for unchanged in ("shapes", "shapes:20:32", "nowhere", "voc:nowhere"):
        assert full_spec(unchanged) == unchanged
    assert dataset_folder("shapes:20") is None
    assert dataset_folder("binary:mine#train") == Path("mine")


def test_a_hash_in_a_path_is_no_split(tmp_path: Path) -> None:
    root = binary(tmp_path / "set#2" / "inner")
    assert len(open_dataset(root)) == len(open_dataset(str(root))) == len(open_dataset(f"binary:{root}")) == 1


def test_drawn_data_can_name_its_split() -> None:
    assert open_dataset("shapes:20#val").title == "Shapes (val)"
    assert dataset_splits("shapes:20#val") == ()

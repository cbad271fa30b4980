"""Finding checkpoints by name, and what is told of files that are none."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from segcore import paths
from segcore.checkpoint import CheckpointRef, broken_checkpoints, find_checkpoint, list_checkpoints
from segcore.checkpoint.card import CARD_KEY, CheckpointCard
from segcore.errors import BadCheckpoint


@pytest.fixture
def folders(tmp_path, monkeypatch):
    own, shipped = tmp_path / "own", tmp_path / "shipped"
    own.mkdir()
    shipped.mkdir()
    monkeypatch.setattr(paths, "own_checkpoints_dir", lambda: own)
    monkeypatch.setattr(paths, "shipped_checkpoints_dir", lambda: shipped)
    return own, shipped


def put(folder, name, title="A title"):
    card = CheckpointCard(
        name=name,
        title=title,
        architecture="unet",
        classes=("a",),
        colours=((1, 2, 3),),
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
    )
    path = folder / f"{name}.safetensors"
    save_file({"w": np.zeros(1, np.float32)}, path, metadata={CARD_KEY: card.model_dump_json()})
    return path


def test_a_shipped_name_means_the_shipped_file_and_all_are_sorted(folders):
    own, shipped = folders
    put(shipped, "everyday", "shipped")
    put(shipped, "zebra")
    put(own, "everyday", "mine")
    put(own, "apple")
    listed = list_checkpoints()
    assert [ref.name for ref, _ in listed] == ["apple", "everyday", "zebra"]
    assert listed[1][1].title == "shipped"
    assert find_checkpoint("everyday").path == shipped / "everyday.safetensors"
    assert find_checkpoint(own / "everyday.safetensors").path == own / "everyday.safetensors"
    ((path, why),) = broken_checkpoints()
    assert path == own / "everyday.safetensors"
    assert "has the name of a checkpoint that comes with the program" in why
    assert find_checkpoint("zebra").path == shipped / "zebra.safetensors"


def test_broken_files_are_listed_apart(folders):
    own, _ = folders
    put(own, "good")
    (own / "bad.safetensors").write_bytes(b"PK\x03\x04nothing")
    (own / ".good.safetensors.x1y2").write_bytes(b"a write that was cut short")
    assert [ref.name for ref, _ in list_checkpoints()] == ["good"]
    ((path, why),) = broken_checkpoints()
    assert path.name == "bad.safetensors"
    assert "pickle" in why


def test_missing_folders_are_empty_shelves(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "own_checkpoints_dir", lambda: tmp_path / "none")
    monkeypatch.setattr(paths, "shipped_checkpoints_dir", lambda: tmp_path / "nor")
    assert list_checkpoints() == []
    with pytest.raises(BadCheckpoint, match="none yet"):
        find_checkpoint("everyday")


def test_an_unknown_name_lists_the_known_ones(folders):
    put(folders[1], "everyday")
    with pytest.raises(BadCheckpoint, match="There are: everyday"):
        find_checkpoint("everyday2")


@pytest.mark.parametrize("name", ["", "..", "a b", "na\nme", "x" * 65, "名"])
def test_names_that_are_none(folders, name):
    with pytest.raises(BadCheckpoint, match=r"cannot be the name|There is no checkpoint"):
        find_checkpoint(name)


def test_a_name_cannot_leave_the_folder(folders):
    own, _ = folders
    put(own.parent, "secret")
    with pytest.raises(BadCheckpoint):
        find_checkpoint("../secret")
    # a path is a path: whoever may give one may read the file
    assert find_checkpoint(own.parent / "secret.safetensors").name == "secret"


def test_a_reference_is_of_one_version_of_the_file(folders):
    path = put(folders[0], "a")
    first = CheckpointRef.of(path)
    put(folders[0], "a", "a longer title")
    second = CheckpointRef.of(path)
    assert first != second
    assert len({first, second}) == 2
    with pytest.raises(BadCheckpoint, match="There is no checkpoint file"):
        CheckpointRef.of(folders[0] / "none.safetensors")

"""Keeping a run's checkpoint: found by its new name, never over another one by accident."""

import pytest
import torch

from segcore.checkpoint import find_checkpoint, keep_checkpoint, load_card, load_checkpoint, save_checkpoint
from segcore.checkpoint.card import CheckpointCard
from segcore.errors import BadCheckpoint
from segcore.models import build_model


@pytest.fixture
def best(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    options = {"width": 4, "depth": 2}
    card = CheckpointCard(
        name="best",
        title="A test",
        architecture="unet",
        options=options,
        classes=("background", "leaf"),
        colours=((0, 0, 0), (0, 158, 115)),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )
    path = tmp_path / "run" / "best.safetensors"
    save_checkpoint(path, build_model("unet", num_classes=2, **options), card)
    return path


def test_it_is_found_by_its_new_name_and_has_the_same_weights(best):
    kept = keep_checkpoint(best, "leaves")
    assert find_checkpoint("leaves") == kept
    assert load_card(kept.path).name == "leaves"
    before, after = (load_checkpoint(path).model.state_dict() for path in (best, kept.path))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_title_and_licence_can_be_told(best):
    card = load_card(keep_checkpoint(best, "leaves", licence="CC0 1.0").path)
    assert (card.title, card.licence) == ("leaves", "CC0 1.0")
    assert load_card(keep_checkpoint(best, "more", title="Leaves").path).title == "Leaves"


def test_half_is_half_the_size(best):
    assert keep_checkpoint(best, "small", half=True).size < 0.65 * keep_checkpoint(best, "large").size


def test_an_older_one_is_replaced_only_when_asked(best):
    keep_checkpoint(best, "leaves")
    with pytest.raises(BadCheckpoint, match="already"):
        keep_checkpoint(best, "leaves")
    assert keep_checkpoint(best, "leaves", replace=True).name == "leaves"


@pytest.mark.parametrize("name", ["", "../leaves", "a b", "x" * 65])
def test_names_stay_in_the_folder(best, name):
    with pytest.raises(BadCheckpoint, match="letters"):
        keep_checkpoint(best, name)


@pytest.mark.parametrize("name", ["everyday", "Everyday"])
def test_the_name_of_a_shipped_checkpoint_is_refused(best, tmp_path, monkeypatch, name):
    shipped = tmp_path / "shipped"
    monkeypatch.setattr("segcore.paths.shipped_checkpoints_dir", lambda: shipped)
    keep_checkpoint(best, "everyday", folder=shipped)  # as the project itself does
    for replace in (False, True):
        with pytest.raises(BadCheckpoint, match="the name of a checkpoint that comes with the program"):
            keep_checkpoint(best, name, replace=replace)
    assert find_checkpoint("everyday").path.parent == shipped

"""Whether evaluated images were in the training: by content, whatever the folders are called."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.checkpoint import TrainingData, load_card, load_checkpoint, save_checkpoint
from segcore.data import hash_images, open_dataset, pack_hashes, unpack_hashes
from segcore.evaluation import evaluate_checkpoint, overlap_sentence, report_of, same_name, training_overlap
from segcore.inference import Predictor
from segcore.train import make_config
from segcore.train.parts import build
from tests.evaluation.toy_checkpoint import save_little


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    root = tmp_path / "leaves"
    for inner in ("images", "masks"):
        (root / inner).mkdir(parents=True)
    for number in range(10):
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).save(root / "images" / f"{number}.png")
        Image.fromarray(rng.integers(0, 2, (32, 32), np.uint8)).save(root / "masks" / f"{number}.png")
    (root / "classes.json").write_text('{"classes": ["background", "circle"]}')
    return root


def trained_on(folder: Path, path: Path):
    """The card of a checkpoint as a training on this folder saves it."""
    parts = build(make_config({"data": [str(folder)], "model": "unet", "options": {"width": 4}, "size": 32}))
    parts.save(path, [])
    return parts, load_card(path)


def test_a_training_records_its_images_and_not_those_of_validation(folder: Path, tmp_path: Path) -> None:
    parts, card = trained_on(folder, tmp_path / "best.safetensors")
    hashes = hash_images(parts.data.train)
    assert card.image_hashes == pack_hashes(hashes) and len(hashes) == len(parts.data.train)
    assert not hashes & hash_images(parts.data.val)
    # Resumed on other data, the weights have still learnt from the earlier images.
    for number in range(10):
        Image.fromarray(np.full((32, 32, 3), number, np.uint8)).save(folder / "images" / f"{number}.png")
    later, card = trained_on(folder, tmp_path / "best.safetensors")
    assert unpack_hashes(card.image_hashes) == hashes | hash_images(later.data.train)


def test_a_copy_under_another_name_is_recognised_and_another_folder_of_that_name_is_not(
    folder: Path, tmp_path: Path
) -> None:
    parts, _ = trained_on(folder, tmp_path / "best.safetensors")
    predictor = Predictor(load_checkpoint(tmp_path / "best.safetensors"), engine="torch")
    copy = shutil.copytree(folder, tmp_path / "elsewhere" / "other-name")
    report = evaluate_checkpoint(predictor, open_dataset(copy))
    assert report.overlap is not None and report.overlap.found == len(parts.data.train)
    assert str(report.overlap_sentence).startswith(f"{len(parts.data.train)} of these 10 images were in its training")
    assert report_of(report.to_dict(), "it").overlap == report.overlap
    strangers = tmp_path / "strangers" / "leaves"
    shutil.copytree(folder, strangers)
    for number in range(10):
        Image.fromarray(np.full((32, 32, 3), number, np.uint8)).save(strangers / "images" / f"{number}.png")
    report = evaluate_checkpoint(predictor, open_dataset(strangers))
    assert report.overlap is not None and report.overlap.found == 0 and report.overlap.same_name
    assert "None of these 10 images was in its training" in str(report.overlap_sentence)


def test_without_a_record_only_the_name_is_known_and_said_so(tmp_path: Path) -> None:
    card = load_card(save_little(tmp_path / "little.safetensors").path)
    assert training_overlap(card, [1], "Leaves").same_name == ""
    named = card.model_copy(update={"training_data": (TrainingData(name="Leaves, 240 photos", images=240),)})
    overlap = training_overlap(named, [1], "Leaves")
    assert overlap.found is None
    assert "is called “Leaves, 240 photos”, like this data, so images may overlap" in overlap_sentence(overlap, 1)
    assert not same_name(named, "Leave") and not same_name(named, "") and not same_name(named, "Leaves.")
    assert "unknown whether" in overlap_sentence(training_overlap(named, [1], "Roads"), 1)


def test_a_part_of_the_record_is_said_to_be_a_part(tmp_path: Path) -> None:
    card = load_card(save_little(tmp_path / "little.safetensors").path)
    many = (TrainingData(name="Many", images=5000),)
    card = card.model_copy(update={"training_data": many, "image_hashes": pack_hashes({1, 2, 3})})
    assert "At least 2 of these 3 images" in overlap_sentence(training_overlap(card, [1, 2, 9], "x"), 3)
    assert "3 training images on record, of 5000" in overlap_sentence(training_overlap(card, [9], "x"), 1)


def test_the_record_survives_keeping_a_checkpoint_under_a_name(folder: Path, tmp_path: Path, monkeypatch) -> None:
    from segcore.checkpoint import keep_checkpoint

    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    _, card = trained_on(folder, tmp_path / "best.safetensors")
    kept = keep_checkpoint(tmp_path / "best.safetensors", "leaf")
    assert load_card(kept.path).image_hashes == card.image_hashes
    checkpoint = load_checkpoint(kept)
    save_checkpoint(tmp_path / "again.safetensors", checkpoint.model, checkpoint.card)
    assert load_card(tmp_path / "again.safetensors").image_hashes == card.image_hashes

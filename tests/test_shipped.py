"""The shipped checkpoints are the ones that checkpoints/README.md speaks of."""

import hashlib

import pytest

from segcore.checkpoint import CheckpointRef, load_card
from segcore.data import content_hash, open_dataset, unpack_hashes
from segcore.evaluation import load_robustness
from segcore.paths import PROJECT

FOLDER = PROJECT / "checkpoints"
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")
MOST_BYTES = 16_000_000


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.safetensors")), ids=lambda path: path.stem)
def test_the_readme_tells_the_truth(path):
    data = path.read_bytes()
    card = load_card(path)
    (score,) = card.scores
    assert f"`{path.stem}`" in TEXT
    assert hashlib.sha256(data).hexdigest() in TEXT
    assert f"{len(data)} bytes" in TEXT
    assert f"mIoU {score.value:.3f}" in TEXT
    assert all(f"{name} {iou:.3f}".replace(" 0.", " .") in TEXT for name, iou in score.per_class.items())
    assert card.licence and card.licence.split(";")[0] in TEXT
    assert len(data) <= MOST_BYTES


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.safetensors")), ids=lambda path: path.stem)
def test_its_robustness_lies_beside_it(path, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))
    card = load_robustness(CheckpointRef.of(path))
    assert card is not None, "measured on exactly this file"
    assert f"relative mIoU {card.relative:.3f} on corrupted images ({card.images} " in TEXT
    assert f"--limit {card.images}\n" in TEXT


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.safetensors")), ids=lambda path: path.stem)
def test_its_training_images_are_on_record(path):
    card = load_card(path)
    assert len(unpack_hashes(card.image_hashes)) == sum(data.images for data in card.training_data)


@pytest.mark.parametrize(("split", "is_known"), [("train", True), ("val", False)])
def test_the_record_knows_the_training_split_only(split, is_known):
    known = unpack_hashes(load_card(FOLDER / "shapes.safetensors").image_hashes)
    images = open_dataset("shapes:1000:96", split)
    assert [content_hash(images[index].image) in known for index in (0, 99, 199)] == 3 * [is_known]


def test_everyday_is_shipped_and_good():
    card = load_card(FOLDER / "everyday.safetensors")
    assert card.classes == ("background", "person", "cat", "dog")
    assert card.scores[0].value >= 0.85


def test_the_lessons_have_a_good_unet():
    card = load_card(FOLDER / "shapes.safetensors")
    assert card.architecture == "unet"
    assert card.scores[0].value >= 0.9
    assert "(val)" in card.scores[0].data

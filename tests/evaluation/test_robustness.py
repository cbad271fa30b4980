"""The robustness card: what it measures, and that it belongs to one file."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from segcore.checkpoint import CheckpointRef
from segcore.checkpoint.weights_file import load_checkpoint
from segcore.data import CORRUPTIONS, corrupt, open_dataset
from segcore.errors import BadConfig
from segcore.evaluation import load_robustness, measure_robustness, robustness_path, save_robustness
from segcore.evaluation.corruption_robustness import ATTACK, KINDS, _seed
from segcore.inference import Predictor
from segcore.metrics import confusion, scores
from tests.evaluation.toy_checkpoint import DATA, save_little


@pytest.fixture
def reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckpointRef:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    return save_little(tmp_path / "little.safetensors")


def predictor(reference: CheckpointRef) -> Predictor:
    return Predictor(load_checkpoint(reference), engine="torch", device="cpu")


def test_every_cell_is_the_miou_of_the_spoilt_images(reference: CheckpointRef) -> None:
    data = open_dataset(DATA)
    kinds = ("gaussian_noise", "flip", "label_shift", ATTACK)
    seen: list[tuple[int, int]] = []
    card = measure_robustness(
        predictor(reference), load_checkpoint(reference), data, kinds=kinds, limit=2, seed=5, split="train",
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert [(cell.corruption, cell.severity) for cell in card.cells] == [
        *(("gaussian_noise", severity) for severity in range(1, 6)),
        ("flip", 1),
        *(("label_shift", severity) for severity in range(1, 6)),
        *((ATTACK, severity) for severity in range(1, 6)),
    ]
    assert seen[-1] == (34, 34) and (card.images, card.split, card.data) == (2, "train", "shapes")

    predict, k = predictor(reference), len(data.classes)
    for kind in ("gaussian_noise", "flip", "label_shift"):
        for cell in card.of(kind):
            table = np.zeros((k, k), np.int64)
            for index in (0, 2):
                image, labels = corrupt(data[index].image, data[index].labels, kind, cell.severity, _seed(5, index))
                table += confusion(predict(image).labels, labels, k)
            result = scores(table, data.classes)
            miou = np.mean([iou for iou, pixels in zip(result.iou, result.support, strict=True) if pixels])
            assert cell.miou == pytest.approx(miou)
            assert cell.relative == pytest.approx(miou / card.clean_miou)
            assert cell.iou == pytest.approx(result.iou, nan_ok=True)
            assert cell.level == CORRUPTIONS[kind].levels[cell.severity - 1]
    assert card.of(ATTACK)[2].miou < card.clean_miou
    in_mean = [card.relative_of(kind) for kind in kinds if kind != "label_shift"]
    assert card.relative == pytest.approx(np.mean(in_mean))
    assert math.isnan(card.relative_of("blur"))


def test_the_card_lies_beside_its_file_and_belongs_to_it(reference: CheckpointRef) -> None:
    assert load_robustness(reference) is None
    card = measure_robustness(
        predictor(reference), load_checkpoint(reference), open_dataset(DATA), kinds=("jpeg",), limit=1
    )
    path = save_robustness(card, reference)
    assert path == robustness_path(reference) and path.name == "little.robustness.json"
    found = load_robustness(reference)
    assert found is not None and found.to_dict() == card.to_dict()

    changed = save_little(reference.path, seed=1)
    assert load_robustness(changed) is None, "it was measured on another file"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    assert load_robustness(reference) is None
    path.write_text("{")
    assert load_robustness(reference) is None


def test_a_folder_that_cannot_be_written_is_no_obstacle(
    reference: CheckpointRef, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from segcore.evaluation import robustness_card

    card = measure_robustness(
        predictor(reference), load_checkpoint(reference), open_dataset(DATA), kinds=("flip",), limit=1
    )
    write = robustness_card.write_whole

    def refuse(path: Path, data: bytes) -> None:
        if path.parent == reference.path.parent:
            raise PermissionError
        write(path, data)

    monkeypatch.setattr(robustness_card, "write_whole", refuse)
    own = tmp_path / "home" / "checkpoints" / "little.robustness.json"
    assert save_robustness(card, reference) == own
    assert load_robustness(reference) is not None

    own.unlink()
    monkeypatch.setattr(robustness_card, "write_whole", write)
    monkeypatch.setattr(robustness_card.paths, "shipped_checkpoints_dir", lambda: reference.path.parent)
    assert save_robustness(card, reference) == own, "what is shipped is not written over"


def test_unknown_corruptions_are_told(reference: CheckpointRef) -> None:
    with pytest.raises(BadConfig, match="no corruption rain; known: gaussian_noise"):
        measure_robustness(predictor(reference), load_checkpoint(reference), open_dataset(DATA), kinds=("rain",))
    assert KINDS[-1] == ATTACK

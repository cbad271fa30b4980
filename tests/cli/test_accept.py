"""What the doctor knows stops train, train --check, crossval and evaluate, until it is accepted."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.cli import main
from segcore.runs import list_runs

SMALL = ("--options", "width=4", "--size", "32", "--batch-size", "2", "--device", "cpu", "--epochs", "1")


@pytest.fixture
def stretched(tmp_path: Path) -> str:
    """Masks of 0 and 255 with two classes."""
    root = tmp_path / "leaves"
    for kind in ("images", "masks"):
        (root / kind).mkdir(parents=True)
    (root / "classes.json").write_text(json.dumps({"classes": ["background", "leaf"]}), encoding="utf-8")
    for number in range(6):
        random = np.random.default_rng(number)
        Image.fromarray(random.integers(0, 256, (32, 32, 3), np.uint8)).save(root / "images" / f"{number}.png")
        Image.fromarray(255 * random.integers(0, 2, (32, 32), np.uint8)).save(root / "masks" / f"{number}.png")
    return str(root)


@pytest.mark.parametrize(
    "words",
    [
        ["train", *SMALL],
        ["crossval", "--folds", "2", *SMALL],
        ["lr-find", *SMALL],
        ["evaluate", "--checkpoint", "shapes", "--map", "*=background"],
        ["robustness", "--checkpoint", "shapes", "--map", "*=background"],
    ],
)
def test_errors_of_the_data_stop(stretched: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--data", stretched]) == 2
    told = capsys.readouterr().err
    assert "Masks use 0 and 255 for no and yes" in told
    assert f"data repair {stretched}" in told
    assert "--accept binary_255" in told
    assert list_runs() == []


def test_the_validation_images_of_a_configuration_are_checked_too(
    stretched: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps({"data": [stretched]}), encoding="utf-8")
    words = ["evaluate", "--method", "otsu", "--val-of", str(spec), "--map", "*=background"]
    assert main(words) == 2
    assert "--accept binary_255" in capsys.readouterr().err
    main([*words, "--accept", "binary_255"])
    assert "Masks use 0 and 255 for no and yes" in capsys.readouterr().err


def test_what_was_accepted_is_still_said(stretched: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--method", "otsu", "--data", stretched, "--map", "*=background", "--limit", "1"]
    assert main([*words, "--accept", "binary_255"]) in (0, 2)
    assert "Masks use 0 and 255 for no and yes" in capsys.readouterr().err


def test_a_kind_that_must_be_fixed_is_refused(stretched: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *SMALL, "--data", stretched, "--accept", "size_mismatch"]) == 2
    assert "size_mismatch cannot be accepted" in capsys.readouterr().err

"""What the doctor knows is asked before a training or an evaluation."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segcore.data import precheck as check
from segcore.data.doctor.record import Diagnosis
from segcore.data.precheck import UnsoundData, precheck, require_sound
from segcore.errors import BadConfig
from segcore.text import translate
from segcore.train.checks.validation import problems, require_sound_data, require_valid
from segcore.train.config import make_config

MakeFolder = Callable[..., Path]
SMALL = {"options": {"width": 4, "depth": 2}, "size": 32, "device": "cpu"}


def stretched(root: Path) -> Path:
    """0 and 255 instead of 0 and 1."""
    for path in (root / "masks").iterdir():
        Image.fromarray(np.where(np.array(Image.open(path)) == 1, 255, 0).astype(np.uint8)).save(path)
    return root


def kinds(root: Path, splits: tuple[str, ...] | None = None) -> list[str]:
    return [finding.name for finding in precheck(str(root), splits)]


def test_masks_of_0_and_255_stop_until_accepted(make_folder: MakeFolder) -> None:
    root = stretched(make_folder())
    assert kinds(root) == ["binary_255"]
    config = make_config({**SMALL, "data": [str(root)]})
    with pytest.raises(UnsoundData) as caught:
        require_valid(config)
    text = str(caught.value)
    assert "Replace 255 by 1" in text
    assert f"data repair {root} --to {root}-repaired" in text
    assert "--accept binary_255" in text
    assert "将 255" in translate("zh", caught.value.message) or "255" in translate("zh", caught.value.message)
    assert translate("zh", caught.value.message) != text
    assert [finding.name for finding in require_valid(config, ["binary_255"])] == ["binary_255"]
    assert problems(config, ["binary_255"]) == []


def test_one_class_is_nothing_to_distinguish(make_folder: MakeFolder) -> None:
    root = stretched(make_folder(classes=["leaf"]))
    (message,) = problems(make_config({**SMALL, "data": [str(root)]}))
    assert "classes.json names one class" in message
    assert '["background", "leaf"]' in message
    with pytest.raises(BadConfig, match="single_class cannot be accepted"):
        require_sound(str(root), accept=["single_class"])


def test_only_the_splits_in_use_are_checked(make_folder: MakeFolder) -> None:
    root = make_folder(3, at="set/train").parent
    stretched(make_folder(3, at="set/test"))
    assert kinds(root) == []
    assert kinds(root, ("test",)) == ["binary_255"]
    assert problems(make_config({**SMALL, "data": [str(root)]})) == []


def test_errors_of_opening_are_said_once(make_folder: MakeFolder) -> None:
    root = make_folder()
    (root / "masks" / "photo0.png").unlink()
    assert len(problems(make_config({**SMALL, "data": [str(root)]}))) == 1


def test_nothing_annotated_stops(make_folder: MakeFolder) -> None:
    root = make_folder()
    for path in (root / "masks").iterdir():
        Image.fromarray(np.zeros((20, 30), np.uint8)).save(path)
    assert kinds(root) == ["no_objects", "absent_class"]


def test_synthetic_images_are_sound() -> None:
    assert precheck("shapes:8:32") == []


def test_sizes_that_differ_stop(make_folder: MakeFolder) -> None:
    root = make_folder()
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(root / "masks" / "photo1.png")
    assert "size_mismatch" in kinds(root)


def test_a_large_set_is_sampled(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcore.data.precheck.MOST", 3)
    root = make_folder(8)
    facts = {"classes": ["background", "cat", "dog"]}
    (root / "classes.json").write_text(json.dumps(facts), encoding="utf-8")
    assert kinds(root) == [], "a class that a sample does not show may be there"


def test_the_same_files_are_read_once(make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_folder()
    read: list[str] = []
    real = check.examine

    def counted(spec: str, **options: Any) -> Diagnosis:
        read.append(spec)
        return real(spec, **options)

    monkeypatch.setattr(check, "examine", counted)
    assert kinds(root) == kinds(root) == []
    assert len(read) == 1
    stretched(root)
    assert kinds(root) == ["binary_255"]
    assert len(read) == 2
    assert kinds(root, ("train",)) == ["no_pairs"]
    assert len(read) == 3, "of other splits"


def test_of_data_to_validate_on_only_those_splits_are_checked(make_folder: MakeFolder) -> None:
    root = make_folder(3, at="set/train").parent
    stretched(root / "train")
    make_folder(3, at="set/val")
    config = make_config({**SMALL, "data": [str(root)]})
    with pytest.raises(UnsoundData):
        require_sound_data(config)
    assert require_sound_data(config, validation_only=True) == []
    other = make_folder(3, at="other")
    config = make_config({**SMALL, "data": [str(root)], "val_data": [str(other)]})
    assert require_sound_data(config, validation_only=True) == []

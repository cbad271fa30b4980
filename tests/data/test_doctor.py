"""Each illness is made in a sound folder and must be found there, alone and among others."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.data import Finding, check_dataset
from segcore.data.doctor import KINDS
from segcore.errors import BadDataset

MakeFolder = Callable[..., Path]
WritePair = Callable[..., None]
Spoil = Callable[[Path], None]


def found(root: Path) -> dict[str, Finding]:
    return {finding.kind: finding for finding in check_dataset(root)}


def mask(root: Path, name: str, labels: np.ndarray) -> None:
    Image.fromarray(labels).save(root / "masks" / name)


def test_a_sound_folder_has_nothing(make_folder: MakeFolder) -> None:
    assert check_dataset(make_folder()) == []


def _no_classes(root: Path) -> None:
    (root / "classes.json").unlink()


def _broken_classes(root: Path) -> None:
    (root / "classes.json").write_text("{", encoding="utf-8")


def _broken_image(root: Path) -> None:
    (root / "images" / "photo0.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")


def _broken_mask(root: Path) -> None:
    (root / "masks" / "photo0.png").write_bytes(b"")


def _no_mask(root: Path) -> None:
    (root / "masks" / "photo0.png").unlink()


def _no_image(root: Path) -> None:
    (root / "images" / "photo0.png").unlink()


def _same_name(root: Path) -> None:
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(root / "images" / "photo0.bmp")


def _other_size(root: Path) -> None:
    mask(root, "photo0.png", np.ones((10, 10), np.uint8))


def _colours(root: Path) -> None:
    mask(root, "photo0.png", np.zeros((20, 30, 3), np.uint8))


def _jpeg(root: Path) -> None:
    (root / "masks" / "photo0.png").unlink()
    mask(root, "photo0.jpg", np.ones((20, 30), np.uint8))


def _unknown_value(root: Path) -> None:
    mask(root, "photo0.png", np.full((20, 30), 9, np.uint8))


def _instance_numbers(root: Path) -> None:
    mask(root, "photo0.png", np.full((20, 30), 900, np.uint16))


def _all_binary(root: Path) -> None:
    for path in sorted((root / "masks").iterdir()):
        labels = np.array(Image.open(path))
        mask(root, path.name, np.where(labels == 1, 255, 0).astype(np.uint8))


def _absent_class(root: Path) -> None:
    facts = {"classes": ["background", "cat", "dog"]}
    (root / "classes.json").write_text(json.dumps(facts), encoding="utf-8")


def _all_ignored(root: Path) -> None:
    mask(root, "photo0.png", np.full((20, 30), 255, np.uint8))


def _empty_mask(root: Path) -> None:
    mask(root, "photo0.png", np.zeros((20, 30), np.uint8))


def _duplicate(root: Path) -> None:
    picture = Image.open(root / "images" / "photo1.png")
    picture.save(root / "images" / "photo0.tif")  # other bytes, same pixels
    (root / "images" / "photo0.png").unlink()


def _turned(root: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(root / "images" / "photo0.png").save(root / "images" / "photo0.png", exif=exif)


def _unknown_name(root: Path) -> None:
    (root / "train.txt").write_text("photo0\nphoto77", encoding="utf-8")


def _leak(root: Path) -> None:
    (root / "train.txt").write_text("photo0\nphoto1", encoding="utf-8")
    (root / "val.txt").write_text("photo1\nphoto2", encoding="utf-8")
    (root / "trainval.txt").write_text("photo0\nphoto1\nphoto2", encoding="utf-8")


def _leak_by_copy(root: Path) -> None:
    _duplicate(root)
    (root / "train.txt").write_text("photo0", encoding="utf-8")
    (root / "val.txt").write_text("photo1", encoding="utf-8")


ILLNESSES: list[tuple[Spoil, str, str]] = [
    (_no_classes, "bad_classes", "classes.json"),
    (_broken_classes, "bad_classes", "classes.json"),
    (_broken_image, "unreadable", "images/photo0.png"),
    (_broken_mask, "unreadable", "masks/photo0.png"),
    (_no_mask, "missing_mask", "images/photo0.png"),
    (_no_image, "missing_image", "masks/photo0.png"),
    (_same_name, "same_name", "images/photo0.png"),
    (_other_size, "size_mismatch", "masks/photo0.png"),
    (_colours, "colour_mask", "masks/photo0.png"),
    (_jpeg, "jpeg_mask", "masks/photo0.jpg"),
    (_unknown_value, "unknown_value", "masks/photo0.png"),
    (_instance_numbers, "unknown_value", "masks/photo0.png"),
    (_all_binary, "binary_255", "masks/photo0.png"),
    (_absent_class, "absent_class", "dog"),
    (_all_ignored, "all_ignored", "masks/photo0.png"),
    (_empty_mask, "empty_mask", "masks/photo0.png"),
    (_duplicate, "duplicate", "images/photo1.png"),
    (_turned, "exif_rotated", "images/photo0.png"),
    (_unknown_name, "unknown_name", "train.txt: photo77"),
    (_leak, "split_leak", "images/photo1.png"),
    (_leak_by_copy, "split_leak", "images/photo1.png"),
]


@pytest.mark.parametrize(("spoil", "kind", "file"), ILLNESSES, ids=[spoil.__name__ for spoil, _, _ in ILLNESSES])
def test_each_illness_is_found_and_no_other(make_folder: MakeFolder, spoil: Spoil, kind: str, file: str) -> None:
    root = make_folder()
    spoil(root)
    findings = found(root)
    assert list(findings) == [kind]
    finding = findings[kind]
    assert finding.files[0] == file
    assert finding.count >= 1
    assert finding.severity in ("error", "warning", "note")
    assert finding.title
    assert finding.advice


def test_every_kind_can_be_found() -> None:
    assert {kind for _, kind, _ in ILLNESSES} == set(KINDS)


def test_many_illnesses_at_once_are_all_found_and_counted(make_folder: MakeFolder, write_pair: WritePair) -> None:
    root = make_folder(6)
    for spoil in (_broken_image, _no_classes):
        spoil(root)
    for index in (1, 2):
        mask(root, f"photo{index}.png", np.zeros((20, 30, 3), np.uint8))
    for index in range(20, 40):
        write_pair(root, f"lonely{index}", np.ones((8, 8)), seed=index)
        (root / "masks" / f"lonely{index}.png").unlink()
    findings = found(root)
    assert list(findings) == ["bad_classes", "unreadable", "missing_mask", "colour_mask"]
    assert findings["missing_mask"].count == 20
    assert len(findings["missing_mask"].files) == 10
    assert findings["colour_mask"].count == 2
    assert "classes.json" in findings["bad_classes"].detail
    json.dumps([asdict(finding) for finding in findings.values()])


def test_pictures_in_two_split_folders(make_folder: MakeFolder) -> None:
    root = make_folder(3, at="set/train").parent
    make_folder(2, at="set/val")
    assert check_dataset(root) == []
    (root / "val" / "images" / "photo0.png").write_bytes((root / "train" / "images" / "photo2.png").read_bytes())
    leak = found(root)["split_leak"]
    assert leak.detail == "train/images/photo2.png = val/images/photo0.png"
    facts = {"classes": ["background", "dog"]}
    (root / "val" / "classes.json").write_text(json.dumps(facts), encoding="utf-8")
    assert found(root)["bad_classes"].detail == "The splits name different classes."


def test_what_is_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="is not a folder"):
        check_dataset(tmp_path / "nowhere")
    with pytest.raises(BadDataset, match="has no folder images/"):
        check_dataset(tmp_path)

"""The doctor on layouts of others: their own loaders read, and what these refuse is a finding, not an end."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segcore.advice import Advice
from segcore.data import check_dataset
from segcore.data.doctor import examine
from segcore.job_context import Cancelled
from tests.data.sample_files import photo, save, write

EVERYTHING = np.arange(12, dtype=np.uint8)[None].repeat(12, axis=0)
"""(12, 12): every class of CamVid, and 11, which is void."""


def found(root: Path) -> dict[str, Advice]:
    return {finding.name: finding for finding in check_dataset(root)}


@pytest.fixture
def camvid(tmp_path: Path) -> Path:
    """SegNet's arrangement, three images a split."""
    for number, split in enumerate(("train", "val", "test")):
        names = [f"{split}{index}" for index in range(3)]
        for index, name in enumerate(names):
            save(tmp_path / split / f"{name}.png", photo(12, 12, seed=10 * number + index))
            save(tmp_path / f"{split}annot" / f"{name}.png", EVERYTHING)
        lines = (f"/SegNet/CamVid/{split}/{name}.png /SegNet/…" for name in names)
        write(tmp_path / f"{split}.txt", "\n".join(lines) + "\n")
    return tmp_path


def _copied(root: Path) -> None:
    (root / "val" / "val0.png").write_bytes((root / "train" / "train1.png").read_bytes())


def _strange(root: Path) -> None:
    save(root / "testannot" / "test2.png", np.full((12, 12), 77, np.uint8))


def _broken(root: Path) -> None:
    (root / "train" / "train2.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")


def _ignored(root: Path) -> None:
    save(root / "valannot" / "val1.png", np.full((12, 12), 11, np.uint8))


def _no_pole(root: Path) -> None:
    for index in range(3):
        save(root / "valannot" / f"val{index}.png", np.where(EVERYTHING == 2, 3, EVERYTHING).astype(np.uint8))


@pytest.mark.parametrize(
    ("spoil", "kind", "file"),
    [
        (_copied, "cross_split_duplicate", "train/train1"),
        (_strange, "unknown_value", "test 2"),
        (_broken, "unreadable", "train 2"),
        (_ignored, "all_ignored", "val/val1"),
        (_no_pole, "absent_class", "pole (val)"),
    ],
)
def test_each_illness_of_another_layout_is_found(
    camvid: Path, spoil: Callable[[Path], None], kind: str, file: str
) -> None:
    assert check_dataset(camvid) == []
    spoil(camvid)
    findings = found(camvid)
    assert list(findings) == [kind]
    assert findings[kind].facts["files"][0] == file
    assert findings[kind].facts["details"] or kind in ("all_ignored", "absent_class")


def test_splits_that_repeat_others_are_read_once(tmp_path: Path) -> None:
    """Pascal VOC's trainval is train and val; counted again, every image would be its own copy."""
    root = tmp_path / "VOCdevkit" / "VOC2012"
    names = {"train": ["2007_000032", "2007_000039"], "val": ["2007_000033"]}
    for number, stem in enumerate([*names["train"], *names["val"]]):
        save(root / "JPEGImages" / f"{stem}.jpg", photo(24, 24, seed=number))
        labels = np.arange(21, dtype=np.uint8)[None].repeat(24, axis=0)
        save(root / "SegmentationClass" / f"{stem}.png", np.pad(labels, ((0, 0), (0, 3))), palette=True)
    for split, stems in (names | {"trainval": names["train"] + names["val"]}).items():
        write(root / "ImageSets" / "Segmentation" / f"{split}.txt", "\n".join(stems))
    diagnosis = examine(tmp_path)
    assert diagnosis is not None and (diagnosis.looked_at, diagnosis.findings) == (3, [])


def test_outlines_of_yolo_and_a_way_out(tmp_path: Path) -> None:
    square, small = "0 0.25 0.25 0.75 0.25 0.75 0.75 0.25 0.75", "1 0.4 0.4 0.6 0.4 0.6 0.6 0.4 0.6"
    for number, (split, stem) in enumerate((("train", "a"), ("train", "b"), ("val", "c"), ("val", "d"))):
        save(tmp_path / "images" / split / f"{stem}.png", photo(40, 80, seed=number))
        write(tmp_path / "labels" / split / f"{stem}.txt", square if split == "val" else f"{square}\n{small}")
    write(tmp_path / "data.yaml", "path: .\nnames: [leaf, stem]\n")
    write(tmp_path / "labels" / "val" / "d.txt", "")
    findings = found(tmp_path)
    assert findings["absent_class"].facts["files"] == ("stem (val)",)
    assert findings["empty_mask"].facts["files"] == ("val/d",)
    assert set(findings) == {"absent_class", "empty_mask"}
    steps: list[tuple[int, int]] = []

    def step(done: int, total: int) -> None:
        steps.append((done, total))
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        examine(tmp_path, step)
    assert steps == [(0, 4), (1, 4), (2, 4)]


def test_what_a_reader_left_out_and_malformed_annotations_are_findings(tmp_path: Path) -> None:
    square = [[2, 2, 9, 2, 9, 9, 2, 9]]
    notes = [
        {"image_id": 1, "category_id": 1, "segmentation": square},
        {"image_id": 1, "category_id": 1, "segmentation": []},
        {"image_id": 2, "category_id": 1, "segmentation": [[1, 1, float("nan"), 1, 5, 5]], "id": 8},
    ]
    images = [{"id": number, "file_name": f"{number}.png", "height": 12, "width": 16} for number in (1, 2)]
    for number in (1, 2):
        save(tmp_path / "images" / f"{number}.png", photo(seed=number))
    contents = {"images": images, "annotations": notes, "categories": [{"id": 1, "name": "leaf"}]}
    write(tmp_path / "result.json", json.dumps(contents))
    findings = found(tmp_path)
    assert list(findings) == ["bad_annotation", "reader_notes"]
    assert "annotation 8" in findings["bad_annotation"].facts["details"][0]
    assert "1 of 3 annotations are boxes without polygons" in findings["reader_notes"].facts["details"][0]


def test_a_split_without_annotations_is_an_error(tmp_path: Path) -> None:
    save(tmp_path / "images" / "1.png", photo())
    images = [{"id": 1, "file_name": "1.png", "height": 12, "width": 16}]
    contents = {"images": images, "annotations": [], "categories": [{"id": 1, "name": "leaf"}]}
    write(tmp_path / "result.json", json.dumps(contents))
    assert found(tmp_path)["no_objects"].severity == "error"

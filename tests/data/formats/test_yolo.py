"""YOLO's outlines in the trees of Ultralytics and of Roboflow."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.data import check_dataset, dataset_splits, open_dataset
from segcore.data.formats.yolo_files import read_names
from segcore.errors import BadDataset, SegcoreError
from tests.data.sample_files import photo, save, write

SQUARE = "0.25 0.25 0.75 0.25 0.75 0.75 0.25 0.75"
SMALL = "0.4 0.4 0.6 0.4 0.6 0.6 0.4 0.6"


@pytest.mark.parametrize("layout", ["{kind}/{split}", "{split}/{kind}"])
def test_outlines_become_labels(tmp_path: Path, layout: str) -> None:
    for split, stem in (("train", "a"), ("train", "empty"), ("train", "bare"), ("val", "c")):
        save(tmp_path / layout.format(kind="images", split=split) / f"{stem}.jpg", photo(40, 80))
    labels = tmp_path / layout.format(kind="labels", split="train")
    write(labels / "a.txt", f"1 {SMALL}\n0 {SQUARE}\n\n")
    write(labels / "empty.txt", "")
    write(tmp_path / layout.format(kind="labels", split="val") / "c.txt", f"0 {SQUARE}")
    write(tmp_path / "data.yaml", "path: .\ntrain: images/train\nnc: 2\nnames:\n  0: leaf\n  1: 'stem'\n")
    assert dataset_splits(tmp_path) == ("train", "val")
    dataset = open_dataset(tmp_path, "train")
    assert dataset.classes == ("background", "leaf", "stem")
    found = dataset[0].labels
    assert (found[20, 40], found[12, 24], found[0, 0]) == (2, 1, 0)
    assert np.mean(found > 0) == pytest.approx(0.25)
    assert not dataset[1].labels.any(), "a photo without a text file"
    assert not dataset[2].labels.any(), "an empty text file"
    assert len(open_dataset(tmp_path)) == 4


def test_one_folder_without_splits(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.jpg", photo(40, 80))
    write(tmp_path / "labels" / "a.txt", f"0 {SQUARE}")
    write(tmp_path / "data.yaml", "names: [leaf]\n")
    assert dataset_splits(tmp_path) == ()
    assert open_dataset(tmp_path)[0].labels.max() == 1


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("names: [leaf, 'big stem', \"pot\"]\n", ["leaf", "big stem", "pot"]),
        ("names: ['leaf',\n  'stem']\n", ["leaf", "stem"]),
        ("names: {0: leaf, 1: stem}\n", ["leaf", "stem"]),
        ("names:\n- leaf\n- stem\nnc: 2\n", ["leaf", "stem"]),
        ('names:\n  0: leaf  # green\n\n  # a remark\n  1: "stem"\ntrain: x\n', ["leaf", "stem"]),
        ("nc: 1\nnames :  # one\n  0: 叶子\n", ["叶子"]),
    ],
)
def test_ways_to_write_names(tmp_path: Path, text: str, names: list[str]) -> None:
    assert read_names(write(tmp_path / "data.yaml", text)) == names


@pytest.mark.parametrize("text", ["nc: 2\n", "names:\n", "names: []\n", "names: &ref x\n", "names: [a, b\n"])
def test_other_ways_are_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadDataset, match="classes under names:"):
        read_names(write(tmp_path / "data.yaml", text))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("0 nan 0.1 0.2 0.2 0.3 0.3", "nan is no coordinate"),
        ("0 0.1 0.1 inf 0.2 0.3 0.3", "inf is no coordinate"),
        ("0 12 8 48 8 48 32 12 32", "the coordinate 12 is above 1. On a photo of 80 × 40 these are probably pixels"),
        ("0 0.1 0.1 0.2 0.2 1.2 0.3", "the coordinate 1.2 is above 1"),
        ("0 0.1 0.1 0.2 0.2 2e8 0.3", "2e.08 is outside the photo"),
        ("0 0.1 0.1 0.2 0.2 0.3 -0.3", "-0.3 is outside the photo"),
        ("1 0.5 0.5 0.2 0.2", "names class 1"),
        ("0 0.1 0.1 0.2", "is no polygon"),
        ("leaf 0.1 0.1 0.2 0.2 0.3 0.3", "is no polygon"),
        (f"1 {SQUARE}", r"names class 1, but data\.yaml has the classes 0 … 0"),
        (f"-1 {SQUARE}", "names class -1"),
    ],
)
def test_bad_lines_are_sentences(tmp_path: Path, line: str, sentence: str) -> None:
    save(tmp_path / "images" / "a.jpg", photo(40, 80))
    write(tmp_path / "labels" / "a.txt", f"0 {SQUARE}\n{line}\n")
    write(tmp_path / "data.yaml", "names: [leaf]\n")
    with pytest.raises(SegcoreError, match=f"line 2.*{sentence}"):
        open_dataset(tmp_path)[0]


def test_corners_slightly_outside_are_clipped(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.jpg", photo(40, 80))
    write(tmp_path / "labels" / "a.txt", "0 -0.02 -0.01 0.5 -0.01 0.5 1.03 -0.02 1.03")
    write(tmp_path / "data.yaml", "names: [leaf]\n")
    labels = open_dataset(tmp_path)[0].labels
    assert labels[:, :40].all()
    assert not labels[:, 40:].any()


def test_boxes_among_polygons_are_counted_and_named(tmp_path: Path) -> None:
    for stem in ("a", "b"):
        save(tmp_path / "images" / f"{stem}.jpg", photo(40, 80))
    write(tmp_path / "labels" / "a.txt", f"0 {SQUARE}\n\n0 0.5 0.5 0.2 0.2\n")
    write(tmp_path / "labels" / "b.txt", f"0 {SQUARE}\n")
    write(tmp_path / "data.yaml", "names: [leaf]\n")
    dataset = open_dataset(tmp_path)
    assert [str(each) for each in dataset.notes] == [
        "1 of 3 lines are boxes without polygons; they were left out: a.txt, line 3."
    ]
    assert np.array_equal(dataset[0].labels, dataset[1].labels)
    for stem in ("a", "b"):
        write(tmp_path / "labels" / f"{stem}.txt", "0 0.5 0.5 0.2 0.2\n")
    with pytest.raises(BadDataset, match=r"All 2 lines .* are boxes .*a\.txt, line 1"):
        open_dataset(tmp_path)
    for stem in ("a", "b"):
        write(tmp_path / "labels" / f"{stem}.txt", "")
    assert "holds no polygon" in open_dataset(tmp_path).notes[0]


def test_a_polygon_has_the_same_mask_as_in_coco(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.jpg", photo(40, 80))
    write(tmp_path / "labels" / "a.txt", f"0 {SQUARE}")
    write(tmp_path / "data.yaml", "names: [leaf]\n")
    assert open_dataset(tmp_path)[0].labels.sum() == 40 * 20


@pytest.mark.parametrize("text", ["names:\n  3: stem\n  1: leaf\n", "names: {1: leaf, 3: stem}\n"])
def test_numbers_of_the_classes_may_have_gaps(tmp_path: Path, text: str) -> None:
    save(tmp_path / "images" / "a.jpg", photo(40, 80))
    write(tmp_path / "labels" / "a.txt", f"3 {SQUARE}")
    write(tmp_path / "data.yaml", text)
    dataset = open_dataset(tmp_path)
    assert dataset.classes == ("background", "leaf", "stem")
    assert dataset[0].labels.max() == 2
    write(tmp_path / "labels" / "a.txt", f"2 {SQUARE}")
    with pytest.raises(SegcoreError, match=r"names class 2, but data\.yaml has the classes 1, 3"):
        open_dataset(tmp_path)[0]


def test_photos_with_a_mark_of_their_orientation_are_unclear(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "images").mkdir()
    Image.fromarray(photo()).save(tmp_path / "images" / "a.png", exif=exif)
    write(tmp_path / "labels" / "a.txt", "0 0.1 0.1 0.6 0.1 0.6 0.6")
    write(tmp_path / "data.yaml", "names: [leaf]\n")
    assert "exif_unclear" in [finding.name for finding in check_dataset(tmp_path)]

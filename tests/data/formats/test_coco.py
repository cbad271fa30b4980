"""COCO's JSON of instances and of panoptic segments, of COCO's own tree and of Roboflow's."""

import json
from pathlib import Path

import numpy as np
import pytest

from segcore.data import dataset_splits, open_dataset, sample_names
from segcore.errors import BadDataset, MissingData, UnknownLabel
from segcore.types import IGNORE
from tests.data.sample_files import photo, save, write

CATEGORIES = [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}]


def box(top: int, left: int, bottom: int, right: int) -> list[list[float]]:
    """An outline whose pixels are exactly these: it runs through the middles of the outermost ones."""
    return [[left + 0.5, top + 0.5, right - 0.5, top + 0.5, right - 0.5, bottom - 0.5, left + 0.5, bottom - 0.5]]


def note(image_id: int, category_id: int, segmentation: object, **more: object) -> dict:
    return {"image_id": image_id, "category_id": category_id, "segmentation": segmentation, "iscrowd": 0, **more}


def write_json(path: Path, names: list[str], notes: list[dict], categories: list[dict] = CATEGORIES) -> None:
    images = [{"id": number, "file_name": name, "height": 10, "width": 12} for number, name in enumerate(names)]
    write(path, json.dumps({"images": images, "annotations": notes, "categories": categories}))


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    for split, name in (("train2017", "a.jpg"), ("train2017", "b.jpg"), ("val2017", "c.jpg")):
        save(tmp_path / split / name, photo(10, 12))
    crowd = {"size": [10, 12], "counts": [0, 60, 60]}  # the left half
    notes = [
        note(0, 3, box(2, 2, 5, 5)),
        note(0, 7, box(1, 1, 8, 9)),
        note(0, 3, crowd, iscrowd=1),
        note(0, 3, []),
        note(0, 7, None),
        note(99, 7, box(0, 0, 2, 2)),
    ]
    write_json(tmp_path / "annotations" / "instances_train2017.json", ["a.jpg", "b.jpg"], notes)
    write_json(tmp_path / "annotations" / "instances_val2017.json", ["c.jpg"], [])
    write(tmp_path / "annotations" / "captions_train2017.json", "{}")
    return tmp_path


def test_the_smaller_object_lies_on_top_and_crowds_below(coco: Path) -> None:
    assert dataset_splits(coco) == ("train", "val")
    dataset = open_dataset(coco, "train")
    assert dataset.classes == ("background", "cat", "dog")
    expected = np.zeros((10, 12), np.uint8)
    expected[:, :6] = IGNORE
    expected[1:8, 1:9] = 2
    expected[2:5, 2:5] = 1
    np.testing.assert_array_equal(dataset[0].labels, expected)
    assert not dataset[1].labels.any(), "a photo without objects is all background"
    assert len(open_dataset(coco)) == 3


def test_a_changed_json_is_read_again(coco: Path) -> None:
    path = coco / "annotations" / "instances_val2017.json"
    assert not open_dataset(coco, "val")[0].labels.any()
    write_json(path, ["c.jpg"], [note(0, 3, box(0, 0, 10, 12))])
    assert open_dataset(coco, "val")[0].labels.all()


def test_roboflow(tmp_path: Path) -> None:
    for folder in ("train", "valid"):
        save(tmp_path / folder / "a.jpg", photo(10, 12))
        twice = [{"id": 0, "name": "leaf"}, {"id": 1, "name": "leaf"}]
        write_json(tmp_path / folder / "_annotations.coco.json", ["a.jpg"], [note(0, 1, box(0, 0, 4, 4))], twice)
    assert dataset_splits(tmp_path) == ("train", "val")
    dataset = open_dataset(tmp_path, "val")
    assert dataset.classes == ("background", "leaf", "leaf 2")
    assert dataset[0].labels.max() == 2
    assert dataset.licence == "", "somebody's own data, not COCO"


def test_photos_may_lie_in_images(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.jpg", photo(10, 12))
    write_json(tmp_path / "annotations" / "instances_train.json", ["a.jpg"], [])
    assert sample_names(open_dataset(tmp_path, "train")) == ["a"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is no valid JSON"),
        ("[]", "holds a list"),
        ("{}", "'categories' is missing or wrong"),
        ('{"categories": [], "images": [{"id": 1}], "annotations": []}', "'file_name' is missing"),
        ('{"categories": [], "images": [], "annotations": []}', "names no photo"),
    ],
)
def test_a_json_of_another_kind_is_a_sentence(coco: Path, text: str, sentence: str) -> None:
    write(coco / "annotations" / "instances_val2017.json", text)
    with pytest.raises(BadDataset, match=sentence):
        open_dataset(coco, "val")


def test_missing_and_resized_photos_are_sentences(coco: Path) -> None:
    (coco / "train2017" / "b.jpg").unlink()
    save(coco / "train2017" / "a.jpg", photo(5, 6))
    dataset = open_dataset(coco, "train")
    with pytest.raises(BadDataset, match="6 × 5 pixels, but its JSON states 12 × 10"):
        dataset[0]
    with pytest.raises(MissingData, match=r"b\.jpg is named by the JSON"):
        dataset[1]
    (coco / "val2017" / "c.jpg").unlink()
    with pytest.raises(MissingData, match=r"The photos of .*instances_val2017\.json are not there"):
        open_dataset(coco, "val")


@pytest.fixture
def panoptic(tmp_path: Path) -> Path:
    save(tmp_path / "val2017" / "a.jpg", photo(2, 3))
    ids = np.array([[0, 5, 5], [70_000, 300, 300]])
    colours = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=2).astype(np.uint8)
    save(tmp_path / "annotations" / "panoptic_val2017" / "a.png", colours)
    segments = [
        {"id": 5, "category_id": 200},
        {"id": 300, "category_id": 1, "iscrowd": 1},
        {"id": 70_000, "category_id": 1, "iscrowd": 0},
    ]
    contents = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": [{"image_id": 1, "file_name": "a.png", "segments_info": segments}],
        "categories": [
            {"id": 200, "name": "sky", "color": [70, 130, 180]},
            {"id": 1, "name": "person", "color": [220, 20, 60]},
        ],
    }
    write(tmp_path / "annotations" / "panoptic_val2017.json", json.dumps(contents))
    return tmp_path


def test_panoptic_segments_get_their_classes(panoptic: Path) -> None:
    assert dataset_splits(panoptic) == ("val",)
    dataset = open_dataset(panoptic, "val")
    assert (dataset.classes, dataset.colours[1]) == (("person", "sky"), (70, 130, 180))
    assert dataset[0].labels.tolist() == [[IGNORE, 1, 1], [0, IGNORE, IGNORE]]


def test_a_segment_that_the_json_does_not_name_is_refused(panoptic: Path) -> None:
    save(panoptic / "annotations" / "panoptic_val2017" / "a.png", np.full((2, 3, 3), 9, np.uint8))
    with pytest.raises(UnknownLabel, match="which its JSON does not name"):
        open_dataset(panoptic, "val")[0]


def test_a_folder_with_both_kinds_asks_which(coco: Path) -> None:
    write(coco / "annotations" / "panoptic_val2017.json", "{}")
    with pytest.raises(BadDataset, match="can be read as coco and as coco_panoptic") as caught:
        open_dataset(coco)
    assert caught.value.facts["kinds"] == ["coco", "coco_panoptic"]
    assert len(open_dataset(f"coco:{coco}", "val")) == 1

"""COCO's JSON of instances and of panoptic segments, of COCO's own tree and of Roboflow's."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.data import check_dataset, dataset_splits, mix, open_dataset, sample_names
from segcore.errors import BadDataset, MissingData, UnknownLabel
from segcore.types import IGNORE
from tests.data.sample_files import photo, save, write

CATEGORIES = [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}]


def box(top: int, left: int, bottom: int, right: int) -> list[list[float]]:
    """A polygon along the edges of these pixels."""
    return [[left, top, right, top, right, bottom, left, bottom]]


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
    assert [str(each) for each in dataset.notes] == [
        "instances_train2017.json: 2 of 6 annotations are boxes without polygons; they were left out.",
        "instances_train2017.json: 1 of 6 annotations belong to images that the file does not list; they were left "
        "out.",
    ]
    assert "instances_val2017.json holds no annotation" in open_dataset(coco, "val").notes[0]
    assert len(open_dataset(coco).notes) == len(mix([dataset, dataset, open_dataset(coco, "val")]).notes) == 3


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


# --- what exports get wrong -------------------------------------------------------------------------------------------


def export(root: Path, notes: list[dict], at: str = "annotations/instances_train.json", **changes: object) -> Path:
    """A folder with the photos images/a.jpg and images/b.jpg, ids 1 and 2, and a JSON."""
    for name in ("a.jpg", "b.jpg"):
        save(root / "images" / name, photo(10, 12))
    images = [
        {"id": 1 + index, "file_name": f"{name}.jpg", "height": 10, "width": 12} for index, name in enumerate("ab")
    ]
    write(root / at, json.dumps({"images": images, "annotations": notes, "categories": CATEGORIES} | changes))
    return root


def images(*entries: tuple[object, str]) -> list[dict]:
    return [{"id": key, "file_name": name, "height": 10, "width": 12} for key, name in entries]


@pytest.mark.parametrize(("here", "there"), [(int, str), (str, int), (float, int), (str, float)])
def test_ids_match_by_value(tmp_path: Path, here: type, there: type) -> None:
    categories = [{"id": here(7), "name": "dog"}, {"id": here(3), "name": "cat"}, {"id": here(20), "name": "cow"}]
    notes = [note(there(2), there(7), box(0, 0, 5, 5))]
    root = export(tmp_path, notes, images=images((here(1), "a.jpg"), (here(2), "b.jpg")), categories=categories)
    dataset = open_dataset(root)
    assert dataset.classes == ("background", "cat", "dog", "cow")
    assert not dataset[0].labels.any()
    assert (dataset[1].labels == 2).sum() == 25
    assert dataset.notes == ()


CROWD = {"size": [10, 12], "counts": [0, 60, 60]}


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        ([note(1, 3, []), note(2, 3, None)], "2 of 2 annotations are boxes without polygons"),
        ([note(1, 3, [[]]), {"image_id": 1, "category_id": 3, "bbox": [1, 1, 5, 5]}], "2 of 2 annotations are boxes"),
        ([note(1, 3, CROWD, iscrowd=1)], "1 of 1 annotations are crowds"),
        ([note(1, 3, CROWD, iscrowd=1), note(1, 3, [])], "boxes without polygons; 1 of 2 annotations are crowds"),
        ([note(9, 3, box(0, 0, 5, 5))], "1 of 1 annotations belong to images that the file does not list"),
        ([note(1, 9, box(0, 0, 5, 5))], "1 of 1 annotations belong to categories that the file does not list"),
        ([note(1, 3, [[1, 1, 5, 5]])], "4 numbers, which is a box or a line and no polygon"),
        ([note(1, 3, [1, 1, 5, 5])], "4 numbers"),
        ([note(1, 3, [[1, 1]])], "fewer than three corners"),
    ],
)
def test_a_split_without_one_mask_cannot_be_opened(tmp_path: Path, notes: list[dict], reason: str) -> None:
    with pytest.raises(BadDataset, match=f"has no object with a mask.*{reason}"):
        open_dataset(export(tmp_path, notes))
    sound = open_dataset(export(tmp_path / "more", [*notes, note(2, 7, box(0, 0, 5, 5))]))
    assert (sound[1].labels == 2).sum() == 25
    left_out = sum(not each.get("iscrowd") for each in notes)
    assert sum(f"{left_out} of {len(notes) + 1} annotations" in each for each in sound.notes) == (left_out > 0)


def test_photos_listed_twice(tmp_path: Path) -> None:
    notes = [note(1, 3, box(0, 0, 5, 5)), note(2, 7, box(5, 5, 10, 10))]
    dataset = open_dataset(export(tmp_path / "file", notes, images=images((1, "a.jpg"), (2, "a.jpg"))))
    assert len(dataset) == 1
    assert np.unique(dataset[0].labels).tolist() == [0, 1, 2]
    assert "1 images are listed more than once" in dataset.notes[0]
    with pytest.raises(BadDataset, match=r"the id 1 to two images, a\.jpg and b\.jpg"):
        open_dataset(export(tmp_path / "id", notes, images=images((1, "a.jpg"), ("1", "b.jpg"))))
    with pytest.raises(BadDataset, match="two categories with the id 3"):
        open_dataset(export(tmp_path / "category", notes, categories=[*CATEGORIES, {"id": "3", "name": "cow"}]))


ROOT = [
    {"id": 0, "name": "animals", "supercategory": "none"},
    {"id": 1, "name": "cat", "supercategory": "animals"},
    {"id": 2, "name": "dog", "supercategory": "animals"},
]


def test_the_grouping_category_of_roboflow_is_no_class(tmp_path: Path) -> None:
    for folder, label in (("train", 2), ("valid", 1)):
        save(tmp_path / folder / "a.jpg", photo(10, 12))
        path = tmp_path / folder / "_annotations.coco.json"
        write_json(path, ["a.jpg"], [note(0, label, box(0, 0, 4, 4))], ROOT)
    dataset = open_dataset(tmp_path, "train")
    assert dataset.classes == ("background", "cat", "dog")
    assert np.unique(dataset[0].labels).tolist() == [0, 2]
    assert '"animals" (id 0) only groups the others' in dataset.notes[0]
    write_json(tmp_path / "valid" / "_annotations.coco.json", ["a.jpg"], [note(0, 0, box(0, 0, 4, 4))], ROOT)
    assert open_dataset(tmp_path, "train").classes == ("background", "animals", "cat", "dog"), "used in another split"


def test_categories_from_0_without_a_group_are_classes(tmp_path: Path) -> None:
    categories = [{"id": key, "name": name, "supercategory": "none"} for key, name in ((0, "cat"), (1, "dog"))]
    dataset = open_dataset(export(tmp_path, [note(1, 1, box(0, 0, 4, 4))], categories=categories))
    assert dataset.classes == ("background", "cat", "dog")


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd.jpg",
        "../a.jpg",
        "x/../../a.jpg",
        "C:\\photos\\a.jpg",
        "\\\\host\\a.jpg",
        "..\\a.jpg",
        "",
        "a\0.jpg",
    ],
)
def test_names_that_lead_out_of_the_dataset_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadDataset, match="not within the dataset"):
        open_dataset(export(tmp_path, [note(1, 3, box(0, 0, 5, 5))], images=images((1, name), (2, "b.jpg"))))


@pytest.mark.parametrize(
    ("segmentation", "sentence"),
    [
        ([[5, 5, float("nan"), 5, 9, 9]], r"annotation 4 of a\.jpg: A corner of the polygon is \(nan, 5\.0\)"),
        ([[5, 5, float("inf"), 5, 9, 9]], "annotation 4"),
        ([[5, 5, 2e8, 5, 9, 9]], r"at \(2e\+08, 5\), far outside the image of 12 × 10"),
        ([[5, 5, None, 5, 9, 9]], "annotation 4"),
        ([[5, 5, "x", 5, 9, 9]], "A polygon is no list"),
        ([5, 5, 9, 5, 9, 9], "A polygon is no list"),
        ({"size": [10, 12], "counts": [119]}, "run-length mask cannot be read"),
        ({"size": [12, 10], "counts": [120]}, "A run-length mask is 10 × 12, its image 12 × 10"),
        ({"size": [-10, -12], "counts": [120]}, "run-length mask cannot be read"),
        ({"size": [10**9, 10**9], "counts": [10**18]}, "run-length mask cannot be read"),
        ({"size": [6000, 6000], "counts": [36_000_000]}, "A run-length mask is 6000 × 6000"),
    ],
)
def test_a_malformed_annotation_is_named_and_the_rest_kept(tmp_path: Path, segmentation: object, sentence: str) -> None:
    notes = [note(1, 3, segmentation, id=4), note(2, 7, box(0, 0, 5, 5), id=5)]
    dataset = open_dataset(export(tmp_path, notes))
    with pytest.raises(BadDataset, match=sentence):
        dataset[0]
    assert (dataset[1].labels == 2).sum() == 25


def test_corners_slightly_outside_are_clipped(tmp_path: Path) -> None:
    dataset = open_dataset(export(tmp_path, [note(1, 3, [[-2, -1, 14, -1, 14, 5, -2, 5]])]))
    assert dataset[0].labels.tolist() == [[1] * 12] * 5 + [[0] * 12] * 5


# --- where exports put their files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("json_at", "splits"),
    [
        ("result.json", ()),
        ("labels.json", ()),
        ("_annotations.coco.json", ()),
        ("annotations/anything.json", ()),
        ("annotations/instances_default.json", ()),
        ("annotations/instances_Train.json", ("train",)),
        ("annotations/train.json", ("train",)),
        ("train.json", ("train",)),
        ("instances_valid2020.json", ("val",)),
        ("instances_dev.json", ("val",)),
        ("coco-evaluation.json", ("test",)),
        ("trainset.json", ("train",)),
        ("Train/annotations.json", ("train",)),
    ],
)
@pytest.mark.parametrize("photos_at", ["images", "images/train", "data", "", "images/batch 1", "beside"])
def test_usual_places_of_the_json_and_of_the_photos(
    tmp_path: Path, json_at: str, splits: tuple[str, ...], photos_at: str
) -> None:
    folder = (tmp_path / json_at).parent if photos_at == "beside" else tmp_path / photos_at
    inside = json_at.startswith("Train") and photos_at != "beside"  # a split's folder holds its photos
    save((tmp_path / "Train" / photos_at if inside else folder) / "a.jpg", photo(10, 12))
    write_json(tmp_path / json_at, ["a.jpg"], [note(0, 3, box(0, 0, 5, 5))])
    assert dataset_splits(tmp_path) == splits
    dataset = open_dataset(tmp_path)
    assert (dataset[0].labels == 1).sum() == 25
    assert dataset.notes or photos_at != "images/batch 1", "found by its file name alone"
    assert not dataset.notes or photos_at.startswith("images/")


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("images/1/0a1b2c3d-photo.jpg", "images/1/0a1b2c3d-photo.jpg"),
        ("images/1/0a1b2c3d-photo.jpg", "images/0a1b2c3d-photo.jpg"),
        ("images/1/0a1b2c3d-photo.jpg", "images/photo.jpg"),
        ("images\\1\\0a1b2c3d-photo.jpg", "images/1/0a1b2c3d-photo.jpg"),
        ("photo.jpg", "images/0a1b2c3d-photo.jpg"),
        ("deep/er/photo.jpg", "photo.jpg"),
    ],
)
def test_names_of_label_studio(tmp_path: Path, name: str, there: str) -> None:
    save(tmp_path / there, photo(10, 12))
    write_json(tmp_path / "result.json", [name], [note(0, 3, box(0, 0, 5, 5))])
    dataset = open_dataset(tmp_path)
    assert (dataset[0].labels == 1).sum() == 25
    assert bool(dataset.notes) == (name.replace("\\", "/") != there), "found by another name is stated"


def test_photos_of_one_file_name_are_never_confused(tmp_path: Path) -> None:
    for folder in ("north", "south"):
        save(tmp_path / folder / "a.jpg", photo(10, 12))
    write_json(tmp_path / "result.json", ["a.jpg"], [note(0, 3, box(0, 0, 5, 5))])
    with pytest.raises(BadDataset, match=r"the photo a\.jpg, and several files have that name"):
        open_dataset(tmp_path)
    write_json(tmp_path / "result.json", ["north/a.jpg", "south/a.jpg"], [note(0, 3, box(0, 0, 5, 5))])
    assert len(open_dataset(tmp_path)) == 2
    (tmp_path / "north" / "a.jpg").rename(tmp_path / "a.jpg")
    (tmp_path / "south" / "a.jpg").unlink()
    with pytest.raises(BadDataset, match=r"Several photos of .*result\.json would be the file"):
        open_dataset(tmp_path)


def test_two_files_of_one_split_are_a_sentence(tmp_path: Path) -> None:
    export(tmp_path, [note(1, 3, box(0, 0, 5, 5))])
    export(tmp_path, [note(1, 3, box(0, 0, 5, 5))], "annotations/instances_train2017.json")
    with pytest.raises(BadDataset, match="both are annotations of one split"):
        open_dataset(tmp_path)
    export(tmp_path, [note(1, 3, box(0, 0, 5, 5))], "annotations/instances_val.json")
    assert dataset_splits(tmp_path) == ("train", "val")
    assert len(open_dataset(tmp_path, "val")) > 0, "of the other split it is clear"
    with pytest.raises(BadDataset, match="both are annotations of one split"):
        open_dataset(tmp_path, "train")


def test_the_subset_of_cvat_without_a_name_is_one_of_several(tmp_path: Path) -> None:
    export(tmp_path, [note(1, 3, box(0, 0, 5, 5))])
    export(tmp_path, [note(2, 3, box(0, 0, 5, 5))], "annotations/instances_default.json")
    assert dataset_splits(tmp_path) == ("train", "default")


def test_ids_of_panoptic_photos_match_by_value(panoptic: Path) -> None:
    path = panoptic / "annotations" / "panoptic_val2017.json"
    contents = json.loads(path.read_text())
    contents["images"] += [{"id": "2", "file_name": "b.jpg"}]
    contents["images"][0]["id"] = "1"
    contents["annotations"] += [{"image_id": 7, "file_name": "c.png", "segments_info": []}]
    write(path, json.dumps(contents))
    dataset = open_dataset(panoptic, "val")
    assert dataset[0].labels.tolist() == [[IGNORE, 1, 1], [0, IGNORE, IGNORE]]
    assert len(dataset.notes) == 2


# --- photos stored on their side --------------------------------------------------------------------------------------


def stored_on_its_side(path: Path, orientation: int, height: int, width: int) -> None:
    """A photo of (height, width) stored pixels, with a mark of how to rotate it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(photo(height, width)).save(path, exif=exif)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_masks_on_stored_pixels_are_rotated_with_the_photo(tmp_path: Path, orientation: int) -> None:
    stored_on_its_side(tmp_path / "images" / "a.png", orientation, 10, 12)  # the JSON states 10 × 12
    write_json(tmp_path / "all.json", ["a.png"], [note(0, 3, box(0, 0, 4, 6))])
    sample = open_dataset(tmp_path)[0]
    stored = np.zeros((10, 12), np.uint8)
    stored[:4, :6] = 1
    expected = {
        5: stored.T,
        6: np.rot90(stored, -1),
        7: np.rot90(stored, 2).T,
        8: np.rot90(stored),
    }
    assert sample.image.shape == (12, 10, 3)
    np.testing.assert_array_equal(sample.labels, expected[orientation])
    assert not [finding for finding in check_dataset(tmp_path) if finding.name.startswith("exif")]


def test_masks_on_displayed_pixels_stay(tmp_path: Path) -> None:
    stored_on_its_side(tmp_path / "images" / "a.png", 6, 12, 10)  # displayed as 10 × 12, as the JSON states
    write_json(tmp_path / "all.json", ["a.png"], [note(0, 3, box(0, 0, 4, 6))])
    assert (open_dataset(tmp_path)[0].labels[:4, :6] == 1).all()


def test_a_photo_upside_down_is_unclear_but_for_others_on_their_side(tmp_path: Path) -> None:
    stored_on_its_side(tmp_path / "images" / "a.png", 3, 10, 12)
    write_json(tmp_path / "all.json", ["a.png"], [note(0, 3, box(0, 0, 4, 6))])
    assert "exif_unclear" in [finding.name for finding in check_dataset(tmp_path)]
    stored_on_its_side(tmp_path / "images" / "c.png", 8, 10, 12)
    write_json(tmp_path / "all.json", ["a.png", "c.png"], [note(number, 3, box(0, 0, 4, 6)) for number in (0, 1)])
    assert "exif_rotated" in [finding.name for finding in check_dataset(tmp_path)]

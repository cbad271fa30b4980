"""Folders in every layout, and what is said of folders that are none."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.data import dataset_splits, open_dataset
from segcore.errors import BadDataset, SegcoreError
from segcore.paths import PROJECT
from segcore.types import IGNORE

MakeFolder = Callable[..., Path]
WritePair = Callable[..., None]
SHARED = PROJECT.parent / "shared" / "data"
CAMVID = ("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist")


def stems(folder: Path, split: str | None = None) -> list[str]:
    dataset = open_dataset(folder, split)
    return [dataset[index].name for index in range(len(dataset))]


def test_a_flat_folder(make_folder: MakeFolder) -> None:
    root = make_folder(3, licence="CC0", shippable=True, colors=[[1, 2, 3], [4, 5, 6]], title="Cats")
    dataset = open_dataset(str(root))
    assert (len(dataset), dataset.name, dataset.title, dataset.licence) == (3, "set", "Cats", "CC0")
    assert dataset.classes == ("background", "cat")
    assert dataset.colours == ((1, 2, 3), (4, 5, 6))
    assert dataset.shippable is True
    sample = dataset[2]
    assert sample.image.shape == (20, 30, 3)
    assert (sample.labels == 1).sum() == 10 * 7
    assert sample.labels[0, 0] == IGNORE
    assert dataset_splits(root) == ()


def test_split_lists_take_names_with_and_without_folder_and_ending(make_folder: MakeFolder) -> None:
    root = make_folder(4)
    (root / "train.txt").write_text("photo2\nimages/photo0.png\n\n", encoding="utf-8")
    (root / "val.txt").write_text("photo1\r\n", encoding="utf-8")
    (root / "notes.txt").write_text("not a split", encoding="utf-8")
    assert stems(root, "train") == ["photo2", "photo0"]
    assert stems(root, "val") == ["photo1"]
    assert stems(root) == ["photo0", "photo1", "photo2", "photo3"]
    assert dataset_splits(root) == ("train", "val")


@pytest.mark.parametrize("shared_classes", [True, False])
def test_split_folders(make_folder: MakeFolder, shared_classes: bool) -> None:
    root = make_folder(2, at="set/train").parent
    make_folder(3, at="set/val")
    if shared_classes:
        (root / "train" / "classes.json").rename(root / "classes.json")
        (root / "val" / "classes.json").unlink()
    assert dataset_splits(root) == ("train", "val")
    assert [len(open_dataset(root, split)) for split in ("train", "val", None)] == [2, 3, 5]
    assert open_dataset(root, "val").title == "set (val)"


def test_a_split_folder_opened_by_itself_is_named_after_its_dataset(make_folder: MakeFolder) -> None:
    dataset = open_dataset(make_folder(1, at="set/train"))
    assert (dataset.name, dataset.title) == ("set", "set (train)")


def test_names_match_between_file_types(make_folder: MakeFolder, write_pair: WritePair) -> None:
    root = make_folder(1)
    for index, suffix in enumerate([".jpg", ".JPEG", ".tif", ".webp", ".bmp"]):
        write_pair(root, f"other{index}", np.ones((8, 9)), suffix=suffix)
    (root / "images" / ".hidden.png").write_bytes(b"")
    (root / "images" / "readme.txt").write_text("no image", encoding="utf-8")
    assert len(stems(root)) == 6


def test_another_ignore_index_becomes_the_projects_own(make_folder: MakeFolder, write_pair: WritePair) -> None:
    root = make_folder(0, classes=["void", "cat", "dog"], ignore_index=0)
    write_pair(root, "one", np.array([[0, 1], [2, 255]]))
    assert open_dataset(root)[0].labels.tolist() == [[IGNORE, 1], [2, IGNORE]]


def test_more_channels_than_three(make_folder: MakeFolder, write_pair: WritePair) -> None:
    root = make_folder(0, in_channels=4)
    write_pair(root, "one", np.zeros((8, 9)))
    rgba = np.random.default_rng(0).integers(0, 256, (8, 9, 4), np.uint8)
    Image.fromarray(rgba).save(root / "images" / "one.png")
    dataset = open_dataset(root)
    assert dataset.in_channels == 4
    np.testing.assert_array_equal(dataset[0].image, rgba)


def _remove(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).unlink()


def _write(path: str, text: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_remove("masks/photo1.png"), "images without a mask: photo1"),
        (_remove("images/photo1.png"), "masks without an image: photo1"),
        (_remove("classes.json"), "has no classes.json"),
        (_write("classes.json", "{"), "is no valid JSON"),
        (_write("classes.json", "[]"), "does not describe classes"),
        (_write("classes.json", "{}"), "classes: Field required"),
        (_write("classes.json", '{"classes": []}'), "classes: .*at least 1"),
        (_write("classes.json", '{"classes": ["a", "a"]}'), "these stand twice: a"),
        (_write("classes.json", '{"classes": ["a"], "ignore_index": 256}'), "ignore_index"),
        (_write("train.txt", "photo0\nphoto9"), "lists images that are not in images/: photo9"),
        (_write("images/photo0.bmp", ""), r"photo0.bmp and photo0.png"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(
    make_folder: MakeFolder, spoil: Callable[[Path], object], sentence: str
) -> None:
    root = make_folder(2)
    spoil(root)
    with pytest.raises(BadDataset, match=sentence):
        open_dataset(root, "train" if (root / "train.txt").exists() else None)


def test_what_is_wrong_with_a_pair_is_said(make_folder: MakeFolder) -> None:
    root = make_folder(3)
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(root / "masks" / "photo0.png")
    Image.fromarray(np.full((20, 30), 7, np.uint8)).save(root / "masks" / "photo1.png")
    (root / "images" / "photo2.png").write_bytes(b"no image")
    dataset = open_dataset(root)
    for index, sentence in enumerate(["30 × 20 pixels but its mask photo0.png is 5 × 5", "value.* 7", "not an image"]):
        with pytest.raises(SegcoreError, match=sentence):
            dataset[index]


def test_what_is_no_dataset(tmp_path: Path, make_folder: MakeFolder) -> None:
    with pytest.raises(BadDataset, match=r"There is no dataset .*known by name are shapes"):
        open_dataset("nowhere")
    with pytest.raises(BadDataset, match="is no dataset of a known layout"):
        open_dataset(tmp_path)
    with pytest.raises(BadDataset, match='has no split "train"; it has none'):
        open_dataset(make_folder(1), "train")
    with pytest.raises(BadDataset, match="holds no image"):
        open_dataset(make_folder(0, at="empty"))


def test_splits_with_other_classes_are_refused(make_folder: MakeFolder) -> None:
    root = make_folder(1, at="set/train").parent
    val = make_folder(1, at="set/val")
    (val / "classes.json").write_text(json.dumps({"classes": ["cat", "background"]}), encoding="utf-8")
    assert len(open_dataset(root, "val")) == 1
    with pytest.raises(BadDataset, match="All splits need the same list"):
        open_dataset(root)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not beside this clone")
@pytest.mark.parametrize(
    ("name", "split", "count", "classes"),
    [
        ("camvid", "train", 367, CAMVID),
        ("camvid", "val", 101, CAMVID),
        ("camvid", None, 468, CAMVID),
        ("pets", None, 600, ("background", "cat", "dog")),
        ("people", None, 904, ("background", "person")),
        ("coco_voc", None, 100, None),
        ("dsb2018", None, 564, ("background", "nucleus")),
        ("aerial", None, 54, ("building", "land", "road", "vegetation", "water")),
        ("retina", None, 20, ("background", "vessel")),
    ],
)
def test_the_shared_data_opens_as_it_lies(
    name: str, split: str | None, count: int, classes: tuple[str, ...] | None
) -> None:
    dataset = open_dataset(SHARED / name, split)
    assert len(dataset) == count
    assert classes is None or dataset.classes == classes
    assert dataset.licence
    for index in (0, count - 1):
        sample = dataset[index]
        assert sample.image.shape == (*sample.labels.shape, 3)
        assert set(np.unique(sample.labels)) <= {*range(len(dataset.classes)), IGNORE}


def test_a_mask_on_the_photo_as_stored_names_the_cause(make_folder: MakeFolder) -> None:
    root = make_folder(1)
    (photo,) = (root / "images").iterdir()
    exif = Image.Exif()
    exif[0x0112] = 8
    Image.open(photo).save(photo, exif=exif)
    with pytest.raises(BadDataset, match=r"EXIF orientation 8.*rotates it to 20 × 30.*is 30 × 20.*data repair"):
        open_dataset(root)[0]

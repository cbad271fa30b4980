"""Names of splits, and what is never trained on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from segcore.data import dataset_splits, open_dataset, sample_names
from segcore.data.splits import by_split, canonical, choose_splits, distinct_splits, split_meant
from segcore.errors import BadDataset
from segcore.paths import PROJECT
from segcore.train.config import make_config
from segcore.train.training_data import open_data
from tests.data.test_registry import binary

MakeFolder = Callable[..., Path]
BROKEN = PROJECT.parent / "shared" / "data" / "broken"
needs_broken = pytest.mark.skipif(not BROKEN.is_dir(), reason="the shared data is not beside this clone")


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("train", ["train", "Train", "TRAINING", "trainset", "train_set", "train2017", "train-data", "stage1_train"]),
        ("val", ["val", "Valid", "validation", "dev", "val2017", "valid_images", "VALSET"]),
        ("test", ["test", "Testing", "test2017", "tests", "eval", "holdout", "stage1_test"]),
        (None, ["", "images", "site-A", "trainval", "best", "validate2me", "dataset", "20170101"]),
    ],
)
def test_what_names_mean(split: str | None, names: list[str]) -> None:
    assert {split_meant(name) for name in names} == {split}


def test_other_names_stand_for_themselves() -> None:
    assert canonical("TrainVal") == "trainval"
    assert canonical("trainaug") == "train_aug"
    assert canonical("site-A") == "site-A"
    assert list(by_split({"zoo": 1, "Test": 2, "valid": 3, "train": 4})) == ["train", "val", "test", "zoo"]
    with pytest.raises(BadDataset, match='"Train" and "training" both mean the split train'):
        by_split({"Train": 1, "training": 2})


def test_a_request_may_use_any_name() -> None:
    there = ("train", "val", "test")
    assert choose_splits("x", "valid", there) == choose_splits("x", "Val", there) == ["val"]
    assert choose_splits("x", None, there) == ["train", "val"]
    assert choose_splits("x", None, ("test",)) == ["test"]
    with pytest.raises(BadDataset, match='has no split "valid"; it has train'):
        choose_splits("x", "valid", ("train",))


def test_splits_that_repeat_others() -> None:
    assert distinct_splits(("train", "val", "trainval")) == ("train", "val")
    assert distinct_splits(("trainval", "test")) == ("trainval", "test")


def used(spec: object, **settings: object) -> tuple[set[str], set[str], str]:
    """Names of the training images, of the validation images, and the sentences about them."""
    data = open_data(make_config({"data": [str(spec)], **settings}))
    return set(sample_names(data.train)), set(sample_names(data.val)), " ".join(data.uses)


@pytest.mark.parametrize("names", [("train", "valid", "test"), ("Train", "Val", "Test"), ("training", "dev", "eval")])
def test_folders_of_splits_under_any_names(make_folder: MakeFolder, names: tuple[str, str, str]) -> None:
    for name in names:
        root = make_folder(3, at=f"set/{name}").parent
    assert dataset_splits(root) == ("train", "val", "test")
    train, val, text = used(root)
    assert len(train) == len(val) == 3
    assert "(split train)" in text
    assert "(split val)" in text
    assert "not used: test" in text
    assert open_dataset(f"folder:{root}#valid").title == "set (val)"


def _two_lists(root: Path, **lists: list[int]) -> Path:
    for name, numbers in lists.items():
        (root / f"{name}.txt").write_text("\n".join(f"photo{number}" for number in numbers), encoding="utf-8")
    return root


def test_without_validation_images_the_training_images_are_divided(make_folder: MakeFolder) -> None:
    root = _two_lists(make_folder(9), train=[0, 1, 2, 3], test=[4, 5, 6])
    train, val, text = used(root)
    assert train | val == {"photo0", "photo1", "photo2", "photo3"}
    assert not train & val
    assert "drawn at random from the split train" in text
    assert "not used: test" in text


def test_a_list_of_test_images_keeps_them_out_of_the_rest(make_folder: MakeFolder) -> None:
    root = _two_lists(make_folder(6), test=[4, 5])
    train, val, _ = used(root)
    assert train | val == {"photo0", "photo1", "photo2", "photo3"}
    assert sample_names(open_dataset(root, "testing")) == ["photo4", "photo5"]


def test_lists_count_in_the_black_and_white_layout_as_well(make_folder: MakeFolder) -> None:
    root = _two_lists(make_folder(6), train=[0, 1, 2], test=[4, 5])
    (root / "classes.json").unlink()
    for path in (root / "masks").iterdir():
        Image.open(path).point(lambda value: 255 * (value == 1)).save(path)
    assert dataset_splits(root) == ("train", "test")
    train, val, _ = used(root)
    assert train | val == {"photo0", "photo1", "photo2"}


def test_subfolders_of_images_and_masks_are_splits(make_folder: MakeFolder) -> None:
    root = make_folder(6)
    for split, numbers in {"train": (0, 1, 2), "Valid": (3,), "test": (4, 5)}.items():
        for kind in ("images", "masks"):
            (root / kind / split).mkdir()
            for number in numbers:
                (root / kind / f"photo{number}.png").rename(root / kind / split / f"photo{number}.png")
    assert dataset_splits(root) == ("train", "val", "test")
    train, val, _ = used(root)
    assert (train, val) == ({"train/photo0", "train/photo1", "train/photo2"}, {"Valid/photo3"})


def test_nothing_but_test_images_is_refused(make_folder: MakeFolder) -> None:
    root = make_folder(2, at="set/test").parent
    assert len(open_dataset(root)) == 2, "they can be looked at and scored on"
    with pytest.raises(BadDataset, match="has only a test split, which is never trained on"):
        used(root)
    assert len(used(f"folder:{root}#test")[0]) == 1, "unless that is what the user says"


def test_a_list_of_any_name_is_read_on_request(make_folder: MakeFolder) -> None:
    root = _two_lists(make_folder(4), fold1=[2, 3])
    assert dataset_splits(root) == ()
    assert sample_names(open_dataset(root, "fold1")) == ["photo2", "photo3"]


def test_folds_leave_the_test_split_out(make_folder: MakeFolder) -> None:
    root = _two_lists(make_folder(8), train=[0, 1, 2, 3], test=[4, 5, 6, 7])
    train, val, text = used(root, folds=2, fold=1)
    assert train | val == {"photo0", "photo1", "photo2", "photo3"}
    assert "fold 2 of 2" in text


def test_an_empty_list_is_said(make_folder: MakeFolder) -> None:
    root = make_folder(3)
    (root / "val.txt").write_text("\n", encoding="utf-8")
    with pytest.raises(BadDataset, match=r"val\.txt lists no image"):
        open_dataset(root, "val")


def test_classes_of_the_folder_still_apply(tmp_path: Path) -> None:
    binary(tmp_path / "valid")
    binary(tmp_path / "train")
    (tmp_path / "classes.json").write_text(json.dumps({"classes": ["no", "yes"]}), encoding="utf-8")
    assert dataset_splits(tmp_path) == ("train", "val")


@needs_broken
@pytest.mark.parametrize(
    ("folder", "train", "val"),
    [("O-05/leak", {"train"}, {"valid"}), ("O-05b/train_test", {"train"}, {"train"})],
)
def test_test_images_are_never_trained_on(folder: str, train: set[str], val: set[str]) -> None:
    trained, validated, text = used(BROKEN / folder)
    assert {name.rstrip("0123456789") for name in trained} == train
    assert {name.rstrip("0123456789") for name in validated} == val
    assert "not used: test" in text

"""Pascal VOC and SBD, in trees as their archives unpack."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io

from segcore.data import check_dataset, dataset_splits, open_dataset, sample_names
from segcore.data.formats.voc import COLOURS
from segcore.errors import BadDataset, BadImage, MissingData, UnknownLabel
from segcore.paths import PROJECT
from tests.data.sample_files import photo, save, write

BROKEN = PROJECT.parent / "shared" / "data" / "broken"
LABELS = np.zeros((12, 16), np.uint8)
LABELS[2:6, 3:9] = 15
LABELS[1, 3:9] = 255


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """VOCdevkit/VOC2012 with four photos, three of them with masks."""
    root = tmp_path / "VOCdevkit" / "VOC2012"
    for number, stem in enumerate(("2007_000032", "2007_000033", "2007_000039", "2007_000042")):
        save(root / "JPEGImages" / f"{stem}.jpg", photo(seed=number))
    for stem in ("2007_000032", "2007_000033", "2007_000039"):
        save(root / "SegmentationClass" / f"{stem}.png", LABELS, palette=True)
    (root / "SegmentationClass" / "._2007_000032.png").write_bytes(b"left by macOS")
    lists = root / "ImageSets" / "Segmentation"
    write(lists / "train.txt", "2007_000032\n2007_000039\n")
    write(lists / "val.txt", "2007_000033\n\n")
    write(lists / "trainval.txt", "2007_000032\n2007_000033\n2007_000039\n")
    write(root / "ImageSets" / "Main" / "train.txt", "2007_000042 1\n")
    return tmp_path


@pytest.fixture
def sbd(tmp_path: Path) -> Path:
    """benchmark_RELEASE/dataset beside it; its train list holds a photo of VOC's val list."""
    root = tmp_path / "benchmark_RELEASE" / "dataset"
    for stem in ("2007_000033", "2008_000002", "2008_000007"):
        save(root / "img" / f"{stem}.jpg", photo())
        (root / "cls").mkdir(exist_ok=True)
        scipy.io.savemat(root / "cls" / f"{stem}.mat", {"GTcls": {"Segmentation": np.minimum(LABELS, 20)}})
    write(root / "train.txt", "2007_000033\n2008_000002\n")
    write(root / "val.txt", "2008_000007\n")
    return root.parent


def test_splits_and_labels(voc: Path) -> None:
    assert dataset_splits(voc) == ("train", "val", "trainval")
    assert sample_names(open_dataset(voc, "train")) == ["2007_000032", "2007_000039"]
    assert len(open_dataset(voc)) == 3
    dataset = open_dataset(voc / "VOCdevkit" / "VOC2012", "val")
    np.testing.assert_array_equal(dataset[0].labels, LABELS)
    assert dataset.classes[15] == "person"
    assert (dataset.title, len(dataset.classes)) == ("Pascal VOC 2012 (val)", 21)


def test_colours_are_those_of_the_devkit() -> None:
    assert COLOURS[:3] == ((0, 0, 0), (128, 0, 0), (0, 128, 0))
    assert COLOURS[15] == (192, 128, 128)
    assert COLOURS[20] == (0, 64, 128)


def test_a_spec_can_name_its_split(voc: Path) -> None:
    assert len(open_dataset(f"voc:{voc}#val")) == 1
    assert dataset_splits(f"voc:{voc}#val") == ()
    with pytest.raises(BadDataset, match='names the split "val", but "train" is requested'):
        open_dataset(f"voc:{voc}#val", "train")
    with pytest.raises(BadDataset, match='no split "test"; it has train, val, trainval'):
        open_dataset(voc, "test")


def test_the_augmented_list_takes_its_masks_from_their_own_folder(voc: Path) -> None:
    root = voc / "VOCdevkit" / "VOC2012"
    save(root / "SegmentationClassAug" / "2007_000042.png", np.full((12, 16), 3, np.uint8))
    write(root / "ImageSets" / "Segmentation" / "trainaug.txt", "2007_000042\n")
    dataset = open_dataset(voc, "train_aug")
    assert np.unique(dataset[0].labels).tolist() == [3]


def test_lines_of_lists_may_be_paths(voc: Path) -> None:
    lists = voc / "VOCdevkit" / "VOC2012" / "ImageSets" / "Segmentation"
    write(lists / "train_aug.txt", "/JPEGImages/2007_000032.jpg /SegmentationClassAug/2007_000032.png\n")
    assert sample_names(open_dataset(voc, "train_aug")) == ["2007_000032"]


def test_what_is_wrong_is_said(voc: Path) -> None:
    root = voc / "VOCdevkit" / "VOC2012"
    save(root / "SegmentationClass" / "2007_000032.png", np.full((12, 16), 21, np.uint8))
    (root / "SegmentationClass" / "2007_000033.png").unlink()
    save(root / "SegmentationClass" / "2007_000039.png", photo())
    dataset = open_dataset(voc, "trainval")
    with pytest.raises(UnknownLabel, match=r"holds the value\(s\) 21, which mean nothing"):
        dataset[0]
    with pytest.raises(MissingData, match=r"2007_000033\.png is named by the dataset but is not there"):
        dataset[1]
    with pytest.raises(BadImage, match="holds colours"):
        dataset[2]
    save(root / "SegmentationClass" / "2007_000039.png", LABELS[:5])
    with pytest.raises(BadDataset, match=r"16 × 12 pixels but its mask 2007_000039\.png is 16 × 5"):
        dataset[2]


def test_without_lists_every_mask_counts(voc: Path) -> None:
    for path in (voc / "VOCdevkit" / "VOC2012" / "ImageSets" / "Segmentation").iterdir():
        path.unlink()
    assert dataset_splits(voc) == ()
    assert len(open_dataset(voc)) == 3


def test_sbd_reads_matlab_files(sbd: Path) -> None:
    assert dataset_splits(sbd) == ("train", "val")
    dataset = open_dataset(sbd, "train")
    assert sample_names(dataset) == ["2007_000033", "2008_000002"]
    np.testing.assert_array_equal(dataset[0].labels, np.minimum(LABELS, 20))
    assert len(open_dataset(sbd)) == 3


def test_sbd_leaves_out_what_voc_validates_on(voc: Path, sbd: Path) -> None:
    assert dataset_splits(sbd) == ("train", "val", "train_noval")
    assert sample_names(open_dataset(sbd, "train_noval")) == ["2008_000002", "2008_000007"]
    assert len(open_dataset(sbd)) == 2, "without a wish nothing that VOC scores on"
    write(sbd / "dataset" / "train_noval.txt", "2008_000007\n")
    assert sample_names(open_dataset(sbd, "train_noval")) == ["2008_000007"]


def test_sbd_says_what_is_no_mask(sbd: Path) -> None:
    (sbd / "dataset" / "cls" / "2008_000007.mat").write_bytes(b"nothing of MATLAB")
    with pytest.raises(BadImage, match="is no mask of SBD"):
        open_dataset(sbd, "val")[0]


# --- own sets in this layout ----------------------------------------------------------------------------------------


def own(root: Path, values: np.ndarray, *, stem: str = "n0") -> Path:
    save(root / "JPEGImages" / f"{stem}.jpg", photo())
    save(root / "SegmentationClass" / f"{stem}.png", values)
    return root


THREE = np.repeat(np.array([[0, 1, 2, 255]], np.uint8), 4, axis=0)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("class_names.txt", "_background_\nleaf\nstem\n"),
        ("labels.txt", "__ignore__\n_background_\nleaf\nstem\n"),
        ("classes.txt", "\ufeffbackground\r\nleaf\r\nstem\r\n"),
    ],
)
def test_own_sets_keep_their_names(tmp_path: Path, file: str, text: str) -> None:
    root = own(tmp_path / "mine", THREE)
    save(root / "JPEGImages" / "n0.jpg", photo(4, 4))
    write(root / file, text)
    dataset = open_dataset(root)
    assert dataset.classes == ("background", "leaf", "stem")
    assert (dataset.title, dataset.licence) == ("mine", "")
    assert dataset[0].labels.tolist() == THREE.tolist()


def test_colours_of_a_labelmap(tmp_path: Path) -> None:
    colours = np.array([[[0, 0, 0], [250, 50, 83], [51, 221, 255], [0, 0, 0]]], np.uint8).repeat(4, axis=0)
    root = own(tmp_path, colours)
    save(root / "JPEGImages" / "n0.jpg", photo(4, 4))
    write(
        root / "labelmap.txt",
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\nleaf:250,50,83::\nstem:51,221,255::\n",
    )
    dataset = open_dataset(root)
    assert dataset.classes == ("background", "leaf", "stem")
    assert dataset.colours[1] == (250, 50, 83)
    assert dataset[0].labels.tolist() == [[0, 1, 2, 0]] * 4
    save(root / "SegmentationClass" / "n0.png", THREE)
    assert dataset[0].labels.tolist() == THREE.tolist(), "numbers are the lines"
    colours[0, 0] = 9
    save(root / "SegmentationClass" / "n0.png", colours)
    with pytest.raises(UnknownLabel, match=r"\[9, 9, 9\]"):
        dataset[0]


def test_without_names_classes_are_numbered_and_that_is_said(tmp_path: Path) -> None:
    root = own(tmp_path / "mine", THREE)
    save(root / "JPEGImages" / "n0.jpg", photo(4, 4))
    dataset = open_dataset(root)
    assert (dataset.title, dataset.classes) == ("mine", ("background", "class 1", "class 2"))
    (finding,) = [each for each in check_dataset(root) if each.name == "reader_notes"]
    assert "names no classes" in finding.facts["details"][0]


def test_other_photos_and_a_list_of_test_images(tmp_path: Path) -> None:
    for stem in ("a", "b", "c"):
        save(tmp_path / "JPEGImages" / f"{stem}.PNG", photo(4, 4))
        save(tmp_path / "SegmentationClass" / f"{stem}.png", THREE)
    write(tmp_path / "class_names.txt", "background\nleaf\nstem")
    lists = tmp_path / "ImageSets" / "Segmentation"
    write(lists / "Train.txt", "a")
    write(lists / "testing.txt", "c")
    assert dataset_splits(tmp_path) == ("train", "test")
    assert sample_names(open_dataset(tmp_path)) == ["a", "b"]
    assert len(open_dataset(tmp_path, "test")[0].labels) == 4


@pytest.mark.skipif(not BROKEN.is_dir(), reason="the shared data is not beside this clone")
def test_what_labelme2voc_writes() -> None:
    dataset = open_dataset(BROKEN / "MSK-12" / "labelme2voc")
    assert dataset.classes == ("background", "leaf", "stem")
    assert "VOC" not in dataset.title.replace("labelme2voc", "")

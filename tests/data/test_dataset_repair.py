"""Each illness that can be mended is made in a sound folder; the copy is well, the original untouched."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.data import check_dataset, open_dataset, repair_dataset
from segcore.data.dataset_repair import REPAIRABLE, USUAL
from segcore.data.doctor import doctor_json
from segcore.errors import BadConfig, BadDataset
from segcore.job_context import Cancelled
from tests.data import test_doctor as ill

MakeFolder = Callable[..., Path]
Spoil = Callable[[Path], None]
COLOURS = [[0, 0, 0], [200, 0, 0]]


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def labels_of(root: Path, name: str = "photo0") -> np.ndarray:
    return np.array(Image.open(root / "masks" / f"{name}.png"))


def kinds_in(root: Path) -> list[str]:
    return [finding.name for finding in check_dataset(root)]


def _in_colours(root: Path) -> None:
    facts = {"classes": ["background", "cat"], "colors": COLOURS}
    (root / "classes.json").write_text(json.dumps(facts), encoding="utf-8")
    cat = labels_of(root) == 1
    colours = np.where(cat[..., None], [205, 4, 0], [0, 0, 0]).astype(np.uint8)
    colours[0, 0] = (250, 250, 250)  # no class has it
    Image.fromarray(colours).save(root / "masks" / "photo0.png")


def _jpeg_of_colours(root: Path) -> None:
    _in_colours(root)
    Image.open(root / "masks" / "photo0.png").save(root / "masks" / "photo0.jpg", quality=95, subsampling=0)
    (root / "masks" / "photo0.png").unlink()


def _jpeg_of_black_and_white(root: Path) -> None:
    white = (255 * (labels_of(root) == 1)).astype(np.uint8)
    (root / "masks" / "photo0.png").unlink()
    Image.fromarray(white).save(root / "masks" / "photo0.jpg", quality=90)


def _stretched_to_16_bits(root: Path) -> None:
    Image.fromarray(labels_of(root).astype(np.uint16) * 257).save(root / "masks" / "photo0.png")


def _object_numbers(root: Path) -> None:
    labels = labels_of(root).astype(np.uint16)
    Image.fromarray(np.where(labels == 1, 1007, 0).astype(np.uint16)).save(root / "masks" / "photo0.png")


def _three_equal_channels(root: Path) -> None:
    Image.fromarray(np.repeat(labels_of(root)[..., None], 3, axis=2)).save(root / "masks" / "photo0.png")


def _twice_the_size(root: Path) -> None:
    labels = labels_of(root)
    Image.fromarray(labels.repeat(2, 0).repeat(2, 1)).save(root / "masks" / "photo0.png")


def _rgba(root: Path) -> None:
    _in_colours(root)
    colours = np.array(Image.open(root / "masks" / "photo0.png"))
    alpha = np.where((colours == 0).all(axis=2), 0, 255).astype(np.uint8)
    Image.fromarray(np.dstack([colours, alpha])).save(root / "masks" / "photo0.png")


def _cut_out(root: Path) -> None:
    alpha = (255 * (labels_of(root) == 1)).astype(np.uint8)
    Image.fromarray(np.dstack([np.zeros((20, 30, 3), np.uint8), alpha])).save(root / "masks" / "photo0.png")


ILL: list[tuple[Spoil, str, bool]] = [
    # what was done, the finding, whether photo0's labels can be had back as they were
    (_in_colours, "colour_mask", True),
    (_three_equal_channels, "colour_mask", True),
    (_jpeg_of_colours, "jpeg_blurred", False),
    (_jpeg_of_black_and_white, "jpeg_blurred", False),
    (ill._blurred, "jpeg_blurred", False),
    (ill._numbered_by_another_program, "palette", False),
    (_stretched_to_16_bits, "mask_16bit", True),
    (_object_numbers, "mask_16bit", False),
    (ill._all_binary, "binary_255", False),
    (ill._unknown_value, "unknown_value", False),
    (_twice_the_size, "size_mismatch", True),
    (ill._broken_image, "unreadable", False),
    (ill._broken_mask, "unreadable", False),
    (ill._no_mask, "missing_mask", False),
    (ill._no_image, "missing_image", False),
    (ill._same_name, "same_name", True),
    (ill._unknown_name, "unknown_name", True),
    (ill._leak, "cross_split_duplicate", True),
    (ill._leak_by_copy, "cross_split_duplicate", False),
    (ill._duplicate, "duplicate", False),
    (ill._nearly_a_copy, "near_duplicate", True),
    (ill._all_ignored, "all_ignored", False),
    (ill._empty_mask, "empty_mask", False),
    (ill._turned, "exif_rotated", False),
    (_rgba, "colour_mask", True),
    (_cut_out, "colour_mask", False),
    (ill._ids_from_1, "ids_from_1", True),
    (ill._ids_from_1_and_unlabelled, "ids_from_1", False),
    (ill._one_class_255, "one_class", False),
    (ill._one_class_0_1, "one_class", False),
    (ill._trimap, "trimap", False),
]


@pytest.mark.parametrize(("spoil", "kind", "exact"), ILL, ids=[spoil.__name__ for spoil, _, _ in ILL])
def test_the_copy_is_well_and_the_original_as_it_was(
    make_folder: MakeFolder, tmp_path: Path, spoil: Spoil, kind: str, exact: bool
) -> None:
    root = make_folder(5)
    truth = labels_of(root)
    spoil(root)
    before = contents(root)
    assert kind in kinds_in(root)
    report = repair_dataset(root, tmp_path / "copy", {kind})
    assert report is not None
    assert contents(root) == before
    assert report.mended[kind] >= 1
    assert report.left == {}
    assert kind not in kinds_in(tmp_path / "copy")
    if exact:
        assert np.array_equal(labels_of(tmp_path / "copy"), truth)
    assert len(open_dataset(tmp_path / "copy")) == report.pairs
    note = json.loads((tmp_path / "copy" / "repair.json").read_text())
    assert note["mended"] == report.mended


def test_everything_that_can_be_mended_is_here() -> None:
    assert {kind for _, kind, _ in ILL} == set(REPAIRABLE)
    assert not {"near_duplicate", "trimap"} & set(USUAL)


@pytest.mark.parametrize("shape", [(30, 20), (10, 10), (20, 27), (40, 30)])
def test_a_mask_of_another_shape_is_never_resized(
    make_folder: MakeFolder, tmp_path: Path, shape: tuple[int, int]
) -> None:
    root = make_folder(3)
    Image.fromarray(np.ones(shape, np.uint8)).save(root / "masks" / "photo0.png")
    report = repair_dataset(root, tmp_path / "copy")
    assert report.left == report.remaining == {"size_mismatch": ["masks/photo0.png"]}
    assert "size_mismatch" not in report.mended
    assert labels_of(tmp_path / "copy").shape == shape
    detail = doctor_json(next(each for each in check_dataset(root) if each.name == "size_mismatch"))["detail"]
    assert ("swapped" if shape == (30, 20) else "another shape") in detail


def test_a_mask_of_the_same_shape_but_for_rounding_is_resized(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder(3)
    Image.fromarray(np.ones((7, 10), np.uint8)).save(root / "masks" / "photo0.png")  # a third of 20 × 30
    report = repair_dataset(root, tmp_path / "copy")
    assert report.mended == {"size_mismatch": 1}
    assert labels_of(tmp_path / "copy").shape == (20, 30)
    assert "assumed to show the whole photo" in report.unproven[0]


def test_ids_from_1_are_lowered_and_0_is_ignored(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder(3)
    ill._ids_from_1_and_unlabelled(root)
    before = labels_of(root)
    report = repair_dataset(root, tmp_path / "copy")
    assert report.mended == {"ids_from_1": 3}
    expected = np.where((before == 0) | (before == 255), 255, before - 1)
    assert np.array_equal(labels_of(tmp_path / "copy"), expected)
    assert "1 was taken for the first class" in report.unproven[0]


@pytest.mark.parametrize("spoil", [ill._one_class_255, ill._one_class_0_1])
def test_a_background_is_named_before_the_only_class(make_folder: MakeFolder, tmp_path: Path, spoil: Spoil) -> None:
    root = make_folder(3)
    cat = labels_of(root) == 1
    spoil(root)
    repair_dataset(root, tmp_path / "copy")
    dataset = open_dataset(tmp_path / "copy")
    assert dataset.classes == ("background", "leaf")
    assert np.array_equal(dataset[0].labels == 1, cat)


def test_an_upside_down_mask_follows_those_on_their_side(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder(3)
    stored = labels_of(root)
    ill._upside_down(root)
    exif = Image.Exif()
    exif[0x0112] = 8
    Image.open(root / "images" / "photo1.png").save(root / "images" / "photo1.png", exif=exif)
    report = repair_dataset(root, tmp_path / "copy")
    assert report.mended == {"exif_rotated": 2}
    assert np.array_equal(labels_of(tmp_path / "copy"), np.rot90(stored, 2))
    assert kinds_in(tmp_path / "copy") == []


def test_a_trimap_is_repaired_on_request_only(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder(3)
    ill._trimap(root)
    report = repair_dataset(root, tmp_path / "copy")
    assert (report.mended, list(report.remaining)) == ({}, ["trimap"])
    before = labels_of(root)
    repair_dataset(root, tmp_path / "asked", {"trimap"})
    assert np.array_equal(labels_of(tmp_path / "asked"), np.array([0, 1, 0, 255])[before])


def test_small_ids_saved_as_jpeg_are_left(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder(3)
    ill._jpeg(root)
    report = repair_dataset(root, tmp_path / "copy")
    assert report.left == {"jpeg_blurred": ["masks/photo0.jpg"]}


def test_three_stretched_classes_saved_as_jpeg(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder(3)
    (root / "classes.json").write_text(json.dumps({"classes": ["background", "cat", "dog"]}), encoding="utf-8")
    truth = np.zeros((200, 300), np.uint8)
    truth[20:120, 20:120], truth[90:180, 150:280] = 1, 2
    Image.fromarray(np.zeros((200, 300, 3), np.uint8)).save(root / "images" / "photo0.png")
    (root / "masks" / "photo0.png").unlink()
    Image.fromarray(np.array([0, 127, 255], np.uint8)[truth]).save(root / "masks" / "photo0.jpg", quality=80)
    report = repair_dataset(root, tmp_path / "copy")
    assert (labels_of(tmp_path / "copy") == truth).mean() > 0.995
    assert 0 < report.snapped["masks/photo0.jpg"] < 15
    assert "were between the values of classes" in report.unproven[-1]


def test_blurred_and_jpeg_masks_are_nearly_what_they_were(make_folder: MakeFolder, tmp_path: Path) -> None:
    for number, spoil in enumerate((_jpeg_of_colours, _jpeg_of_black_and_white, ill._blurred)):
        root = make_folder(2, at=f"set{number}")
        cat = labels_of(root) == 1
        spoil(root)
        repair_dataset(root, tmp_path / f"copy{number}")
        assert (labels_of(tmp_path / f"copy{number}") == cat).mean() > 0.97, spoil.__name__


def test_a_turned_mask_is_turned_as_the_photo_is_shown(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder(3)
    stored = labels_of(root)
    ill._turned(root)
    repair_dataset(root, tmp_path / "copy")
    sample = open_dataset(tmp_path / "copy")[0]
    photo = np.array(Image.open(root / "images" / "photo0.png"))
    assert np.array_equal(sample.image, np.rot90(photo, -1))
    assert np.array_equal(sample.labels, np.rot90(stored, -1))


def test_a_copy_is_taken_out_of_the_training_split(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder(3, at="set/train").parent
    make_folder(2, at="set/val")
    (root / "val" / "images" / "photo0.png").write_bytes((root / "train" / "images" / "photo2.png").read_bytes())
    report = repair_dataset(root, tmp_path / "copy")
    assert report is not None
    assert report.dropped == ["train/images/photo2.png", "train/masks/photo2.png"]
    assert check_dataset(tmp_path / "copy") == []


def test_all_at_once_with_lists(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder(8)
    (root / "LICENCE").write_text("free")
    (root / "train.txt").write_text("photo0\nphoto1\nphoto2\nphoto7\nphoto99\n")
    (root / "val.txt").write_text("photo3\nphoto4\n")
    _three_equal_channels(root)
    (root / "images" / "photo7.png").write_bytes(b"broken")
    (root / "masks" / "photo3.png").write_bytes(b"broken")
    report = repair_dataset(root, tmp_path / "copy")
    assert report is not None
    assert report.mended == {"colour_mask": 1, "unreadable": 2, "unknown_name": 1}
    assert (tmp_path / "copy" / "train.txt").read_text() == "photo0\nphoto1\nphoto2\n"
    assert (tmp_path / "copy" / "val.txt").read_text() == "photo4\n"
    assert (tmp_path / "copy" / "LICENCE").read_text() == "free"
    assert kinds_in(tmp_path / "copy") == []


def test_what_cannot_be_mended_is_named_or_dropped(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder()
    colours = np.zeros((20, 30, 3), np.uint8)
    colours[5:9, 5:9] = (7, 99, 1)  # which class is green? Nobody said.
    Image.fromarray(colours).save(root / "masks" / "photo0.png")
    report = repair_dataset(root, tmp_path / "copy")
    assert report is not None
    assert report.left == {"colour_mask": ["masks/photo0.png"]}
    assert kinds_in(tmp_path / "copy") == ["colour_mask"]
    report = repair_dataset(root, tmp_path / "strict", drop=True)
    assert report is not None
    assert report.dropped == ["images/photo0.png", "masks/photo0.png"]
    assert kinds_in(tmp_path / "strict") == []


def test_places_and_kinds_that_will_not_do(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder()
    for place in (root, root / "copy", root.parent):
        with pytest.raises(BadDataset):
            repair_dataset(root, place)
    with pytest.raises(BadConfig, match="sequence_leak cannot be repaired"):
        repair_dataset(root, tmp_path / "copy", {"sequence_leak"})
    (root / "classes.json").unlink()
    with pytest.raises(BadDataset, match=r"classes\.json"):
        repair_dataset(root, tmp_path / "copy")
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_a_repair_that_is_given_up_leaves_nothing(make_folder: MakeFolder, tmp_path: Path) -> None:
    root = make_folder()
    for last in (2, 6):
        steps: list[tuple[int, int]] = []

        def step(done: int, total: int, last: int = last, steps: list[tuple[int, int]] = steps) -> None:
            steps.append((done, total))
            if len(steps) > last:
                raise Cancelled

        with pytest.raises(Cancelled):
            repair_dataset(root, tmp_path / "copy", step=step)
        assert all(0 <= done <= total for done, total in steps)
        assert [path.name for path in tmp_path.iterdir()] == ["set"]

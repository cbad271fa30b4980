"""Each illness is made in a sound folder and must be found there, alone and among others."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from segcore.advice import PARTS, Advice
from segcore.data import check_dataset, open_dataset
from segcore.data.doctor import KINDS, copies, doctor_json, examine_folder
from segcore.data.doctor.record import Extent
from segcore.errors import BadDataset
from segcore.job_context import Cancelled
from segcore.paths import PROJECT
from segcore.text import translate

MakeFolder = Callable[..., Path]
WritePair = Callable[..., None]
Spoil = Callable[[Path], None]


def found(root: Path) -> dict[str, Advice]:
    return {finding.name: finding for finding in check_dataset(root)}


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


def _one_class(root: Path) -> None:
    (root / "classes.json").write_text('{"classes": ["cat"]}', encoding="utf-8")
    for path in (root / "masks").iterdir():
        mask(root, path.name, np.zeros_like(np.array(Image.open(path))))


def _junk(root: Path) -> None:
    for name in ("._photo0.png", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (root / "images" / name).write_bytes(b"left behind")
    (root / "masks" / "__MACOSX").mkdir()
    (root / "masks" / "__MACOSX" / "photo9.png").write_bytes(b"left behind")


def _leak(root: Path) -> None:
    (root / "train.txt").write_text("photo0\nphoto1", encoding="utf-8")
    (root / "val.txt").write_text("photo1\nphoto2", encoding="utf-8")
    (root / "trainval.txt").write_text("photo0\nphoto1\nphoto2", encoding="utf-8")


def _leak_by_copy(root: Path) -> None:
    _duplicate(root)
    (root / "train.txt").write_text("photo0", encoding="utf-8")
    (root / "val.txt").write_text("photo1", encoding="utf-8")


def _nearly_a_copy(root: Path) -> None:
    picture = np.array(Image.open(root / "images" / "photo1.png"))
    Image.fromarray((picture * 0.8).astype(np.uint8)).resize((60, 40)).resize((30, 20)).save(
        root / "images" / "photo0.png"
    )


def _numbered_by_another_program(root: Path) -> None:
    facts = {"classes": ["background", "cat"], "colors": [[0, 0, 0], [200, 0, 0]]}
    (root / "classes.json").write_text(json.dumps(facts), encoding="utf-8")
    labels = np.array(Image.open(root / "masks" / "photo0.png"))
    turned = Image.fromarray(np.where(labels == 1, 0, 1).astype(np.uint8), "P")
    turned.putpalette([200, 0, 0, 0, 0, 0])
    turned.save(root / "masks" / "photo0.png")


def _blurred(root: Path) -> None:
    labels = np.array(Image.open(root / "masks" / "photo0.png")) == 1
    soft = Image.fromarray((255 * labels).astype(np.uint8)).resize((60, 40), Image.Resampling.BILINEAR)
    soft.resize((30, 20), Image.Resampling.BILINEAR).save(root / "masks" / "photo0.png")


def _hardly_labelled(root: Path) -> None:
    labels = np.full((20, 30), 255, np.uint8)
    labels[:4] = 0
    labels[:2] = 1
    mask(root, "photo0.png", labels)


def _darker_validation(root: Path) -> None:
    (root / "train.txt").write_text("photo0\nphoto1", encoding="utf-8")
    (root / "val.txt").write_text("photo2\nphoto3", encoding="utf-8")
    for name in ("photo2", "photo3"):
        picture = np.array(Image.open(root / "images" / f"{name}.png"))
        Image.fromarray(picture // 3).save(root / "images" / f"{name}.png")


def _frames(root: Path) -> None:
    random = np.random.default_rng(5)
    names = [f"{drive}_{frame:05}" for drive in ("dusk", "noon") for frame in range(10)]
    for name in names:
        Image.fromarray(random.integers(0, 256, (20, 30, 3), np.uint8)).save(root / "images" / f"{name}.png")
        mask(root, f"{name}.png", np.eye(20, 30, dtype=np.uint8))
    (root / "train.txt").write_text("\n".join(names[:15]), encoding="utf-8")
    (root / "val.txt").write_text("\n".join(names[15:]), encoding="utf-8")


def _upside_down(root: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.open(root / "images" / "photo0.png").save(root / "images" / "photo0.png", exif=exif)


def _renamed(root: Path, *classes: str) -> None:
    (root / "classes.json").write_text(json.dumps({"classes": classes}), encoding="utf-8")


def _changed(root: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    for path in sorted((root / "masks").iterdir()):
        mask(root, path.name, change(np.array(Image.open(path))).astype(np.uint8))


def _one_class_255(root: Path) -> None:
    _renamed(root, "leaf")
    _all_binary(root)


def _one_class_0_1(root: Path) -> None:
    _renamed(root, "leaf")


def _ids_from_1(root: Path) -> None:
    _changed(root, lambda labels: np.where(labels == 255, 255, labels + 1))


def _ids_from_1_and_unlabelled(root: Path) -> None:
    _renamed(root, "cat", "dog")
    _changed(root, lambda labels: np.where(np.arange(30) < 8, labels, 2 * (labels == 1)))


def _trimap(root: Path) -> None:
    _changed(root, lambda labels: np.where(labels == 1, 1, np.where(np.arange(30) > 25, 3, 2)))


def _no_objects(root: Path) -> None:
    _changed(root, np.zeros_like)


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
    (_jpeg, "jpeg_blurred", "masks/photo0.jpg"),
    (_unknown_value, "unknown_value", "masks/photo0.png"),
    (_instance_numbers, "mask_16bit", "masks/photo0.png"),
    (_all_binary, "binary_255", "masks/photo0.png"),
    (_absent_class, "absent_class", "dog"),
    (_all_ignored, "all_ignored", "masks/photo0.png"),
    (_empty_mask, "empty_mask", "masks/photo0.png"),
    (_duplicate, "duplicate", "images/photo0.tif"),
    (_turned, "exif_rotated", "images/photo0.png"),
    (_unknown_name, "unknown_name", "train.txt: photo77"),
    (_leak, "cross_split_duplicate", "images/photo1.png"),
    (_nearly_a_copy, "near_duplicate", "images/photo0.png"),
    (_numbered_by_another_program, "palette", "masks/photo0.png"),
    (_blurred, "jpeg_blurred", "masks/photo0.png"),
    (_hardly_labelled, "unlabelled", "masks/photo0.png"),
    (_darker_validation, "brightness", "train, val"),
    (_frames, "sequence_leak", "images/noon_00000.png"),
    (_leak_by_copy, "cross_split_duplicate", "images/photo0.tif"),
    (_upside_down, "exif_unclear", "images/photo0.png"),
    (_one_class_255, "one_class", "masks/photo0.png"),
    (_one_class_0_1, "one_class", "masks/photo0.png"),
    (_ids_from_1, "ids_from_1", "masks/photo0.png"),
    (_ids_from_1_and_unlabelled, "ids_from_1", "masks/photo0.png"),
    (_trimap, "trimap", "masks/photo0.png"),
    (_junk, "skipped", "images/.DS_Store"),
]
BY_OTHERS = {
    "single_class",
    "no_pairs",
    "nothing_labelled",
    "no_objects",
    "reader_notes",
    "bad_annotation",
    "bad_split",
}
"""Kinds that tests of their own find, because other kinds come with them."""


@pytest.mark.parametrize(("spoil", "kind", "file"), ILLNESSES, ids=[spoil.__name__ for spoil, _, _ in ILLNESSES])
def test_each_illness_is_found_and_no_other(make_folder: MakeFolder, spoil: Spoil, kind: str, file: str) -> None:
    root = make_folder()
    spoil(root)
    findings = found(root)
    assert list(findings) == [kind]
    finding = doctor_json(findings[kind])
    assert finding["files"][0] == file
    assert finding["count"] >= 1
    assert finding["severity"] in ("error", "warning", "note")
    assert finding["title"]
    assert finding["why"]
    assert finding["advice"]
    assert "; ".join(finding["details"]) == finding["detail"]
    for detail in finding["details"]:  # names alone ("a.png = b.png") are the same in every language
        assert translate("zh", detail) != detail or kind in ("cross_split_duplicate", "duplicate", "near_duplicate")


def test_every_kind_can_be_found() -> None:
    assert {kind for _, kind, _ in ILLNESSES} | BY_OTHERS == set(KINDS)


def test_a_single_class_is_an_error(make_folder: MakeFolder) -> None:
    root = make_folder()
    _one_class(root)
    assert found(root)["single_class"].facts["files"] == ("cat",)


def test_nothing_annotated_is_an_error(make_folder: MakeFolder) -> None:
    root = make_folder()
    for index in range(4):
        mask(root, f"photo{index}.png", np.zeros((20, 30), np.uint8))
    assert found(root)["no_objects"].facts["files"] == ("all",)
    for index in range(4):
        mask(root, f"photo{index}.png", np.full((20, 30), 255, np.uint8))
    assert found(root)["nothing_labelled"].severity == "error"


def test_a_validation_split_may_show_one_class_alone(make_folder: MakeFolder) -> None:
    root = make_folder()
    (root / "train.txt").write_text("photo0\nphoto1\nphoto2", encoding="utf-8")
    (root / "val.txt").write_text("photo3", encoding="utf-8")
    mask(root, "photo3.png", np.zeros((20, 30), np.uint8))
    assert "no_objects" not in found(root)


def test_an_empty_folder_is_not_sound(make_folder: MakeFolder) -> None:
    assert list(found(make_folder(0))) == ["no_pairs"]


def test_a_sample_is_read_in_any_case(make_folder: MakeFolder) -> None:
    root = make_folder(12)
    diagnosis = examine_folder(root, extent=Extent(most=5))
    assert (diagnosis.looked_at, diagnosis.findings) == (5, [])
    assert examine_folder(root, extent=Extent(seconds=0.0)).looked_at == 1


def test_a_split_without_any_object_is_an_error(make_folder: MakeFolder) -> None:
    root = make_folder()
    _no_objects(root)
    findings = found(root)
    assert list(findings) == ["no_objects", "absent_class", "empty_mask"]
    assert findings["no_objects"].severity == "error"
    (root / "train.txt").write_text("photo0\nphoto1", encoding="utf-8")
    (root / "val.txt").write_text("photo2\nphoto3", encoding="utf-8")
    mask(root, "photo2.png", np.eye(20, 30, dtype=np.uint8))
    assert found(root)["no_objects"].facts["files"] == ("train",)


def test_upside_down_photos_are_judged_by_those_on_their_side(make_folder: MakeFolder) -> None:
    root = make_folder()
    _upside_down(root)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(root / "images" / "photo1.png").save(root / "images" / "photo1.png", exif=exif)
    assert found(root)["exif_rotated"].facts["files"] == ("images/photo1.png", "images/photo0.png")
    mask(root, "photo1.png", np.rot90(np.array(Image.open(root / "masks" / "photo1.png")), -1))
    assert found(root) == {}, "that mask is upright, so the other probably is"


def test_ids_that_begin_at_1_can_be_stated(make_folder: MakeFolder) -> None:
    root = make_folder()
    _ids_from_1(root)
    facts = {"classes": ["background", "cat"], "reduce_zero_label": True}
    (root / "classes.json").write_text(json.dumps(facts), encoding="utf-8")
    assert found(root) == {}
    sample = open_dataset(root)[0]
    assert np.unique(sample.labels).tolist() == [0, 1, 255]


def test_an_unknown_value_is_no_other_numbering(make_folder: MakeFolder) -> None:
    root = make_folder()
    mask(root, "photo0.png", np.full((20, 30), 2, np.uint8))
    assert list(found(root)) == ["unknown_value"], "0 is a background here, so 2 is a class that classes.json lacks"


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
    assert findings["missing_mask"].facts["count"] == 20
    assert len(findings["missing_mask"].facts["files"]) == 20
    assert findings["colour_mask"].facts["count"] == 2
    assert "classes.json" in findings["bad_classes"].facts["details"][0]
    for finding in findings.values():
        assert Advice.from_json(json.loads(json.dumps(finding.to_json()))).wording("why") == doctor_json(finding)["why"]


def test_pictures_in_two_split_folders(make_folder: MakeFolder) -> None:
    root = make_folder(3, at="set/train").parent
    make_folder(2, at="set/val")
    assert check_dataset(root) == []
    (root / "val" / "images" / "photo0.png").write_bytes((root / "train" / "images" / "photo2.png").read_bytes())
    leak = found(root)["cross_split_duplicate"]
    assert "; ".join(leak.facts["details"]) == "train/images/photo2.png = val/images/photo0.png"
    facts = {"classes": ["background", "dog"]}
    (root / "val" / "classes.json").write_text(json.dumps(facts), encoding="utf-8")
    assert "; ".join(found(root)["bad_classes"].facts["details"]) == "The splits name different classes."


def test_what_is_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="is not a folder"):
        check_dataset(tmp_path / "nowhere")
    with pytest.raises(BadDataset, match="has no folder images/"):
        check_dataset(tmp_path)


def test_every_word_of_a_finding_is_translated() -> None:
    for kind in KINDS:
        for part in PARTS:
            advice = Advice(f"doctor.{kind}", "error")
            assert advice.wording(part, "zh") != advice.wording(part) != ""


def test_it_tells_how_far_it_is_and_gives_up(make_folder: MakeFolder) -> None:
    root = make_folder()
    steps: list[tuple[int, int]] = []

    def step(done: int, total: int) -> None:
        steps.append((done, total))
        if len(steps) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        examine_folder(root, step)
    assert steps == [(0, 4), (1, 4), (2, 4)]


def test_ignored_borders_are_not_taken_for_a_yes(make_folder: MakeFolder, write_pair: WritePair) -> None:
    """As in Pascal VOC: objects have a border of 255, and one photo shows nothing but such a border."""
    root = make_folder()
    for index in range(4):
        labels = np.ones((20, 30), np.uint8)
        labels[:6] = 255
        labels[10:] = 0
        write_pair(root, f"border{index}", labels, seed=100 + index)
    labels = np.zeros((20, 30), np.uint8)
    labels[3] = 255
    write_pair(root, "nothing", labels, seed=200)
    assert check_dataset(root) == []
    labels[:14] = 255
    write_pair(root, "yes", labels, seed=201)
    assert found(root).keys() == {"unlabelled"}


def test_some_masks_of_no_and_yes_among_sound_ones(make_folder: MakeFolder) -> None:
    root = make_folder()
    for name in ("photo0.png", "photo2.png"):
        labels = np.array(Image.open(root / "masks" / name))
        mask(root, name, np.where(labels == 1, 255, 0).astype(np.uint8))
    assert found(root)["binary_255"].facts["files"] == ("masks/photo0.png", "masks/photo2.png")


# --- copies ---------------------------------------------------------------------------------------------------------


def scene(seed: int) -> np.ndarray:
    """A smooth picture (120, 160, 3), as photos are at a distance."""
    noise = np.random.default_rng(seed).normal(size=(15, 20, 3)).astype(np.float32)
    return np.clip(cv2.resize(noise, (160, 120), interpolation=cv2.INTER_CUBIC) * 60 + 128, 0, 255).astype(np.uint8)


def compressed(picture: np.ndarray) -> np.ndarray:
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], cv2.IMREAD_COLOR)


def test_what_saving_shrinking_and_brightening_do_leaves_a_picture_nearly_the_same() -> None:
    changes: list[Callable[[np.ndarray], np.ndarray]] = [
        compressed,
        lambda picture: (picture * 0.7).astype(np.uint8),
        lambda picture: picture[2:-2, 2:-2],
        lambda picture: np.roll(picture, 2, axis=1),
    ]
    for number, change in enumerate(changes):
        prints = bytearray()
        for seed in range(40):
            prints += copies.fingerprint(scene(seed))
        prints += copies.fingerprint(change(scene(17)))
        assert copies.near_pairs(prints, lambda done, total: False) == [(17, 40)], number


def test_blocks_find_what_all_pairs_find(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [scene(seed % 23) if seed % 3 else compressed(scene(seed % 23)) for seed in range(60)]
    prints = bytearray(b"".join(map(copies.fingerprint, pictures)))
    whole = copies.near_pairs(prints, lambda done, total: False)
    monkeypatch.setattr(copies, "_BLOCK", 7)
    in_blocks = copies.near_pairs(prints, lambda done, total: False)
    assert (
        sorted(in_blocks) == sorted(whole) == [(i, j) for i in range(60) for j in range(i + 1, 60) if i % 23 == j % 23]
    )

    def stop(_done: int, _total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        copies.near_pairs(prints, stop)


def test_a_picture_without_contrast_is_like_none() -> None:
    prints = bytearray(copies.fingerprint(np.full((30, 30, 3), 9, np.uint8)) * 3)
    assert copies.near_pairs(prints, lambda done, total: False) == []


def test_groups() -> None:
    assert copies.groups_of([(4, 7), (1, 2), (7, 9), (0, 9)]) == [[0, 4, 7, 9], [1, 2]]


CAMVID = PROJECT.parent / "shared" / "data" / "camvid"


@pytest.mark.skipif(not CAMVID.is_dir(), reason="CamVid is not here")
def test_camvids_validation_split_is_of_a_drive_that_is_trained_on() -> None:
    findings = found(CAMVID)
    assert findings["sequence_leak"].facts["count"] == 204 + 101
    assert "; ".join(findings["sequence_leak"].facts["details"]) == "0016E5_…: 204 in train, 101 in val"

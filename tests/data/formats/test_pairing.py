"""Which mask belongs to which image, and lists of names in any encoding."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segcore.advice import Advice
from segcore.data import check_dataset, open_dataset, sample_names
from segcore.data.formats.name_lists import read_name_list
from segcore.data.formats.pairing import pair_files
from segcore.errors import BadDataset
from segcore.paths import PROJECT
from tests.data.sample_files import photo, save, write

MakeFolder = Callable[..., Path]
MASK = np.zeros((12, 16), np.uint8)
MASK[3:7, 4:9] = 255
BROKEN = PROJECT.parent / "shared" / "data" / "broken"
needs_broken = pytest.mark.skipif(not BROKEN.is_dir(), reason="the shared data is not beside this clone")


def touch(root: Path, *names: str) -> Path:
    for name in names:
        write(root / name, "")
    return root


def found(root: Path) -> dict[str, Advice]:
    return {finding.name: finding for finding in check_dataset(root)}


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("a.jpg", "a.png"),
        ("a.JPG", "a_mask.PNG"),
        ("a.jpeg", "a_masks.png"),
        ("a.jpg", "a_gt.png"),
        ("a.jpg", "a-label.png"),
        ("a.jpg", "a_labels.png"),
        ("a.jpg", "a_seg.png"),
        ("a.jpg", "a_segmentation.png"),
        ("a.jpg", "a.mask.png"),
        ("a.jpg", "mask_a.png"),
        ("a_sat.jpg", "a_mask.png"),
        ("img_7.jpg", "mask_7.png"),
        ("21_training.tif", "21_manual1.gif"),
        ("x/a.jpg", "x/a_mask.png"),
        ("照片 😀 1.jpg", "照片 😀 1_mask.png"),
        ("e\u0301.jpg", "\u00e9.png"),
        (f"{'n' * 251}.jpg", f"{'n' * 251}.png"),
    ],
)
def test_names_that_belong_together(tmp_path: Path, image: str, mask: str) -> None:
    touch(tmp_path, f"images/{image}", f"masks/{mask}")
    files = pair_files(tmp_path / "images", tmp_path / "masks")
    assert [files.images[key][0].name for key in files.keys] == [Path(image).name]
    assert not (files.maskless or files.imageless or files.twins)


def test_numbers_are_never_completed(tmp_path: Path) -> None:
    touch(tmp_path, *(f"images/{number}.jpg" for number in range(1, 13)))
    touch(tmp_path, *(f"masks/{number}.png" for number in range(2, 13)))
    files = pair_files(tmp_path / "images", tmp_path / "masks")
    assert [path.name for path in files.maskless] == ["1.jpg"]
    assert all(files.images[key][0].stem == files.masks[key][0].stem for key in files.keys)


def test_a_name_that_could_be_two_belongs_to_none(tmp_path: Path) -> None:
    touch(tmp_path, "images/a_sat.jpg", "images/img_a.jpg", "masks/a_mask.png")
    files = pair_files(tmp_path / "images", tmp_path / "masks")
    assert (files.keys, len(files.maskless), len(files.imageless)) == ([], 2, 1)


def test_two_files_of_one_name_and_what_is_skipped(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.jpg", "images/a.png", "masks/a_mask.png", "masks/a_gt.png")
    touch(tmp_path, "images/._a.jpg", "images/.DS_Store", "images/Thumbs.db", "masks/desktop.ini")
    touch(tmp_path, "images/__MACOSX/b.jpg", "images/.cache/b.jpg")
    files = pair_files(tmp_path / "images", tmp_path / "masks")
    assert [[path.name for path in same] for same in files.twins] == [["a.jpg", "a.png"], ["a_gt.png", "a_mask.png"]]
    assert sorted(path.name for path in files.skipped) == [".DS_Store", "._a.jpg", "Thumbs.db", "desktop.ini"]


def test_a_link_back_does_not_go_on_for_ever(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.jpg", "masks/a.png")
    (tmp_path / "images" / "back").symlink_to(tmp_path / "images", target_is_directory=True)
    assert pair_files(tmp_path / "images", tmp_path / "masks").keys == ["a"]


def test_no_pair_at_all_is_said_with_what_is_there(make_folder: MakeFolder) -> None:
    root = make_folder(2)
    for number, path in enumerate(sorted((root / "masks").iterdir())):
        path.rename(path.with_name(f"other{number}.png"))
    with pytest.raises(BadDataset, match=r"no mask belongs to an image: there are 2 images, such as photo0.png"):
        open_dataset(root)


def test_the_black_and_white_layout_reports_what_ours_reports(tmp_path: Path) -> None:
    for stem in ("a", "b", "c"):
        save(tmp_path / "images" / f"{stem}.jpg", photo(seed=ord(stem)))
        save(tmp_path / "masks" / f"{stem}.png", MASK)
    save(tmp_path / "images" / "a.png", photo(seed=5))
    save(tmp_path / "images" / "lonely.jpg", photo(seed=6))
    save(tmp_path / "masks" / "orphan.png", MASK)
    write(tmp_path / "images" / "Thumbs.db", "")
    findings = found(tmp_path)
    assert findings["same_name"].facts["files"] == ("images/a.png",)
    assert findings["missing_mask"].facts["files"] == ("images/lonely.jpg",)
    assert findings["missing_image"].facts["files"] == ("masks/orphan.png",)
    assert findings["skipped"].facts["files"] == ("images/Thumbs.db",)
    with pytest.raises(BadDataset, match=r"holds a.jpg and a.png, which have the same name"):
        open_dataset(tmp_path)


@needs_broken
def test_twins_of_a_black_and_white_set() -> None:
    findings = found(BROKEN / "MSK-07" / "twice_nojson")
    assert findings["same_name"].facts["files"] == ("images/n1.png",)


@needs_broken
def test_subfolders_are_read() -> None:
    root = BROKEN / "O-06" / "json"
    assert sample_names(open_dataset(root)) == ["x/x0", "x/x1", "x/x2", "y/y0", "y/y1", "y/y2"]


# --- lists of names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_lists_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes("照片一\r\n照片二  \r\n".encode(encoding))
    assert read_name_list(path, {"照片一", "照片二", "照片三"}) == ["照片一", "照片二"]


def test_latin_1_is_read_by_the_names_that_exist(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes("Straße\ncafé\n".encode("latin-1"))
    assert read_name_list(path, {"Straße", "café"}) == ["Straße", "café"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("my photo", "my photo"),
        ("my photo.jpg", "my photo"),
        ("images/my photo.jpg masks/my photo.png", None),
        ("images/a.jpg masks/a.png", "a"),
        ("a 1", "a"),
        ("a -1", "a"),
        (r"images\a.jpg", "a"),
        ("/data/set/images/a.JPG", "a"),
        ("v1.2", "v1.2"),
        ("v1.2.png", "v1.2"),
        ("x/b", "x/b"),
        ("images/x/b.png", "x/b"),
        ("#1", "#1"),
    ],
)
def test_what_a_line_names(tmp_path: Path, line: str, name: str | None) -> None:
    names = read_name_list(
        write(tmp_path / "train.txt", f"# a comment\n{line}\n\n"), {"my photo", "a", "v1.2", "x/b", "#1"}
    )
    assert names == ([name] if name else names)


def test_a_file_of_zero_bytes_is_no_list(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes(b"a\0b\n")
    with pytest.raises(BadDataset, match="holds zero bytes"):
        read_name_list(path)


@needs_broken
def test_a_byte_order_mark_is_no_part_of_a_name() -> None:
    root = BROKEN / "O-24" / "bom"
    assert sample_names(open_dataset(root, "train")) == ["n0", "n1", "n2", "n3"]
    assert not any(finding.severity == "error" for finding in found(root).values())

"""Zips that are sound, that lie, and that would do harm."""

import io
import json
import stat
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.data import open_dataset
from segcore.data.archive import import_zip, safe_name, unpack, work
from segcore.data.archive_members import Limits
from segcore.errors import BadDataset
from segcore.job_context import Cancelled, JobContext


def png(value: int = 0) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((6, 8), value, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def packed(files: dict[str, bytes], **settings: object) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


LEAVES = {
    "leaves/classes.json": json.dumps({"classes": ["background", "leaf"]}).encode(),
    "leaves/images/a.png": png(7),
    "leaves/masks/a.png": png(1),
    "__MACOSX/leaves/images/._a.png": b"left by macOS",
    "leaves/.DS_Store": b"and so is this",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def stored(home: Path, content: bytes) -> Path:
    path = home.parent / "an archive"
    path.write_bytes(content)
    return path


def left_behind(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def test_a_dataset_is_unpacked_and_recognised(home: Path) -> None:
    found = import_zip(stored(home, packed(LEAVES)), "My leaves (1).zip")
    assert (found.card.name, found.root) == ("folder", home / "data" / "My-leaves-1" / "leaves")
    assert len(open_dataset(found.root)) == 1
    assert len(left_behind(home)) == 3, "without what macOS leaves"
    assert stat.S_IMODE((found.root / "classes.json").stat().st_mode) == 0o644
    again = import_zip(stored(home, packed(LEAVES)), "My leaves (1).zip")
    assert again.root == home / "data" / "My-leaves-1-2" / "leaves"
    (home / "data" / ".unpacking-left-by-a-kill").mkdir()
    folders = sorted(path.name for path in (home / "data").iterdir() if not path.name.startswith("."))
    assert folders == ["My-leaves-1", "My-leaves-1-2"]


def test_a_file_on_disk_and_a_tar(tmp_path: Path) -> None:
    path = tmp_path / "leaves.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in LEAVES.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    assert len(open_dataset(unpack(path, tmp_path / "out"))) == 1


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("leaves.zip", "leaves"),
        ("C:\\data\\my set.v2.zip", "my-set-v2"),
        ("../../etc/passwd", "passwd"),
        ("叶子.zip", "叶子"),
        ("...", "dataset"),
        ("", "dataset"),
        ("x" * 300 + ".zip", "x" * 60),
        ("a.tar.gz", "a"),
    ],
)
def test_folders_are_named_safely(name: str, folder: str) -> None:
    assert safe_name(name) == folder


@pytest.mark.parametrize(
    "name",
    ["../outside.png", "/etc/outside.png", "a/../../outside.png", "..\\outside.png", "C:\\outside.png", "C:outside"],
)
def test_no_file_is_written_outside(home: Path, name: str) -> None:
    with pytest.raises(BadDataset, match="leads out of the folder"):
        import_zip(stored(home, packed(LEAVES | {name: b"gotcha"})), "leaves.zip")
    assert left_behind(home) == []
    assert not list(home.parent.rglob("*outside*"))


def test_links_are_refused(home: Path, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("images")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc")
        archive.writestr("images/passwd", b"gotcha")
    with pytest.raises(BadDataset, match="a link or a device: 'images'"):
        import_zip(stored(home, stream.getvalue()), "leaves.zip")
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            info = tarfile.TarInfo("images")
            info.type, info.linkname = kind, "/etc"
            archive.addfile(info)
        with pytest.raises(BadDataset, match="a link or a device"):
            unpack(stored(home, stream.getvalue()), tmp_path / "out")
    assert left_behind(home) == []


def test_bombs_are_refused_before_they_unfold(home: Path) -> None:
    bomb, target = packed({"images/a.bin": bytes(40_000_000)}), home / "data" / "bomb"
    assert len(bomb) < 100_000
    with pytest.raises(BadDataset, match="unfolds to more than 200 times that"):
        unpack(stored(home, bomb), target, limits=Limits(ratio_from_mb=1))
    with pytest.raises(BadDataset, match=r"unfolds to more than 0\.01 GB"):
        unpack(stored(home, bomb), target, limits=Limits(gigabytes=0.01))
    with pytest.raises(BadDataset, match="more than 3 files"):
        unpack(stored(home, packed({f"{number}.txt": b"" for number in range(4)})), target, limits=Limits(files=3))
    assert left_behind(home) == []


def test_a_list_that_lies_about_lengths_is_found_out(home: Path) -> None:
    bomb = packed({"a.bin": bytes(3_000_000)})
    lying = bomb.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != bomb
    with pytest.raises(BadDataset, match="cannot be unpacked"):
        unpack(stored(home, lying), home / "data" / "liar", limits=Limits(ratio_from_mb=1))
    assert left_behind(home) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no archive at all", "cannot be unpacked"),
        (b"", "cannot be unpacked"),
        (packed(LEAVES)[:300], "cannot be unpacked"),
        (packed({}), "is empty"),
        (packed({"notes.txt": b"hello"}), "“leaves.zip” is no dataset of a known layout"),
        (packed({"images/a.png": b"1", "IMAGES/A.PNG": b"2"}), "twice"),
        (packed({"images": b"1", "images/a.png": b"2"}), "a file that is also a folder"),
        (packed({"bad\nname": b"1"}), "a name that is no file name"),
    ],
)
def test_what_is_no_dataset_leaves_nothing_behind(home: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(BadDataset, match=sentence):
        import_zip(stored(home, content), "leaves.zip")
    assert left_behind(home) == []
    assert [path.name for path in home.glob("data/*")] == []


def test_a_password_is_said(home: Path) -> None:
    content = bytearray(packed(LEAVES))
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1  # the flag in the list of files
    with pytest.raises(BadDataset, match="has a password"):
        import_zip(stored(home, bytes(content)), "leaves.zip")


def test_a_full_disk_is_foreseen(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 5})())
    with pytest.raises(BadDataset, match=r"the disk has 0\.0 GB left"):
        import_zip(stored(home, packed(LEAVES)), "leaves.zip")


def test_progress_and_cancel(home: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    import_zip(stored(home, packed(LEAVES)), "leaves.zip", progress=lambda done, total: seen.append((done, total)))
    assert (
        seen[-1][0]
        == seen[-1][1]
        == sum(len(content) for name, content in LEAVES.items() if "leaves/" in name[:7])
        - len(LEAVES["leaves/.DS_Store"])
    )

    def cancel(done: int, total: int | None) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        import_zip(stored(home, packed(LEAVES)), "other.zip", progress=cancel)
    assert not (home / "data" / "other").exists()


def test_the_job_tells_megabytes_and_leaves_nothing_when_it_is_cancelled(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "leaves.zip"
    path.write_bytes(packed(LEAVES))
    told: list[dict[str, object]] = []

    def emit(kind: str, **facts: object) -> None:
        told.append({"kind": kind, **facts})

    settings = {"zip": str(path), "name": "leaves.zip"}
    with pytest.raises(Cancelled):
        work(settings, JobContext(tmp_path, emit, lambda: len(told) > 1))
    assert left_behind(home) == []
    answer = work(settings, JobContext(tmp_path, emit))
    assert answer == {"root": str(home / "data" / "leaves" / "leaves")} and path.exists()
    assert told[-1]["done"] == told[-1]["total"] and str(told[-1]["detail"]).endswith("MB")
    with pytest.raises(BadDataset, match="There is no file"):
        work({"zip": str(tmp_path / "nowhere.zip"), "name": "x"}, JobContext(tmp_path, emit))

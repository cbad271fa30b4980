"""Files of a name that the user chose: written through links, pipes and devices, which stay what they are."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

from segcore.durable import utf8, write_whole


def test_a_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    file, link, far = tmp_path / "file", tmp_path / "link", tmp_path / "far"
    file.write_bytes(b"old")
    link.symlink_to(file)
    far.symlink_to("link")
    write_whole(far, b"new")
    assert file.read_bytes() == b"new"
    assert link.is_symlink()
    assert far.is_symlink()


def test_the_file_of_a_dangling_link_is_made(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("later")
    write_whole(link, b"new")
    assert (tmp_path / "later").read_bytes() == b"new"
    assert link.is_symlink()


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, found = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"through")
    reader.join(10)
    assert found == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_devices_are_written_to(tmp_path: Path) -> None:
    write_whole(Path("/dev/null"), b"nothing")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    code = (
        "from pathlib import Path; from segcore.durable import write_whole\n"
        "print('before'); write_whole(Path('/dev/stdout'), b'bytes\\n'); print('after')\n"
        "write_whole(Path('/dev/stderr'), b'error\\n'); write_whole(Path('/dev/fd/1'), b'more\\n')"
    )
    output = tmp_path / "output"
    with output.open("wb") as file:
        done = subprocess.run([sys.executable, "-c", code], stdout=file, stderr=subprocess.PIPE, check=True)
    assert output.read_text().split() == ["before", "bytes", "after", "more"]
    assert done.stderr == b"error\n"


def test_permissions_are_kept_and_long_names_can_be_written(tmp_path: Path) -> None:
    file = tmp_path / ("长" * 85)  # 255 bytes
    write_whole(file, b"a")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    file.chmod(0o600)
    write_whole(file, b"b")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_names_that_are_no_utf8_are_read_back_from_json() -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    assert json.loads(utf8(json.dumps(name, ensure_ascii=False))) == name

"""The user's folder is checked in one place, before anything says that there is nothing in it."""

import os
from pathlib import Path

import pytest

from segcore.cli import main
from segcore.errors import BadConfig
from segcore.runs import check_home


@pytest.mark.parametrize("below", ["", "deeper/still"])
@pytest.mark.parametrize(
    "words",
    [["runs", "list"], ["runs", "show", "x"], ["runs", "queue"], ["models"], ["data", "list"], ["crossval", "list"]],
)
def test_every_command_says_that_the_home_is_a_file(
    words: list[str], below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    monkeypatch.setenv("SEGCORE_HOME", str(file / below))
    assert main(words) == 2
    said = capsys.readouterr()
    assert f"{file} is a file" in said.err and "SEGCORE_HOME" in said.err
    assert said.out == ""
    assert file.read_text() == "mine"


def test_help_needs_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "file"))
    with pytest.raises(SystemExit) as end:
        main(["runs", "--help"])
    assert end.value.code == 0 and "rename" in capsys.readouterr().out


def test_a_home_that_may_not_be_written_can_be_read_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda *_arguments: False)  # root may write anywhere
    for home, words in ((tmp_path, "may not be written"), (tmp_path / "new", "cannot be made")):
        monkeypatch.setenv("SEGCORE_HOME", str(home))
        assert main(["runs", "list"]) == 0
        said = capsys.readouterr()
        assert words in said.err and "No runs yet" in said.out


def test_a_dead_mount_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(_folder: object) -> object:
        raise OSError(107, "Transport endpoint is not connected")

    monkeypatch.setattr(os, "scandir", dead)
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))
    with pytest.raises(BadConfig, match="Transport endpoint is not connected"):
        check_home()


def test_a_home_that_is_still_to_be_made_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "a" / "b"))
    assert check_home() is None
    assert not (tmp_path / "a").exists()

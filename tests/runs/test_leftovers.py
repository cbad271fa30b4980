"""What killed processes have left behind is swept at the next start, and never under a process that is still at it."""

import os
import time
from pathlib import Path

import pytest

from segcore import paths
from segcore.cli import main
from segcore.runs import list_runs, lock, new_run, sweep_home

OLD = time.time() - 7200


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))


def half_deleted(root: Path, name: str = ".deleted-0123") -> Path:
    run = new_run({"model": "unet"}, name="doomed", root=root)
    (run.path / "lock").touch()
    return run.path.rename(root / name)


def test_an_interrupted_deletion_is_completed_by_the_next_command(capsys: pytest.CaptureFixture[str]) -> None:
    kept = new_run({"model": "unet", "data": ["shapes"], "epochs": 1}, name="kept")
    left = [half_deleted(paths.runs_dir()), half_deleted(paths.jobs_dir())]
    (paths.runs_dir() / ".deleted-link").symlink_to(kept.path)
    assert main(["runs", "list"]) == 0
    assert not any(path.exists() for path in left)
    assert [path.name for path in paths.runs_dir().glob(".deleted*")] == []
    assert [run.name for run in list_runs()] == ["kept"], "a link was deleted, not what it leads to"
    assert "kept" in capsys.readouterr().out


def test_a_deletion_that_another_process_is_at_is_left_to_it() -> None:
    left = half_deleted(paths.runs_dir())
    held = lock.take_lock(left / "lock")
    assert held is not None
    sweep_home()
    assert left.exists()
    held.close()
    sweep_home()
    assert not left.exists()


@pytest.mark.parametrize("is_old", [True, False])
def test_what_was_never_finished_goes_if_nothing_works_on_it(is_old: bool) -> None:
    places = [
        paths.runs_dir() / ".new-0123",
        paths.runs_dir() / "..index.json.ab12.part",
        paths.data_dir() / ".unpacking-ab12",
        paths.downloads_dir() / ".arriving-ab12",
        paths.own_checkpoints_dir() / ".leaf.12.arriving",
    ]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.suffix in (".part", ".arriving"):
            place.write_bytes(b"half")
        else:
            (place / "inner").mkdir(parents=True)
            (place / "inner" / "file").write_bytes(b"half")
            os.utime(place / "inner" / "file", (OLD, OLD))
            os.utime(place / "inner", (OLD, OLD))
        os.utime(place, (OLD, OLD))
        if not is_old and place.is_dir():  # something deep inside was written just now
            (place / "inner" / "file").touch()
        elif not is_old:
            place.touch()
    sweep_home()
    assert [place.exists() for place in places] == [not is_old] * len(places)


def test_other_hidden_files_stay() -> None:
    places = [paths.runs_dir() / ".queue", paths.runs_dir() / ".index.json", paths.data_dir() / ".DS_Store"]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir()
        os.utime(place, (OLD, OLD))
    sweep_home()
    assert all(place.exists() for place in places)

"""Any folder of the folder of runs that holds a run is one, whatever a file manager or a user has called it."""

import os
import shutil
from pathlib import Path

import pytest

from segcore.durable import write_whole
from segcore.errors import BadRun
from segcore.runs import Index, Run, address, change_notes, list_runs, move, new_run, open_run, shown_name
from segcore.runs.names import ADDRESS, name_of_address

NAMES = ["base0 (copy)", "base0.bak", "a,b", "实验 一", "🐈 cat", "-x", "~a", "a%2fb", "100 %", "x[1]*", "y" * 200]


@pytest.fixture
def base(tmp_path: Path) -> Run:
    return new_run({"model": "unet", "data": ["shapes"], "epochs": 2}, name="base0", root=tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_a_copied_folder_is_listed_opened_and_has_an_address(name: str, base: Run, tmp_path: Path) -> None:
    shutil.copytree(base.path, tmp_path / name)
    assert {run.name for run in list_runs(root=tmp_path)} == {"base0", name}
    assert {entry.run.name for entry in Index(tmp_path).read().entries} == {"base0", name}
    run = open_run(name, root=tmp_path)
    assert (run.name, run.status(), run.spec["model"]) == (name, "queued", "unet")
    assert ADDRESS.fullmatch(run.address)
    assert open_run(run.address, root=tmp_path).name == name
    change_notes(run, star=True)
    run.request("stop")
    with pytest.raises(BadRun, match="waits for no device"):
        move(run, -1)
    run.delete()
    assert [run.name for run in list_runs(root=tmp_path)] == ["base0"]


def test_a_name_that_is_no_text_can_be_listed_and_opened(base: Run, tmp_path: Path) -> None:
    name = os.fsdecode(b"base\xff0")
    try:
        shutil.copytree(base.path, tmp_path / name)
    except OSError:
        pytest.skip("this disk takes only names that are text")
    index = Index(tmp_path)
    assert sorted(shown_name(entry.run) for entry in index.read().entries) == ["base0", "base�0"]
    assert Index(tmp_path).read().problems == []
    assert open_run(address(name), root=tmp_path).name == name


@pytest.mark.parametrize("name", [".deleted-1", ".new-1", ".unpacking-1", ".hidden"])
def test_hidden_folders_are_no_runs(name: str, base: Run, tmp_path: Path) -> None:
    shutil.copytree(base.path, tmp_path / name)
    assert [run.name for run in list_runs(root=tmp_path)] == ["base0"]
    for typed in (name, address(name)):
        with pytest.raises(BadRun):
            open_run(typed, root=tmp_path)


@pytest.mark.parametrize("name", ["../secret", "..", ".", "/etc", "a/../../secret", "a\0", "~", "~ä", "~YQ"])
def test_no_name_and_no_address_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    new_run({}, name="a", root=root)
    new_run({}, name="secret", root=tmp_path)
    for typed in (name, address(name)):
        with pytest.raises(BadRun):
            open_run(typed, root=root)


def test_each_name_has_one_address() -> None:
    assert address("unet-2") == "unet-2"
    assert name_of_address(address("a b")) == "a b"
    assert name_of_address("~" + address("x" * 70)[1:] + "=") is None
    assert name_of_address(address("plain").replace("plain", "~cGxhaW4")) is None, "a plain name stands for itself"


def test_a_link_within_the_folder_is_the_same_run(base: Run, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(base.path)
    assert {run.name for run in list_runs(root=tmp_path)} == {"base0", "link"}
    link = open_run("link", root=tmp_path)
    assert link.spec == base.spec
    link.delete()
    assert open_run("base0", root=tmp_path).spec == base.spec, "only the link was deleted"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base0"]


def test_a_shell_follows_a_link_to_another_disk_and_a_page_says_why_it_does_not(tmp_path: Path) -> None:
    elsewhere = new_run({"model": "unet"}, name="far", root=tmp_path / "disk")
    root = tmp_path / "runs"
    root.mkdir()
    (root / "link").symlink_to(elsewhere.path)
    with pytest.raises(BadRun, match="only a link to"):
        open_run("link", root=root)
    assert open_run("link", root=root, follow_links=True).spec == {"model": "unet"}


def test_a_copy_of_a_running_run_does_not_run(base: Run, tmp_path: Path) -> None:
    with base.hold():
        base.emit("state", state="running")
        shutil.copytree(base.path, tmp_path / "base0 (copy)")
        states = {entry.run.name: entry.facts.state for entry in Index(tmp_path).read().entries}
    assert states == {"base0": "running", "base0 (copy)": "lost"}


def test_a_file_with_the_longest_name_can_be_written_atomically(tmp_path: Path) -> None:
    for name in ("x" * 255, "图" * 85):
        write_whole(tmp_path / name, b"1")
        assert (tmp_path / name).read_bytes() == b"1"

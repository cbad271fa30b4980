"""The index is quick and never believes itself more than the folders."""

import json
import threading
from pathlib import Path

import pytest

from segcore.runs import Index, Run, change_notes, new_run, run_index
from segcore.runs import index as index_module
from segcore.runs.index import INDEX_NAME


def ended(root: Path, name: str, **facts: float) -> Run:
    run = new_run({"model": "unet", "data": ["shapes"], "epochs": 2}, name=name, root=root)
    with run.hold():
        run.emit("best", epoch=0, miou=facts.get("miou", 0.5))
        run.emit("state", state="finished")
    return run


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs whose facts were really read."""
    names: list[str] = []
    original = index_module.summary

    def counted(run: Run) -> object:
        names.append(run.name)
        return original(run)

    monkeypatch.setattr(index_module, "summary", counted)
    return names


def states(index: Index) -> dict[str, str]:
    return {entry.run.name: entry.facts.state for entry in index.read().entries}


def test_what_has_ended_is_read_once_and_again_when_it_changes(tmp_path: Path, read: list[str]) -> None:
    one, _ = ended(tmp_path, "one"), ended(tmp_path, "two")
    index = Index(tmp_path)
    assert states(index) == states(index) == {"one": "finished", "two": "finished"}
    assert sorted(read) == ["one", "two"]
    read.clear()
    one.amend({"epochs": 5})
    assert {entry.run.name: entry.facts.epochs for entry in index.read().entries} == {"one": 5, "two": 2}
    change_notes(one, star=True)
    assert next(entry for entry in index.read().entries if entry.run.name == "one").notes.star
    assert read == ["one", "one"]


def test_the_next_process_reads_the_file_and_not_the_folders(tmp_path: Path, read: list[str]) -> None:
    run = ended(tmp_path, "one", miou=0.25)
    change_notes(run, text="好", tags=["a"])
    before = Index(tmp_path).read(sizes=True).entries
    read.clear()
    after = Index(tmp_path).read().entries
    assert read == []
    assert [(e.facts, e.notes, e.size) for e in after] == [(e.facts, e.notes, e.size) for e in before]
    assert after[0].size == run.size()


def test_a_live_run_is_read_at_every_look_and_not_written_down(tmp_path: Path, read: list[str]) -> None:
    run = new_run({"model": "unet"}, name="one", root=tmp_path)
    index = Index(tmp_path)
    assert states(index) == {"one": "queued"}
    with run.hold():
        run.emit("state", state="running")
        read.clear()
        assert states(index) == states(index) == states(Index(tmp_path)) == {"one": "running"}
        assert read == ["one"] * 3
    assert states(index) == states(Index(tmp_path)) == {"one": "lost"}  # no file has changed: the lock is free


def test_deleted_and_new_runs_are_noticed(tmp_path: Path) -> None:
    one = ended(tmp_path, "one")
    index = Index(tmp_path)
    index.read()
    one.delete()
    ended(tmp_path, "two")
    assert set(states(index)) == set(states(Index(tmp_path))) == {"two"}
    ended(tmp_path, "one", miou=0.75)  # another run of the same name
    assert {e.run.name: e.facts.best_miou for e in Index(tmp_path).read().entries} == {"one": 0.75, "two": 0.5}


@pytest.mark.parametrize("damage", ["", "{}", "half", "fields", "value"])
def test_a_damaged_file_is_made_anew(damage: str, tmp_path: Path, read: list[str]) -> None:
    ended(tmp_path, "one")
    Index(tmp_path).read()
    path = tmp_path / INDEX_NAME
    digest, text = path.read_text().split("\n")
    content = json.loads(text)
    damaged = {
        "half": path.read_text()[:-30],
        "fields": f"{digest}\n{json.dumps(content | {'fields': ['name']})}",
        "value": f"{digest}\n{text.replace('0.5', '0.9')}",
    }
    path.write_text(damaged.get(damage, damage))
    read.clear()
    assert Index(tmp_path).read().entries[0].facts.best_miou == 0.5
    assert read == ["one"]
    assert path.read_text() == f"{digest}\n{text}"


def test_a_damaged_run_is_told_and_hides_nobody(tmp_path: Path) -> None:
    ended(tmp_path, "good")
    (ended(tmp_path, "bad").path / "spec.json").write_text("{")
    look = Index(tmp_path).read()
    assert [entry.run.name for entry in look.entries] == ["good"]
    assert len(look.problems) == 1 and "bad" in look.problems[0]


def test_a_folder_that_may_not_be_written_is_read_all_the_same(tmp_path: Path) -> None:
    ended(tmp_path, "one")
    (tmp_path / INDEX_NAME).mkdir()  # nobody can write a file of this name
    assert states(Index(tmp_path)) == {"one": "finished"}


def test_no_folder_is_no_runs(tmp_path: Path) -> None:
    assert Index(tmp_path / "none").read().entries == []


def test_sizes_of_some_are_remembered_for_all(tmp_path: Path) -> None:
    run = ended(tmp_path, "one")
    index = Index(tmp_path)
    assert [entry.size for entry in index.read().entries] == [None]
    assert [entry.size for entry in index.with_sizes(index.read().entries)] == [run.size()]
    assert [entry.size for entry in index.read().entries] == [run.size()]


def test_many_threads_share_one_index(tmp_path: Path) -> None:
    for number in range(5):
        ended(tmp_path, f"run-{number}")
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(len(run_index(tmp_path).read(sizes=True).entries)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [5] * 8

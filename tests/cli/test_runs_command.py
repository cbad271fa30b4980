"""runs: what is shown is what lies in the folders."""

import json
import math
import os
import shutil
import time

import pytest

from segcore.cli import main
from segcore.runs import Run, new_run

CONVENTION = "Counted so."


@pytest.fixture
def finished() -> Run:
    run = new_run({"model": "unet", "data": ["shapes:8:32", "/somewhere/pets"], "epochs": 3, "title": ""}, name="one")
    with run.hold():
        run.emit("setup", classes=["a", "b"])
        run.emit("state", state="running")
        for epoch, miou in enumerate([0.25, 0.75, math.nan]):
            run.emit("val", epoch=epoch, miou=miou, loss=1 / (epoch + 1), convention=CONVENTION)
            if epoch < 2:
                run.emit("best", epoch=epoch, miou=miou)
        run.checkpoint_path("best").touch()
        run.emit("state", state="finished")
    return run


@pytest.fixture
def failed() -> Run:
    run = new_run({"model": "fcn8s", "data": ["shapes"], "epochs": 9}, name="two")
    with run.hold():
        run.log_path.write_text("first line\nlast line\n")
        run.emit("state", state="failed", reason="The disk is full.")
    return run


def test_without_runs_the_list_says_how_to_make_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "list"]) == 0
    assert "python -m segcore train" in capsys.readouterr().out
    assert main(["runs", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_list_is_a_table(finished: Run, failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "list"]) == 0
    _, *rows = [line.split()[:-2] for line in capsys.readouterr().out.splitlines()]
    assert sorted(rows) == [
        ["one", "finished", "unet", "shapes:8:32", "pets", "3/3", "0.750"],
        ["two", "failed", "fcn8s", "shapes", "0/9", "-"],
    ]


def test_the_list_as_json(finished: Run, failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "list", "--json"]) == 0
    runs = {run["name"]: run for run in json.loads(capsys.readouterr().out)}
    assert runs["one"]["best_miou"] == 0.75
    assert runs["one"]["best_epoch"] == 2
    assert runs["one"]["epochs_done"] == 3
    assert runs["one"]["best_checkpoint"] == str(finished.checkpoint_path("best"))
    assert runs["one"]["last_checkpoint"] is None
    assert runs["two"]["state"] == "failed"
    assert runs["two"]["reason"] == "The disk is full."
    assert runs["two"]["best_miou"] is None


def test_a_damaged_run_does_not_hide_the_others(finished: Run, failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    (failed.path / "spec.json").write_text("{")
    assert main(["runs", "list"]) == 0
    said = capsys.readouterr()
    assert "one  " in said.out
    assert "two" in said.err


def test_one_run_in_full(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "show", "one"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [str(finished.path), "finished"]
    assert "data     shapes:8:32 /somewhere/pets" in lines
    assert not any(line.startswith("title") for line in lines), "an empty setting tells nothing"
    assert any(CONVENTION in line for line in lines)
    assert ["2", "0.5000", "0.750"] in [line.split() for line in lines]
    assert ["3", "0.3333", "-"] in [line.split() for line in lines]
    assert lines[-1] == f"best checkpoint: {finished.checkpoint_path('best')}"


def test_one_run_as_json(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "show", "one", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["spec"] == finished.spec
    assert shown["setup"]["classes"] == ["a", "b"]
    assert [each["miou"] for each in shown["validations"]] == [0.25, 0.75, None]


def test_a_failed_run_shows_why_and_the_end_of_its_log(failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "show", "two"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "failed: The disk is full."
    assert lines[-1] == "last line"


def test_a_run_is_asked_to_stop(capsys: pytest.CaptureFixture[str]) -> None:
    run = new_run({"model": "unet", "data": ["shapes"], "epochs": 3}, name="live")
    with run.hold():
        assert main(["runs", "stop", "live"]) == 0
        assert run.requested() == "stop"
        assert "will stop" in capsys.readouterr().out
        assert main(["runs", "stop", "live", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {
            "name": "live",
            "path": str(run.path),
            "state": "stopping",
        }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "nothing"], 'There is no run "nothing"'),
        (["stop", "nothing"], 'There is no run "nothing"'),
        (["show", "../one"], "cannot name a run"),
        (["stop", "one"], "is finished"),
    ],
)
def test_mistakes_get_a_sentence(
    words: list[str], sentence: str, finished: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", *words]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.out == ""


def test_a_deleted_run_is_not_listed(finished: Run, failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(failed.path)
    assert main(["runs", "list", "--json"]) == 0
    assert [run["name"] for run in json.loads(capsys.readouterr().out)] == ["one"]


def test_keep_needs_a_finished_epoch(failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "keep", "two", "--as", "mine"]) == 2
    assert "no best checkpoint" in capsys.readouterr().err


# What changes a run: the process is a stand-in, or the test holds the lock itself


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Runs that would have been started, in their order."""
    started: list[Run] = []

    def start_nothing(run: Run, **_: object) -> int:
        started.append(run)
        return 1

    monkeypatch.setattr("segcore.runs.launcher.start", start_nothing)
    monkeypatch.setattr("segcore.cli.runs.start", start_nothing)
    return started


@pytest.mark.parametrize(
    ("words", "request_word", "sentence"),
    [
        (["stop", "live", "--after-epoch"], "stop_after_epoch", "after the current epoch"),
        (["pause", "live"], "pause", "runs resume"),
    ],
)
def test_a_run_is_asked(words: list[str], request_word: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    run = new_run({"model": "unet"}, name="live")
    with run.hold():
        assert main(["runs", *words]) == 0
        assert run.requested() == request_word
    assert sentence in capsys.readouterr().out


def test_a_failed_run_goes_on_with_a_lower_rate(no_process: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    run = settled("failed")
    assert main(["runs", "resume", "settled", "--set", "learning_rate=0.0001", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "settled"
    assert [each.name for each in no_process] == ["settled"]
    assert run.plan["learning_rate"] == 0.0001
    assert run.spec["learning_rate"] == 0.001, "what was first asked for stays readable"


def settled(state: str) -> Run:
    """A run with a complete spec that has ended."""
    from segcore.train import make_config

    run = new_run(make_config({"data": ["shapes:8:32"], "epochs": 3}).to_json(), name="settled")
    with run.hold():
        run.emit("state", state=state)
    return run


def test_a_finished_run_is_extended(no_process: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    run = settled("finished")
    assert main(["runs", "resume", "settled"]) == 2
    assert "runs extend" in capsys.readouterr().err
    assert main(["runs", "extend", "settled", "4"]) == 0
    assert "to epoch 7" in capsys.readouterr().out
    assert run.plan["epochs"] == 7
    assert main(["runs", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["epochs"] == 7
    assert main(["runs", "extend", "settled", "0"]) == 2
    assert [each.name for each in no_process] == ["settled"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("model=segnet", ["model cannot change", "runs clone settled"]),
        ("learning_rate=-1", ["learning_rate", "greater than 0"]),
        ("epochs", ["NAME=VALUE"]),
    ],
)
def test_a_run_cannot_become_another_one(
    change: str, words: list[str], no_process: list[Run], capsys: pytest.CaptureFixture[str]
) -> None:
    run = settled("stopped")
    assert main(["runs", "resume", "settled", "--set", change]) == 2
    said = capsys.readouterr().err
    assert all(word in said for word in words)
    assert no_process == []
    assert run.plan == run.spec


def test_a_clone_is_a_new_run_with_changes(no_process: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    old = settled("failed")
    old.amend({"epochs": 5})
    assert main(["runs", "clone", "settled", "--as", "second", "--set", "batch_size=2", "options.width=4"]) == 0
    assert [each.name for each in no_process] == ["second"]
    spec = no_process[0].spec
    assert spec == old.plan | {"batch_size": 2, "options": {"width": 4}}
    assert main(["runs", "clone", "settled", "--set", "batch_size=0"]) == 2
    assert "batch_size" in capsys.readouterr().err
    assert len(no_process) == 1


def test_delete_says_how_much_and_wants_a_yes(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    finished.checkpoint_path("best").write_bytes(b"x" * 5_000_000)
    assert main(["runs", "delete", "one"]) == 0
    said = capsys.readouterr().out
    assert "5.1 MB" in said  # 64 kB are the space that is kept for a full disk
    assert "--yes" in said
    assert finished.path.is_dir()
    assert main(["runs", "delete", "one", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] > 5_000_000
    assert not finished.path.exists()
    assert list(finished.path.parent.iterdir()) == []


def test_a_waiting_run_is_moved(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    line = finished.path.parent / ".queue" / "cuda-0"
    line.mkdir(parents=True)
    with new_run({"model": "unet"}, name="live").hold(), new_run({"model": "unet"}, name="next").hold():
        (line / "next.ticket").write_text("7")
        (line / "live.ticket").write_text("8")
        assert main(["runs", "move", "live", "up"]) == 0
        assert "live, next" in capsys.readouterr().out
        assert main(["runs", "move", "live", "back", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["waiting"] == ["next", "live"]
        assert main(["runs", "queue"]) == 0
        assert capsys.readouterr().out.splitlines()[1].split() == ["cuda:0", "1", "-", "next", "live"]
        assert main(["runs", "queue", "--device", "cuda:0", "--limit", "3", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == [
            {"device": "cuda:0", "limit": 3, "using": [], "waiting": ["next", "live"]}
        ]
    assert main(["runs", "move", "one", "front"]) == 2
    assert "is finished and waits for no device" in capsys.readouterr().err
    assert main(["runs", "queue"]) == 0
    assert "No run uses" in capsys.readouterr().out


def test_a_run_that_is_worked_on_is_not_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    run = new_run({"model": "unet"}, name="live")
    with run.hold():
        assert main(["runs", "delete", "live", "--yes"]) == 2
    assert "runs stop" in capsys.readouterr().err
    assert run.path.is_dir()


def test_epochs_that_were_undone_do_not_count(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with finished.hold(again=True):
        finished.emit("resumed", epoch=1, step=10)
        finished.emit("val", epoch=1, miou=0.5, loss=0.1, convention=CONVENTION)
        finished.emit("best", epoch=1, miou=0.5)
        finished.emit("state", state="finished")
    assert main(["runs", "list", "--json"]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert (facts["epochs_done"], facts["best_miou"], facts["best_epoch"]) == (2, 0.5, 2)


# What people say about a run


def names(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["runs", "list", *words, "--json"]) == 0
    return [run["name"] for run in json.loads(capsys.readouterr().out)]


def test_notes_tags_stars_and_the_archive(finished: Run, failed: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "note", "one", "Dice helps\nsecond line"]) == 0
    assert main(["runs", "tag", "one", "Base", "b", "--json"]) == 0
    assert main(["runs", "tag", "one", "base", "--remove"]) == 0
    assert main(["runs", "star", "one"]) == 0
    assert main(["runs", "archive", "two"]) == 0
    assert "archived" in capsys.readouterr().out.splitlines()[-1]
    assert main(["runs", "note", "one"]) == 0
    assert capsys.readouterr().out == "Dice helps\nsecond line\n"
    assert main(["runs", "list"]) == 0
    _, row = capsys.readouterr().out.splitlines()
    assert row.startswith("one") and row.endswith("* #b Dice helps")
    assert names(capsys) == names(capsys, "--starred") == names(capsys, "--tag", "B") == ["one"]
    assert names(capsys, "--archived") == names(capsys, "--all", "--state", "failed") == ["two"]
    assert names(capsys, "--all", "--sort", "name", "--reverse") == ["one", "two"]
    assert names(capsys, "--search", "DICE pets") == ["one"]
    assert names(capsys, "--model", "fcn8s") == []
    assert main(["runs", "list", "--model", "fcn8s"]) == 0
    assert "--all" in capsys.readouterr().out
    assert main(["runs", "archive", "two", "--off"]) == main(["runs", "star", "one", "--off"]) == 0
    assert main(["runs", "note", "one", ""]) == 0
    capsys.readouterr()
    assert sorted(names(capsys)) == ["one", "two"]
    assert main(["runs", "note", "one", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "name": "one",
        "note": "",
        "tags": ["b"],
        "starred": False,
        "archived": False,
    }


def test_a_run_has_another_name_everywhere_and_keeps_its_folder(
    finished: Run, failed: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "rename", "one", "  leaves,\nwith <b>Dice</b> "]) == 0
    assert "“leaves, with <b>Dice</b>”" in capsys.readouterr().out
    assert main(["runs", "list"]) == 0
    assert "“leaves, with <b>Dice</b>”" in capsys.readouterr().out
    assert main(["runs", "list", "--search", "dice", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["name"], found["display_name"]) == ("one", "leaves, with <b>Dice</b>")
    assert main(["runs", "show", "leaves, with <b>Dice</b>"]) == 0, "also by that name"
    assert capsys.readouterr().out.splitlines()[0] == str(finished.path)
    assert main(["runs", "rename", "two", "leaves, with <b>Dice</b>"]) == 0
    assert main(["runs", "show", "leaves, with <b>Dice</b>"]) == 2, "now there are two"
    assert "one, two" in capsys.readouterr().err.replace("two, one", "one, two")
    assert main(["runs", "rename", "one", "x" * 81]) == 2
    assert "at most 80" in capsys.readouterr().err
    assert main(["runs", "rename", "one", ""]) == 0
    assert "no other name" in capsys.readouterr().out
    assert main(["runs", "list", "--json"]) == 0
    names = {run["name"]: run["display_name"] for run in json.loads(capsys.readouterr().out)}
    assert names["one"] == "one"


@pytest.mark.parametrize("name", ["-x", "-h2", "base0 (copy)", "base0.bak", "实验 🐈", "a,b", "--odd"])
def test_every_verb_reaches_a_folder_with_any_name(
    name: str, finished: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished.path, finished.path.parent / name)
    reached = [["--", name]] if name.startswith("--") else [["--", name], [name], [f"./{name}"]]
    for words in reached:
        assert main(["runs", "show", *words]) == 0, words
        assert capsys.readouterr().out.splitlines()[0] == str(finished.path.parent / name)
    typed = f"./{name}" if name.startswith("--") else name
    for verb in ("stop", "pause"):
        assert main(["runs", verb, typed]) == 2
        assert "is finished" in capsys.readouterr().err
    for words in (
        ["show", typed, "--json"], ["note", typed, "a note"], ["tag", typed, "t"], ["star", typed], ["archive", typed],
        ["rename", typed, "another"], ["export", typed, "--to", "csv", "--out", str(finished.path.parent / "x.csv")],
        ["delete", typed], ["delete", typed, "--yes"],
    ):  # fmt: skip
        assert main(["runs", *words]) == 0, words
    assert not (finished.path.parent / name).exists()


def test_a_name_that_cannot_be_printed_has_one_that_can(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(finished.path, finished.path.parent / os.fsdecode(b"odd\xff"))
    assert main(["runs", "list", "--json"]) == 0
    (name,) = [run["name"] for run in json.loads(capsys.readouterr().out) if run["name"] != "one"]
    assert name.startswith("~") and main(["runs", "show", name]) == 0
    assert main(["runs", "list"]) == 0
    assert "odd�" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("events.jsonl", '{"kind": "val", "time": "x", "epoch": [1], "miou": "good"}\n[1]\n{"a": 1}\n\x00\xff\n'),
        ("events.jsonl", '{"kind": "state"}\n{"kind": "best", "epoch": null, "miou": {}}\n'),
        ("events.jsonl", '{"kind": "setup", "time": null}\n{"kind": "step", "time": {}}\n'),
        ("events.jsonl", '{"kind": "amended", "time": 1, "changes": 5}\n'),
        ("spec.json", '{"data": 5}'),
        ("spec.json", '{"data": [null, {"a": 1}], "epochs": [2], "model": 7}'),
        ("spec.json", "[" * 100_000),
        ("notes.json", '{"name": 5, "text": [], "tags": {"a": 1}, "star": "x"}'),
        ("notes.json", "[" * 60_000),
    ],
)
def test_whatever_is_in_the_files_of_one_run_the_others_are_listed(
    file: str, text: str, finished: Run, failed: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (failed.path / file).write_text(text, encoding="latin-1")
    assert main(["runs", "list"]) == 0
    said = capsys.readouterr()
    assert "one  " in said.out
    assert "two" in said.out + said.err
    assert "Traceback" not in said.err
    assert main(["runs", "list", "--json"]) == 0
    assert "one" in [run["name"] for run in json.loads(capsys.readouterr().out)]


def test_a_stalled_run_states_what_can_be_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = new_run({"model": "unet", "data": ["shapes"], "epochs": 3}, name="hung")
    with run.hold():
        run.emit("setup", steps_per_epoch=10)
        for step in range(3):
            run.emit("step", epoch=0, step=step)
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 300)
        assert main(["runs", "list", "--state", "stalled"]) == 0
        assert "stalled" in capsys.readouterr().out
        assert main(["runs", "show", "hung"]) == 0
        said = capsys.readouterr().out
        assert "Nothing has happened for 5 min" in said and "step 2" in said and "runs stop hung --now" in said
        assert main(["runs", "resume", "hung"]) == 2
        assert "stalled" in capsys.readouterr().err
        assert main(["runs", "stop", "hung"]) == 0
        assert "--now" in capsys.readouterr().err

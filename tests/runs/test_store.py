import json
import math
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from segcore.errors import BadRun
from segcore.runs import Run, list_runs, new_run, open_run, run_at
from segcore.runs.lock import take_lock

SPEC = {"model": "unet", "data": ["shapes"], "epochs": 3}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return new_run(SPEC, root=tmp_path)


# Making and finding


def test_a_new_run_has_its_spec_and_its_folders(run: Run) -> None:
    assert run.spec == SPEC
    assert run.samples_dir.is_dir()
    assert run.checkpoint_path("best").parent.is_dir()
    assert run.checkpoint_path("last").name == "last.safetensors"
    assert not run.checkpoint_path("best").exists()


def test_runs_live_under_segcore_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))
    run = new_run(SPEC)
    assert run.path.parent == tmp_path / "runs"
    assert open_run(run.name).spec == SPEC
    assert [each.name for each in list_runs()] == [run.name]


@pytest.mark.parametrize(
    ("data", "middle"),
    [
        (["shapes:200"], "unet-shapes"),
        (["/somewhere/camvid/train"], "unet-camvid"),
        (["data/pets", "data/coco_voc/"], "unet-pets-cocovoc"),
        (["数据"], "unet"),
    ],
)
def test_a_made_up_name_tells_time_model_and_data(tmp_path: Path, data: list[str], middle: str) -> None:
    name = new_run({"model": "unet", "data": data}, root=tmp_path).name
    day, minute, *words, tail = name.split("-")
    assert "-".join(words) == middle
    assert time.strptime(f"{day}-{minute}", "%Y%m%d-%H%M")
    assert len(tail) == 4


def test_many_datasets_do_not_make_a_name_too_long(tmp_path: Path) -> None:
    run = new_run({"model": "deeplabv3plus", "data": [f"dataset{i}" for i in range(40)]}, root=tmp_path)
    assert len(run.name) <= 64
    assert open_run(run.name, root=tmp_path).spec["model"] == "deeplabv3plus"


@pytest.mark.parametrize("name", ["", ".", "..", "../evil", "a/b", "a b", "a.b", "ü", "x" * 65, "a\n"])
def test_names_that_could_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRun, match="cannot name a run"):
        new_run(SPEC, name=name, root=tmp_path)
    with pytest.raises(BadRun, match="cannot name a run"):
        open_run(name, root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_link_out_of_the_folder_of_runs_is_no_run(tmp_path: Path) -> None:
    elsewhere = new_run(SPEC, name="secret", root=tmp_path / "elsewhere")
    root = tmp_path / "runs"
    root.mkdir()
    (root / "link").symlink_to(elsewhere.path)
    with pytest.raises(BadRun, match="no run"):
        open_run("link", root=root)


def test_a_taken_name_is_refused_and_the_run_of_that_name_is_untouched(tmp_path: Path) -> None:
    new_run(SPEC, name="mine", root=tmp_path)
    with pytest.raises(BadRun, match='already is a run "mine"'):
        new_run({"model": "other"}, name="mine", root=tmp_path)
    assert open_run("mine", root=tmp_path).spec == SPEC
    assert [path.name for path in tmp_path.iterdir()] == ["mine"], "nothing half made may stay behind"


def test_a_run_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(BadRun, match="No space left"):
        new_run(SPEC, root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_spec_that_is_not_json_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        new_run({"rate": math.nan}, root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_missing_and_broken_runs_get_a_sentence(tmp_path: Path, run: Run) -> None:
    with pytest.raises(BadRun, match='There is no run "nothing"'):
        open_run("nothing", root=tmp_path)
    with pytest.raises(BadRun, match="is no run"):
        run_at(tmp_path)
    (run.path / "spec.json").write_text("{")
    with pytest.raises(BadRun, match="cannot be read"):
        _ = open_run(run.name, root=tmp_path).spec
    (run.path / "spec.json").write_text("[1]")
    with pytest.raises(BadRun, match="expected a JSON object"):
        _ = run_at(run.path).spec


def test_threads_of_a_process_may_speak_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that is filling up a line is written in pieces; no other line may come between them."""
    write = os.write

    def write_a_piece(descriptor: int, line: bytes) -> int:
        time.sleep(0.0002)  # another thread's chance
        return write(descriptor, line[:20])

    monkeypatch.setattr(os, "write", write_a_piece)
    speakers = [
        threading.Thread(target=lambda: [run.emit("meter", text="x" * 50) for _ in range(20)]) for _ in range(4)
    ]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join()
    events, _ = run.events()
    assert [event["text"] for event in events] == ["x" * 50] * 80
    assert len(run.events_path.read_bytes().splitlines()) == 80


def test_only_two_checkpoints_have_a_place(run: Run) -> None:
    with pytest.raises(ValueError, match="best"):
        run.checkpoint_path("../x")  # type: ignore[arg-type]


def test_a_thousand_runs_are_listed_at_once_the_newest_first(tmp_path: Path) -> None:
    for index in range(1000):
        folder = tmp_path / f"run-{index}"
        folder.mkdir()
        (folder / "spec.json").write_text(json.dumps(SPEC))
        os.utime(folder / "spec.json", (index, index))
        steps = "".join(f'{{"kind": "step", "time": 1.0, "step": {step}}}\n' for step in range(20))
        (folder / "events.jsonl").write_text(f'{steps}{{"kind": "state", "time": 2.0, "state": "finished"}}\n')
    (tmp_path / "no-run").mkdir()
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".new-0123").mkdir()

    started = time.process_time()  # not the clock: other programs may want the processor too
    runs = list_runs(root=tmp_path)
    states = {run.status() for run in runs}
    seconds = time.process_time() - started

    started = time.process_time()
    for run in runs:
        json.loads((run.path / "spec.json").read_text())
        [json.loads(line) for line in run.events_path.read_text().splitlines()]
    parsing = time.process_time() - started

    assert [run.name for run in runs] == [f"run-{index}" for index in reversed(range(1000))]
    assert states == {"finished"}
    assert seconds < 4 * parsing, "about as long as to read and parse the files"


def test_no_folder_of_runs_means_no_runs(tmp_path: Path) -> None:
    assert list_runs(root=tmp_path / "none") == []


# Events


def test_events_come_back_in_order_with_time_and_kind(run: Run) -> None:
    before = time.time()
    written = run.emit("step", step=1, loss=0.5)
    run.emit("val", miou=0.25, classes=("cat", "dog"), per_class={"cat": 0.5, "dog": 0.0})
    events, _ = run.events()
    assert events[0] == written
    assert [event["kind"] for event in events] == ["step", "val"]
    assert before - 0.001 <= events[0]["time"] <= events[1]["time"] <= time.time() + 0.001
    assert events[1]["classes"] == ["cat", "dog"]
    assert events[1]["per_class"] == {"cat": 0.5, "dog": 0.0}


def test_each_read_goes_on_where_the_last_one_ended(run: Run) -> None:
    assert run.events() == ([], 0)
    run.emit("step", step=0)
    first, offset = run.events()
    run.emit("step", step=1)
    run.emit("val", miou=0.5)
    second, end = run.events(offset)
    assert [len(first), len(second)] == [1, 2]
    assert run.events(end) == ([], end)
    assert run.events(end + 1000) == ([], end + 1000)


def test_kinds_are_chosen_without_the_others(run: Run) -> None:
    for step in range(3):
        run.emit("step", step=step)
        run.emit("step_like", step=step)
        run.emit("val", epoch=step)
    events, _ = run.events(kinds=("val",))
    assert [event["epoch"] for event in events] == [0, 1, 2]
    assert {event["kind"] for event in run.events(kinds=("step",))[0]} == {"step"}
    assert run.events(kinds=())[0] == []


def test_a_half_written_last_line_waits_for_the_next_read(run: Run) -> None:
    run.emit("step", step=0)
    with run.events_path.open("ab") as file:
        file.write(b'{"kind": "step", "time": 1.0, ')
    events, offset = run.events()
    assert [event["step"] for event in events] == [0]
    with run.events_path.open("ab") as file:
        file.write(b'"step": 1}\n')
    events, _ = run.events(offset)
    assert [event["step"] for event in events] == [1]


def test_the_half_line_of_a_killed_writer_harms_neither_reader_nor_next_writer(run: Run) -> None:
    run.emit("state", state="running")
    with run.events_path.open("ab") as file:
        file.write(b'{"kind": "state", "time": 1.0, "sta')
    assert run.last("state") == run.events()[0][0]
    run.emit("step", step=7)
    events, _ = run.events()
    assert [event["kind"] for event in events] == ["state", "step"]
    assert run.last("state") is not None
    assert run.last("state")["state"] == "running"  # type: ignore[index]


def test_last_finds_the_newest_of_a_kind_wherever_it_stands(run: Run) -> None:
    assert run.last("val") is None
    run.events_path.touch()
    assert run.last("val") is None
    run.emit("val", epoch=0)
    assert run.last("val")["epoch"] == 0  # type: ignore[index]
    run.emit("val", epoch=1)
    for step in range(3):
        run.emit("step", step=step, note='{"kind": "val", "epoch": 9}\n{"kind": "val"}')
    assert run.last("val")["epoch"] == 1  # type: ignore[index]
    assert run.last("sample") is None


def test_numbers_of_numpy_become_plain_and_what_json_cannot_write_becomes_null(run: Run) -> None:
    run.emit(
        "val",
        loss=np.float32(0.5),
        steps=np.int64(3),
        ready=np.bool_(True),
        counts=np.array([[1, 2], [3, 4]]),
        iou=[0.5, math.nan, np.float64("nan"), np.array([math.inf])],
        rate=-math.inf,
        path=Path("a/b"),
        nothing=None,
    )
    event = json.loads(run.events_path.read_text(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert event["loss"] == 0.5
    assert event["steps"] == 3
    assert event["ready"] is True
    assert event["counts"] == [[1, 2], [3, 4]]
    assert event["iou"] == [0.5, None, None, [None]]
    assert event["rate"] is None
    assert Path(event["path"]) == Path("a/b")
    assert event["nothing"] is None


def test_texts_keep_their_letters_and_stay_on_one_line(run: Run) -> None:
    run.emit("note", text="第一行\nÜber\r\u2028end")
    run.emit("note", text="2")
    assert run.events()[0][0]["text"] == "第一行\nÜber\r\u2028end"
    assert run.events_path.read_bytes().count(b"\n") == 2


def test_wrong_events_are_wrong_calls(run: Run) -> None:
    with pytest.raises(ValueError, match="kind"):
        run.emit('x", "y')
    with pytest.raises(ValueError, match="object"):
        run.emit("step", loss=object())
    with pytest.raises(ValueError, match="itself"):
        run.emit("step", kind="val")
    assert run.events() == ([], 0)


# The state


def test_a_run_that_nobody_started_is_queued(run: Run) -> None:
    assert run.status() == "queued"


def test_while_the_lock_is_held_the_run_is_what_it_says(run: Run) -> None:
    with run.hold():
        assert run.status() == "starting"
        run.emit("state", state="running")
        assert run.status() == "running"
        run.request("stop")
        assert run.requested() == "stop"
        assert run.status() == "stopping"
        run.emit("state", state="stopped")
        assert run.status() == "stopped"
    assert run.status() == "stopped"


def test_a_lock_that_is_free_without_a_last_word_means_lost(run: Run) -> None:
    with run.hold():
        run.emit("state", state="running")
    assert run.status() == "lost"


def test_a_lock_that_is_held_before_the_first_word_means_starting(run: Run) -> None:
    held = take_lock(run.path / "lock")
    assert held is not None
    assert run.status() == "starting"
    held.close()


def test_two_cannot_work_on_one_run(run: Run) -> None:
    with run.hold(), pytest.raises(BadRun, match="another process"), run_at(run.path).hold():
        pytest.fail("the second one must not get in")


@pytest.mark.parametrize("word", ["running", "finished"])
def test_a_run_is_started_once(run: Run, word: str) -> None:
    with run.hold():
        run.emit("state", state=word)
    with pytest.raises(BadRun, match="started before"), run.hold():
        pytest.fail("a run must not be trained twice")
    assert run.status() == ("lost" if word == "running" else "finished"), "and the refusal changes nothing"


def test_a_run_that_has_ended_cannot_be_stopped(run: Run) -> None:
    with run.hold():
        run.emit("state", state="finished")
    with pytest.raises(BadRun, match="is finished"):
        run.request("stop")
    assert run.requested() is None


def test_a_queued_run_can_be_asked_to_stop_and_the_wish_is_kept(run: Run) -> None:
    run.request("stop")
    assert run.status() == "queued"
    with run.hold():
        assert run.requested() == "stop"
        assert run.status() == "stopping"


def test_a_run_that_ends_between_two_looks_is_not_called_lost(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file says "running", then the process ends properly, then the lock is found free."""
    from segcore.runs import lock

    working = run.hold()
    working.__enter__()
    run.emit("state", state="running")
    look = lock.is_locked

    def ends_just_before(path: Path) -> bool:
        monkeypatch.setattr(lock, "is_locked", look)
        run.emit("state", state="finished")
        working.__exit__(None, None, None)
        return look(path)

    monkeypatch.setattr(lock, "is_locked", ends_just_before)
    assert run.status() == "finished"

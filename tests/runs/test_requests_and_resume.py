"""A run that ended can go on: who may start it again, what it is asked, and which of its events still count."""

import threading
from pathlib import Path

import pytest

from segcore.errors import BadRun
from segcore.runs import Run, extend, new_run, resume, without_undone


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return new_run({"model": "unet", "epochs": 3}, name="a-run", root=tmp_path)


def end(run: Run, state: str) -> None:
    with run.hold(again=True):
        run.emit("state", state=state)


def step(number: int, epoch: int, loss: float) -> dict[str, object]:
    return {"kind": "step", "step": number, "epoch": epoch, "loss": loss}


def test_what_is_done_again_counts_once() -> None:
    val = {"kind": "val", "epoch": 0, "miou": 0.5}
    state = {"kind": "state", "state": "running"}
    resumed = {"kind": "resumed", "epoch": 1, "step": 3}
    again = {"kind": "resumed", "epoch": 0, "step": 1}
    old = [state, step(0, 0, 9), step(1, 0, 8), val, step(2, 1, 7), step(3, 1, 6), {"kind": "val", "epoch": 1}]
    assert without_undone([*old, resumed, step(3, 1, 5)]) == [
        *(state, step(0, 0, 9), step(1, 0, 8), val, step(2, 1, 7), resumed, step(3, 1, 5))
    ]
    assert without_undone([*old, resumed, again]) == [state, step(0, 0, 9), resumed, again]
    assert without_undone(old) == old


def test_the_timeline_of_some_kinds_needs_nothing_but_them(run: Run) -> None:
    with run.hold():
        for epoch in range(3):
            run.emit("step", epoch=epoch, step=epoch)
            run.emit("val", epoch=epoch, step=epoch + 1)
        run.emit("resumed", epoch=1, step=1)
    assert [(event["kind"], event["epoch"]) for event in run.timeline(["val", "resumed"])] == [
        ("val", 0),
        ("resumed", 1),
    ]
    assert [(event["kind"], event["epoch"]) for event in run.timeline(["val"])] == [("val", 0)]


def test_the_last_request_holds(run: Run) -> None:
    assert run.requested() is None
    run.request("stop_after_epoch")
    run.request("pause")
    assert run.requested() == "pause"
    with pytest.raises(ValueError, match="a request is one of"):
        run.request("explode")  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["paused", "stopped", "finished", "failed"])
def test_an_ended_run_can_be_held_again_and_old_wishes_are_forgotten(run: Run, state: str) -> None:
    with run.hold():
        run.request("pause")
        run.emit("state", state=state)
    assert run.status() == state
    with run.hold(again=True):
        assert run.requested() is None
        assert run.status() == "starting"
        run.emit("state", state="queued")
        assert run.status() == "queued"
        run.request("stop")
        assert run.status() == "stopping"
    assert run.status() == "lost"


def test_a_process_that_has_said_its_last_word_is_waited_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who presses "Go on" the moment that a run is paused must not hear that somebody works on it."""
    held = run.take()
    run.emit("state", state="paused")
    leaving = threading.Timer(0.3, held.close)
    leaving.start()
    run.take(again=True).close()
    leaving.join()
    busy = run.take(again=True)
    with pytest.raises(BadRun, match="another process"):
        run.take(again=True)
    run.emit("state", state="stopped")
    monkeypatch.setattr("segcore.runs.store._EXIT_SECONDS", 0.1)
    with pytest.raises(BadRun, match="another process"):
        run.take(again=True)
    busy.close()


def test_amendments_come_after_the_spec(run: Run) -> None:
    end(run, "failed")
    run.amend({"epochs": 5, "rate": 1})
    run.amend({"rate": 2})
    assert run.plan == {"model": "unet", "epochs": 5, "rate": 2}
    assert run.spec == {"model": "unet", "epochs": 3}
    assert run.status() == "failed"


def test_who_may_go_on(run: Run) -> None:
    with run.hold():
        with pytest.raises(BadRun, match="is starting"):
            resume(run)
        with pytest.raises(BadRun, match="pause it or wait"):
            extend(run, 2)
        with pytest.raises(BadRun, match="another process"):
            run.amend({"epochs": 9})
        run.emit("state", state="finished")
    with pytest.raises(BadRun, match="runs extend"):
        resume(run)
    with pytest.raises(BadRun, match="1 epoch or more"):
        extend(run, 0)
    assert run.plan["epochs"] == 3


def test_what_a_killed_writer_left_is_swept_away(run: Run) -> None:
    leftover = run.path / "checkpoints" / ".last.safetensors.abc.part"
    leftover.touch()
    with run.hold():
        assert not leftover.exists()


def test_a_lost_run_knows_whether_the_machine_was_rebooted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from segcore.runs import store

    monkeypatch.setattr(store, "boot_id", lambda: "monday")
    with run.hold():
        run.emit("state", state="running")
        assert run.cause() == ""
    assert run.cause() == "killed"
    monkeypatch.setattr(store, "boot_id", lambda: "tuesday")
    assert run.cause() == "rebooted"
    end(run, "finished")
    assert run.cause() == ""


def test_a_full_disk_does_not_keep_a_run_from_saying_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is played: it takes nothing more while the reserve lies on it."""
    import os

    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if (run.path / "reserve").exists():
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    with run.hold():
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            run.emit("step", step=1)
        assert (run.path / "reserve").exists(), "only the last word is worth it"
        run.emit("state", state="failed", cause="disk_full")
    assert run.status() == "failed"

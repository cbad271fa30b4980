"""The remaining time of a run includes its validations, and does not jump when one begins or ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segcore.runs import Run, new_run, store, summary

STEPS, IMAGES, EPOCHS = 10, 85, 5
TRAINING, VALIDATION = 100.0, 60.0
"""Seconds of an epoch."""


class Clock:
    """The time as the events of a run will have it."""

    now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(store.time, "time", made.time)
    return made


@pytest.fixture
def run(tmp_path: Path, clock: Clock) -> Iterator[Run]:
    made = new_run({"model": "unet", "data": ["shapes"], "epochs": EPOCHS}, name="one", root=tmp_path)
    with made.hold():
        yield made


def trained(run: Run, clock: Clock, *, epochs: range, ratio: float | None) -> Iterator[None]:
    """Events of a steady training; yields after each."""
    setup: dict[str, Any] = {"steps_per_epoch": STEPS, "device": "cpu"}
    run.emit("setup", **setup | ({} if ratio is None else {"val_pixel_ratio": ratio}))
    if epochs.start:
        run.emit("resumed", epoch=epochs.start, step=epochs.start * STEPS)
    run.emit("state", state="running")
    for epoch in epochs:
        for step in range(STEPS):
            clock.now += TRAINING / STEPS
            run.emit("step", epoch=epoch, step=epoch * STEPS + step, loss=1.0)
            yield
        for done in range(0, IMAGES + 1, 5):
            clock.now += VALIDATION / (IMAGES // 5 + 1)
            seconds = VALIDATION * done / IMAGES
            run.emit("validating", epoch=epoch, step=(epoch + 1) * STEPS, done=done, total=IMAGES, seconds=seconds)
            yield
        run.emit("val", epoch=epoch, step=(epoch + 1) * STEPS, miou=0.5, train_seconds=TRAINING)
        yield


def test_the_estimate_holds_from_the_first_step_on_and_never_jumps(run: Run, clock: Clock) -> None:
    end = clock.now + EPOCHS * (TRAINING + VALIDATION)
    before: float | None = None
    for _ in trained(run, clock, epochs=range(EPOCHS), ratio=1.26):
        facts = summary(run)
        assert facts.left_range is not None and facts.left is not None
        low, high = facts.left_range
        truth = end - clock.now
        assert 0.8 * low - 10 <= truth <= 1.2 * high + 10, (truth, low, high)
        if before is not None:
            assert abs(facts.left - before) < 0.12 * EPOCHS * (TRAINING + VALIDATION), "no jump"
            assert truth > 300 or facts.left <= before + 15, "towards the end hardly at all"
        before = facts.left
    assert before == pytest.approx(0, abs=5)


def test_the_last_validation_counts(run: Run, clock: Clock) -> None:
    """All steps are done, and one validation of a minute is left."""
    for _ in trained(run, clock, epochs=range(EPOCHS), ratio=None):
        facts = summary(run)
        if facts.validating == (5, IMAGES) and facts.done == EPOCHS - 1:
            assert facts.left == pytest.approx(VALIDATION * 80 / 85, rel=0.15)
            return
    raise AssertionError("no validation was seen")


def test_a_validation_in_progress_is_told_and_ends(run: Run, clock: Clock) -> None:
    seen = []
    for _ in trained(run, clock, epochs=range(2), ratio=None):
        seen.append(summary(run).validating)
    per_epoch = STEPS + IMAGES // 5 + 2
    assert seen[:STEPS] == [None] * STEPS
    assert seen[STEPS] is None, "it may be over within a second"
    assert seen[STEPS + 1 : per_epoch - 1] == [(done, IMAGES) for done in range(5, IMAGES + 1, 5)]
    assert seen[per_epoch - 1] is None, "the validation is complete"
    assert seen[per_epoch] is None, "and the next epoch is trained"


def test_a_run_that_ended_within_a_validation_does_not_validate(run: Run, clock: Clock) -> None:
    for _ in trained(run, clock, epochs=range(1), ratio=None):
        if summary(run).validating == (40, IMAGES):
            break
    run.emit("state", state="stopped")
    assert summary(run).validating is None
    run.emit("setup", steps_per_epoch=STEPS, device="cpu")
    run.emit("resumed", epoch=0, step=STEPS)
    run.emit("state", state="running")
    assert summary(run).validating is None, "it has to begin anew"


def test_the_pause_is_no_work_while_a_resumed_run_starts(run: Run, clock: Clock) -> None:
    for _ in trained(run, clock, epochs=range(1), ratio=None):
        pass
    run.emit("state", state="paused")
    worked = summary(run).took
    clock.now += 10_000
    for state in ("queued", "starting"):
        run.emit("state", state=state)
        assert summary(run).took == worked

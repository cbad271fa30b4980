"""One run in a few facts, also where it was paused, killed and resumed."""

from pathlib import Path
from typing import Any

import pytest

from segcore.runs import Run, new_run, store, summary


class Clock:
    """The time as the events of a run will have it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(store.time, "time", made.time)
    return made


def told(run: Run, clock: Clock, seconds: float, kind: str, **facts: Any) -> None:
    clock.now += seconds
    run.emit(kind, **facts)


def sitting(run: Run, clock: Clock, epochs: range, miou: float) -> None:
    told(run, clock, 5, "setup", steps_per_epoch=10, device="cpu")
    if epochs.start:
        told(run, clock, 0, "resumed", epoch=epochs.start, step=10 * epochs.start)
    told(run, clock, 0, "state", state="running")
    for epoch in epochs:
        told(run, clock, 5, "step", epoch=epoch, step=10 * epoch + 5, images_per_second=8.0)
        told(run, clock, 5, "val", epoch=epoch, step=10 * epoch + 10, miou=miou + epoch / 100)
        told(run, clock, 0, "best", epoch=epoch, miou=miou + epoch / 100)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return new_run({"model": "unet", "data": ["/data/leaves", "shapes"], "epochs": 10}, name="one", root=tmp_path)


def test_a_run_that_was_only_made(run: Run) -> None:
    facts = summary(run)
    assert (facts.state, facts.data, facts.epochs, facts.done) == ("queued", "leaves, shapes", 10, 0)
    assert (facts.best_miou, facts.took, facts.left, facts.device) == (None, None, None, "")


def test_time_left_comes_from_the_pace_so_far(run: Run, clock: Clock) -> None:
    with run.hold():
        sitting(run, clock, range(4), 0.5)
        facts = summary(run)
    assert (facts.done, facts.best_epoch, facts.best_miou) == (4, 4, pytest.approx(0.53))
    assert facts.took == 40  # ten seconds an epoch
    assert facts.left_range == (pytest.approx(57), pytest.approx(63)), "six epochs of ten seconds, give or take"


def test_time_left_after_a_pause_comes_from_the_pace_since_then(run: Run, clock: Clock) -> None:
    with run.hold():
        sitting(run, clock, range(6), 0.5)
        told(run, clock, 0, "state", state="paused")
    clock.now += 10_000
    with run.hold(again=True):
        sitting(run, clock, range(6, 8), 0.5)
        facts = summary(run)
    assert facts.left == pytest.approx(20, rel=0.1)
    assert facts.took == 80, "the pause does not count"


def test_what_was_undone_does_not_count(run: Run, clock: Clock) -> None:
    with run.hold():
        sitting(run, clock, range(6), 0.5)  # then killed
    with run.hold(again=True):
        sitting(run, clock, range(3, 3), 0.0)
        facts = summary(run)
        assert (facts.done, facts.best_epoch, facts.best_miou) == (3, 3, pytest.approx(0.52))
        assert facts.images_per_second is None, "no step since then"
        told(run, clock, 5, "step", epoch=3, step=35, images_per_second=9.0)
        assert summary(run).images_per_second == 9.0


@pytest.mark.parametrize("plan", [{}, {"epochs": "many", "data": []}])
def test_a_plan_that_says_little_is_no_trouble(plan: dict[str, Any], tmp_path: Path) -> None:
    facts = summary(new_run(plan, root=tmp_path))
    assert (facts.model, facts.data, facts.epochs) == ("", "", 0)

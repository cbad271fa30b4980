"""What a running run tells in passing: how long it still takes, and what it uses of its machine."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from segcore.runs import Run, new_run, summary
from segcore.runs.eta import Range
from segcore.runs.lock import take_lock
from tests.ui.made_runs import made_run
from tests.ui.test_runs_page import html, open_page
from ui.runs.meters import meter_tiles
from ui.widgets import run_text

STEPS = 10
"""Of an epoch."""


class Clock:
    """The time that events are stamped with."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("segcore.runs.store.time.time", made.time)
    return made


@contextmanager
def at_work(run: Run) -> Iterator[None]:
    held = take_lock(run.path / "lock")
    assert held is not None
    try:
        yield
    finally:
        held.close()


def begun(clock: Clock, epochs: int = 10) -> Run:
    run = new_run({"model": "unet", "data": ["shapes"], "epochs": epochs}, name="run")
    run.emit("state", state="starting")
    run.emit("setup", classes=[], colours=[], steps_per_epoch=STEPS, device="cpu")
    run.emit("state", state="running")
    return run


def train(run: Run, clock: Clock, epoch: int, seconds: float, *, first: int = 0) -> None:
    """One epoch: its steps, then a validation that takes a fifth as long again."""
    for step in range(first, STEPS):
        clock.now += seconds / 1.2 / STEPS
        run.emit("step", epoch=epoch, step=epoch * STEPS + step, loss=1.0, images_per_second=1.0)
    clock.now += seconds - seconds / 1.2
    run.emit("val", epoch=epoch, step=(epoch + 1) * STEPS, miou=0.5, loss=1.0)


def left(run: Run) -> Range:
    with at_work(run):
        found = summary(run).left_range
    assert found is not None
    return found


def test_nothing_is_promised_before_the_first_step(clock: Clock) -> None:
    run = begun(clock)
    with at_work(run):
        assert summary(run).left_range is None
        assert summary(run).left is None


def test_within_the_first_epoch_the_steps_tell(clock: Clock) -> None:
    run = begun(clock)
    for step in range(5):
        clock.now += 1
        run.emit("step", epoch=0, step=step, loss=1.0)
    low, high = left(run)
    assert low == pytest.approx(95), "95 steps of a second, without any validation"
    assert high > low


def test_later_the_shortest_and_the_longest_epoch_tell(clock: Clock) -> None:
    run = begun(clock)
    for epoch, seconds in enumerate([500, 60, 80, 70]):
        train(run, clock, epoch, seconds)
    assert left(run) == pytest.approx((6 * 60, 6 * 80)), "the first epoch warms up and does not count"


def test_steady_epochs_still_leave_a_doubt(clock: Clock) -> None:
    run = begun(clock)
    for epoch in range(4):
        train(run, clock, epoch, 100)
    assert left(run) == pytest.approx((570, 630))


def test_a_pause_is_no_long_epoch(clock: Clock) -> None:
    run = begun(clock)
    for epoch in range(4):
        train(run, clock, epoch, 100)
    clock.now += 1e6
    run.emit("setup", classes=[], colours=[], steps_per_epoch=STEPS, device="cpu")
    run.emit("resumed", epoch=4, step=40)
    run.emit("state", state="running")
    assert left(run) == pytest.approx((570, 630))
    train(run, clock, 4, 100)
    assert left(run) == pytest.approx((475, 525))


def test_steps_that_were_undone_are_done_again(clock: Clock) -> None:
    run = begun(clock)
    for epoch in range(3):
        train(run, clock, epoch, 100)
    for step in range(30, 38):
        run.emit("step", epoch=3, step=step, loss=1.0)
    before = left(run)
    clock.now += 50
    run.emit("setup", classes=[], colours=[], steps_per_epoch=STEPS, device="cpu")
    run.emit("resumed", epoch=3, step=30)
    run.emit("state", state="running")
    assert left(run)[0] > before[0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        ((1.2, 4.4), "1–4 s"),
        ((34, 51), "35–50 s"),
        ((59.6, 60.2), "60 s"),
        ((170, 250), "3–4 min"),
        ((185, 200), "3 min"),
        ((20, 100), "1–2 min"),
        ((3500, 5000), "1–1.4 h"),
        ((90_000, 90_100), "25 h"),
    ],
)
def test_a_range_is_as_exact_as_anybody_can_know(seconds: Range | None, text: str) -> None:
    assert run_text.span(seconds) == text


CARD = {"gpu_percent": 71, "gpu_memory_used_mb": 6200, "gpu_memory_total_mb": 140_000, "gpu_celsius": 54}
MACHINE = {
    **{"cpu_percent": 93.4, "cores": 16, "run_cpu_percent": 212.0, "run_memory_mb": 5120},
    **{"memory_used_mb": 12_000, "memory_total_mb": 64_000, "disk_free_mb": 120_000},
}


def values(run: Run) -> list[tuple[str, str, str]]:
    with at_work(run):
        return [(tile.value, tile.note, tile.tone) for tile in meter_tiles(run, summary(run))]


def test_meters_of_the_processor(clock: Clock) -> None:
    run = begun(clock)
    run.emit("meter", **MACHINE)
    assert values(run) == [
        ("93 %", "this run: 2.1 of 16 cores", ""),
        ("12.0 / 64 GB", "this run: 5.1 GB", ""),
        ("120 GB", "", ""),
    ]


def test_meters_of_a_card(clock: Clock) -> None:
    run = begun(clock)
    run.emit("setup", steps_per_epoch=STEPS, device="cuda:0")
    run.emit("meter", **MACHINE, **CARD)
    assert values(run)[2:4] == [("71 %", "54 °C", ""), ("6.2 / 140 GB", "", "")]


def test_what_is_full_is_marked(clock: Clock) -> None:
    run = begun(clock)
    run.emit("meter", **MACHINE | {"memory_used_mb": 62_000, "disk_free_mb": 900})
    assert [tone for _, _, tone in values(run)] == ["", "bad", "bad"]


def test_before_the_first_reading_the_tiles_are_there_already(clock: Clock) -> None:
    run = begun(clock)
    run.emit("meter", **MACHINE)  # of the process before
    clock.now += 100
    run.emit("setup", steps_per_epoch=STEPS, device="cuda:0")
    assert values(run) == [("—", "", "")] * 5


def test_a_run_that_ended_uses_nothing() -> None:
    run = made_run("done")
    run.emit("meter", **MACHINE)
    assert meter_tiles(run, summary(run)) == []


def test_the_page_shows_them() -> None:
    run = made_run("busy", state="running", done=2)
    run.emit("meter", **MACHINE)
    with at_work(run):
        text = html(open_page("busy"))
    assert "this run: 2.1 of 16 cores" in text and "120 GB" in text
    assert "Time left" in text and "title=" in text

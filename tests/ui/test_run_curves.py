"""Events → lines: thinned without losing a spike, continued from an offset, and true after a resumed run."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.runs import MOST_POINTS, thinned
from tests.ui.made_runs import made_run
from ui.api.run_curves import lines, news
from ui.components.curves import RUN_COLOURS, run_colours

VALUES = st.one_of(st.none(), st.floats(-1e6, 1e6))


def test_the_lines_of_a_run() -> None:
    answer = news(made_run("a"), 0)
    assert (answer["state"], answer["since"], answer["steps_per_epoch"]) == ("finished", 0, 10)
    assert [point[0] for point in answer["lines"]["train_loss"]] == list(range(30))
    assert [point[2] for point in answer["lines"]["miou"]] == [0.2, 0.6, 0.5]
    assert [point[2] for point in answer["lines"]["iou.1"]] == [None, None, None]


def test_asking_again_brings_only_what_is_new() -> None:
    run = made_run("a", state="running", done=1)
    first = news(run, 0)
    assert news(run, first["offset"])["lines"] == {}
    run.emit("step", epoch=1, step=10, loss=0.25, gradient_norm=1.0, rate=0.1)
    again = news(run, first["offset"])
    assert again["since"] == first["offset"]
    assert [(step, value) for step, _, value in again["lines"]["train_loss"]] == [(10, 0.25)]


def test_an_offset_behind_the_end_gets_everything() -> None:
    answer = news(made_run("a"), 10**9)
    assert answer["since"] == 0 and len(answer["lines"]["train_loss"]) == 30


def test_what_a_resumed_run_does_again_is_told_once() -> None:
    run = made_run("a", state="failed", done=3)
    offset = news(run, 0)["offset"]
    run.emit("resumed", epoch=1, step=10)
    run.emit("step", epoch=1, step=10, loss=9.0, gradient_norm=1.0, rate=0.1)
    answer = news(run, offset)
    assert answer["since"] == 0
    assert [(step, value) for step, _, value in answer["lines"]["train_loss"]][-2:] == [(9, 0.1), (10, 9.0)]
    assert len(answer["lines"]["miou"]) == 1


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.lists(VALUES, max_size=300), st.integers(4, 40))
def test_thinning_keeps_extremes_order_and_ends(values: list[float | None], most: int) -> None:
    points = [(step, float(step), value) for step, value in enumerate(values)]
    kept = thinned(points, most)
    assert len(kept) <= max(most, 0) or len(points) <= most
    assert kept == sorted(kept, key=lambda point: point[0]) and set(kept) <= set(points)
    if points:
        assert (kept[0], kept[-1]) == (points[0], points[-1])
    numbers = [value for value in values if value is not None]
    if numbers:
        assert {min(numbers), max(numbers)} <= {point[2] for point in kept}


@pytest.mark.parametrize("gap", [1, 777, 50_000, 99_998])
def test_a_gap_of_one_nan_survives_thinning(gap: int) -> None:
    """Between spikes, too: the line must break where the loss was no number."""
    points = [(step, float(step), None if step == gap else math.sin(step)) for step in range(100_000)]
    kept = thinned(points)
    assert len(kept) <= MOST_POINTS
    assert [point[0] for point in kept if point[2] is None] == [gap]
    assert kept == sorted(kept)


def test_a_step_without_labels_is_no_point_of_the_loss() -> None:
    events = [
        {"kind": "step", "step": 0, "time": 0.0, "loss": 1.0, "rate": 0.1},
        {"kind": "step", "step": 1, "time": 0.0, "loss": 0.0, "rate": 0.1, "unlabelled": True},
        {"kind": "step", "step": 2, "time": 0.0, "loss": None, "rate": 0.1},
    ]
    found = lines(events)
    assert [(step, value) for step, _, value in found["train_loss"]] == [(0, 1.0), (2, None)]
    assert len(found["rate"]) == 3


def test_a_long_run_sends_no_more_than_a_screen_can_show() -> None:
    events = [
        {"kind": "step", "step": step, "time": 0.0, "loss": 100.0 if step == 77_777 else math.sin(step)}
        for step in range(100_000)
    ]
    kept = thinned(lines(events)["train_loss"])
    assert len(kept) <= MOST_POINTS
    assert 100.0 in [point[2] for point in kept]


@pytest.mark.parametrize("state", [None, "failed"])
def test_a_run_without_numbers_has_no_lines(state: str | None) -> None:
    answer = news(made_run("a", state=state, done=0), 0)
    assert answer["lines"] == {}


def test_meters_bring_whatever_numbers_they_have() -> None:
    run = made_run("a", state="running", done=1)
    offset = news(run, 0)["offset"]
    run.emit("meter", cpu_percent=50.5, gpu_percent=None, warp_mb=900, host="here", busy=True, cores=8)
    answer = news(run, offset)
    assert {name: points[0][::2] for name, points in answer["lines"].items()} == {
        "meter.cpu_percent": (9, 50.5),
        "meter.warp_mb": (9, 900),
    }


def test_a_run_that_went_on_began_when_it_first_began() -> None:
    run = made_run("a", state="failed", done=1)
    began = news(run, 0)["began"]
    run.emit("setup", classes=[], colours=[], steps_per_epoch=10)
    run.emit("resumed", epoch=0, step=0)
    assert began is not None
    assert news(run, 0)["began"] == began


def test_runs_shown_together_have_different_colours() -> None:
    names = [f"run-{number}" for number in range(len(RUN_COLOURS))]
    assert len(set(run_colours(names).values())) == len(RUN_COLOURS)
    assert run_colours(names)["run-0"] == run_colours(["run-0"])["run-0"]

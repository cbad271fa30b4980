"""The learning rate finder: on problems whose stable rates are known, and with a real network."""

import math

import numpy as np
import pytest

from segcore.errors import BadConfig
from segcore.job_context import Cancelled, JobContext
from segcore.train import make_config
from segcore.train.checks.lr_finder import Sweep, question, rates_between, smoothed, suggest, sweep, work
from tests.train.small import SMALL

RATES = rates_between(1e-6, 10, 120)


def quadratic(curvature: float, start: float = 10.0):
    """Gradient descent on f(x) = c/2 x²: stable exactly for rates below 2 / c."""
    x = start

    def step(rate: float) -> float:
        nonlocal x
        loss = curvature / 2 * x**2
        x -= rate * curvature * x
        return loss

    return step


@pytest.mark.parametrize("curvature", [0.5, 3.0, 40.0, 2000.0])
def test_on_a_quadratic_the_suggestion_is_stable_and_not_timid(curvature: float) -> None:
    found = sweep(RATES, quadratic(curvature))
    suggestion = suggest(found, len(RATES))
    assert suggestion is not None
    assert 2e-3 / curvature < suggestion.rate < 2 / curvature


def test_divergence_ends_the_sweep_soon_after_the_limit() -> None:
    found = sweep(RATES, quadratic(40.0))
    assert found.diverged
    assert 2 / 40 < found.rates[-1] < 40 / 40, "the rates up to 10 are never tried"
    assert len(found.rates) == len(found.losses)
    assert all(map(math.isfinite, found.losses))


def test_a_loss_that_is_no_number_ends_the_sweep_and_is_left_out() -> None:
    losses = iter([1.0, 0.9, math.nan, 0.5])
    found = sweep((1e-3, 1e-2, 1e-1, 1.0), lambda _: next(losses))
    assert found == Sweep((1e-3, 1e-2), (1.0, 0.9), diverged=True)


def test_noise_alone_is_no_divergence_and_no_suggestion() -> None:
    noise = np.random.default_rng(0).normal(1.0, 0.05, len(RATES)).tolist()
    found = sweep(RATES, lambda _: noise.pop())
    assert not found.diverged and len(found.rates) == len(RATES)
    assert suggest(found, len(RATES)) is None


def test_a_loss_that_falls_to_the_end_has_no_minimum() -> None:
    found = Sweep(RATES, tuple(np.linspace(2, 1, len(RATES)).tolist()), diverged=False)
    suggestion = suggest(found, len(RATES))
    assert suggestion is not None
    assert (suggestion.rule, suggestion.minimum) == ("steepest", None)


def test_the_smaller_rule_is_taken() -> None:
    """A cliff just before the minimum: the steepest place is too near the edge."""
    log_rate = np.log10(RATES)
    loss = np.where(log_rate < -2, 2.0, np.where(log_rate < -1.5, 2.0 - 3 * (log_rate + 2), 0.5 + (log_rate + 1.5)))
    suggestion = suggest(Sweep(RATES, tuple(loss.tolist()), diverged=False), len(RATES))
    assert suggestion is not None and suggestion.minimum is not None
    assert suggestion.rule == "minimum"
    assert suggestion.rate == pytest.approx(suggestion.minimum / 10, rel=0.05)
    assert suggestion.rate < suggestion.steepest


def test_smoothing_is_centred_and_keeps_a_constant() -> None:
    assert smoothed([3.0] * 50, 50) == pytest.approx(3.0)
    step = smoothed([1.0] * 50 + [0.0] * 50, 100)
    assert step[49] > 0.5 > step[50] and step[49] + step[50] == pytest.approx(1.0)


@pytest.mark.parametrize(("lowest", "highest", "steps"), [(0, 1, 50), (1, 0.1, 50), (1e-6, 1, 3), (1e-6, 1, 10**6)])
def test_rates_that_make_no_sense_are_refused(lowest: float, highest: float, steps: int) -> None:
    with pytest.raises(BadConfig):
        rates_between(lowest, highest, steps)


def test_the_question_is_the_same_whatever_rate_and_schedule_are_set() -> None:
    one = make_config(SMALL)
    other = make_config(SMALL | {"learning_rate": 0.5, "schedule": "cosine", "warmup": 1.0, "epochs": 9, "title": "x"})
    assert question(one) == question(other)
    assert question(one) != question(make_config(SMALL | {"optimiser": "sgd"}))
    make_config(question(other)["config"])  # still a sound configuration


def run_work(tmp_path, monkeypatch, cancelled=lambda: False, **changes):
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))
    events = []
    settings = question(make_config(SMALL | changes), lowest=1e-4, highest=100, steps=40)
    try:
        found = work(settings, JobContext(tmp_path, lambda kind, **values: events.append((kind, values)), cancelled))
    except Cancelled:
        found = None
    return found, events


def test_a_real_network_twice_gives_the_same_curve(tmp_path, monkeypatch) -> None:
    found, events = run_work(tmp_path, monkeypatch)
    assert found is not None
    assert found["rate"] is not None and found["rule"] in ("steepest", "minimum")
    assert found["rates"][0] <= found["rate"] < 1
    done = [values["done"] for _, values in events if values.get("doing") == "sweeping"]
    assert done == list(range(1, len(done) + 1)) and len(done) >= len(found["losses"])
    again, _ = run_work(tmp_path, monkeypatch)
    assert again is not None and again["losses"] == found["losses"] and again["rate"] == found["rate"]
    assert not list(tmp_path.rglob("*.safetensors")), "nothing of it is kept"


def test_a_real_network_can_be_cancelled(tmp_path, monkeypatch) -> None:
    answers = iter([False] * 5)
    found, events = run_work(tmp_path, monkeypatch, lambda: next(answers, True))
    assert found is None
    assert len([1 for _, values in events if values.get("doing") == "sweeping"]) < 10

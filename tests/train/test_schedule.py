"""The learning-rate schedules: end points, shape, and the score-driven rules."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.train.schedule import ONE_CYCLE_START, epochs_without_gain, plateau_factor, rate_factor

NAMES = ["constant", "poly", "cosine", "one_cycle", "plateau"]


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=25, derandomize=True)
@given(total=st.integers(1, 500), warmup=st.integers(0, 50), data=st.data())
def test_factor_is_always_between_zero_and_one(name, total, warmup, data):
    step = data.draw(st.integers(0, total - 1))
    assert 0.0 <= rate_factor(name, step, total, warmup_steps=min(warmup, total - 1)) <= 1.0


def test_known_points():
    assert rate_factor("poly", 0, 100) == 1.0
    assert rate_factor("poly", 50, 100, power=0.9) == pytest.approx(0.5**0.9)
    assert rate_factor("poly", 50, 100, power=2.0) == pytest.approx(0.25)
    assert rate_factor("cosine", 50, 100) == pytest.approx(0.5)
    assert rate_factor("cosine", 99, 100) < 0.001
    assert rate_factor("one_cycle", 0, 100) == pytest.approx(ONE_CYCLE_START)
    assert rate_factor("one_cycle", 30, 100) == pytest.approx(1.0)
    assert rate_factor("constant", 99, 100) == 1.0


@pytest.mark.parametrize("name", NAMES)
def test_warmup_rises_in_equal_steps_and_meets_the_schedule(name):
    rising = [rate_factor(name, step, 100, warmup_steps=4) for step in range(4)]
    assert rising == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert rate_factor(name, 4, 100, warmup_steps=4) == rate_factor(name, 0, 96)


@pytest.mark.parametrize("name", ["poly", "cosine"])
def test_falls_all_the_way(name):
    factors = [rate_factor(name, step, 200) for step in range(200)]
    assert all(later < earlier for earlier, later in pairwise(factors))


def test_unknown_name():
    with pytest.raises(ValueError, match="stairs"):
        rate_factor("stairs", 0, 10)


def test_plateau_waits_then_lowers_and_begins_to_wait_anew():
    assert plateau_factor([], patience=2, factor=0.1) == 1.0
    assert plateau_factor([0.5, 0.4], patience=2, factor=0.1) == 1.0
    assert plateau_factor([0.5, 0.4, 0.5], patience=2, factor=0.1) == pytest.approx(0.1)
    assert plateau_factor([0.5, 0.4, 0.4, 0.4], patience=2, factor=0.1) == pytest.approx(0.1)
    assert plateau_factor([0.5, 0.4, 0.4, 0.4, 0.4], patience=2, factor=0.1) == pytest.approx(0.01)
    assert plateau_factor([0.5, 0.4, 0.6, 0.4], patience=2, factor=0.1) == 1.0


def test_epochs_without_gain_counts_nan_as_no_gain():
    assert epochs_without_gain([]) == 0
    assert epochs_without_gain([0.1, 0.2, 0.3]) == 0
    assert epochs_without_gain([0.3, 0.2, math.nan]) == 2
    assert epochs_without_gain([0.3, 0.3]) == 1

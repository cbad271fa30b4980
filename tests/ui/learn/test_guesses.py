"""The answer to every prediction, computed again at the values of all controls: it is on offer and it is right."""

import math
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from segcore.explain import tasks
from segcore.explain.descent import HIGH, LOW
from tests.ui.learn.lesson_pages import result_of
from ui.learn import landing_map
from ui.learn.controls import Choice, Control, Slider, Switch
from ui.learn.formulas import digits
from ui.learn.guess import ChoiceGuess, NumberGuess, lowest
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson
from ui.learn.saliency import TENTH
from ui.learn.table import LESSONS

SLOW = ("families", "stress", "skips", "why", "tasks", "receptive_field", "boxes")
"""Lessons that apply a network for each setting."""
ALL = [pytest.param(lesson, id=lesson.name) for lesson in LESSONS.values()]


def values_of(control: Control) -> list[Any]:
    """The values of a control: all of a menu, the ends and the middle of a slider."""
    match control:
        case Choice():
            return list(control.options)
        case Switch():
            return [False, True]
        case Slider():
            middle = control.low + round((control.high - control.low) / control.step / 2) * control.step
            return [type(control.default)(value) for value in (control.low, middle, control.high)]
        case PhotoControl():
            return ["coffee", "rocket"]
        case CheckpointControl(architecture=""):
            return ["everyday", "shapes"]
    return []


def stations_of(lesson: Lesson[Any]) -> list[dict[str, Any]]:
    """The first settings, and those of each step of the tour."""
    return [lesson.defaults, *(lesson.defaults | dict(step) for step in lesson.steps.values())]


def settings_of(lesson: Lesson[Any]) -> Iterator[dict[str, Any]]:
    """From the first two stations, every control moved by itself; in quick tests of slow lessons the stations only."""
    yield from stations_of(lesson)
    for control in (*lesson.controls, *lesson.more):
        for value in values_of(control):
            for station in stations_of(lesson)[:2]:
                yield station | {control.name: value}


@pytest.mark.parametrize("lesson", ALL)
def test_the_right_answer_is_on_offer_at_every_station(lesson: Lesson[Any]) -> None:
    _is_on_offer(lesson, stations_of(lesson))


@pytest.mark.parametrize("lesson", [each for each in ALL if each.id not in SLOW])
def test_the_right_answer_is_on_offer_whatever_the_settings(lesson: Lesson[Any]) -> None:
    _is_on_offer(lesson, settings_of(lesson))


@pytest.mark.long
@pytest.mark.parametrize("name", SLOW)
def test_the_right_answer_is_on_offer_whatever_network_and_photo(name: str) -> None:
    _is_on_offer(LESSONS[name], settings_of(LESSONS[name]))


def _is_on_offer(lesson: Lesson[Any], of: Iterable[dict[str, Any]]) -> None:
    for settings in of:
        result = lesson.functions.compute(settings)
        question = lesson.predict(result)
        assert question and "{" not in question, settings
        guess = lesson.guess
        if not guess.is_open(result):
            assert (lesson.name, settings.get("method")) == ("why", "occlusion"), settings
        elif isinstance(guess, ChoiceGuess):
            right = guess.right(result)
            assert right and set(right) <= set(guess.options), settings
            verdicts = {option: guess.compare(lesson.name, result, option).right for option in guess.options}
            assert verdicts == {option: option in right for option in guess.options}
        elif isinstance(guess, NumberGuess):
            truth = guess.truth(result)
            assert math.isfinite(truth) and guess.low <= truth <= guess.high, (settings, truth)
            steps = [guess.low + n * guess.step for n in range(round((guess.high - guess.low) / guess.step) + 1)]
            assert any(guess.compare(lesson.name, result, value).right for value in steps)
        check = lesson.functions.check(result, Random(0))
        assert check.answer in check.options and len(set(check.options.values())) == len(check.options)


def moved(name: str) -> Iterator[Any]:
    return (LESSONS[name].functions.compute(settings) for settings in settings_of(LESSONS[name]))


def right(name: str, result: Any) -> tuple[str, ...]:
    guess = LESSONS[name].guess
    assert isinstance(guess, ChoiceGuess)
    return guess.right(result)


def test_why_a_logit_that_rises_in_both_cases_falls_in_neither() -> None:
    lesson, seen = LESSONS["why"], set()
    for settings in stations_of(lesson):
        result = lesson.functions.compute(settings)
        if not result.kept:
            continue
        hot, chance = result.kept[0] - result.kept[TENTH], result.random[0] - result.random[TENTH]
        (answer,) = right("why", result)
        seen.add(answer)
        if hot <= 0 and chance <= 0:
            assert answer == "neither"
        elif answer == "same":
            assert abs(hot - chance) <= 0.1 * abs(result.random[0])
        else:
            assert answer == ("more" if hot > chance else "less")
    assert {"more", "neither"} <= seen
    first = result_of(lesson)
    assert first.kept[TENTH] > first.kept[0] and first.random[TENTH] > first.random[0]
    assert right("why", first) == ("neither",)


def test_tasks_counts_the_components_of_the_marked_class() -> None:
    lesson, seen = LESSONS["tasks"], set()
    for gap in (-8, 0, 2, 8):
        for pixel in ((330, 300), (330, 620), (800, 380), (10, 10)):
            result = result_of(lesson, gap=gap, pixel=pixel)
            mask = result.answers["classes"] == result.class_here
            parts = tasks.connected_components(mask.astype(np.uint8))
            sizes = [int((parts == number).sum()) for number in range(1, parts.max() + 1)]
            count = sum(size >= 12 or number == parts[result.pixel] for number, size in enumerate(sizes, 1))
            assert right("tasks", result) == ({1: "one", 2: "two"}.get(count, "more"),)
            seen.add(count)
    assert {1, 2} <= seen


def test_upsampling_compares_the_largest_with_the_smallest_of_pytorchs_output() -> None:
    seen = set()
    for settings in settings_of(LESSONS["upsampling"]):
        if settings["way"] != "transposed":
            continue
        result = LESSONS["upsampling"].functions.compute(settings)
        row = torch.tensor(result.found.row)
        wide = F.conv_transpose2d(
            torch.ones(1, 1, 64, 64, dtype=row.dtype), torch.outer(row, row)[None, None], stride=settings["stride"]
        )
        inside = wide[0, 0, 24:-24, 24:-24]
        low, high = float(inside.min()), float(inside.max())
        answer = "holes" if low < 1e-9 else "even" if high / low < 1.001 else "below" if high < 3 * low else "above"
        assert right("upsampling", result) == (answer,)
        seen.add(answer)
    assert {"even", "above", "holes"} <= seen


def test_logits_compares_what_the_table_shows() -> None:
    for result in moved("logits"):
        z = result.before.z
        u = (z + result.constant) / result.temperature
        shown = np.argsort(-u, kind="stable")[:6]
        outputs = {
            "softmax": [np.exp(v - v.max()) / np.exp(v - v.max()).sum() for v in (z, u)],
            "sigmoid": [1 / (1 + np.exp(-v)) for v in (z, u)],
        }
        changed = [
            name for name, (before, now) in outputs.items() if any(f"{before[k]:.3f}" != f"{now[k]:.3f}" for k in shown)
        ]
        assert right("logits", result) == (
            ("neither",) if not changed else ("both",) if len(changed) == 2 else tuple(changed)
        )


def test_the_lowest_of_three_may_be_several() -> None:
    assert lowest({"a": 0.5, "b": 0.5002, "c": 0.6}) == ("a", "b")
    assert lowest({"a": math.nan, "b": 0.2}) == ("b",)
    assert lowest({"a": math.nan}) == ()


def test_skips_stress_and_families_name_the_extreme_of_their_tables() -> None:
    for result in map(LESSONS["skips"].functions.compute, stations_of(LESSONS["skips"])):
        scores = [measured.boundary_f for measured in result.cut]
        for option in right("skips", result):
            assert scores[("first", "second", "third", "fourth").index(option)] <= min(scores) + 6e-4
    for result in map(LESSONS["stress"].functions.compute, stations_of(LESSONS["stress"])):
        assert all(result.rivals[option] <= min(result.rivals.values()) + 6e-4 for option in right("stress", result))
    for result in map(LESSONS["families"].functions.compute, stations_of(LESSONS["families"])):
        (option,) = right("families", result)
        assert result.anatomies[option].macs == max(
            of.macs for name, of in result.anatomies.items() if name in LESSONS["families"].guess.options
        )


def test_descent_says_where_the_step_lands_beyond_the_map_too() -> None:
    lesson = LESSONS["descent"]
    for result in moved("descent"):
        after = result.strides[0].after
        inside = landing_map.on_map(after)
        place = landing_map.place_of(after)
        assert landing_map.weights_at(place) == pytest.approx(inside)
        verdict = lesson.guess.compare("descent", result, inside)
        assert verdict.right and digits(round(after[0], 1)) in verdict.truth
        far = (LOW if inside[0] > 4 else HIGH, inside[1])
        assert not lesson.guess.compare("descent", result, far).right


def test_the_question_states_the_settings_it_is_about() -> None:
    for name, settings, words in [
        ("logits", {"constant": -3}, ["-3 is added"]),
        ("logits", {"temperature": 2.0}, ["divided by 2"]),
        ("metrics", {"shift": 4}, ["4 px"]),
        ("losses", {"loss": "dice", "side": 3}, ["9 pixels", "Dice"]),
        ("overfitting", {"pictures": "128", "decay": "medium"}, ["128 images of 64", "weight decay 0.1"]),
        ("tasks", {"gap": 5}, ["5 px apart"]),
        ("tasks", {"gap": -2}, ["Two discs touch", "How many connected components does the marked class form?"]),
        ("boxes", {"scales": "three", "match": 0.7}, ["16, 32, 64", "0.70"]),
        ("upsampling", {"stride": 4}, ["4 pixels further"]),
        ("upsampling", {"way": "bilinear"}, ["Bilinear"]),
        ("skips", {"instead": "zeros"}, ["zeros"]),
        ("augmentation", {"move": "rotate", "follow": True}, ["Rotate", "together"]),
        ("descent", {"optimiser": "adam"}, ["Adam"]),
    ]:
        question = LESSONS[name].predict(result_of(LESSONS[name], **settings))
        assert all(each in question for each in words), (name, question)

"""How a learner predicts the result before it is shown: a choice or a number; also `ui.learn.landing_map`.

The question is ``Lesson.predict``; a choice has the texts ``lesson.<lesson>.guess.<option>``. A lesson opens at any
settings, so the answer is computed from the result and never written down: tests/ui/learn/test_guesses.py computes it
again for the values of all controls.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import streamlit as st

from ui.learn.formulas import digits
from ui.text import t

Result = TypeVar("Result")
Result_contra = TypeVar("Result_contra", contravariant=True)


@dataclass(frozen=True)
class Verdict:
    """A guess compared with the result."""

    right: bool  # whether it was correct or close enough
    guessed: str  # as text
    truth: str  # the result, as text


class Guess(Protocol[Result_contra]):
    """A way to predict."""

    def is_open(self, result: Result_contra) -> bool:
        """Whether there is an answer; a result that still has to be computed has none."""

    def prompt(self, lesson: str, result: Result_contra, key: str) -> Any:
        """Draw the widget; the guess once there is one, else None."""

    def compare(self, lesson: str, result: Result_contra, guess: Any) -> Verdict:
        """Compare a guess with the result."""


@dataclass(frozen=True)
class ChoiceGuess(Generic[Result]):
    """One of several options."""

    options: tuple[str, ...]  # names, the same in all languages
    right: Callable[[Result], tuple[str, ...]]  # the correct option, several if they are equal; () while there is none

    def is_open(self, result: Result) -> bool:
        """Whether an option is correct."""
        return bool(self.right(result))

    def prompt(self, lesson: str, result: Result, key: str) -> str | None:
        """Buttons; a press is the guess."""
        with st.container(horizontal=True, gap="small", key=f"{key}.options"):
            for option in self.options:
                if st.button(t(f"lesson.{lesson}.guess.{option}"), key=f"{key}.{option}"):
                    return option
        return None

    def compare(self, lesson: str, result: Result, guess: str) -> Verdict:
        """Any of the correct options is correct."""
        right = self.right(result)
        shown = " = ".join(t(f"lesson.{lesson}.guess.{option}") for option in right)
        return Verdict(guess in right, t(f"lesson.{lesson}.guess.{guess}"), shown)


def lowest(values: Mapping[str, float], tolerance: float = 5e-4) -> tuple[str, ...]:
    """Return the options with the smallest value: all that equal it in the three decimals that are shown.

    Values that are not numbers do not take part; without a number there is no answer.
    """
    known = {name: value for name, value in values.items() if not math.isnan(value)}
    return tuple(name for name, value in known.items() if value <= min(known.values()) + tolerance)


@dataclass(frozen=True)
class NumberGuess(Generic[Result]):
    """A number."""

    low: float  # end of the slider
    high: float  # the other end
    step: float  # of the slider
    truth: Callable[[Result], float]  # the resulting number
    near: float  # largest difference that counts as correct

    def is_open(self, result: Result) -> bool:
        """Whether the number exists."""
        return math.isfinite(self.truth(result))

    def prompt(self, lesson: str, result: Result, key: str) -> float | None:
        """A slider and a button."""
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key=f"{key}.options"):
            amount, middle = f"{key}.amount", (self.low + self.high) / 2
            value = st.slider(t("learn.guess.amount"), self.low, self.high, middle, self.step, key=amount, width=360)
            return float(value) if st.button(t("learn.guess.enter"), type="primary", key=f"{key}.enter") else None

    def compare(self, lesson: str, result: Result, guess: float) -> Verdict:
        """Close enough is correct."""
        truth = self.truth(result)
        return Verdict(abs(guess - truth) <= self.near + 1e-9, digits(guess), digits(truth))

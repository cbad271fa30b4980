"""How a learner predicts, before anything is shown: a choice, a number, or a place in an image.

Words: ``lesson.<lesson>.predict`` asks; a choice has ``lesson.<lesson>.guess.<option>``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import streamlit as st

from ui.learn.formulas import digits
from ui.text import t

Result = TypeVar("Result")
Result_contra = TypeVar("Result_contra", contravariant=True)


@dataclass(frozen=True)
class Verdict:
    """What became of a guess.

    Attributes:
        right: whether it was right, or near enough.
        guessed: in words.
        truth: in words.
    """

    right: bool
    guessed: str
    truth: str


class Guess(Protocol[Result_contra]):
    """A way to predict."""

    def prompt(self, lesson: str, result: Result_contra, key: str) -> Any:
        """Draw the question's widget; the guess once there is one, else None."""

    def compare(self, lesson: str, result: Result_contra, guess: Any) -> Verdict:
        """Compare a guess with what came out."""


@dataclass(frozen=True)
class ChoiceGuess(Generic[Result]):
    """One of a few answers.

    Attributes:
        options: free of language.
        truth: which of them is right.
    """

    options: tuple[str, ...]
    truth: Callable[[Result], str]

    def prompt(self, lesson: str, result: Result, key: str) -> str | None:
        """Buttons: one press is the guess."""
        with st.container(horizontal=True, gap="small", key=f"{key}.options"):
            for option in self.options:
                if st.button(t(f"lesson.{lesson}.guess.{option}"), key=f"{key}.{option}"):
                    return option
        return None

    def compare(self, lesson: str, result: Result, guess: str) -> Verdict:
        """Right is right."""
        right = self.truth(result)
        return Verdict(guess == right, t(f"lesson.{lesson}.guess.{guess}"), t(f"lesson.{lesson}.guess.{right}"))


@dataclass(frozen=True)
class NumberGuess(Generic[Result]):
    """A number.

    Attributes:
        low: end of the slider.
        high: the other end.
        step: of the slider.
        truth: the number that comes out.
        near: what counts as right, to either side.
    """

    low: float
    high: float
    step: float
    truth: Callable[[Result], float]
    near: float

    def prompt(self, lesson: str, result: Result, key: str) -> float | None:
        """A slider and a button."""
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key=f"{key}.options"):
            value = st.slider(
                t("learn.guess.amount"),
                self.low,
                self.high,
                (self.low + self.high) / 2,
                self.step,
                key=f"{key}.amount",
                width=360,
            )
            return float(value) if st.button(t("learn.guess.enter"), type="primary", key=f"{key}.enter") else None

    def compare(self, lesson: str, result: Result, guess: float) -> Verdict:
        """Near enough is right."""
        truth = self.truth(result)
        return Verdict(abs(guess - truth) <= self.near + 1e-9, digits(guess), digits(truth))


@dataclass(frozen=True)
class PlaceGuess(Generic[Result]):
    """A place.

    Attributes:
        draw: draws what can be pressed, under the key it is given; the place, once there is one.
        describe: a place in words.
        truth: the place that is right.
        near: whether a guess counts as right.
    """

    draw: Callable[[Result, str], tuple[int, int] | None]
    describe: Callable[[tuple[int, int]], str]
    truth: Callable[[Result], tuple[int, int]]
    near: Callable[[tuple[int, int], tuple[int, int]], bool]

    def prompt(self, lesson: str, result: Result, key: str) -> tuple[int, int] | None:
        """Draw the image."""
        return self.draw(result, key)

    def compare(self, lesson: str, result: Result, guess: tuple[int, int]) -> Verdict:
        """Near enough is right."""
        truth = self.truth(result)
        return Verdict(self.near(guess, truth), self.describe(guess), self.describe(truth))

"""Weights of a kernel that the learner types into a square of fields, as a control of a lesson."""

import math
from dataclasses import dataclass
from fractions import Fraction

import streamlit as st

from ui import state
from ui.learn.controls import Control, key_of
from ui.text import plain, t

HIGHEST = 99  # of a weight, positive or negative
DECIMALS = 4


def number(text: str) -> float:
    """Return the number that a learner typed: "0.25", "0,25", "-1", "−1" and "1/9" are numbers; rounded to DECIMALS.

    Raises:
        ValueError: the text is no number, or the number is too large.
    """
    written = text.strip().replace("−", "-").replace(",", ".")
    try:
        value = float(Fraction(written)) if "/" in written else float(written)
    except (ZeroDivisionError, OverflowError) as error:
        raise ValueError(text) from error
    if not abs(value) <= HIGHEST:  # also false for NaN
        raise ValueError(text)
    return round(value, DECIMALS) + 0.0  # no -0


@dataclass(frozen=True)
class KernelWeights(Control):
    """The weights of a kernel, row by row."""

    default: tuple[float, ...]  # side · side numbers
    shown_for: tuple[str, str]  # the fields are drawn only while this control has this value

    def read(self, text: str) -> tuple[float, ...]:
        """Return numbers joined by underscores: -1_0_1_0.25 and so on."""
        value = tuple(number(each) for each in text.split("_"))
        if len(value) != len(self.default):
            raise ValueError(text)
        return value

    def write(self, value: tuple[float, ...]) -> str:
        """Join the numbers by underscores."""
        return "_".join(f"{weight:g}" for weight in value)

    def draw(self, lesson: str, key: str) -> None:
        """Draw a field for each weight. Invalid text shows an error, and the weight stays unchanged."""
        control, value = self.shown_for
        if state.widget(key_of(lesson, control)) != value:
            return
        stored = state.widget(key)
        side = math.isqrt(len(stored))
        st.markdown(f":small[{t(f'lesson.{lesson}.set.{self.name}')}]")
        for row in range(side):
            with st.container(horizontal=True, gap="small"):
                for col in range(side):
                    index = row * side + col
                    state.sync_widget(f"{key}.{index}", f"{stored[index]:g}")
                    st.text_input(
                        t("learn.weights.place", row=row + 1, col=col + 1),
                        key=f"{key}.{index}",
                        label_visibility="collapsed",
                        width=76,
                        on_change=_take_over,
                        args=(key, index),
                    )
        for index, weight in enumerate(stored):
            text = state.widget(f"{key}.{index}")
            try:
                number(text)
            except ValueError:
                row, col = divmod(index, side)
                place = t("learn.weights.place", row=row + 1, col=col + 1)
                st.error(t("learn.weights.bad", place=place, text=plain(text), highest=HIGHEST, weight=f"{weight:g}"))


def _take_over(key: str, index: int) -> None:
    """Callback: replace one weight by the typed number, if it is one."""
    try:
        weight = number(state.widget(f"{key}.{index}"))
    except ValueError:
        return  # `draw` shows the error
    before = state.widget(key)
    state.set_widget(key, (*before[:index], weight, *before[index + 1 :]))

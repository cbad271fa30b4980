"""What a learner can change, and how it stands in the address: a copied link shows the same.

A control's value is free of language; its words are ``lesson.<lesson>.set.<control>`` and, for what is chosen from a
list, ``lesson.<lesson>.set.<control>.<option>``. Whoever wrote the address may have written anything: what does not
fit is left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import streamlit as st

from ui import state
from ui.text import t


class Control(Protocol):
    """One thing that can be changed."""

    @property
    def name(self) -> str:
        """In settings, texts and the address."""

    @property
    def default(self) -> Any:
        """The value at first."""

    def read(self, text: str) -> Any:
        """The value that a text of the address means. Raises ValueError if it means none."""

    def write(self, value: Any) -> str:
        """The value as it stands in the address."""

    def draw(self, lesson: str, key: str) -> None:
        """Draw the widget."""


@dataclass(frozen=True)
class Slider:
    """A whole number."""

    name: str
    default: int
    low: int
    high: int

    def read(self, text: str) -> int:
        """A number within the limits."""
        value = int(text)
        if not self.low <= value <= self.high:
            raise ValueError(text)
        return value

    def write(self, value: int) -> str:
        """12."""
        return str(value)

    def draw(self, lesson: str, key: str) -> None:
        """A slider."""
        st.slider(t(f"lesson.{lesson}.set.{self.name}"), self.low, self.high, key=key, persist_state="session")


@dataclass(frozen=True)
class Decimal:
    """A number with decimals; the step says how many are shown."""

    name: str
    default: float
    low: float
    high: float
    step: float

    def read(self, text: str) -> float:
        """A number within the limits."""
        value = float(text)
        if not self.low <= value <= self.high:  # also false for NaN
            raise ValueError(text)
        return value

    def write(self, value: float) -> str:
        """0.25."""
        return f"{value:g}"

    def draw(self, lesson: str, key: str) -> None:
        """A slider."""
        label = t(f"lesson.{lesson}.set.{self.name}")
        st.slider(label, self.low, self.high, step=self.step, key=key, persist_state="session")


@dataclass(frozen=True)
class Choice:
    """One of a few."""

    name: str
    default: str
    options: tuple[str, ...]

    def read(self, text: str) -> str:
        """One of the options."""
        if text not in self.options:
            raise ValueError(text)
        return text

    def write(self, value: str) -> str:
        """The option itself."""
        return value

    def draw(self, lesson: str, key: str) -> None:
        """Buttons for up to four, a menu for more."""

        def words(option: str) -> str:
            return t(f"lesson.{lesson}.set.{self.name}.{option}")

        label = t(f"lesson.{lesson}.set.{self.name}")
        if len(self.options) <= 4:
            st.segmented_control(
                label, self.options, required=True, format_func=words, key=key, persist_state="session"
            )
        else:
            st.selectbox(label, self.options, format_func=words, key=key, persist_state="session")


@dataclass(frozen=True)
class Switch:
    """On or off."""

    name: str
    default: bool = False

    def read(self, text: str) -> bool:
        """1 or 0."""
        return bool(("0", "1").index(text))

    def write(self, value: bool) -> str:
        """1 or 0."""
        return str(int(value))

    def draw(self, lesson: str, key: str) -> None:
        """A switch."""
        st.toggle(t(f"lesson.{lesson}.set.{self.name}"), key=key, persist_state="session")


@dataclass(frozen=True)
class Selection:
    """A tuple of whole numbers that a press in a view changes: a cell, or the pixels that were painted.

    Attributes:
        length: how many numbers; None: any number of them.
        high: the largest that is allowed.
    """

    name: str
    default: tuple[int, ...]
    high: int
    length: int | None = None

    def read(self, text: str) -> tuple[int, ...]:
        """4.5.12; the empty text is the empty tuple."""
        value = tuple(int(number) for number in text.split(".")) if text else ()
        if self.length not in (None, len(value)) or any(not 0 <= number <= self.high for number in value):
            raise ValueError(text)
        return value

    def write(self, value: tuple[int, ...]) -> str:
        """4.5.12."""
        return ".".join(map(str, value))

    def draw(self, lesson: str, key: str) -> None:
        """Nothing: it has its place in a view."""


def key_of(lesson: str, control: str) -> str:
    """Of the widget, and of the value in the visitor's state."""
    return f"learn.{lesson}.{control}"


def follow_address(lesson: str, controls: Sequence[Control]) -> None:
    """Take over what the address asks for; what nobody asked for and nobody has set gets its default."""
    if state.changed("learn.lesson", lesson):
        state.forget_address([control.name for control in controls])
    for control in controls:
        key = key_of(lesson, control.name)
        wished = state.requested(control.name)
        try:
            if wished is not None:
                state.set_widget(key, control.read(wished))
        except ValueError:
            pass  # a link that somebody changed by hand, or of an older version: the lesson opens all the same
        if state.widget(key) is None:
            state.set_widget(key, control.default)


def values(lesson: str, controls: Sequence[Control]) -> dict[str, Any]:
    """What is set, by name; and the address says so from now on, as far as it departs from the defaults."""
    found = {control.name: state.widget(key_of(lesson, control.name)) for control in controls}
    told = {c.name: None if found[c.name] == c.default else c.write(found[c.name]) for c in controls}
    state.set_address(lesson=lesson, **told)
    return found


def set_values(lesson: str, settings: Mapping[str, Any]) -> None:
    """Change settings from a callback, or before their widgets are drawn."""
    for name, value in settings.items():
        state.set_widget(key_of(lesson, name), value)

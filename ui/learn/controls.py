"""The controls of a lesson, and how they are written in the address, which may contain anything.

A control's value is the same in all languages; its texts are ``lesson.<lesson>.set.<control>`` and, for options,
``lesson.<lesson>.set.<control>.<option>``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from ui import state
from ui.text import t


@dataclass(frozen=True)
class Control(ABC):
    """One setting."""

    name: str  # in settings, texts and the address
    default: Any  # the initial value

    @abstractmethod
    def read(self, text: str) -> Any:
        """The value of a text in the address. Raises ValueError if it is invalid."""

    def write(self, value: Any) -> str:
        """The text of a value in the address."""
        return str(value)

    @abstractmethod
    def draw(self, lesson: str, key: str) -> None:
        """Draw the widget."""


@dataclass(frozen=True)
class Slider(Control):
    """A whole number, or one with decimals if the default has them; the step decides how many are shown."""

    default: float
    low: float
    high: float
    step: float = 1

    def read(self, text: str) -> float:
        """A number within the limits."""
        value = type(self.default)(text)
        if not self.low <= value <= self.high:  # also false for NaN
            raise ValueError(text)
        return value

    def write(self, value: float) -> str:
        """12, or 0.25."""
        return f"{value:g}"

    def draw(self, lesson: str, key: str) -> None:
        """A slider."""
        label = t(f"lesson.{lesson}.set.{self.name}")
        st.slider(label, self.low, self.high, step=self.step, key=key, persist_state="session")


@dataclass(frozen=True)
class Choice(Control):
    """One of several options."""

    default: str
    options: tuple[str, ...]

    def read(self, text: str) -> str:
        """One of the options."""
        if text not in self.options:
            raise ValueError(text)
        return text

    def draw(self, lesson: str, key: str) -> None:
        """Buttons for up to four options, a menu for more."""

        def label_of(option: str) -> str:
            return t(f"lesson.{lesson}.set.{self.name}.{option}")

        label = t(f"lesson.{lesson}.set.{self.name}")
        is_short = len(self.options) <= 4
        widget: Callable[..., object] = partial(st.segmented_control, required=True) if is_short else st.selectbox
        widget(label, self.options, format_func=label_of, key=key, persist_state="session")


@dataclass(frozen=True)
class Switch(Control):
    """On or off."""

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
class Selection(Control):
    """A tuple of whole numbers that a press in a view changes: a cell, or the painted pixels."""

    default: tuple[int, ...]
    high: int  # maximum of each number
    length: int | None = None  # of the tuple; None: any

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
        """Nothing: it is changed in a view."""


def key_of(lesson: str, control: str) -> str:
    """The key of the widget, and of the value in the visitor's state."""
    return f"learn.{lesson}.{control}"


def follow_address(lesson: str, controls: Sequence[Control]) -> None:
    """Set controls from the address; those that were never set get their defaults."""
    if state.changed("learn.lesson", lesson):
        state.forget_address([control.name for control in controls])
    for control in controls:
        key = key_of(lesson, control.name)
        requested = state.requested(control.name)
        try:
            if requested is not None:
                state.set_widget(key, control.read(requested))
        except ValueError:
            pass  # an edited link, or one of an older version
        if state.widget(key) is None:
            state.set_widget(key, control.default)


def values(lesson: str, controls: Sequence[Control]) -> dict[str, Any]:
    """The settings by name; those that differ from the defaults are written to the address."""
    found = {control.name: state.widget(key_of(lesson, control.name)) for control in controls}
    texts = {c.name: None if found[c.name] == c.default else c.write(found[c.name]) for c in controls}
    state.set_address(lesson=lesson, **texts)
    return found


def set_values(lesson: str, settings: Mapping[str, Any]) -> None:
    """Change settings, in a callback or before their widgets are drawn."""
    for name, value in settings.items():
        state.set_widget(key_of(lesson, name), value)

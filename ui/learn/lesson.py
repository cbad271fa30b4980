"""What a lesson is: its parts as plain data and functions. ui/learn/frame.py draws them, the same for all lessons.

``Seen`` is whatever a lesson computes from its settings; every function below gets it and only reads it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Generic, TypeVar

from ui.learn.controls import Control
from ui.learn.formulas import Formula
from ui.learn.guess import Guess

Settings = Mapping[str, Any]
"""The value of every control, by its name."""

Seen = TypeVar("Seen")

_ICONS = {
    "train": ":material/model_training:",
    "models": ":material/leaderboard:",
    "evaluate": ":material/straighten:",
    "learn": ":material/school:",
}


@dataclass(frozen=True)
class Step:
    """A step of the guided way: its text is ``lesson.<lesson>.step.<name>``, its settings are those it changes."""

    name: str
    settings: Settings


@dataclass(frozen=True)
class Question:
    """A question made from what the learner has set.

    Attributes:
        text: in the reader's language, with the learner's numbers.
        options: value, which is free of language → what is shown. The first need not be right: they are shuffled.
        answer: the value of the right one.
        why: said after any answer; the reckoning with the learner's numbers. Markdown, formulas in dollars.
    """

    text: str
    options: Mapping[str, str]
    answer: str
    why: str


@dataclass(frozen=True)
class Bite:
    """A link to where the idea bites.

    Attributes:
        label: in the reader's language.
        page: one of the files in pages/.
        query: what stands in its address.
    """

    label: str
    page: Path
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def icon(self) -> str:
        """A Material symbol."""
        return _ICONS.get(self.page.stem, ":material/arrow_forward:")


@dataclass(frozen=True)
class Lesson(Generic[Seen]):
    """One lesson. Its texts are ``lesson.<name>.…`` in locale/*.json; see the package's docstring for which.

    Attributes:
        number: its place among the sixteen.
        name: in addresses, texts and file names.
        terms: of the glossary, that it explains.
        controls: what can be changed, at most three in view …
        more: … and the rest, folded away. Controls without a widget of their own may be in either.
        steps: the guided way, two to four.
        guess: how the learner predicts.
        compute: settings → Seen; under half a second, cached where it is not a matter of milliseconds
            (`ui.cache.computed`). Raises SegcoreError with a sentence for settings that make no sense together.
        see: draws at most three linked views. While ``veiled`` it draws what is given and not what comes out, in the
            same place. Returns settings that a press in a view has changed, or nothing.
        formulas: with the numbers of what is seen.
        check: makes a question; the same Random makes the same question.
        code: PyTorch lines that compute what is seen, ready to run.
        bites: where to go from here.
    """

    number: int
    name: str
    terms: Sequence[str]
    controls: Sequence[Control]
    steps: Sequence[Step]
    guess: Guess[Seen]
    compute: Callable[[Settings], Seen]
    see: "Callable[[Seen, bool], Settings | None]"
    formulas: Callable[[Seen], Sequence[Formula]]
    check: Callable[[Seen, Random], Question]
    code: Callable[[Seen], str]
    bites: Callable[[Seen], Sequence[Bite]]
    more: Sequence[Control] = ()

    @property
    def defaults(self) -> dict[str, Any]:
        """The settings that make the point before anything is changed."""
        return {control.name: control.default for control in (*self.controls, *self.more)}

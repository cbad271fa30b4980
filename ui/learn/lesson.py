"""The parts of a lesson as plain data and functions. ui/learn/frame.py draws them, the same for all lessons.

``Result`` is what a lesson computes from its settings; the other functions receive it and only read it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeVar

from segcore.types import RGB
from ui.learn.controls import Control
from ui.learn.formulas import Formula
from ui.learn.guess import Guess
from ui.links import PageLink
from ui.text import t

Settings = Mapping[str, Any]
"""The value of every control, by its name."""

PracticeLink = tuple[str, PageLink]
"""A link to a page on which the idea matters, with its label in the reader's language."""

TORCH_IMPORTS = ("import torch", "from torch.nn import functional as F", "")  # the first lines of a lesson's code

Result = TypeVar("Result")


def lesson_texts(lesson: str) -> Callable[..., str]:
    """Return a function of a key and the values of its placeholders: the text ``lesson.<lesson>.<key>``.

    It is called ``text``, and keys are literals or f-strings, so that tests can find every one.
    """

    def text(key: str, /, **values: object) -> str:
        return t(f"lesson.{lesson}.{key}", **values)

    return text


@dataclass(frozen=True)
class Question:
    """A question about the current settings."""

    text: str  # in the reader's language, with the learner's numbers
    options: Mapping[str, str]  # value, the same in all languages → displayed text. They are shuffled when drawn
    answer: str  # the value of the correct option
    why: str  # the explanation after any answer, computed with the learner's numbers. Markdown, formulas in dollars


def number_question(text: str, answer: str, wrong: Iterable[str], why: str, *, unit: str = "") -> Question:
    """Return a question whose options are numbers as text: the answer and up to three different wrong ones.

    The wrong ones are results of typical mistakes; the unit is appended to each option.
    """
    options = list(dict.fromkeys([answer, *wrong]))[:4]
    return Question(text, {option: option + unit for option in options}, answer, why)


def to(page: str, label: str, **query: str) -> PracticeLink:
    """Return a link to a page by its name, with the query of its address."""
    return label, PageLink(page, query)


@dataclass(frozen=True)
class LessonFunctions(Generic[Result]):
    """What a lesson, or a part of one, computes and shows.

    Attributes:
        compute: settings → Result; under half a second, cached if it takes more than milliseconds
            (`ui.cache.computed`). Raises SegcoreError for settings that contradict each other.
        draw_views: draws at most three linked views. While ``hidden`` is true it draws the input and leaves the space
            of the output empty. Returns the settings that a press in a view has changed, or None.
        formulas: with the numbers of the result.
        check: makes a question; the same Random makes the same question.
        code_lines: PyTorch that computes the result, ready to run.
    """

    compute: Callable[[Settings], Result]
    draw_views: Callable[[Result, bool], Settings | None]
    formulas: Callable[[Result], Sequence[Formula]]
    check: Callable[[Result, Random], Question]
    code_lines: Callable[[Result], Sequence[str]]

    def code(self, result: Result) -> str:
        """The lines of code as one text."""
        return "\n".join(self.code_lines(result))


@dataclass(frozen=True)
class Lesson(Generic[Result]):
    """One lesson. Its texts are ``lesson.<name>.…`` in locale/*.json; the package's docstring lists them.

    Attributes:
        name: in addresses, texts and file names.
        terms: of the glossary, that it explains.
        controls: what the learner can change, at most three in view …
        more: … and the rest, collapsed. Controls without a widget may be in either.
        steps: the guided tour, two to four: name, as in ``lesson.<lesson>.step.<name>`` → the settings it changes.
        guess: how the learner predicts.
        predict: the question of the guess, in the reader's language; names settings as they are.
        group: of the overview, a name in `ui.learn.table.GROUPS`.
        minutes: that it takes, about.
        thumbnail: an image of its result for the overview.
        intro: draws what stands above the question before the guess.
        functions: what it computes and shows.
        practice: links to the pages on which the idea matters.
        number: position in `ui.learn.table.LESSONS`, from 1; set there.
    """

    name: str
    terms: Sequence[str]
    controls: Sequence[Control]
    steps: Mapping[str, Settings]
    guess: Guess[Result]
    predict: Callable[[Result], str]
    functions: LessonFunctions[Result]
    practice: Callable[[Result], Sequence[PracticeLink]]
    group: str
    minutes: int
    thumbnail: Callable[[Result], RGB]
    intro: Callable[[], None] | None = None
    more: Sequence[Control] = ()
    number: int = 0

    @property
    def defaults(self) -> dict[str, Any]:
        """The initial settings, which make the point before anything is changed."""
        return {control.name: control.default for control in (*self.controls, *self.more)}

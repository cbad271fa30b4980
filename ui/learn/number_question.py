"""A question with one correct and several wrong numbers."""

from collections.abc import Iterable

from ui.learn.lesson import Question

OPTIONS = 4


def number_question(text: str, answer: str, wrong: Iterable[str], why: str, *, unit: str = "") -> Question:
    """Return a question whose options are numbers as text: the answer and up to three different wrong ones.

    The wrong ones are results of typical mistakes; the unit is appended to each option.
    """
    options = list(dict.fromkeys([answer, *wrong]))[:OPTIONS]
    return Question(text, {option: option + unit for option in options}, answer, why)

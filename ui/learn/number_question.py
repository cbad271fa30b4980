"""A question with one correct and several wrong numbers."""

from collections.abc import Iterable

from ui.learn.lesson import Question

OPTIONS = 4


def number_question(text: str, answer: str, wrong: Iterable[str], why: str, *, unit: str = "") -> Question:
    """Return a question whose options are numbers as text: the answer and up to three different wrong ones.

    Args:
        text: the question.
        answer: the correct number.
        wrong: results of typical mistakes; duplicates and the answer itself are dropped.
        why: the explanation.
        unit: appended to each option.
    """
    options = list(dict.fromkeys([answer, *wrong]))[:OPTIONS]
    return Question(text, {option: option + unit for option in options}, answer, why)

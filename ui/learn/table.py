"""LESSONS: all lessons, in the order in which they build on each other.

A new lesson is a module in lessons/ and a line here. Its number is its place; texts refer to lessons by name.
"""

from dataclasses import replace
from typing import Any

from ui.learn.lesson import Lesson
from ui.learn.lessons import (
    architectures,
    augmentation,
    boxes,
    convolution,
    descent,
    downsampling,
    logits,
    losses,
    metrics_lab,
    overfitting,
    receptive_field,
    robustness_lesson,
    skips,
    tasks,
    upsampling,
    why,
)

_MODULES = (
    tasks, convolution, downsampling, upsampling, receptive_field, logits, skips, architectures, boxes, losses, descent,
    overfitting, augmentation, metrics_lab, robustness_lesson, why,
)  # fmt: skip

GROUPS = ("first", "architectures", "training", "trust")
"""Of the overview, in their order; their texts are ``learn.group.<group>``."""

LESSONS: dict[str, Lesson[Any]] = {
    module.LESSON.name: replace(module.LESSON, number=number) for number, module in enumerate(_MODULES, start=1)
}
"""By name, in order."""


def neighbours(name: str) -> tuple[Lesson[Any] | None, Lesson[Any] | None]:
    """The previous lesson and the next."""
    order = [None, *LESSONS.values(), None]
    at = LESSONS[name].number
    return order[at - 1], order[at + 1]

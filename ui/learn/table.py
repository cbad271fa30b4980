"""The lessons, in the order in which they build on each other. A new one is a module in lessons/ and a line here."""

from typing import Any

from ui.learn.lesson import Lesson
from ui.learn.lessons import (
    augmentation,
    boxes,
    convolution,
    descent,
    downsampling,
    families,
    logits,
    losses,
    metrics_lab,
    overfitting,
    receptive_field,
    skips,
    stress,
    tasks,
    upsampling,
    why,
)

LESSONS: dict[str, Lesson[Any]] = {
    lesson.name: lesson
    for lesson in (
        tasks.LESSON,
        convolution.LESSON,
        downsampling.LESSON,
        upsampling.LESSON,
        receptive_field.LESSON,
        logits.LESSON,
        skips.LESSON,
        families.LESSON,
        boxes.LESSON,
        losses.LESSON,
        descent.LESSON,
        overfitting.LESSON,
        augmentation.LESSON,
        metrics_lab.LESSON,
        stress.LESSON,
        why.LESSON,
    )
}
"""By name; sorted by number."""


def neighbours(name: str) -> tuple[Lesson[Any] | None, Lesson[Any] | None]:
    """The lesson before and the one after."""
    order = list(LESSONS.values())
    at = [lesson.name for lesson in order].index(name)
    return order[at - 1] if at else None, order[at + 1] if at + 1 < len(order) else None

"""The texts of one lesson under short keys: ``text = lesson_texts("boxes")``, then ``text("hint")``."""

from typing import Protocol

from ui.text import t


class LessonText(Protocol):
    """Returns the text ``lesson.<lesson>.<key>`` in the visitor's language."""

    def __call__(self, key: str, /, **values: object) -> str:
        """Fill the placeholders of the text."""


def lesson_texts(lesson: str) -> LessonText:
    """Return the texts of a lesson. Keys are literals or f-strings, so that tests can find every one."""

    def text(key: str, /, **values: object) -> str:
        return t(f"lesson.{lesson}.{key}", **values)

    return text

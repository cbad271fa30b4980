"""The texts of one lesson under short keys: ``text = lesson_texts("boxes")``, then ``text("hint")``."""

from collections.abc import Callable

from ui.text import t


def lesson_texts(lesson: str) -> Callable[..., str]:
    """Return a function of a key and the values of its placeholders: the text ``lesson.<lesson>.<key>``.

    Keys are literals or f-strings, so that tests can find every one.
    """

    def text(key: str, /, **values: object) -> str:
        return t(f"lesson.{lesson}.{key}", **values)

    return text

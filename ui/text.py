"""Every word of the dashboard: ``t("segment.title")``, in the language of the visitor.

The texts and what happens where one is missing: segcore/text.py.
"""

import re
from contextvars import ContextVar

from segcore.text import DEFAULT, text_of, texts, translate

_spoken: ContextVar[str] = ContextVar("language", default=DEFAULT)


def speak(language: str) -> None:
    """Set the language of ``t`` for the rest of this script run."""
    _spoken.set(language)


def spoken() -> str:
    """The language of this script run."""
    return _spoken.get()


def t(key: str, /, **values: object) -> str:
    """The text of a key, "page.thing", in the language of this run, with a value for each ``{placeholder}``.

    Values that people typed (file names, class names) go through `plain` first wherever the text is drawn as Markdown.
    """
    return text_of(spoken(), key, **values)


def t_count(key: str, count: int, **values: object) -> str:
    """Like ``t`` for texts that depend on a number: ``key.one`` for 1, ``key.many`` for the rest."""
    return t(f"{key}.one" if count == 1 else f"{key}.many", count=count, **values)


def names(prefix: str) -> list[str]:
    """The parts of all keys after ``prefix.``, for components that get all their texts."""
    return [key.removeprefix(f"{prefix}.") for key in texts(DEFAULT) if key.startswith(f"{prefix}.")]


def translated(text: str) -> str:
    """A fixed text or a message of segcore in the language of this run; English where it has no translation."""
    return translate(spoken(), text)


# --- text of unknown origin -----------------------------------------------------------------------------------------

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&=^\"'@/])")
_LINK_START = re.compile(r"(?i)(htt|ft|mailt|xmp|ww)(?=[pow])|(?=@)")
_WORD_JOINER = "\u2060"  # not seen, but with it inside "www." is no longer the beginning of a link


def plain(text: str) -> str:
    """Text of unknown origin, made safe for places that draw Markdown: it contains no image, link or mark-up."""
    unlinked = _LINK_START.sub(lambda found: found.group() + _WORD_JOINER, text)
    return "  \n".join(line.strip() for line in _MARKDOWN.sub(r"\\\1", unlinked).splitlines())

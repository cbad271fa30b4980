"""Every word that people read: ``t("segment.title")`` from locale/<language>.json.

Keys are flat, ``page.thing``; placeholders are those of ``str.format``. English is complete by definition; another
language falls back to it, key by key. A missing key or placeholder shows the key, so that the page still works;
with ``SEGCORE_STRICT_TEXT`` set (the tests do) it raises.
"""

import json
import logging
import os
import re
from collections.abc import Sequence
from contextvars import ContextVar
from functools import cache

from segcore.paths import PROJECT

LOCALES = PROJECT / "locale"
DEFAULT = "en"

log = logging.getLogger(__name__)
_spoken: ContextVar[str] = ContextVar("language", default=DEFAULT)


@cache
def texts(language: str) -> dict[str, str]:
    """All texts of one of the `languages`, as they stand in its file."""
    loaded: dict[str, str] = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a file, English first."""
    found = sorted(path.stem for path in LOCALES.glob("*.json"))
    return tuple(sorted(found, key=lambda language: language != DEFAULT))


def best_language(*wishes: str | None) -> str:
    """The first wish that we can fulfil: "zh-CN" is answered by zh, an unknown language by the next wish."""
    for wish in wishes:
        spoken = (wish or "").split("-")[0].lower()
        if spoken in languages():
            return spoken
    return DEFAULT


def speak(language: str) -> None:
    """Let ``t`` answer in this language for the rest of the present script run."""
    _spoken.set(language)


def t(key: str, /, **values: object) -> str:
    """The text of a key in the language of this run, its placeholders filled.

    Args:
        key: "page.thing", as in locale/en.json.
        **values: one for each ``{placeholder}``. Values that people typed (file names, class names) go through
            `plain` first wherever the text is drawn as Markdown.
    """
    try:
        text = texts(_spoken.get()).get(key) or texts(DEFAULT)[key]
        return text.format(**values)
    except (KeyError, IndexError) as error:
        if os.environ.get("SEGCORE_STRICT_TEXT"):
            raise KeyError(f"No text for {key!r} with {sorted(values)} in locale/{_spoken.get()}.json") from error
        log.warning("No text for %r with %s", key, sorted(values))
        return key


def t_count(key: str, count: int, **values: object) -> str:
    """Like ``t`` for texts that depend on a number: ``key.one`` for 1, ``key.many`` for the rest."""
    return t(f"{key}.one" if count == 1 else f"{key}.many", count=count, **values)


_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&=^\"'@/])")
_LINK_START = re.compile(r"(?i)(htt|ft|mailt|xmp|ww)(?=[pow])|(?=@)")
_WORD_JOINER = "\u2060"  # not seen, but with it inside "www." is no longer the beginning of a link


def plain(text: str) -> str:
    """Text of unknown origin, made safe for places that draw Markdown: nothing in it is a picture, link or mark."""
    unlinked = _LINK_START.sub(lambda found: found.group() + _WORD_JOINER, text)
    lines: Sequence[str] = _MARKDOWN.sub(r"\\\1", unlinked).splitlines()
    return "  \n".join(line.strip() for line in lines)

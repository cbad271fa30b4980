"""Every word that people read: ``t("segment.title")`` from locale/<language>.json.

Keys are flat, ``page.thing``; placeholders are those of ``str.format``. English is complete by definition; another
language falls back to it, key by key. A missing key or placeholder shows the key, so that the page still works;
with ``SEGCORE_STRICT_TEXT`` set (the tests do) it raises.

`segcore` itself speaks English only: the help of a setting, the idea of a network, an error. `translated` says such a
sentence in the reader's language, from locale/sentences.<language>.json; what is not there stays English.
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
    found = sorted(path.stem for path in LOCALES.glob("??.json"))
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


def spoken() -> str:
    """The language of the present script run."""
    return _spoken.get()


def t_count(key: str, count: int, **values: object) -> str:
    """Like ``t`` for texts that depend on a number: ``key.one`` for 1, ``key.many`` for the rest."""
    return t(f"{key}.one" if count == 1 else f"{key}.many", count=count, **values)


# --- sentences of segcore's own -------------------------------------------------------------------------------------


def translated(sentences: str) -> str:
    """Sentences of segcore's own, one a line, in the language of this run; English where nobody translated them."""
    if spoken() == DEFAULT:
        return sentences
    return "\n".join(_translated_line(line) for line in sentences.split("\n"))


def _translated_line(line: str) -> str:
    words = line.strip()
    told = own_sentences(spoken()).get(words)
    if told is None:
        for pattern, template in _patterns(spoken()):
            found = pattern.fullmatch(words)
            if found is not None:
                told = template.format(**found.groupdict())
                break
    return line if told is None else line.replace(words, told)


@cache
def own_sentences(language: str) -> dict[str, str]:
    """English sentence → the same in another language; ``{name}`` stands for whatever is in its place."""
    path = LOCALES / f"sentences.{language}.json"
    loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return loaded


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """The sentences with placeholders; those with the most words of their own first, because they fit fewest."""
    templates = [(english, told) for english, told in own_sentences(language).items() if "{" in english]
    templates.sort(key=lambda pair: len(re.sub(r"\{\w+\}", "", pair[0])), reverse=True)
    return [(_pattern(english), told) for english, told in templates]


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile("".join(f"(?P<{p}>.+?)" if i % 2 else re.escape(p) for i, p in enumerate(parts)), re.DOTALL)


# --- text of unknown origin -----------------------------------------------------------------------------------------

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&=^\"'@/])")
_LINK_START = re.compile(r"(?i)(htt|ft|mailt|xmp|ww)(?=[pow])|(?=@)")
_WORD_JOINER = "\u2060"  # not seen, but with it inside "www." is no longer the beginning of a link


def plain(text: str) -> str:
    """Text of unknown origin, made safe for places that draw Markdown: nothing in it is a picture, link or mark."""
    unlinked = _LINK_START.sub(lambda found: found.group() + _WORD_JOINER, text)
    lines: Sequence[str] = _MARKDOWN.sub(r"\\\1", unlinked).splitlines()
    return "  \n".join(line.strip() for line in lines)

"""Every word that people read, by key, from locale/<language>.json; and sentences of this package in other languages.

Keys are flat, ``page.thing``; placeholders are those of ``str.format``. English is complete by definition; another
language falls back to it, key by key. A missing key or placeholder gives the key, so that the page or report is still
made; with ``SEGCORE_STRICT_TEXT`` set (the tests do) it raises.

The package itself is in English only: the help of a setting, the idea of a network, an error. `translate` returns such
a text in another language, from locale/sentences.<language>.json; what is not there stays English.

The dashboard chooses the language for every visitor (ui/text.py); what is written to a file gets a `speaker` of one
language for all of it.
"""

import json
import logging
import os
from collections.abc import Callable
from functools import cache, partial

from segcore.errors import Message
from segcore.paths import locale_dir

LOCALES = locale_dir()
DEFAULT = "en"

Say = Callable[..., str]
"""Takes a key and the values of its placeholders by name, and returns the text: ``t("report.epoch", epoch=3)``."""

log = logging.getLogger(__name__)


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


def say(language: str, key: str, /, **values: object) -> str:
    """The text of a key in a language, its placeholders filled with ``values``."""
    try:
        text = texts(language).get(key) or texts(DEFAULT)[key]
        return text.format(**values)
    except (KeyError, IndexError) as error:
        if os.environ.get("SEGCORE_STRICT_TEXT"):
            raise KeyError(f"No text for {key!r} with {sorted(values)} in locale/{language}.json") from error
        log.warning("No text for %r with %s", key, sorted(values))
        return key


def speaker(language: str) -> Say:
    """``say`` in one language, for code that writes a whole file and must not be turned to another one half-way."""
    return partial(say, language)


# --- messages of the package ------------------------------------------------------------------------------------------


def translate(language: str, text: str) -> str:
    """A text of the package in another language; English where it has no translation.

    Args:
        language: one of the `languages`.
        text: a fixed text, which is looked up as it is, or a `Message`, whose template is looked up.
    """
    if language == DEFAULT:
        return text
    known = own_sentences(language)
    if isinstance(text, Message):
        return text.translated(partial(translate, language), known.get(text.template, text.template))
    return known.get(text, text)


@cache
def own_sentences(language: str) -> dict[str, str]:
    """English text or template → the same in another language."""
    path = LOCALES / f"sentences.{language}.json"
    loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return loaded

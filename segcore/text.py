"""All texts for people: by key from locale/<language>.json, and translations of the package's own English messages.

Keys are flat, ``page.thing``; placeholders are those of ``str.format``. English is complete; another language falls
back to it, key by key. A missing key or placeholder gives the key itself; with ``SEGCORE_STRICT_TEXT`` set, as in the
tests, it raises. The package itself is in English only: `translate` returns its texts from
locale/sentences.<language>.json.
"""

import json
import logging
import os
import re
from collections.abc import Callable
from functools import cache, partial

from segcore.errors import Message
from segcore.paths import locale_dir

LOCALES = locale_dir()
DEFAULT = "en"

Translator = Callable[..., str]
"""Takes a key and the values of its placeholders by name, and returns the text: ``t("report.epoch", epoch=3)``."""

log = logging.getLogger(__name__)


@cache
def texts(language: str) -> dict[str, str]:
    """All texts of one of the `languages`, by key."""
    loaded: dict[str, str] = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a file, English first."""
    found = sorted(path.stem for path in LOCALES.glob("??.json"))
    return tuple(sorted(found, key=lambda language: language != DEFAULT))


def best_language(*preferred: str | None) -> str:
    """The first preferred language that has texts, English if none has; "zh-CN" selects zh."""
    for tag in preferred:
        language = (tag or "").split("-")[0].lower()
        if language in languages():
            return language
    return DEFAULT


def text_of(language: str, key: str, /, **values: object) -> str:
    """The text of a key in a language, its placeholders filled with ``values``."""
    try:
        text = texts(language).get(key) or texts(DEFAULT)[key]
        return text.format(**values)
    except (KeyError, IndexError) as error:
        if os.environ.get("SEGCORE_STRICT_TEXT"):
            raise KeyError(f"No text for {key!r} with {sorted(values)} in locale/{language}.json") from error
        log.warning("No text for %r with %s", key, sorted(values))
        return key


def translator(language: str) -> Translator:
    """`text_of` in one language, for code that writes a whole file."""
    return partial(text_of, language)


def class_name(t: Translator, name: str) -> str:
    """The name of a class in the language of ``t``: Pascal VOC's, Cityscapes' and the like are translated.

    Others stay as they are, and so do all in English, where a text could change the spelling of a user's own class.
    """
    key = _key(name)
    english = texts(DEFAULT).get(f"class.{key}")
    text = english and t(f"class.{key}")
    return text if text and text != english else name


def model_title(t: Translator, title: str) -> str:
    """The title of a model in the language of ``t``: those of shipped checkpoints are translated."""
    key = _key(title)
    english = texts(DEFAULT).get(f"model.title.{key}")
    text = english and t(f"model.title.{key}")
    return text if text and text != english else title


def _key(name: str) -> str:
    """The last part of the key of a known name: "_" for everything but letters and digits."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def translate(language: str, text: str) -> str:
    """A text of the package in another of the `languages`; English where it has no translation.

    A fixed text is looked up as it is, a `Message` by its template; one that is the name of a class as `class_name`.
    """
    if language == DEFAULT:
        return text
    known = own_sentences(language)
    if isinstance(text, Message):
        template = known.get(text.template) or _advice_sentences(language).get(text.template)
        if template is None:
            template = text.template if text.facts else class_name(translator(language), text.template)
        return text.translated(partial(translate, language), template)
    return known.get(text, text)


@cache
def own_sentences(language: str) -> dict[str, str]:
    """English text or template → the same in another language."""
    path = LOCALES / f"sentences.{language}.json"
    loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return loaded


@cache
def _advice_sentences(language: str) -> dict[str, str]:
    """English template of advice → the same in another language: errors state advice, too."""
    own, english = texts(language), texts(DEFAULT)
    return {text: own[key] for key, text in english.items() if key.startswith("advice.") and key in own}

"""A report as one HTML file: styles, charts and images are embedded; nothing is loaded from elsewhere.

The content security policy forbids scripts and every address except embedded images. Jinja escapes all texts.
"""

import base64
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from segcore import __version__
from segcore.durable import utf8
from segcore.export import figure
from segcore.export.sections import Section
from segcore.formatting import moment
from segcore.text import translator
from segcore.types import Colour

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

_TEMPLATES = Path(__file__).with_name("template")
_TAGS = {"en": "en", "zh": "zh-CN"}
"""Language of the texts → language tag of HTML."""


def render(title: str, lead: str, sections: Sequence[Section], language: str) -> bytes:
    """The file, in UTF-8: heading, the line below it, and the sections that have parts."""
    t = translator(language)
    page = _template().render(
        title=title,
        lead=lead,
        sections=[section for section in sections if section.parts],
        contents=t("report.contents"),
        foot=t("report.foot", version=__version__, moment=moment(time.time())),
        style=(_TEMPLATES / "report.css").read_text(encoding="utf-8"),
        policy=POLICY,
        language=_TAGS.get(language, language),
    )
    return utf8(page)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "base64": lambda data: base64.b64encode(data).decode(),
        "cells": _cells,
        "clamp": lambda share: min(max(share, 0.0), 1.0),
        "ink": _ink,
        "kind": lambda part: type(part).__name__,
        "rgb": _rgb,
        "drawing": figure.draw,
    }
    environment.filters |= filters
    environment.globals["plane"] = figure
    return environment.get_template("report.html")


def _rgb(colour: Colour) -> str:
    red, green, blue = (int(value) for value in colour)
    return f"rgb({red},{green},{blue})"


def _ink(colour: Colour | None) -> str:
    """The colour of a line; nearly black and nearly white become grey, which is visible in both themes."""
    if colour is None:
        return "currentColor"
    red, green, blue = colour
    light = 0.3 * red + 0.59 * green + 0.11 * blue
    return "rgb(128,136,136)" if light < 60 or light > 225 else _rgb(colour)


def _cells(counts: Sequence[int]) -> list[dict[str, Any]]:
    """The cells of a row of the matrix: each count, its share of the row as text, and its shade 0 … 70."""
    whole = sum(counts)
    if not whole:
        return [{"count": 0, "text": "—", "shade": 0}] * len(counts)
    return [
        {"count": count, "text": _whole_percent(count / whole), "shade": round(70 * count / whole)} for count in counts
    ]


def _whole_percent(share: float) -> str:
    """A share 0 … 1 in as few characters as fit into a cell."""
    return "0" if share == 0 else "<1" if share < 0.01 else f"{100 * share:.0f}"

"""A row of facts, each a small word over a large value, as HTML of our own: it wraps on a phone and never cuts off."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import streamlit as st

Tone = Literal["", "good", "bad", "busy", "quiet"]


@dataclass(frozen=True)
class Tile:
    """One fact.

    Attributes:
        what: the small word.
        value: the large one; "—" where it is not known.
        note: a quiet word after it.
        tone: how the value is coloured; the words say the same.
    """

    what: str
    value: str
    note: str = ""
    tone: Tone = ""


def tiles(facts: Sequence[Tile]) -> None:
    """Draw the row."""
    st.html(f'<dl class="seg-tiles">{"".join(map(_tile, facts))}</dl>')


def _tile(tile: Tile) -> str:
    tone = f' class="tone-{tile.tone}"' if tile.tone else ""
    note = f" <small>{escape(tile.note)}</small>" if tile.note else ""
    return f"<div><dt>{escape(tile.what)}</dt><dd{tone}>{escape(tile.value)}{note}</dd></div>"

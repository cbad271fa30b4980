"""A row of facts, each a small word over a large value, as HTML of our own: it wraps on a phone and never cuts off."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import streamlit as st

Tone = Literal["", "good", "bad", "strong", "busy", "quiet"]


@dataclass(frozen=True)
class Tile:
    """One fact.

    Attributes:
        what: the small word.
        value: the large one; "—" where it is not known.
        note: a quiet word after it.
        tone: how the value is coloured; the words say the same.
        why: shown when the pointer rests on the value, such as why it is not known yet.
    """

    what: str
    value: str
    note: str = ""
    tone: Tone = ""
    why: str = ""


def tiles(facts: Sequence[Tile], *, small: bool = False) -> None:
    """Draw the row; a small one holds what is looked at in passing."""
    st.html(f'<dl class="seg-tiles{" small" if small else ""}">{"".join(map(_tile, facts))}</dl>')


def _tile(tile: Tile) -> str:
    tone = f' class="tone-{tile.tone}"' if tile.tone else ""
    note = f" <small>{escape(tile.note)}</small>" if tile.note else ""
    why = f' title="{escape(tile.why, quote=True)}"' if tile.why else ""
    return f"<div><dt>{escape(tile.what)}</dt><dd{tone}{why}>{escape(tile.value)}{note}</dd></div>"

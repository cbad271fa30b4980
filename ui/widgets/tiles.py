"""A row of facts, each a small label over a large value, as HTML: it wraps on a phone and never cuts off."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from segcore.export.sections import Tone


@dataclass(frozen=True)
class Tile:
    """One fact."""

    what: str  # the small label
    value: str  # the large text; "—" if unknown
    note: str = ""  # a quiet text after it
    tone: Tone = ""  # colour of the value; the text has the same meaning
    why: str = ""  # tooltip of the value, such as why it is unknown


def tiles(facts: Sequence[Tile], *, small: bool = False) -> None:
    """Draw the row; small for secondary facts."""
    st.html(f'<dl class="seg-tiles{" small" if small else ""}">{"".join(map(_tile, facts))}</dl>')


def _tile(tile: Tile) -> str:
    tone = f' class="tone-{tile.tone}"' if tile.tone else ""
    note = f" <small>{escape(tile.note)}</small>" if tile.note else ""
    why = f' title="{escape(tile.why, quote=True)}"' if tile.why else ""
    return f"<div><dt>{escape(tile.what)}</dt><dd{tone}{why}>{escape(tile.value)}{note}</dd></div>"

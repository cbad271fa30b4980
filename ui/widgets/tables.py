"""Small tables as HTML: readable by screen readers, in both themes, without canvas and script.

Class names and file names are untrusted: every text is escaped here, in one place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from segcore.export.sections import Cell as SectionCell
from segcore.export.sections import Named, Shade, Share, Toned
from segcore.types import Colour
from ui.known_names import class_name

_NEUTRAL: Colour = (136, 136, 136)
"""Colour of a bar without one; visible in both themes."""


@dataclass(frozen=True)
class Link:
    """Text that opens a trusted address (never one from a file), in a new tab or here."""

    text: str
    url: str
    here: bool = False


Cell = SectionCell | Link
"""A cell of a report, or a link, which only a page has."""


def table(caption: str, head: Sequence[Cell], rows: Sequence[Sequence[Cell]], *, numbers: Sequence[int] = ()) -> None:
    """Draw a table with a caption for screen readers.

    ``numbers`` are the indices of numeric columns: they are right-aligned with digits of one width.
    """
    head_html = "".join(f'<th scope="col"{_number(i in numbers)}>{_cell(cell)}</th>' for i, cell in enumerate(head))
    _draw(caption, f"<thead><tr>{head_html}</tr></thead>", (_row(row, numbers) for row in rows))


def facts_table(caption: str, facts: Sequence[tuple[str, str]]) -> None:
    """Draw pairs of a name and a value, one a line."""
    rows = (f'<tr><th scope="row">{escape(what)}</th><td>{escape(value)}</td></tr>' for what, value in facts)
    _draw(caption, "", rows)


def _draw(caption: str, head: str, rows: Iterable[str]) -> None:
    body = "".join(rows)
    st.html(
        f'<div class="seg-table"><table><caption>{escape(caption)}</caption>{head}<tbody>{body}</tbody></table></div>'
    )


def _row(row: Sequence[Cell], numbers: Sequence[int]) -> str:
    """A row, with the names of known classes in the visitor's language."""
    cells = [Named(class_name(cell.text), cell.colour) if isinstance(cell, Named) else cell for cell in row]
    return "<tr>" + "".join(f"<td{_number(i in numbers)}>{_cell(cell)}</td>" for i, cell in enumerate(cells)) + "</tr>"


def _number(yes: bool) -> str:
    return ' class="number"' if yes else ""


def _cell(cell: Cell) -> str:
    match cell:
        case Named(name, colour):
            return (
                f'<span class="named"><span class="chip" style="background:{css(colour)}"></span>{escape(name)}</span>'
            )
        case Share(text, share, colour):
            width = f"{100 * min(max(share, 0.0), 1.0):.1f}%"
            return (
                f'<span class="bar"><span style="width:{width};background:{css(colour or _NEUTRAL)}"></span></span>'
                f'<span class="bar-text">{escape(text)}</span>'
            )
        case Shade(text, share, colour):
            strength = f"{75 * min(max(share, 0.0), 1.0):.0f}%"
            ground = f"background:color-mix(in srgb, {css(colour)} {strength}, transparent)"
            return f'<span class="shade" style="{ground}">{escape(text)}</span>'
        case Link(text, url, here):
            target = "_self" if here else "_blank"
            return f'<a href="{escape(url, quote=True)}" target="{target}" rel="noreferrer">{escape(text)}</a>'
        case Toned(text, tone):
            return f'<span class="named tone-{tone}">{escape(text)}</span>'
        case str():
            return escape(cell)


def css(colour: Colour) -> str:
    """For CSS and for Plotly."""
    red, green, blue = (int(value) for value in colour)
    return f"rgb({red},{green},{blue})"

"""Parts of a report, as `segcore.export.sections` describes them, drawn on a page."""

from collections.abc import Sequence
from itertools import pairwise

import plotly.graph_objects as go
import streamlit as st

from segcore.export.sections import Chart, Code, Details, Facts, Legend, Note, Part, Table, Tiles
from segcore.types import Colour
from ui.text import plain
from ui.widgets import line_chart, tables
from ui.widgets.tiles import Tile, tiles

_HEIGHT = 320
_TEXT: Colour = (136, 136, 136)
"""Colour of a series that has none of its own; visible in both themes."""
_DASHES = {"": "solid", "4 3": "dash", "7 4": "dash", "2 3": "dot", "9 3 2 3": "dashdot", "14 4": "longdash"}
"""SVG dash pattern → Plotly's name."""


def draw(parts: Sequence[Part], *, key: str, height: int = _HEIGHT) -> None:
    """Draw parts one below the other; charts have this height in pixels, and widgets have keys with this prefix.

    Images and confusion matrices are not drawn here: pages have interactive components for them.
    """
    for number, part in enumerate(parts):
        match part:
            case Note():
                _note(part)
            case Tiles():
                tiles([Tile(label, value, note=note) for label, value, note in part.rows])
            case Facts():
                tables.facts_table(part.caption, part.rows)
            case Table():
                tables.table(part.caption, part.head, part.rows, numbers=part.numbers)
            case Chart():
                _chart(part, key=f"{key}.{number}", height=height)
            case Legend():
                st.caption(" · ".join(plain(each.text) for each in part.classes))
            case Code():
                st.code(part.text, language=None, wrap_lines=True)
            case Details():
                with st.expander(part.title, key=f"{key}.{number}"):
                    draw(part.parts, key=f"{key}.{number}", height=height)
            case _:
                raise ValueError(f"{type(part).__name__} is drawn by a component of its own")


def _note(note: Note) -> None:
    text = plain(note.text)
    if note.tone == "bad":
        st.error(text)
    else:
        st.caption(f"**{text}**" if note.tone == "strong" else text)


def _chart(part: Chart, *, key: str, height: int) -> None:
    summary = "; ".join(f"{each.name}: {_ends([y for _, y in each.points if y is not None])}" for each in part.curves)
    line_chart.draw(figure(part), key, height, f"{part.title}. {summary}")


def _ends(values: Sequence[float]) -> str:
    return f"{values[0]:.3f} → {values[-1]:.3f}" if values else "—"


def figure(part: Chart) -> go.Figure:
    """The Plotly figure of a chart."""
    chart = go.Figure()
    for series in part.curves:
        x, y = [x for x, _ in series.points], [y for _, y in series.points]
        colour = tables.css(_visible(series.colour or _TEXT))
        name = line_chart.escaped(series.name)
        if series.is_bars:
            width = 0.95 * min((b - a for a, b in pairwise(x)), default=1.0)
            chart.add_bar(x=x, y=y, width=width, name=name, marker={"color": colour})
        else:
            line = {"color": colour, "dash": _DASHES.get(series.dash, "dash"), "width": 1 if series.is_faint else 2}
            chart.add_scatter(x=x, y=y, name=name, mode="lines+markers" if series.marks else "lines", line=line)
    chart.update_traces(hovertemplate="%{x:.4g}: %{y:.3f}")
    bounds = None if part.bounds is None else [part.bounds[0], part.bounds[1] * 1.02]
    return line_chart.laid_out(chart, part.x_title, part.title, y_axis={"range": bounds})


def _visible(colour: Colour) -> Colour:
    """Nearly black becomes grey, which is visible on a dark page."""
    return colour if max(colour) > 60 else (150, 150, 150)

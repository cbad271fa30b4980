"""Charts of lines: what is sent to the browser."""

from typing import Any

import plotly.graph_objects as go
import pytest
import streamlit as st

from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `st.plotly_chart` was given last."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(st, "plotly_chart", lambda chart, **rest: given.update(chart=chart, **rest))
    return given


def test_numbers_against_numbers_as_they_are_told(drawn: dict[str, Any]) -> None:
    course = ChartLine("a <b>bold</b> name", [1.0, 2.5], [0.5, None], "#112233", dash="dot", width=3)
    point = ChartLine("here", [2.5], [0.1], "#d55e00", width=0, symbol="circle")
    line_chart.show([course, point], key="k", x="steps", y="score", alt="said", x_axis={"type": "log"})
    first, second = drawn["chart"].data
    assert "<" not in first.name and first.mode == "lines" and second.mode == "markers"
    assert (list(first.x), list(first.y), first.line.dash, first.line.width) == ([1.0, 2.5], [0.5, None], "dot", 3)
    layout = drawn["chart"].layout
    assert (layout.xaxis.title.text, layout.xaxis.type, layout.yaxis.title.text) == ("steps", "log", "score")
    assert (drawn["alt"], drawn["height"], drawn["key"]) == ("said", line_chart.HEIGHT, "k")


def test_lines_over_places_differ_by_more_than_their_colour(drawn: dict[str, Any]) -> None:
    values = [[0.1, 0.2, float("nan")], [0.3, 0.4, 0.5], [0.6, 0.7, 0.8]]
    shown = [line_chart.at_places(str(n), each, (10 * n, 0, 0), bold=n == 1) for n, each in enumerate(values)]
    line_chart.show_places(shown, ["clean", "1", "2"], key="k", x="x", y="y", alt="said", at=2, height=260)
    chart: go.Figure = drawn["chart"]
    assert len({(trace.line.dash, trace.marker.symbol) for trace in chart.data}) == 3
    assert [trace.line.width for trace in chart.data] == [2, 4, 2]
    assert chart.data[1].line.color == "rgb(10,0,0)" and list(chart.data[1].x) == [0, 1, 2]
    assert list(chart.layout.xaxis.ticktext) == ["clean", "1", "2"] and list(chart.layout.xaxis.tickvals) == [0, 1, 2]
    assert [shape.x0 for shape in chart.layout.shapes] == [2]
    assert list(chart.layout.yaxis.range) == [0, 1.02] and drawn["height"] == 260
    line_chart.show_places(shown, ["clean", "1", "2"], key="k", x="x", y="y", alt="said", y_range=None)
    assert drawn["chart"].layout.yaxis.range is None and not drawn["chart"].layout.shapes

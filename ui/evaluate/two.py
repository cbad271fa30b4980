"""Two subjects on the same images: which is better, for which classes and images, with confidence intervals."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from segcore.evaluation import Comparison
from segcore.export.evaluation_sections import between
from segcore.export.sections import Named, Toned
from segcore.formatting import score, signed
from segcore.jobs import find_job, start_job
from segcore.metrics.bootstrap import Interval
from segcore.metrics.nan_ratios import mean
from ui import network_cache
from ui.evaluate import images, settings
from ui.evaluate.folded import FoldedForm
from ui.evaluate.images import Evaluation
from ui.evaluate.settings import EvaluationSettings
from ui.evaluate.single import start_or_read
from ui.known_names import class_name
from ui.text import plain, t
from ui.widgets import frame, line_chart, view_tabs
from ui.widgets.tables import Cell, table
from ui.widgets.tiles import Tile, tiles

SHOWN = 12
"""Maximum number of images per side."""
_VISIBLE = 0.0005
"""Smaller differences are written as 0.000."""
_ROW_PX, _MAX_HEIGHT_PX = 30, 900
_WON, _LOST = "#0072b2", "#d55e00"


def show() -> None:
    """Draw the settings, the jobs and the comparison.

    Raises:
        SegcoreError: the data is missing, or shares no class with one of the two.
    """
    folded = FoldedForm("evaluate.versus")
    with folded.form:
        chosen = settings.choose_two()
    if chosen is None:
        return
    if chosen[0].settings == chosen[1].settings:
        st.info(t("evaluate.versus.same"), icon=":material/compare_arrows:")
        return
    one, other = _evaluations(chosen)
    if one is None or other is None:
        folded.unfold()
        st.caption(t("evaluate.versus.empty"))
        return
    titles = (plain(each.subject.title) for each in chosen)
    folded.fold(t("evaluate.form.summary", title=" / ".join(titles), data=chosen[0].data_name))
    _result(one, other)


def _evaluations(chosen: Sequence[EvaluationSettings]) -> list[Evaluation | None]:
    """One button that starts both jobs, then their panels; None for each that has not finished."""
    missing = [each for each in chosen if find_job("evaluate", each.settings, files=each.files) is None]

    def begin() -> None:
        with frame.sentences():
            for each in missing:
                start_job("evaluate", each.settings, files=each.files)

    if missing:
        st.button(t("evaluate.versus.start"), key="evaluate.versus.start", icon=":material/play_arrow:", on_click=begin)
    evaluations: list[Evaluation | None] = []
    for column, each, key in zip(st.columns(2), chosen, ("one", "other"), strict=True):
        if each in missing:
            evaluations.append(None)
            continue
        with column:
            st.markdown(f"**{plain(each.subject.title)}**")
            evaluations.append(start_or_read(each, key=f"evaluate.{key}"))
    return evaluations


def _result(one: Evaluation, other: Evaluation) -> None:
    result = network_cache.comparison((one.job, other.job), one.report, other.report)
    result = replace(result, one=one.short_name, other=other.short_name)
    names = {"one": plain(result.one), "other": plain(result.other)}
    difference = result.difference
    tied = t("evaluate.versus.tied", count=result.tied)
    tiles(
        [
            Tile(t("evaluate.versus.miou", name=result.one), score(_mean(result, one))),
            Tile(t("evaluate.versus.miou", name=result.other), score(_mean(result, other))),
            Tile(t("evaluate.versus.difference"), signed(difference.miou), note=between(difference.interval, signed)),
            Tile(t("evaluate.versus.won"), f"{result.won} : {result.lost}", note=tied),
        ]
    )
    st.markdown(_verdict(result, names))
    st.caption(t("evaluate.versus.about", **names, images=len(result.images), classes=len(result.classes)))
    if not result.same_pixels:
        st.warning(t("evaluate.versus.pixels"), icon=":material/balance:")
    left, right = st.columns([6, 5], gap="large")
    with left:
        _table(result, one, other)
    with right:
        _chart(result, t("evaluate.versus.chart.alt", **names))
    with frame.sentences():
        _images(result, one, other)


def _mean(result: Comparison, evaluation: Evaluation) -> float:
    """Mean IoU over the classes that are compared."""
    iou = _iou(evaluation)
    return mean(np.array([iou[name] for name in result.classes]))


def _iou(evaluation: Evaluation) -> dict[str, float]:
    return dict(zip(evaluation.report.classes, evaluation.report.scores.iou, strict=True))


def _verdict(result: Comparison, names: dict[str, str]) -> str:
    """Which of the two is better, if the interval of the difference excludes 0."""
    interval = result.difference.interval
    share = f"{100 * max(result.difference.share_above, 1 - result.difference.share_above):.0f}"
    if interval.low > 0:
        return t("evaluate.versus.better", better=names["one"], worse=names["other"], share=share)
    if interval.high < 0:
        return t("evaluate.versus.better", better=names["other"], worse=names["one"], share=share)
    return t("evaluate.versus.unsure", **names)


def _table(result: Comparison, one: Evaluation, other: Evaluation) -> None:
    """IoU of both and their difference, by class."""
    colours = dict(zip(one.report.classes, one.report.colours, strict=True))
    ious = (_iou(one), _iou(other))
    rows: list[list[Cell]] = []
    for name, value, interval in _classes(result):
        scores = [score(iou[name]) for iou in ious]
        rows.append([Named(name, colours[name]), *scores, _toned(value, interval), between(interval, signed)])
    head = [t("evaluate.class"), result.one, result.other, t("evaluate.versus.difference"), t("evaluate.versus.range")]
    table(t("evaluate.versus.classes"), head, rows, numbers=range(1, 5))


def _classes(result: Comparison) -> list[tuple[str, float, Interval]]:
    difference = result.difference
    return list(zip(result.classes, difference.iou, difference.iou_intervals, strict=True))


def _toned(value: float, interval: Interval) -> Cell:
    """A difference, coloured if its interval excludes 0."""
    if interval.low > 0:
        return Toned(signed(value), "good")
    return Toned(signed(value), "bad") if interval.high < 0 else signed(value)


def _chart(result: Comparison, alt: str) -> None:
    """The difference of every class as a dot with its interval."""
    rows = [(name, value, interval) for name, value, interval in _classes(result) if not math.isnan(value)]
    chart = go.Figure()
    chart.add_scatter(
        x=[value for _, value, _ in rows],
        y=[class_name(name) for name, _, _ in rows],
        mode="markers",
        marker={"size": 10, "color": [_WON if value >= 0 else _LOST for _, value, _ in rows]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [interval.high - value for _, value, interval in rows],
            "arrayminus": [value - interval.low for _, value, interval in rows],
            "color": "#888888",
        },
        hovertemplate="%{y}: %{x:+.3f}<extra></extra>",
    )
    chart.add_vline(x=0, line={"color": "#888888", "width": 1})
    x_title = t("evaluate.versus.axis", one=result.one, other=result.other)
    y_axis = {"autorange": "reversed", "automargin": True}
    line_chart.laid_out(chart, x_title, "", {"zeroline": False}, y_axis, showlegend=False)
    line_chart.draw(chart, "evaluate.versus.chart", min(_MAX_HEIGHT_PX, 90 + _ROW_PX * len(rows)), alt)


def _images(result: Comparison, one: Evaluation, other: Evaluation) -> None:
    """The images with the greatest differences; the chosen one with both masks under the swipe."""
    st.subheader(t("evaluate.versus.images"), anchor=False)
    side = view_tabs.select(
        t("evaluate.versus.side"),
        ("won", "lost"),
        lambda word: t(f"evaluate.versus.side.{word}", one=result.one, other=result.other),
        default="lost" if result.lost > result.won else "won",
        key="evaluate.versus.side",
    )
    rows = {row.index: number for number, row in enumerate(one.report.rows)}
    ordered = reversed(result.images) if side == "won" else result.images
    sign = 1 if side == "won" else -1
    differences = {rows[image.index]: image for image in ordered if sign * image.difference >= _VISIBLE}
    shown = [row for row in differences if one.report.rows[row].kept and other.report.rows[row].kept][:SHOWN]
    if not shown:
        st.caption(t("evaluate.versus.nowhere"))
        return
    texts = {row: signed(differences[row].difference) for row in shown}
    chosen = images.tiles(one, texts, key="evaluate.versus.image", version="photo", make=one.thumbnail)
    image = differences[chosen]
    names = {"name": plain(image.name), "one": plain(result.one), "other": plain(result.other)}
    st.markdown(t("evaluate.versus.line", **names, one_score=score(image.one), other_score=score(image.other)))
    images.show(one, chosen, key="evaluate.versus.viewer", other=other)

"""The numbers that are quoted, with how far they can be trusted and the convention they follow."""

from functools import reduce

import streamlit as st

from segcore.errors import read_message
from segcore.evaluation import EvaluationReport
from segcore.formatting import between, score
from segcore.metrics import read_convention
from ui.text import plain, t, t_count, translated
from ui.widgets.tiles import Tile, tiles


def show(report: EvaluationReport) -> None:
    """Draw tiles, the convention in words, and how fast it was."""
    scores, intervals = report.scores, report.intervals
    facts = [
        Tile(t("metric.miou"), score(scores.miou), note=between(intervals.miou)),
        Tile(t("metric.mean_dice"), score(scores.mean_dice), note=between(intervals.mean_dice)),
        Tile(t("metric.pixel_accuracy"), score(scores.pixel_accuracy), note=between(intervals.pixel_accuracy)),
        Tile(t("metric.mean_accuracy"), score(scores.mean_accuracy)),
        Tile(t("metric.frequency_weighted_iou"), score(scores.frequency_weighted_iou)),
        Tile(t("evaluate.ece"), score(report.reliability.ece)),
    ]
    if report.outlines is not None:
        outlines = report.outlines.scores
        facts += [
            Tile(t("evaluate.boundary_f"), score(outlines.mean_f)),
            Tile(t("evaluate.boundary_iou"), score(outlines.mean_iou)),
        ]
    tiles(facts)
    level = f"{100 * intervals.level:.0f}"
    st.caption(t("evaluate.interval", level=level, draws=intervals.draws, images=intervals.images))
    st.caption(_convention(report))
    if report.outlines is not None:
        matched = t("evaluate.one_to_one") if report.outlines.one_to_one else t("evaluate.not_one_to_one")
        tolerance, band = f"{100 * report.outlines.tolerance:g}", f"{100 * report.outlines.band:g}"
        st.caption(t("evaluate.outlines", tolerance=tolerance, band=band, matched=matched))
    speed = report.speed
    st.caption(
        t_count(
            "evaluate.speed",
            report.images,
            rate=f"{speed.images_per_second:.1f}",
            median=f"{speed.median_ms:.0f}",
            engine=plain(speed.engine),
        )
    )


def _convention(report: EvaluationReport) -> str:
    """What ``report.convention`` says, in the reader's language."""
    said = [plain(translated(read_convention(report.scores.convention, report.scores.iou))), t("evaluate.own_size")]
    said += [f"**{plain(translated(read_message(report.note, report.note_message)))}**"] if report.note else []
    if report.ignored_classes:
        said.append(t("evaluate.ignored", classes=plain(", ".join(report.ignored_classes))))
    if report.excused_classes:
        said.append(t("evaluate.excused", classes=plain(", ".join(report.excused_classes))))
    return reduce(lambda one, other: t("evaluate.two_sentences", one=one, other=other), said)

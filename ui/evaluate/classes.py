"""Every class by itself."""

import math

from segcore.evaluation import EvaluationReport
from segcore.formatting import between, percent, score
from ui.text import t
from ui.widgets.tables import Bar, Cell, Chip, table


def show(report: EvaluationReport) -> None:
    """Draw the table, in the order of the ids."""
    scores, outlines = report.scores, report.outlines
    head = [
        t("evaluate.class"), t("metric.iou"), t("evaluate.iou_interval"), t("metric.dice"), t("metric.precision"),
        t("metric.recall"), t("evaluate.share"),
    ]  # fmt: skip
    if outlines is not None:
        head += [t("evaluate.boundary_f"), t("evaluate.boundary_iou")]
    rows: list[list[Cell]] = []
    for index, name in enumerate(report.classes):
        colour, iou = report.colours[index], scores.iou[index]
        row: list[Cell] = [
            Chip(name, colour),
            Bar(iou, score(iou), colour) if not math.isnan(iou) else score(iou),
            between(report.intervals.iou[index]),
            score(scores.dice[index]),
            score(scores.precision[index]),
            score(scores.recall[index]),
            percent(scores.support[index] / max(scores.pixels, 1)),
        ]
        if outlines is not None:
            row += [score(outlines.scores.f[index]), score(outlines.scores.iou[index])]
        rows.append(row)
    table(t("evaluate.classes"), head, rows, numbers=range(2, len(head)))

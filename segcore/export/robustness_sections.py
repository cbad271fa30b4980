"""The sections of a robustness card: the scores under every corruption, and the curves of each."""

import math

from segcore.evaluation import RobustnessCard
from segcore.export.sections import Cell, Chart, Details, Note, Part, Series, Shade, Table, class_dash
from segcore.formatting import percent, score
from segcore.palette import default_colours
from segcore.text import Translator, class_name
from segcore.types import Colour

SEVERITIES = range(1, 6)
_MEAN: Colour = (118, 118, 118)
_LOSS: Colour = (213, 94, 0)


def robustness(card: RobustnessCard | None, t: Translator) -> list[Part]:
    """All parts; empty if robustness was not measured."""
    if card is None or not card.cells:
        return []
    notes = [
        t("report.evaluation.robustness", left=percent(card.relative), clean=score(card.clean_miou)),
        t("evaluate.robustness.on", data=card.place, images=card.images, seed=card.seed),
        t("evaluate.robustness.about"),
    ]
    charts = [chart(card, kind, t) for kind in corruptions(card) if len(card.of(kind)) > 1]
    return [*map(Note, notes), grid(card, t), Details(t("report.evaluation.curves"), charts)]


def corruptions(card: RobustnessCard) -> list[str]:
    """The corruptions of a card, the most harmful first."""
    return sorted(dict.fromkeys(cell.corruption for cell in card.cells), key=card.relative_of)


def title(kind: str, t: Translator) -> str:
    """The name of a corruption in the language of ``t``."""
    return t(f"lesson.stress.set.corruption.{kind}")


def grid(card: RobustnessCard, t: Translator, class_id: int | None = None) -> Table:
    """IoU of one class, or mean IoU, under every corruption at every severity; the most harmful corruption first."""
    clean = card.clean_miou if class_id is None else card.clean_iou[class_id]

    def cell(kind: str, severity: int) -> Cell:
        measured = next((each for each in card.of(kind) if each.severity == severity), None)
        if measured is None:
            return ""
        value = measured.miou if class_id is None else measured.iou[class_id]
        loss = 0.0 if math.isnan(value) or not clean > 0 else 1 - value / clean
        return Shade(score(value), loss, _LOSS)

    rows = [
        [title(kind, t), *(cell(kind, severity) for severity in SEVERITIES), percent(card.relative_of(kind))]
        for kind in corruptions(card)
    ]
    head = [t("evaluate.robustness.kind"), *map(str, SEVERITIES), t("evaluate.robustness.left")]
    return Table(t("evaluate.robustness.grid"), head, rows, numbers=range(1, len(head)))


def chart(card: RobustnessCard, kind: str, t: Translator) -> Chart:
    """IoU of every class and mean IoU, from clean (severity 0) to the highest severity."""
    cells, colours = card.of(kind), default_colours(card.classes)
    severities = [0.0, *(float(cell.severity) for cell in cells)]

    def points(*scores: float) -> list[tuple[float, float | None]]:
        return [(at, None if math.isnan(each) else each) for at, each in zip(severities, scores, strict=True)]

    series = [Series(t("metric.miou"), points(card.clean_miou, *(cell.miou for cell in cells)), _MEAN, marks=True)]
    for k, name in enumerate(card.classes):
        ious = points(card.clean_iou[k], *(cell.iou[k] for cell in cells))
        series.append(Series(class_name(t, name), ious, colours[k], class_dash(k)))
    return Chart(title(kind, t), t("evaluate.robustness.severity"), series, (0.0, 1.0))

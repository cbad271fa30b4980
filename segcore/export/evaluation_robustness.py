"""The robustness card of a checkpoint, for its report: what is left in all, and the curves of every corruption."""

import math
from collections.abc import Sequence

from segcore.evaluation import RobustnessCard
from segcore.export.sections import Cell, Chart, Curve, Fold, Note, Part, Share, Table
from segcore.palette import default_colours
from segcore.text import Say
from segcore.types import Colour

_MEAN: Colour = (118, 118, 118)
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "14 4")
_SEVERITIES = 5


def robustness_parts(card: RobustnessCard | None, t: Say) -> list[Part]:
    """Its parts; empty where nobody has measured it."""
    if card is None or not card.cells:
        return []
    kinds = sorted(dict.fromkeys(cell.corruption for cell in card.cells), key=card.relative_of)
    notes = [
        t("report.evaluation.robustness", left=_percent(card.relative), clean=_number(card.clean_miou)),
        t("evaluate.robustness.on", data=card.place, images=card.images, seed=card.seed),
        t("evaluate.robustness.about"),
    ]
    charts = [_chart(card, kind, t) for kind in kinds if len(card.of(kind)) > 1]
    return [*map(Note, notes), _grid(card, kinds, t), Fold(t("report.evaluation.curves"), charts)]


def _grid(card: RobustnessCard, kinds: Sequence[str], t: Say) -> Table:
    """Mean IoU of every corruption at every severity, the worst first."""
    rows: list[list[Cell]] = []
    for kind in kinds:
        found = {cell.severity: _number(cell.miou) for cell in card.of(kind)}
        share = card.relative_of(kind)
        left: Cell = "—" if math.isnan(share) else Share(_percent(share), min(max(share, 0.0), 1.0))
        steps = [found.get(step, "") for step in range(1, _SEVERITIES + 1)]
        rows.append([t(f"lesson.stress.set.corruption.{kind}"), *steps, left])
    head = [t("evaluate.robustness.kind"), *map(str, range(1, _SEVERITIES + 1)), t("evaluate.robustness.left")]
    return Table(t("evaluate.robustness.grid"), head, rows, numbers=tuple(range(1, _SEVERITIES + 1)))


def _chart(card: RobustnessCard, kind: str, t: Say) -> Chart:
    """IoU of every class and their mean, from clean (0) to the highest severity."""
    cells, colours = card.of(kind), default_colours(card.classes)
    mean = [(0.0, card.clean_miou), *((float(cell.severity), cell.miou) for cell in cells)]
    curves = [Curve(t("metric.miou"), _known(mean), _MEAN, marks=True)]
    for k, name in enumerate(card.classes):
        points = [(0.0, card.clean_iou[k]), *((float(cell.severity), cell.iou[k]) for cell in cells)]
        curves.append(Curve(name, _known(points), colours[k], _DASHES[k % len(_DASHES)]))
    return Chart(t(f"lesson.stress.set.corruption.{kind}"), t("evaluate.robustness.severity"), curves, (0.0, 1.0))


def _known(points: Sequence[tuple[float, float]]) -> list[tuple[float, float | None]]:
    return [(x, None if math.isnan(y) else y) for x, y in points]


def _number(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.3f}"


def _percent(share: float) -> str:
    return "—" if math.isnan(share) else f"{100 * share:.1f} %"

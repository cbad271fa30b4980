"""The sections of an evaluation, the same on the Evaluate page and in the HTML report.

Each function takes the `EvaluationReport` and a translator, and returns parts, see `segcore.export.sections`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from segcore.errors import read_message
from segcore.evaluation import EvaluationReport
from segcore.export.sections import Cell, Chart, Details, Matrix, Named, Note, Part, Series, Share, Table, Tiles, Toned
from segcore.formatting import percent, score, signed
from segcore.metrics import read_convention
from segcore.metrics.bootstrap import Interval
from segcore.text import Translator, class_name
from segcore.types import Colour

Translate = Callable[[str], str]
"""Translates a message of the package, such as the rule of a convention."""

MAX_CLASSES = 30
"""Maximum number of classes in a confusion matrix; of more, the most frequent confusions are listed."""
_CONFUSIONS = 20
_TILES = ("mean_dice", "pixel_accuracy", "mean_accuracy", "frequency_weighted_iou")
_BARS: Colour = (0, 114, 178)
_TO = "\N{NO-BREAK SPACE}–\N{WORD JOINER}\N{NO-BREAK SPACE}"  # a line may end after a dash, even before such a space


def between(interval: Interval, shown: Callable[[float], str]) -> str:
    """An interval, its ends written by ``shown``; a line never ends within it. "—" if there is none."""
    return "—" if math.isnan(interval.low) else f"{shown(interval.low)}{_TO}{shown(interval.high)}"


def result(report: EvaluationReport, t: Translator, translate: Translate) -> list[Part]:
    """The primary metrics with their intervals, and their convention as sentences."""
    scores, intervals, boundary = report.scores, report.intervals, report.outlines

    def tile(label: str, value: float, interval: Interval | None = None) -> tuple[str, str, str]:
        has_interval = interval is not None and not math.isnan(interval.low)
        return label, score(value), between(interval, score) if interval is not None and has_interval else ""

    rows = [
        tile(t("evaluate.mean.found"), scores.miou, intervals.miou),
        tile(t("evaluate.mean.present"), scores.miou_of_present, intervals.miou_of_present),
        *(tile(t(f"metric.{name}"), getattr(scores, name), getattr(intervals, name, None)) for name in _TILES),
    ]
    rows.append(tile(t("evaluate.ece"), report.reliability.ece))
    convention = translate(read_convention(scores.convention, scores.iou))
    level = f"{100 * intervals.level:.0f}"
    notes = [
        *(Note(translate(each)) for each in report.mean_reasons),
        Note(t("evaluate.interval", level=level, draws=intervals.draws, images=intervals.images)),
        Note(t("evaluate.two_sentences", one=convention, other=t("evaluate.own_size"))),
    ]
    if report.overlap_sentence is not None:
        tone: Literal["", "strong"] = "strong" if report.overlap and report.overlap.found else ""
        notes.insert(0, Note(translate(report.overlap_sentence), tone))
    if report.note:
        notes.insert(0, Note(translate(read_message(report.note, report.note_message)), "strong"))
    if report.ignored_classes:
        notes.append(Note(t("evaluate.ignored", classes=_names(report.ignored_classes, t))))
    if report.excused_classes:
        notes.append(Note(t("evaluate.excused", classes=_names(report.excused_classes, t))))
    if boundary is not None:
        rows.append(tile(t("evaluate.boundary_f"), boundary.scores.mean_f))
        rows.append(tile(t("evaluate.boundary_iou"), boundary.scores.mean_iou))
        matched = t("evaluate.one_to_one") if boundary.one_to_one else t("evaluate.not_one_to_one")
        tolerance, band = f"{100 * boundary.tolerance:g}", f"{100 * boundary.band:g}"
        notes.append(Note(t("evaluate.outlines", tolerance=tolerance, band=band, matched=matched)))
    return [Tiles(rows), *notes]


def classes(report: EvaluationReport, t: Translator) -> list[Part]:
    """The scores of every class, in the order of the ids."""
    scores, boundary = report.scores, report.outlines
    head = [t("evaluate.class"), t("metric.iou"), t("evaluate.iou_interval"), t("metric.dice")]
    head += [t("metric.precision"), t("metric.recall"), t("evaluate.share")]
    if boundary is not None:
        head += [t("evaluate.boundary_f"), t("evaluate.boundary_iou")]
    rows: list[list[Cell]] = []
    for k, (name, colour) in enumerate(zip(report.classes, report.colours, strict=True)):
        iou = scores.iou[k]
        row: list[Cell] = [
            Named(class_name(t, name), colour),
            score(iou) if math.isnan(iou) else Share(score(iou), iou, colour),
            between(report.intervals.iou[k], score),
            score(scores.dice[k]),
            score(scores.precision[k]),
            score(scores.recall[k]),
            percent(scores.support[k] / max(scores.pixels, 1)),
        ]
        if boundary is not None:
            row += [score(boundary.scores.f[k]), score(boundary.scores.iou[k])]
        rows.append(row)
    return [Table(t("evaluate.classes"), head, rows, numbers=range(2, len(head)))]


def confusion(report: EvaluationReport, t: Translator) -> list[Part]:
    """The confusion matrix; of many classes the most frequent confusions."""
    if len(report.classes) <= MAX_CLASSES:
        return confusion_matrix(report.classes, report.colours, report.counts, t)
    counts, names = np.array(report.counts, np.int64), [class_name(t, name) for name in report.classes]
    wrong = counts * (1 - np.eye(len(counts), dtype=np.int64))
    cells = [divmod(int(cell), len(counts)) for cell in np.argsort(-wrong, axis=None)[:_CONFUSIONS]]
    rows = [
        [names[i], names[j], f"{counts[i, j]:,}", percent(counts[i, j] / max(counts[i].sum(), 1))]
        for i, j in cells
        if wrong[i, j]
    ]
    head = [t("evaluate.true"), t("evaluate.label"), t("evaluate.pixels"), t("report.evaluation.share")]
    return [Table(t("report.evaluation.confusions"), head, rows, numbers=(2, 3))]


def confusion_matrix(
    classes: Sequence[str], colours: Sequence[Colour], counts: Sequence[Sequence[int]], t: Translator
) -> list[Part]:
    """A confusion matrix with its explanation; see `Matrix`."""
    titles, names = (t("report.truth"), t("report.predicted")), [class_name(t, name) for name in classes]
    return [Note(t("report.confusion.about")), Matrix(t("report.confusion"), names, colours, counts, *titles)]


def conventions(report: EvaluationReport, t: Translator, translate: Translate) -> list[Part]:
    """The same predictions scored by the conventions of other programs, and why each score differs."""
    ours = report.conventions[0].value
    rows: list[list[Cell]] = []
    for row in report.conventions:
        title = translate(row.title)
        why = f"{translate(row.rule)} {translate(row.why)}".strip()
        rows.append([Toned(title, "bad") if row.mistake else title, score(row.value), signed(row.value - ours), why])
    head = [t("evaluate.conventions.program"), t("metric.miou"), t("evaluate.conventions.apart")]
    head.append(t("evaluate.conventions.why"))
    return [Note(t("evaluate.conventions.about")), Table(t("evaluate.conventions"), head, rows, numbers=(1, 2))]


def sizes(report: EvaluationReport, t: Translator) -> list[Part]:
    """Scores of objects by size, over all classes: a mean over pixels hides small objects."""
    bounds = ["0 %", *(f"{100 * edge:g} %" for edge in report.sizes.edges), "100 %"]
    rows = [
        [
            t("evaluate.sizes.between", size=t(f"evaluate.size.{size.size}"), low=low, high=high),
            str(size.objects),
            *map(score, (size.found, size.recall, size.iou)),
        ]
        for size, low, high in zip(report.sizes.all, bounds[:-1], bounds[1:], strict=True)
    ]
    head = [t("evaluate.sizes.size"), t("evaluate.sizes.objects"), t("evaluate.sizes.found")]
    head += [t("metric.recall"), t("metric.iou")]
    note = Note(t("evaluate.sizes.about", without=_names(report.sizes.without, t) or "—"))
    return [note, Table(t("evaluate.sizes"), head, rows, numbers=range(1, 5))]


def calibration(report: EvaluationReport, t: Translator) -> list[Part]:
    """The reliability diagram: accuracy of the pixels in each bin of confidence; ideally the two are equal."""
    diagram = report.reliability
    values = {"ece": score(diagram.ece), "mce": score(diagram.mce), "over": score(abs(diagram.over))}
    over = diagram.over > 0
    summary = t("evaluate.calibration.over", **values) if over else t("evaluate.calibration.under", **values)
    bins = list(zip(diagram.edges[:-1], diagram.edges[1:], diagram.accuracy, diagram.pixels, strict=True))
    points = [((low + high) / 2, accuracy if pixels else None) for low, high, accuracy, pixels in bins]
    chart = Chart(
        t("evaluate.accuracy"),
        t("evaluate.confidence"),
        [
            Series(t("evaluate.calibration.ideal"), [(0.0, 0.0), (1.0, 1.0)], dash="4 3"),
            Series(t("evaluate.accuracy"), points, _BARS, marks=True, is_bars=True),
        ],
        bounds=(0.0, 1.0),
    )
    total = max(sum(diagram.pixels), 1)
    table = Table(
        t("evaluate.calibration"),
        [t("evaluate.confidence"), t("evaluate.accuracy"), t("evaluate.pixels")],
        [[f"{low:.2f} – {high:.2f}", score(accuracy), percent(pixels / total)] for low, high, accuracy, pixels in bins],
        numbers=(1, 2),
    )
    return [Note(summary), chart, Details(t("evaluate.calibration.table"), [table])]


def _names(classes: Sequence[str], t: Translator) -> str:
    return ", ".join(class_name(t, name) for name in classes)

"""The report of an evaluation, section by section: how good, on what, by which rules, and how to do it again."""

import json
import math
import shlex
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from segcore import __version__
from segcore.checkpoint import CheckpointCard
from segcore.data import SegDataset
from segcore.errors import BadImage, BadRun, read_message
from segcore.evaluation import EvaluationReport, RobustnessCard, SavedPredictions
from segcore.export import sections
from segcore.export.evaluation_robustness import robustness_parts
from segcore.export.history import history
from segcore.export.page import render
from segcore.export.pictures import jpeg, masked, wrong_pixels
from segcore.export.run_curves import curves
from segcore.export.run_pictures import SIDE
from segcore.export.run_report import DASH
from segcore.export.sections import (
    Cell,
    Chart,
    Code,
    Curve,
    Facts,
    Fold,
    Matrix,
    Named,
    Note,
    Part,
    Picture,
    PictureRow,
    Pictures,
    Section,
    Share,
    Table,
    Tiles,
)
from segcore.metrics import read_convention
from segcore.metrics.bootstrap import Interval
from segcore.pictures import as_rgb
from segcore.runs import Run, open_run, run_at
from segcore.text import Say, speaker, translate
from segcore.types import RGB, Colour

WORST = 8
"""So many images are shown, the worst by their own mIoU."""

_MOST_IN_MATRIX = 30
_CONFUSIONS = 20
_BARS: Colour = (0, 114, 178)


class Evaluated(NamedTuple):
    """An evaluation and everything that a report tells of it.

    Attributes:
        report: what was measured.
        card: of the checkpoint; None for what is none.
        dataset: that was evaluated, for the photos of the worst images.
        kept: the predictions; images that are not there are shown without them.
        robustness: of the checkpoint, if it was measured.
        run: that trained it, if it is here.
    """

    report: EvaluationReport
    card: CheckpointCard | None
    dataset: SegDataset
    kept: SavedPredictions
    robustness: RobustnessCard | None = None
    run: Run | None = None


def run_of(checkpoint: Path, card: CheckpointCard) -> Run | None:
    """The run that a checkpoint comes from: it lies in its folder, or its card names it; None if that run is not here.

    Args:
        checkpoint: the file.
        card: what it says about itself.
    """
    for find in (lambda: run_at(checkpoint.parent.parent), lambda: open_run(card.run)):
        try:
            return find()
        except BadRun:
            continue
    return None


def evaluation_html(told: Evaluated, *, language: str = "en") -> bytes:
    """The evaluation as one HTML file that needs no network.

    Args:
        told: what it tells of.
        language: of its texts, one of `segcore.text.languages`.
    """
    return render(evaluation_report(told, language=language))


def evaluation_report(told: Evaluated, *, language: str = "en") -> sections.Report:
    """The same as plain data."""
    t, report = speaker(language), told.report
    split = report.split or DASH
    return sections.Report(
        title=f"{_called(told)} · {report.data_title}",
        lead=t("report.evaluation.lead", images=report.images, data=report.data_title, split=split),
        language=language,
        contents=t("report.contents"),
        sections=(
            Section("result", t("report.result"), _result(report, t, language)),
            Section("classes", t("report.classes"), _classes(report, t)),
            Section("confusion", t("report.confusion"), _confusion(report, t)),
            Section("worst", t("report.worst"), _worst(told, t)),
            Section("conventions", t("evaluate.conventions"), _conventions(report, t, language)),
            Section("sizes", t("evaluate.sizes"), _sizes(report, t)),
            Section("calibration", t("evaluate.view.calibration"), _calibration(report, t)),
            Section("robustness", t("evaluate.task.robustness"), robustness_parts(told.robustness, t)),
            Section("curves", t("report.curves"), _training(told, t)),
            Section("settings", t("report.settings"), _configuration(told, t)),
            Section("machine", t("report.machine"), _machine(told, t)),
            Section("again", t("report.evaluation.again"), _again(told, t)),
        ),
        foot=t("report.foot", version=__version__, moment=f"{datetime.now():%Y-%m-%d %H:%M}"),
    )


def _result(report: EvaluationReport, t: Say, language: str) -> list[Part]:
    scores, intervals = report.scores, report.intervals
    rows = [
        (t("metric.miou"), _with(scores.miou, intervals.miou)),
        (t("metric.mean_dice"), _with(scores.mean_dice, intervals.mean_dice)),
        (t("metric.pixel_accuracy"), _with(scores.pixel_accuracy, intervals.pixel_accuracy)),
        (t("metric.mean_accuracy"), _number(scores.mean_accuracy)),
        (t("metric.frequency_weighted_iou"), _number(scores.frequency_weighted_iou)),
        (t("evaluate.ece"), _number(report.reliability.ece)),
    ]
    convention = read_convention(scores.convention, scores.iou)
    notes = [translate(language, read_message(report.note, report.note_message))] if report.note else []
    notes += [
        t("evaluate.interval", level=f"{100 * intervals.level:.0f}", draws=intervals.draws, images=intervals.images),
        t("evaluate.two_sentences", one=translate(language, convention), other=t("evaluate.own_size")),
    ]
    if report.ignored_classes:
        notes.append(t("evaluate.ignored", classes=", ".join(report.ignored_classes)))
    if report.excused_classes:
        notes.append(t("evaluate.excused", classes=", ".join(report.excused_classes)))
    if report.outlines is not None:
        outlines = report.outlines
        rows += [
            (t("evaluate.boundary_f"), _number(outlines.scores.mean_f)),
            (t("evaluate.boundary_iou"), _number(outlines.scores.mean_iou)),
        ]
        matched = t("evaluate.one_to_one") if outlines.one_to_one else t("evaluate.not_one_to_one")
        tolerance, band = f"{100 * outlines.tolerance:g}", f"{100 * outlines.band:g}"
        notes.append(t("evaluate.outlines", tolerance=tolerance, band=band, matched=matched))
    return [Tiles(rows), *map(Note, notes)]


def _classes(report: EvaluationReport, t: Say) -> list[Part]:
    scores, outlines = report.scores, report.outlines
    head = [t("evaluate.class"), t("metric.iou"), t("evaluate.iou_interval"), t("metric.dice")]
    head += [t("metric.precision"), t("metric.recall"), t("evaluate.share")]
    if outlines is not None:
        head += [t("evaluate.boundary_f"), t("evaluate.boundary_iou")]
    rows: list[list[Cell]] = []
    for k, (name, colour) in enumerate(zip(report.classes, report.colours, strict=True)):
        iou = scores.iou[k]
        row: list[Cell] = [
            Named(name, colour),
            DASH if math.isnan(iou) else Share(_number(iou), iou),
            _between(report.intervals.iou[k]),
            _number(scores.dice[k]),
            _number(scores.precision[k]),
            _number(scores.recall[k]),
            _percent(scores.support[k] / max(scores.pixels, 1)),
        ]
        if outlines is not None:
            row += [_number(outlines.scores.f[k]), _number(outlines.scores.iou[k])]
        rows.append(row)
    return [Table(t("report.classes"), head, rows, numbers=tuple(range(2, len(head))))]


def _confusion(report: EvaluationReport, t: Say) -> list[Part]:
    """The table of counts; of many classes the most frequent confusions."""
    if len(report.classes) <= _MOST_IN_MATRIX:
        titles = (t("report.truth"), t("report.predicted"))
        matrix = Matrix(t("report.confusion"), report.classes, report.colours, report.counts, *titles)
        return [Note(t("report.confusion.about")), matrix]
    counts = np.array(report.counts, np.int64)
    wrong = counts * (1 - np.eye(len(counts), dtype=np.int64))
    order = [divmod(int(place), len(counts)) for place in np.argsort(-wrong, axis=None)[:_CONFUSIONS]]
    rows = [
        [report.classes[i], report.classes[j], f"{counts[i, j]:,}", _percent(counts[i, j] / max(counts[i].sum(), 1))]
        for i, j in order
        if wrong[i, j]
    ]
    head = [t("evaluate.true"), t("evaluate.label"), t("evaluate.pixels"), t("report.evaluation.share")]
    return [Table(t("report.evaluation.confusions"), head, rows, numbers=(2, 3))]


def _worst(told: Evaluated, t: Say) -> list[Part]:
    numbers = {row.index: at for at, row in enumerate(told.report.rows)}
    colours, rows = told.report.colours, []
    for row in told.report.worst(WORST):
        photo = as_rgb(told.dataset[row.index].image)
        shown: list[RGB] = [photo]
        try:
            labels, truth = told.kept.labels(numbers[row.index]), told.kept.ground_truth(numbers[row.index])
            shown += [masked(photo, truth, colours), masked(photo, labels, colours), wrong_pixels(photo, labels, truth)]
        except BadImage:  # it was not kept; the photo alone still tells something
            pass
        head = (t("report.photo"), t("report.truth"), t("report.prediction"), t("report.wrong"))
        pictures = [Picture(jpeg(rgb, SIDE), f"{row.name}: {alt}") for rgb, alt in zip(shown, head, strict=False)]
        loss = f" · {t('report.loss')} {_number(row.loss)}"
        rows.append(PictureRow(f"{row.name} · mIoU {_number(row.miou)}{loss}", pictures))
    if not rows:
        return []
    head = (t("report.photo"), t("report.truth"), t("report.prediction"), t("report.wrong"))
    return [Note(t("report.evaluation.worst")), Pictures(head, rows)]


def _conventions(report: EvaluationReport, t: Say, language: str) -> list[Part]:
    rows = [
        [translate(language, row.title), _number(row.value), translate(language, row.why or row.rule)]
        for row in report.conventions
    ]
    head = [t("evaluate.conventions.program"), t("metric.miou"), t("evaluate.conventions.why")]
    note = Note(t("evaluate.conventions.about"))
    return [note, Table(t("evaluate.conventions"), head, rows, numbers=(1,))]


def _sizes(report: EvaluationReport, t: Say) -> list[Part]:
    bounds = ["0 %", *(f"{100 * edge:g} %" for edge in report.sizes.edges), "100 %"]
    rows = [
        [
            t("evaluate.sizes.between", size=t(f"evaluate.size.{size.size}"), low=low, high=high),
            str(size.objects),
            *map(_number, (size.found, size.recall, size.iou)),
        ]
        for size, low, high in zip(report.sizes.all, bounds[:-1], bounds[1:], strict=True)
    ]
    head = [t("evaluate.sizes.size"), t("evaluate.sizes.objects"), t("evaluate.sizes.found")]
    head += [t("metric.recall"), t("metric.iou")]
    note = Note(t("evaluate.sizes.about", without=", ".join(report.sizes.without) or DASH))
    return [note, Table(t("evaluate.sizes"), head, rows, numbers=(1, 2, 3, 4))]


def _calibration(report: EvaluationReport, t: Say) -> list[Part]:
    diagram = report.reliability
    values = {"ece": _number(diagram.ece), "mce": _number(diagram.mce), "over": _number(abs(diagram.over))}
    said = t("evaluate.calibration.over", **values) if diagram.over > 0 else t("evaluate.calibration.under", **values)
    bins = zip(diagram.edges[:-1], diagram.edges[1:], diagram.accuracy, diagram.pixels, strict=True)
    points = [((low + high) / 2, accuracy if pixels else None) for low, high, accuracy, pixels in bins]
    chart = Chart(
        t("evaluate.accuracy"),
        t("evaluate.confidence"),
        [
            Curve(t("evaluate.calibration.ideal"), [(0.0, 0.0), (1.0, 1.0)], dash="4 3"),
            Curve(t("evaluate.accuracy"), points, _BARS, marks=True),
        ],
        bounds=(0.0, 1.0),
    )
    return [Note(said), chart]


def _training(told: Evaluated, t: Say) -> list[Part]:
    """The curves of the run, where the checkpoint comes from one."""
    if told.run is None:
        return []
    return [Note(t("report.evaluation.run", name=told.run.name)), *curves(history(told.run), t)]


def _configuration(told: Evaluated, t: Say) -> list[Part]:
    report, card = told.report, told.card
    mapped = ", ".join(f"{old} = {new}" for old, new in report.mapping.items())
    rows = [
        (t("report.evaluation.checkpoint"), _called(told)),
        (t("report.evaluation.sha256"), report.checkpoint_sha256 or DASH),
        (t("report.data"), f"{report.data_title} ({report.source or report.data})"),
        (t("data.split"), report.split or DASH),
        (t("evaluate.how.limit"), str(report.images)),
        (t("report.evaluation.mapping"), mapped or t("report.evaluation.by_name")),
    ]
    if card is not None:
        seen = "; ".join(f"{data.name} ({data.licence})" if data.licence else data.name for data in card.training_data)
        options = ", ".join(f"{name} = {value}" for name, value in card.options.items())
        rows += [
            (t("models.architecture"), card.architecture + (f" ({options})" if options else "")),
            (t("report.parameters"), f"{card.parameters:,}"),
            (t("report.evaluation.side"), DASH if card.working_side is None else str(card.working_side)),
            (t("models.trained_on"), seen or DASH),
            (t("models.licence"), card.licence or DASH),
        ]
    parts: list[Part] = [Facts(t("report.settings"), rows)]
    if told.run is not None:
        parts.append(
            Fold(t("report.evaluation.run_settings"), [Code(json.dumps(told.run.plan, indent=2, ensure_ascii=False))])
        )
    return parts


def _machine(told: Evaluated, t: Say) -> list[Part]:
    report, speed = told.report, told.report.speed
    seeds = [t("report.evaluation.seed.draws", seed=0)]
    if told.robustness is not None:
        seeds.append(t("report.evaluation.seed.corruptions", seed=told.robustness.seed))
    if told.run is not None:
        seeds.append(t("report.evaluation.seed.training", seed=told.run.plan.get("seed", DASH)))
    rows = [
        (t("evaluate.how.engine"), speed.engine),
        (t("report.threads"), str(speed.threads)),
        (t("report.evaluation.rate"), f"{speed.images_per_second:.1f}"),
        (t("report.evaluation.median"), f"{speed.median_ms:.1f} ms"),
        (t("report.evaluation.created"), report.created),
        (t("report.evaluation.seeds"), "; ".join(seeds)),
        *report.environment.items(),
    ]
    return [Facts(t("report.machine"), rows)]


def _again(told: Evaluated, t: Say) -> list[Part]:
    """The command; nothing where the data has no name by which a command could open it, or no checkpoint was judged."""
    report = told.report
    if not report.source or told.card is None:
        return []
    checkpoint = report.checkpoint
    if told.run is not None and not told.card.run:
        checkpoint = str(told.run.checkpoint_path("last" if report.checkpoint == "last" else "best"))
    words = ["python", "-m", "segcore", "evaluate", "--checkpoint", checkpoint]
    words += ["--data", report.source]
    if report.split:
        words += ["--split", report.split]
    if report.mapping:
        words += ["--map", ",".join(f"{old}={new}" for old, new in report.mapping.items())]
    if report.outlines is not None:
        words += ["--boundary", *(["--one-to-one"] if report.outlines.one_to_one else [])]
    return [Note(t("report.evaluation.again.about")), Code(shlex.join(words))]


def _called(told: Evaluated) -> str:
    """Who was judged; weights that lie in their run are called "best" or "last" there, which says little alone."""
    if told.run is None or told.card is None or told.card.run:
        return told.report.checkpoint
    return f"{told.run.name} / {told.report.checkpoint}"


def _number(value: float) -> str:
    return DASH if math.isnan(value) else f"{value:.3f}"


def _with(value: float, interval: Interval) -> str:
    between = _between(interval)
    return _number(value) if between == DASH else f"{_number(value)} ({between})"


def _between(interval: Interval) -> str:
    return DASH if math.isnan(interval.low) else f"{_number(interval.low)} – {_number(interval.high)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

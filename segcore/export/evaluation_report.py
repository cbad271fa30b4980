"""The report of an evaluation: scores, worst images, settings, and the command that reproduces it."""

import json
import shlex
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from segcore.checkpoint import CheckpointCard, CheckpointRef, load_card
from segcore.data import SegDataset
from segcore.errors import BadImage, BadRun
from segcore.evaluation import EvaluationReport, RobustnessCard, SavedPredictions, load_robustness
from segcore.export import evaluation_sections
from segcore.export.history import History
from segcore.export.page import render
from segcore.export.robustness_sections import robustness
from segcore.export.run_curves import curves
from segcore.export.sample_images import compared_head, compared_images, compared_row
from segcore.export.sections import Code, Details, Facts, FigureGrid, Note, Part, Section
from segcore.pictures import as_rgb
from segcore.runs import Run, open_run, run_at, shown_name
from segcore.text import Translator, translate, translator

DASH = "—"
WORST = 8
"""Maximum number of images shown, those with the lowest mIoU."""


class Evaluated(NamedTuple):
    """An evaluation with its context, for a report."""

    report: EvaluationReport
    card: CheckpointCard | None  # None for a classical method
    dataset: SegDataset  # provides the worst images
    kept: SavedPredictions  # images without one are shown alone
    robustness: RobustnessCard | None = None  # of the checkpoint, if measured
    run: Run | None = None  # that trained the checkpoint, if it is on this machine

    @classmethod
    def of(
        cls, report: EvaluationReport, dataset: SegDataset, kept: SavedPredictions, reference: CheckpointRef | None
    ) -> "Evaluated":
        """An evaluation of a checkpoint, or of a classical method without one, with everything known about it."""
        if reference is None:
            return cls(report, None, dataset, kept)
        card = load_card(reference.path)
        return cls(report, card, dataset, kept, load_robustness(reference), run_of(reference.path, card))


def run_of(checkpoint: Path, card: CheckpointCard) -> Run | None:
    """The run that wrote a checkpoint, by its folder or its card; None if that run is not on this machine."""
    with suppress(BadRun):
        return run_at(checkpoint.parent.parent)
    with suppress(BadRun):
        return open_run(card.run)
    return None


def evaluation_html(evaluated: Evaluated, *, language: str = "en") -> bytes:
    """An evaluation as one self-contained HTML file, in one of `segcore.text.languages`."""
    t, report, sections = translator(language), evaluated.report, evaluation_sections
    into = partial(translate, language)
    return render(
        f"{_name(evaluated)} · {report.data_title}",
        t("report.evaluation.lead", images=report.images, data=report.data_title, split=report.split or DASH),
        (
            Section("result", t("report.result"), sections.result(report, t, into)),
            Section("classes", t("report.classes"), sections.classes(report, t)),
            Section("confusion", t("report.confusion"), sections.confusion(report, t)),
            Section("worst", t("report.worst"), _worst(evaluated, t)),
            Section("conventions", t("evaluate.conventions"), sections.conventions(report, t, into)),
            Section("sizes", t("evaluate.sizes"), sections.sizes(report, t)),
            Section("calibration", t("evaluate.view.calibration"), sections.calibration(report, t)),
            Section("robustness", t("evaluate.task.robustness"), robustness(evaluated.robustness, t)),
            Section("curves", t("report.curves"), _training(evaluated, t)),
            Section("settings", t("report.settings"), _configuration(evaluated, t)),
            Section("machine", t("report.machine"), _machine(evaluated, t)),
            Section("again", t("report.evaluation.again"), _again(evaluated, t)),
        ),
        language,
    )


def _worst(evaluated: Evaluated, t: Translator) -> list[Part]:
    numbers = {row.index: number for number, row in enumerate(evaluated.report.rows)}
    rows = []
    for row in evaluated.report.worst(WORST):
        photo, number = as_rgb(evaluated.dataset[row.index].image), numbers[row.index]
        try:
            labels, truth = evaluated.kept.labels(number), evaluated.kept.ground_truth(number)
            images = compared_images(photo, truth, labels, evaluated.report.colours)
        except BadImage:  # its prediction was not saved
            images = [photo]
        rows.append(compared_row(row.name, row.miou, row.loss, images, t))
    return [Note(t("report.evaluation.worst")), FigureGrid(compared_head(t), rows)] if rows else []


def _training(evaluated: Evaluated, t: Translator) -> list[Part]:
    """The curves of the run that trained the checkpoint; empty if unknown."""
    if evaluated.run is None:
        return []
    return [Note(t("report.evaluation.run", name=shown_name(evaluated.run))), *curves(History(evaluated.run), t)]


def _configuration(evaluated: Evaluated, t: Translator) -> list[Part]:
    report, card = evaluated.report, evaluated.card
    mapped = ", ".join(f"{old} = {new}" for old, new in report.mapping.items())
    rows = [
        (t("report.evaluation.checkpoint"), _name(evaluated)),
        (t("report.evaluation.sha256"), report.checkpoint_sha256 or DASH),
        (t("report.data"), f"{report.data_title} ({report.source or report.data})"),
        (t("data.split"), report.split or DASH),
        (t("evaluate.how.limit"), str(report.images)),
        (t("report.evaluation.mapping"), mapped or t("report.evaluation.by_name")),
    ]
    if card is not None:
        data = card.training_data
        trained_on = "; ".join(f"{each.name} ({each.licence})" if each.licence else each.name for each in data)
        options = ", ".join(f"{name} = {value}" for name, value in card.options.items())
        rows += [
            (t("models.architecture"), card.architecture + (f" ({options})" if options else "")),
            (t("report.parameters"), f"{card.parameters:,}"),
            (t("report.evaluation.side"), DASH if card.working_side is None else str(card.working_side)),
            (t("models.trained_on"), trained_on or DASH),
            (t("models.licence"), card.licence or DASH),
        ]
    parts: list[Part] = [Facts(t("report.settings"), rows)]
    if evaluated.run is not None:
        code = Code(json.dumps(evaluated.run.plan, indent=2, ensure_ascii=False))
        parts.append(Details(t("report.evaluation.run_settings"), [code]))
    return parts


def _machine(evaluated: Evaluated, t: Translator) -> list[Part]:
    report, speed = evaluated.report, evaluated.report.speed
    seeds = [t("report.evaluation.seed.draws", seed=0)]
    if evaluated.robustness is not None:
        seeds.append(t("report.evaluation.seed.corruptions", seed=evaluated.robustness.seed))
    if evaluated.run is not None:
        seeds.append(t("report.evaluation.seed.training", seed=evaluated.run.plan.get("seed", DASH)))
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


def _again(evaluated: Evaluated, t: Translator) -> list[Part]:
    """The command; empty if no option names the data, or if no checkpoint was evaluated."""
    report = evaluated.report
    if not report.source or evaluated.card is None:
        return []
    checkpoint = report.checkpoint
    if evaluated.run is not None and not evaluated.card.run:
        checkpoint = str(evaluated.run.checkpoint_path("last" if report.checkpoint == "last" else "best"))
    words = ["python", "-m", "segcore", "evaluate", "--checkpoint", checkpoint, "--data", report.source]
    if report.split:
        words += ["--split", report.split]
    if report.mapping:
        words += ["--map", ",".join(f"{old}={new}" for old, new in report.mapping.items())]
    if report.outlines is not None:
        words += ["--boundary", *(["--one-to-one"] if report.outlines.one_to_one else [])]
    return [Note(t("report.evaluation.again.about")), Code(shlex.join(words))]


def _name(evaluated: Evaluated) -> str:
    """What was evaluated; "best" and "last" weights are prefixed with the name of their run."""
    if evaluated.run is None or evaluated.card is None or evaluated.card.run:
        return evaluated.report.checkpoint
    return f"{evaluated.run.name} / {evaluated.report.checkpoint}"

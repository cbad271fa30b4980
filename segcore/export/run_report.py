"""The report of a run: result, curves, samples, data, settings, machine, and the command that reproduces it."""

import json
import shlex
from collections.abc import Callable
from typing import Any

import numpy as np

from segcore.coach import coach
from segcore.errors import read_message, read_reason
from segcore.evaluation import mean_reasons
from segcore.export.evaluation_sections import confusion_matrix
from segcore.export.history import History, class_value
from segcore.export.page import render
from segcore.export.run_curves import curves
from segcore.export.run_images import sample_rows, worst_rows
from segcore.export.sections import (
    Cell,
    Code,
    Details,
    Facts,
    Legend,
    Named,
    Note,
    Part,
    Section,
    Share,
    Table,
    Tiles,
)
from segcore.formatting import duration, moment, percent, score
from segcore.metrics import scores
from segcore.runs import Run, read_notes, shown_name
from segcore.text import Translator, class_name, translate, translator
from segcore.train import TrainConfig

DASH = "—"
_MEANS = ("mean_dice", "pixel_accuracy", "mean_accuracy", "frequency_weighted_iou")


def html_report(
    run: Run, *, language: str = "en", worst: int = 8, progress: Callable[[int, int], None] | None = None
) -> bytes:
    """A run in any state as one self-contained HTML file, in one of `segcore.text.languages`.

    At most ``worst`` validation images are predicted again, 0 needs no data; ``progress`` is called with (done, total)
    after each of them.

    Raises:
        BadRun: its spec cannot be read.
    """
    history, t = History(run), translator(language)
    state, model = t(f"state.{history.state}"), history.plan.get("model", DASH)
    return render(
        shown_name(run),
        t("report.subtitle", state=state, model=model, data=_text(history.plan.get("data"))),
        (
            Section("result", t("report.result"), _result(history, t, language)),
            Section("classes", t("report.classes"), _classes(history, t, language)),
            Section("curves", t("report.curves"), curves(history, t)),
            Section("advice", t("coach.title"), _advice(history, language)),
            Section("samples", t("report.samples"), sample_rows(history, t)),
            Section("worst", t("report.worst"), worst_rows(history, t, language, limit=worst, progress=progress)),
            Section("data", t("report.data"), _data(history, t, language)),
            Section("settings", t("report.settings"), _settings(history, t, language)),
            Section("machine", t("report.machine"), _machine(history, t)),
            Section("again", t("report.again"), _again(history, t)),
        ),
        language,
    )


def _result(history: History, t: Translator, language: str) -> list[Part]:
    best = history.best
    images = sum(event.get("images", 0) for event in history.validations)
    train_seconds = sum(event.get("train_seconds", 0.0) for event in history.validations)
    rows = [
        (t("report.state"), t(f"state.{history.state}"), ""),
        (t("report.best"), DASH if best is None else f"{score(best['miou'])} @ {best['epoch'] + 1}", ""),
        (t("report.last"), score(history.validations[-1]["miou"]) if history.validations else DASH, ""),
        (t("report.epochs"), f"{len(history.validations)} / {history.plan.get('epochs', DASH)}", ""),
        (t("report.took"), duration(history.seconds, t), ""),
        (t("report.speed"), f"{images / train_seconds:.1f}" if train_seconds else DASH, ""),
    ]
    parts: list[Part] = [Tiles(rows)]
    event = history.run.last("state") or {}
    if event.get("reason"):
        parts.append(Note(translate(language, read_reason(event)), "bad" if history.state == "failed" else ""))
    if history.state not in ("finished", "failed"):
        parts.append(Note(t("report.unfinished")))
    note = read_notes(history.run).text
    if note:
        parts.append(Note(t("report.note", text=note)))
    return parts


def _classes(history: History, t: Translator, language: str) -> list[Part]:
    """Every class, the means and the confusion matrix of the best epoch."""
    best = history.best
    if best is None:
        return [Note(t("report.no_validation"))]
    support = best.get("support") or [None] * len(history.classes)
    pixels = best.get("pixels")
    rows: list[list[Cell]] = []
    for k, (name, colour) in enumerate(zip(history.classes, history.colours, strict=True)):
        iou, dice, precision, recall = (class_value(best, ratio, k) for ratio in ("iou", "dice", "precision", "recall"))
        bar: Cell = DASH if iou is None else Share(score(iou), iou)
        share = percent(support[k] / pixels) if pixels and support[k] is not None else DASH
        rows.append([Named(class_name(t, name), colour), bar, score(dice), score(precision), score(recall), share])
    head = ["class", "iou", "dice", "precision", "recall", "support"]
    counted = scores(np.array(best["counts"]), history.classes) if best.get("counts") else None
    present = [] if counted is None else [(t("evaluate.mean.present"), score(counted.miou_of_present))]
    means = [
        (t("evaluate.mean.found"), score(best.get("miou"))),
        *present,
        *((t(f"metric.{name}"), score(best.get(name))) for name in _MEANS),
    ]
    parts: list[Part] = [
        Note(t("report.of_best", epoch=best["epoch"] + 1)),
        Table(t("report.classes"), [t(f"report.head.{name}") for name in head], rows, numbers=(2, 3, 4, 5)),
        Facts(t("report.means"), means),
    ]
    if best.get("averaged_over") is not None:
        parts.append(Note(t("report.convention", some=best["averaged_over"], all=len(history.classes))))
    if counted is not None:
        parts += [Note(translate(language, each)) for each in mean_reasons(counted, best["counts"])]
        parts += confusion_matrix(history.classes, history.colours, best["counts"], t)
    return parts


def _advice(history: History, language: str) -> list[Part]:
    """The coach's advice about the curves; empty where there is none."""
    return [Note(each.paragraph(language), "bad" if each.severity == "error" else "") for each in coach(history.run)]


def _data(history: History, t: Translator, language: str) -> list[Part]:
    plan, setup = history.plan, history.setup
    rows = [
        (t("report.train_data"), _text(plan.get("data"))),
        (t("report.train_images"), _text(setup.get("train_images"))),
        (t("report.val_data"), _text(plan.get("val_data")) if plan.get("val_data") else t("report.val_own")),
        (t("report.val_images"), _text(setup.get("val_images"))),
        (t("report.crop"), t("report.crop.text", side=plan.get("size", DASH))),
    ]
    named = [Named(class_name(t, name), colour) for name, colour in zip(history.classes, history.colours, strict=True)]
    uses = [Note(translate(language, read_message(**use))) for use in setup.get("data_use", ())]
    return [Facts(t("report.data"), rows), *uses, *([Legend(named)] if named else [])]


def _settings(history: History, t: Translator, language: str) -> list[Part]:
    """Settings that differ from the defaults, changes during the run, then all settings."""
    defaults = TrainConfig().to_json()
    changed = [(name, value) for name, value in history.plan.items() if defaults.get(name) != value]
    rows = [[name, _text(value), _text(defaults.get(name))] for name, value in changed]
    head = [t("report.setting"), t("report.value"), t("report.default")]
    parts: list[Part] = [Note(t("report.settings.about"))]
    if rows:
        parts.append(Table(t("report.settings"), head, rows))
    for event in history.amendments:
        changes = ", ".join(f"{name} = {_text(value)}" for name, value in event["changes"].items())
        reason = f" {translate(language, read_reason(event))}" if event.get("reason") else ""
        parts.append(Note(t("report.amended", moment=moment(event["time"]), changes=changes) + reason))
    everything = [(name, _text(value)) for name, value in history.plan.items()]
    return [*parts, Details(t("report.settings.all"), [Facts(t("report.settings.all"), everything)])]


def _machine(history: History, t: Translator) -> list[Part]:
    setup = history.setup
    if not setup:
        return [Note(t("report.no_setup"))]
    parameters = setup.get("parameters")
    rows = [
        (t("report.device"), f"{setup.get('device', DASH)} ({setup.get('device_name', DASH)})"),
        (t("report.precision"), _text(setup.get("precision"))),
        (t("report.channels_last"), t("report.yes") if setup.get("channels_last") else t("report.no")),
        (t("report.threads"), _text(setup.get("threads"))),
        (t("report.parameters"), DASH if parameters is None else f"{parameters:,}"),
        (t("report.started"), moment(setup["time"])),
        *((name, str(version)) for name, version in setup.get("versions", {}).items()),
    ]
    return [Facts(t("report.machine"), rows)]


def _again(history: History, t: Translator) -> list[Part]:
    """The seed, the command and the configuration file that reproduce the run."""
    file = f"{history.run.name}.json"
    return [
        Note(t("report.again.about", seed=history.plan.get("seed", DASH), file=file)),
        Code(f"python -m segcore train --config {shlex.quote(file)}"),
        Details(file, [Code(json.dumps(history.plan, indent=2, ensure_ascii=False))]),
    ]


def _text(value: Any) -> str:
    """The value of a setting as text."""
    if value is None or value in ("", [], {}):
        return DASH
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_text(inner)}" for key, inner in value.items())
    return str(value)

"""Evaluations as short jobs, see ``segcore.jobs``: their settings are plain JSON values.

    evaluate     checkpoint, data, split, mapping, limit, outlines, one_to_one, engine, device, precision, working_side,
                 most_kept
    robustness   checkpoint, data, split, mapping, limit, kinds, seed, engine, device, precision

``checkpoint`` is a name or a file, ``data`` a registered dataset or a folder; all but these two may be left out.
In the place of ``checkpoint``, ``evaluate`` also takes ``method`` with ``parameters`` and ``assign``: something without
a network, see ``segcore.evaluation.classical_methods``.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from segcore.checkpoint import CheckpointRef, find_checkpoint, load_checkpoint
from segcore.data import SegDataset, open_dataset
from segcore.evaluation.classical_methods import evaluate_method
from segcore.evaluation.measure import Options, evaluate_checkpoint, file_sha256
from segcore.evaluation.predictions import FOLDER
from segcore.evaluation.robustness import KINDS, LIMIT, measure_robustness, save_robustness
from segcore.inference import Predictor
from segcore.inference.engines import torch_device
from segcore.runs import Emit, Request


class _Cancelled(Exception):
    """Somebody asked the job to stop."""


def evaluate(
    settings: Mapping[str, Any], emit: Emit, asked: Callable[[], Request | None], folder: Path
) -> dict[str, Any] | None:
    """Evaluate a checkpoint; predictions are kept in ``folder / "predictions"``.

    Returns:
        ``Report.to_dict()``; None if it was cancelled.

    Raises:
        SegcoreError: a sentence for whatever does not fit: checkpoint, data, classes, device.
    """
    options = Options(
        outlines=bool(settings.get("outlines", True)),
        one_to_one=bool(settings.get("one_to_one", False)),
        keep=folder / FOLDER,
        most_kept=int(settings.get("most_kept", Options.most_kept)),
    )
    common: dict[str, Any] = {
        "mapping": settings.get("mapping"),
        "split": settings.get("split"),
        "source": str(settings["data"]),
        "progress": _progress(emit, asked, "evaluating"),
        "limit": settings.get("limit"),
        "options": options,
    }
    try:
        if "method" in settings:
            dataset = open_dataset(settings["data"], settings.get("split"))
            report = evaluate_method(
                settings["method"],
                dataset,
                parameters=settings.get("parameters"),
                assign=settings.get("assign"),
                **common,
            )
        else:
            reference, predictor, dataset = _opened(settings, emit)
            report = evaluate_checkpoint(predictor, dataset, sha256=file_sha256(reference), **common)
    except _Cancelled:
        return None
    return report.to_dict()


def robustness(
    settings: Mapping[str, Any], emit: Emit, asked: Callable[[], Request | None], _folder: Path
) -> dict[str, Any] | None:
    """Measure a checkpoint on spoilt photos and lay the card beside it.

    Returns:
        ``RobustnessCard.to_dict()``; None if it was cancelled.

    Raises:
        SegcoreError: as for ``evaluate``.
    """
    reference, predictor, dataset = _opened(settings, emit)
    try:
        card = measure_robustness(
            predictor,
            load_checkpoint(reference, torch_device(settings.get("device", "auto"))),
            dataset,
            mapping=settings.get("mapping"),
            split=settings.get("split"),
            kinds=settings.get("kinds") or KINDS,
            limit=settings.get("limit", LIMIT),
            seed=int(settings.get("seed", 0)),
            progress=_progress(emit, asked, "corrupting"),
        )
    except _Cancelled:
        return None
    save_robustness(card, reference)
    return card.to_dict()


def _opened(settings: Mapping[str, Any], emit: Emit) -> tuple[CheckpointRef, Predictor, SegDataset]:
    emit("progress", done=0, total=None, doing="loading")
    dataset = open_dataset(settings["data"], settings.get("split"))
    reference = find_checkpoint(settings["checkpoint"])
    predictor = Predictor(
        load_checkpoint(reference),
        engine=settings.get("engine", "auto"),
        device=settings.get("device", "auto"),
        working_side=settings.get("working_side"),
        precision=settings.get("precision", "32"),
    )
    emit("began")
    return reference, predictor, dataset


def _progress(emit: Emit, asked: Callable[[], Request | None], doing: str) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        emit("progress", done=done, total=total, doing=doing)
        if asked() is not None:
            raise _Cancelled

    return progress

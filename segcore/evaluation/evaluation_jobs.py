"""Evaluations as jobs, see ``segcore.jobs``: their settings are plain JSON values.

    evaluate     checkpoint, data, split, mapping, limit, ``outlines``, one_to_one, engine, device, precision,
                 working_side, most_kept
    robustness   checkpoint, data, split, mapping, limit, kinds, seed, engine, device, precision

Both take ``accept``, the kinds of errors in the data with which to continue (`segcore.data.precheck`).

``checkpoint`` is a name or a file, ``data`` a registered dataset or a folder; the other settings are optional. Instead
of ``checkpoint``, ``evaluate`` accepts ``method`` with ``parameters`` and ``assign``, see ``classical_methods.py``.
"""

from collections.abc import Mapping
from typing import Any

from segcore.checkpoint import CheckpointRef, file_sha256, find_checkpoint, load_checkpoint
from segcore.data import SegDataset, open_dataset
from segcore.data.precheck import require_sound
from segcore.evaluation.classical_methods import evaluate_method
from segcore.evaluation.corruption_robustness import KINDS, LIMIT, measure_robustness
from segcore.evaluation.image_tally import EvaluationOptions
from segcore.evaluation.measure import evaluate_checkpoint
from segcore.evaluation.predictions import FOLDER
from segcore.evaluation.robustness_card import save_robustness
from segcore.inference import Predictor, open_predictor
from segcore.inference.engines import torch_device
from segcore.job_context import JobContext


def evaluate(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Return ``EvaluationReport.to_dict()`` of a checkpoint or method; predictions go to ``job.folder / FOLDER``.

    Raises:
        SegcoreError: checkpoint, data, classes or device do not fit.
    """
    _require_sound(settings)
    options = EvaluationOptions(
        outlines=bool(settings.get("outlines", True)),
        one_to_one=bool(settings.get("one_to_one", False)),
        keep=job.folder / FOLDER,
        most_kept=int(settings.get("most_kept", EvaluationOptions.most_kept)),
    )
    common: dict[str, Any] = {
        "mapping": settings.get("mapping"),
        "split": settings.get("split"),
        "source": str(settings["data"]),
        "progress": job.reporter("evaluating"),
        "limit": settings.get("limit"),
        "options": options,
    }
    if "method" in settings:
        dataset = open_dataset(settings["data"], settings.get("split"))
        chosen = {"parameters": settings.get("parameters"), "assign": settings.get("assign")}
        report = evaluate_method(settings["method"], dataset, **chosen, **common)
    else:
        reference, predictor, dataset = _opened(settings, job)
        report = evaluate_checkpoint(predictor, dataset, sha256=file_sha256(reference), **common)
    return report.to_dict()


def robustness(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Return ``RobustnessCard.to_dict()`` of a checkpoint, saved next to it.

    Raises:
        SegcoreError: as for ``evaluate``.
    """
    _require_sound(settings)
    reference, predictor, dataset = _opened(settings, job)
    card = measure_robustness(
        predictor,
        load_checkpoint(reference, torch_device(settings.get("device", "auto"))),
        dataset,
        mapping=settings.get("mapping"),
        split=settings.get("split"),
        kinds=settings.get("kinds") or KINDS,
        limit=settings.get("limit", LIMIT),
        seed=int(settings.get("seed", 0)),
        progress=job.reporter("corrupting"),
    )
    save_robustness(card, reference)
    return card.to_dict()


def _require_sound(settings: Mapping[str, Any]) -> None:
    """Raise UnsoundData where a sample of the data has errors of other kinds than ``accept``."""
    split = settings.get("split")
    require_sound(str(settings["data"]), None if split is None else (split,), settings.get("accept", ()))


def _opened(settings: Mapping[str, Any], job: JobContext) -> tuple[CheckpointRef, Predictor, SegDataset]:
    job.progress(0, None, doing="loading")
    dataset = open_dataset(settings["data"], settings.get("split"))
    reference = find_checkpoint(settings["checkpoint"])
    predictor = open_predictor(
        reference,
        engine=settings.get("engine", "auto"),
        device=settings.get("device", "auto"),
        working_side=settings.get("working_side"),
        precision=settings.get("precision", "32"),
    )
    job.began()
    return reference, predictor, dataset

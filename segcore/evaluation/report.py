"""EvaluationReport: the result of an evaluation, one JSON object with everything needed for a fair comparison.

A ratio that does not exist (0 / 0) is NaN here and null in JSON. FORMAT is incremented when an older program could no
longer read the file.
"""

import json
import math
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

import segcore
from segcore.durable import utf8, write_whole
from segcore.errors import BadConfig, Message
from segcore.evaluation.class_means import mean_reasons
from segcore.evaluation.overlap_with_training import TrainingOverlap, overlap_sentence
from segcore.evaluation.report_parts import BoundaryReport, ImageScore, PixelCounts, PredictionSpeed, SizeReport
from segcore.metrics import ConventionScore, Intervals, Reliability, Scores
from segcore.metrics.nan_ratios import with_nan, without_nan
from segcore.types import Colour

FORMAT = 2

_Nan = BeforeValidator(with_nan)


class EvaluationReport(BaseModel):
    """The result of an evaluation."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT  # of this object, see FORMAT
    created: str  # ISO 8601 date and time, UTC
    checkpoint: str
    checkpoint_sha256: str = ""  # of its file; "" if it was not a file
    data: str
    data_title: str  # name of the dataset for people
    source: str = ""  # argument of ``open_dataset``, a name or a folder; "" if opened otherwise
    split: str | None  # that was evaluated, or None for all of the data
    images: int
    colours: tuple[Colour, ...]
    scores: Annotated[Scores, _Nan]  # over all of them, in the checkpoint's classes
    # of each image, in the order of the dataset; in their mean rare classes weigh more than in the miou of ``scores``
    rows: Annotated[tuple[ImageScore, ...], _Nan]
    counts: tuple[tuple[int, ...], ...]  # the confusion matrix, K rows (ground truth) of K columns (labels)
    image_counts: PixelCounts  # per image, the basis of the conventions, the intervals and comparisons
    # the same predictions under other conventions; ours first
    conventions: Annotated[tuple[ConventionScore, ...], _Nan]
    intervals: Annotated[Intervals, _Nan]  # confidence intervals of the scores over the images
    # the boundary metrics, if requested
    outlines: Annotated[BoundaryReport | None, BeforeValidator(lambda value: value and with_nan(value))]
    sizes: Annotated[SizeReport, _Nan]
    reliability: Annotated[Reliability, _Nan]
    ignored_classes: tuple[str, ...]  # classes of the dataset whose pixels were left out
    excused_classes: tuple[str, ...]  # classes of the checkpoint; pixels labelled as one of them were left out
    mapping: dict[str, str]  # of classes, as passed
    speed: Annotated[PredictionSpeed, _Nan]
    environment: dict[str, str]  # versions and machine
    convention: str  # sentences to print beside the numbers
    overlap: TrainingOverlap | None = None  # with the images of the training; None without a training, or in old files
    note: str = ""  # on what was evaluated, such as that it is an upper bound; part of ``convention`` too
    note_message: dict[str, Any] | None = None  # template and facts of ``note``, see ``read_message``

    @property
    def classes(self) -> tuple[str, ...]:
        """K names in the order of the ids."""
        return self.scores.classes

    @property
    def mean_reasons(self) -> list[Message]:
        """Sentences on why the two means of the IoU differ, or that they are equal."""
        return mean_reasons(self.scores, self.counts)

    @property
    def overlap_sentence(self) -> Message | None:
        """Whether these images were in the training, as a sentence; None if that was not examined."""
        return None if self.overlap is None else overlap_sentence(self.overlap, self.images)

    def worst(self, count: int, *, by: str = "miou") -> list[ImageScore]:
        """Return at most ``count`` images, the worst first; those without valid pixels are left out.

        They are sorted ``by`` "miou", "pixel_accuracy" (low is bad) or "loss" (high is bad).
        """
        sign = -1 if by == "loss" else 1
        valid = [row for row in self.rows if not math.isnan(getattr(row, by))]
        return sorted(valid, key=lambda row: sign * float(getattr(row, by)))[:count]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None. The second mean and its reasons are there for programs."""
        content: dict[str, Any] = without_nan(self.model_dump())
        content["scores"]["miou_of_present"] = without_nan(self.scores.miou_of_present)
        return content | {"mean_reasons": [str(each) for each in self.mean_reasons]}

    def save(self, path: Path) -> None:
        """Write the file atomically.

        Raises:
            OSError: it cannot be written.
        """
        text = json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        write_whole(path, utf8(text + "\n"))


def read_report(path: Path) -> EvaluationReport:
    """Read a file that ``EvaluationReport.save`` wrote.

    Raises:
        BadConfig: the file is missing, not JSON, not a report, or of another format.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise BadConfig(
            "{path} cannot be read: {error}. Give a report that `evaluate --json FILE` wrote.",
            path=path,
            error=error.strerror,
        ) from None
    except ValueError as error:
        raise BadConfig(
            "{path} is no JSON ({error}). Give a report that `evaluate --json FILE` wrote.", path=path, error=error
        ) from None
    return report_of(content, str(path))


def report_of(content: Any, name: str) -> EvaluationReport:
    """Return a report from plain values, as from ``EvaluationReport.to_dict``; ``name`` is for messages.

    Raises:
        BadConfig: it is not a report, or of another format.
    """
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise BadConfig(
            "{name} is no report of this program (format {found}, expected {expected}). Evaluate the checkpoint again.",
            name=name,
            found=found,
            expected=FORMAT,
        )
    try:
        return EvaluationReport.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfig(
            "{name} is a damaged report ({place}: {problem}). Evaluate the checkpoint again.",
            name=name,
            place=".".join(map(str, first["loc"])),
            problem=first["msg"],
        ) from None


def environment() -> dict[str, str]:
    """Return versions and machine, to print next to speeds and scores."""
    return {
        "segcore": segcore.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "cpu_count": str(os.cpu_count() or "?"),
    }


def now() -> str:
    """Return the current time as ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")

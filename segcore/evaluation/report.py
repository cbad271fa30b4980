"""The result of an evaluation, as a file: one JSON object that says everything needed to compare numbers honestly.

Its parts are the plain dataclasses of ``segcore.metrics``. A ratio that does not exist (0 / 0) is NaN here and null in
JSON. FORMAT counts up when an older program could no longer understand the file.
"""

import json
import math
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import torch
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

import segcore
from segcore.durable import write_whole
from segcore.errors import BadConfig
from segcore.metrics import BoundaryScores, ImageCounts, Intervals, Reliability, Scores, SizeScore
from segcore.types import Colour

FORMAT = 2


def without_nan(value: Any) -> Any:
    """Plain values for JSON: tuples become lists and NaN becomes None, at any depth."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def with_nan(value: Any) -> Any:
    """The way back: None becomes NaN, at any depth."""
    if isinstance(value, dict):
        return {key: with_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_nan(item) for item in value]
    return math.nan if value is None else value


_Nan = BeforeValidator(with_nan)


@dataclass(frozen=True)
class ImageScore:
    """How one image came out.

    Attributes:
        name: of the sample.
        index: of the sample in its dataset.
        miou: over the classes that occur in this image, in its truth or its labels; NaN if no pixel counts.
        pixel_accuracy: share of right pixels; NaN if none counts.
        loss: mean over its pixels of -log(probability of the true class), cross entropy; NaN where nobody computes it.
        pixels: how many count.
        kept: whether its prediction was kept in the folder of the evaluation.
    """

    name: str
    index: int
    miou: float
    pixel_accuracy: float
    loss: float
    pixels: int
    kept: bool


@dataclass(frozen=True)
class ConventionRow:
    """The mIoU of these predictions by the rules of a well-known program; see ``segcore.metrics.score_conventions``."""

    key: str
    title: str
    rule: str
    why: str
    mistake: bool
    value: float
    per_class: tuple[float, ...]


@dataclass(frozen=True)
class Outlines:
    """Boundary F and Boundary IoU, and how they were measured; see ``segcore.metrics.boundary_metrics``.

    Attributes:
        scores: both measures.
        tolerance: of boundary F, as a share of the diagonal.
        band: of Boundary IoU, as a share of the diagonal.
        one_to_one: whether each outline pixel could be matched only once.
    """

    scores: BoundaryScores
    tolerance: float
    band: float
    one_to_one: bool


@dataclass(frozen=True)
class Sizes:
    """Objects by size, see ``segcore.metrics.object_sizes``.

    Attributes:
        all: of all classes together.
        per_class: K tuples.
        edges: shares of an image's pixels between the sizes.
        without: classes that are no objects.
    """

    all: tuple[SizeScore, ...]
    per_class: tuple[tuple[SizeScore, ...], ...]
    edges: tuple[float, ...]
    without: tuple[str, ...]


@dataclass(frozen=True)
class Speed:
    """How long predictions took: resizing, the network and the way back; reading files and counting are not in it.

    Attributes:
        seconds: all of them together.
        images_per_second: images / seconds.
        median_ms: milliseconds of the middle image, which a slow first one does not move.
        engine: what computed: "OpenVINO (cpu)" …
        threads: that PyTorch used.
    """

    seconds: float
    images_per_second: float
    median_ms: float
    engine: str
    threads: int


@dataclass(frozen=True)
class Counted:
    """``ImageCounts`` as plain numbers, N rows of K."""

    hits: tuple[tuple[int, ...], ...]
    truth: tuple[tuple[int, ...], ...]
    found: tuple[tuple[int, ...], ...]
    at_ignored: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, counts: ImageCounts) -> Self:
        """From arrays."""
        return cls(*(tuple(map(tuple, getattr(counts, name).tolist())) for name in cls.__dataclass_fields__))

    def arrays(self) -> ImageCounts:
        """Back to arrays."""
        return ImageCounts(*(np.array(getattr(self, name), np.int64) for name in self.__dataclass_fields__))


class EvaluationReport(BaseModel):
    """The result of an evaluation.

    Attributes:
        format: of this object, see FORMAT.
        created: ISO 8601 date and time, UTC.
        checkpoint: name of the checkpoint.
        checkpoint_sha256: of its file; "" where it was never one.
        data: name of the dataset.
        data_title: the same for people.
        source: what ``open_dataset`` was given, a name or a folder; "" where it was not opened so.
        split: the part of it that was evaluated, or None for all of it.
        images: how many images were evaluated.
        colours: one per class.
        scores: over all of them, in the checkpoint's classes.
        rows: one per image, in the order of the dataset. Their mean is not the miou of ``scores``: a small or rare
            class weighs more in it.
        counts: K rows of K pixel counts, truth by label.
        image_counts: what the other averages, the intervals and comparisons are made of.
        conventions: the same predictions under other rules; ours first.
        intervals: of the scores, had other images been drawn.
        outlines: boundary measures, if they were asked for.
        sizes: objects by size.
        reliability: whether confidences are right.
        ignored_classes: classes of the dataset whose pixels were left out.
        excused_classes: classes of the checkpoint; pixels labelled as one of them were left out.
        mapping: as it was given.
        speed: of the predictions.
        environment: versions and machine.
        convention: sentences to print beside the numbers.
        note: what else has to be said of who was judged, such as that it is an upper bound; part of ``convention`` too.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    created: str
    checkpoint: str
    checkpoint_sha256: str = ""
    data: str
    data_title: str
    source: str = ""
    split: str | None
    images: int
    colours: tuple[Colour, ...]
    scores: Annotated[Scores, _Nan]
    rows: Annotated[tuple[ImageScore, ...], _Nan]
    counts: tuple[tuple[int, ...], ...]
    image_counts: Counted
    conventions: Annotated[tuple[ConventionRow, ...], _Nan]
    intervals: Annotated[Intervals, _Nan]
    outlines: Annotated[Outlines | None, BeforeValidator(lambda value: None if value is None else with_nan(value))]
    sizes: Annotated[Sizes, _Nan]
    reliability: Annotated[Reliability, _Nan]
    ignored_classes: tuple[str, ...]
    excused_classes: tuple[str, ...]
    mapping: dict[str, str]
    speed: Annotated[Speed, _Nan]
    environment: dict[str, str]
    convention: str
    note: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """K names in the order of the ids."""
        return self.scores.classes

    def worst(self, count: int, *, by: str = "miou") -> list[ImageScore]:
        """The images that came out worst, the worst first; those without any pixel that counts are left out.

        Args:
            count: how many at most.
            by: "miou", "pixel_accuracy" (low is bad) or "loss" (high is bad).
        """
        sign = -1 if by == "loss" else 1
        judged = [row for row in self.rows if not math.isnan(getattr(row, by))]
        return sorted(judged, key=lambda row: sign * float(getattr(row, by)))[:count]

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings for JSON; NaN becomes None."""
        plain: dict[str, Any] = without_nan(self.model_dump())
        return plain

    def save(self, path: Path) -> None:
        """Write the file whole.

        Raises:
            OSError: it cannot be written.
        """
        text = json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        write_whole(path, (text + "\n").encode())


def read_report(path: Path) -> EvaluationReport:
    """Read what ``EvaluationReport.save`` wrote.

    Raises:
        BadConfig: missing, no JSON, no report, or of a newer program.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise BadConfig(
            f"{path} cannot be read: {error.strerror}. Give a report that `evaluate --json FILE` wrote."
        ) from None
    except ValueError as error:
        raise BadConfig(f"{path} is no JSON ({error}). Give a report that `evaluate --json FILE` wrote.") from None
    return report_of(content, str(path))


def report_of(content: Any, name: str) -> EvaluationReport:
    """A report from plain values, such as the answer of an evaluation job.

    Args:
        content: what ``EvaluationReport.to_dict`` returned.
        name: what to call it in a message.

    Raises:
        BadConfig: it is no report, or one of another format.
    """
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise BadConfig(
            f"{name} is no report of this program (format {found}, expected {FORMAT}). Evaluate the checkpoint again."
        )
    try:
        return EvaluationReport.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfig(
            f"{name} is a damaged report ({'.'.join(map(str, first['loc']))}: {first['msg']}). "
            "Evaluate the checkpoint again."
        ) from None


def environment() -> dict[str, str]:
    """Versions and machine, to be printed beside speeds and scores."""
    return {
        "segcore": segcore.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "cpu_count": str(os.cpu_count() or "?"),
    }


def now() -> str:
    """The moment, as reports write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")

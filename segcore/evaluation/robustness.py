"""How much of its score a checkpoint keeps when photos are noisy, blurred, dark, turned …: its robustness card.

Every image is predicted as it is and under every corruption at every severity; each of these is a data-set mIoU over
the same images, a mean over the classes that truly occur in them. (A class that does not, once it is imagined anywhere,
would throw a 0 into the usual mean, and the score would leap when noise happens to cure it.) What counts is the share
of the clean score that is left, ``relative``: a network that falls from 0.9 to 0.45 and one that falls from 0.6 to 0.3
are equally fragile.

The card lies beside the checkpoint, ``<name>.robustness.json``, and names the sha256 of the file that it was measured
on: a file that has changed since has no card.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from segcore import paths
from segcore.checkpoint import Checkpoint, CheckpointRef
from segcore.data import CORRUPTIONS, SegDataset, corrupt
from segcore.durable import write_whole
from segcore.errors import BadConfig
from segcore.evaluation.adversarial import LEVELS, fgsm
from segcore.evaluation.matching import match_classes
from segcore.evaluation.measure import (
    Labeller,
    chosen_images,
    file_sha256,
    true_labels,
)
from segcore.evaluation.report import environment, now, with_nan, without_nan
from segcore.metrics import confusion, scores
from segcore.pictures import as_rgb

FORMAT = 1
ATTACK = "fgsm"
"""The corruption that needs the network: one step along the gradient."""

KINDS = (*CORRUPTIONS, ATTACK)
"""All that can be measured; the last three of CORRUPTIONS move pixels or labels, see there."""

ABOUT_LABELS = ("label_shift",)
"""These spoil the truth, not the photo; they are measured but are not in the mean."""

LIMIT = 24
"""Images, if nothing else is asked for: each is predicted about 65 times."""

_SUFFIX = ".robustness.json"


@dataclass(frozen=True)
class Cell:
    """One corruption at one severity.

    Attributes:
        corruption: of KINDS.
        severity: 1 … 5.
        level: the strength behind it, see ``segcore.data.CORRUPTIONS`` and ``adversarial.LEVELS``.
        miou: mean over the classes that truly occur in the spoilt images.
        relative: miou / that of the clean images.
        iou: per class; NaN for a class in neither truth nor labels.
    """

    corruption: str
    severity: int
    level: float
    miou: float
    relative: float
    iou: tuple[float, ...]


class RobustnessCard(BaseModel):
    """What is left of a checkpoint's score.

    Attributes:
        format: of this object, see FORMAT.
        created: ISO 8601 date and time, UTC.
        checkpoint: its name.
        sha256: of the file that was measured.
        data: name of the dataset.
        data_title: the same for people.
        split: its part, or None.
        images: how many.
        seed: of what is random in the corruptions.
        classes: K names.
        clean_miou: of the images as they are.
        clean_iou: per class.
        cells: one for each corruption and severity.
        relative: mean over the corruptions of the mean over their severities of ``Cell.relative``; those of
            ABOUT_LABELS left out.
        environment: versions and machine.
        convention: a sentence to print beside the numbers.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    created: str
    checkpoint: str
    sha256: str
    data: str
    data_title: str
    split: str | None
    images: int
    seed: int
    classes: tuple[str, ...]
    clean_miou: Annotated[float, BeforeValidator(with_nan)]
    clean_iou: Annotated[tuple[float, ...], BeforeValidator(with_nan)]
    cells: Annotated[tuple[Cell, ...], BeforeValidator(with_nan)]
    relative: Annotated[float, BeforeValidator(with_nan)]
    environment: dict[str, str]
    convention: str

    @property
    def place(self) -> str:
        """Data and split for people, such as "Leaves, val"; a title that says the split already says it once."""
        is_said = self.split is None or f"({self.split})" in self.data_title
        return self.data_title if is_said else f"{self.data_title}, {self.split}"

    def of(self, corruption: str) -> tuple[Cell, ...]:
        """The cells of one corruption, by severity."""
        return tuple(cell for cell in self.cells if cell.corruption == corruption)

    def relative_of(self, corruption: str) -> float:
        """Mean share of the clean score that is left under one corruption; NaN if it was not measured."""
        return _mean([cell.relative for cell in self.of(corruption)])

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings for JSON; NaN becomes None."""
        plain: dict[str, Any] = without_nan(self.model_dump())
        return plain


def measure_robustness(
    predictor: Labeller,
    checkpoint: Checkpoint,
    dataset: SegDataset,
    *,
    mapping: Mapping[str, str] | None = None,
    split: str | None = None,
    kinds: Sequence[str] = KINDS,
    limit: int | None = LIMIT,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> RobustnessCard:
    """Measure a checkpoint on spoilt photos.

    Args:
        predictor: made of another copy of the checkpoint, as it may have moved or converted its model.
        checkpoint: with the network, for the attack.
        dataset: with truth.
        mapping: as for ``evaluate_checkpoint``.
        split: the name of the part that ``dataset`` is; only noted.
        kinds: which corruptions, of KINDS.
        limit: evaluate only so many images, evenly spread.
        seed: of what is random in the corruptions; each image has its own from it.
        progress: called after each prediction with (done, in all); what it raises ends the measurement.

    Raises:
        BadConfig: unknown corruptions, or what ``evaluate_checkpoint`` refuses.
        BadDataset: no images, or labels that are no class of the dataset.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise BadConfig("There is no corruption {kinds}; known: {known}.", kinds=unknown, known=list(KINDS))
    if checkpoint.card.in_channels not in (1, 3):
        raise BadConfig(
            "“{name}” looks at images of {channels} channels; corruptions are made for photos, which have 3 (1 if "
            "grey). Choose another checkpoint.",
            name=checkpoint.card.name,
            channels=checkpoint.card.in_channels,
        )
    match = match_classes(dataset.classes, checkpoint.card.classes, mapping)
    chosen = chosen_images(dataset, limit)
    k = len(match.classes)
    plan = [(kind, severity, level) for kind in kinds for severity, level in enumerate(_levels(kind), start=1)]
    tables: dict[tuple[str, int], NDArray[np.int64]] = {
        (kind, step): np.zeros((k, k), np.int64) for kind, step, _ in plan
    }
    clean = np.zeros((k, k), np.int64)
    done, total = 0, len(chosen) * (len(plan) + 1)
    for index in chosen:
        sample = dataset[index]
        image, truth = as_rgb(sample.image), true_labels(match, sample, dataset)
        unspoilt = predictor(image).labels
        clean += confusion(unspoilt, match.excuse(unspoilt, truth), k)
        done += 1
        for kind, severity, level in plan:
            if kind == ATTACK:
                spoilt, true = fgsm(checkpoint, image, truth, level)
            else:
                spoilt, true = corrupt(image, truth, kind, severity, seed=_seed(seed, index))
            labels = unspoilt if spoilt is image else predictor(spoilt).labels
            tables[kind, severity] += confusion(labels, match.excuse(labels, true), k)
            done += 1
            if progress is not None:
                progress(done, total)
    whole, clean_miou = scores(clean, match.classes), _miou(clean)
    cells = []
    for kind, severity, level in plan:
        table = tables[kind, severity]
        miou, iou = _miou(table), scores(table, match.classes).iou
        cells.append(Cell(kind, severity, float(level), miou, miou / clean_miou if clean_miou > 0 else math.nan, iou))
    in_mean = [kind for kind in kinds if kind not in ABOUT_LABELS]
    return RobustnessCard(
        created=now(),
        checkpoint=checkpoint.card.name,
        sha256=file_sha256(CheckpointRef.of(checkpoint.path)) if checkpoint.path.is_file() else "",
        data=dataset.name,
        data_title=dataset.title,
        split=split,
        images=len(chosen),
        seed=seed,
        classes=match.classes,
        clean_miou=clean_miou,
        clean_iou=whole.iou,
        cells=tuple(cells),
        relative=_mean([_mean([cell.relative for cell in cells if cell.corruption == kind]) for kind in in_mean]),
        environment=environment(),
        convention=(
            "Dataset level: the pixels of all images are counted in one table, ignored pixels left out; means over the "
            "classes that truly occur, background included. The attack is measured at the size at which the network "
            "looks; all else at the image's own size."
        ),
    )


def robustness_path(reference: CheckpointRef) -> Path:
    """Where the card of a checkpoint lies: beside it."""
    return reference.path.with_name(reference.name + _SUFFIX)


def save_robustness(card: RobustnessCard, reference: CheckpointRef) -> Path:
    """Write the card beside its checkpoint; among the user's own where that folder may not be written or is shipped.

    Returns:
        Where it lies now.

    Raises:
        OSError: neither place can be written.
    """
    data = (json.dumps(card.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()
    path, own = robustness_path(reference), _own_path(reference)
    if path.parent == paths.shipped_checkpoints_dir():
        path = own  # what comes with the project stays as it came
    try:
        write_whole(path, data)
    except PermissionError:
        path = own
        write_whole(path, data)
    return path


def load_robustness(reference: CheckpointRef) -> RobustnessCard | None:
    """The card of exactly this file; None if it was never measured, has changed since, or the card is damaged."""
    for path in (_own_path(reference), robustness_path(reference)):
        try:
            content = json.loads(path.read_bytes())
            if content.get("format") != FORMAT:
                continue
            card = RobustnessCard.model_validate(content)
        except (OSError, ValueError, AttributeError, ValidationError):
            continue
        if card.sha256 == file_sha256(reference):
            return card
    return None


def _own_path(reference: CheckpointRef) -> Path:
    return paths.own_checkpoints_dir() / f"{reference.name}{_SUFFIX}"


def _miou(table: NDArray[np.int64]) -> float:
    """Mean IoU over the classes with true pixels."""
    result = scores(table, tuple(map(str, range(len(table)))))
    return _mean([iou for iou, pixels in zip(result.iou, result.support, strict=True) if pixels])


def _levels(kind: str) -> tuple[float, ...]:
    return LEVELS if kind == ATTACK else CORRUPTIONS[kind].levels


def _seed(seed: int, index: int) -> int:
    """Another one for each image, so that a square does not always hide the same corner."""
    return int(np.random.SeedSequence((seed, index)).generate_state(1)[0])


def _mean(values: Sequence[float]) -> float:
    exist = [value for value in values if not math.isnan(value)]
    return sum(exist) / len(exist) if exist else math.nan

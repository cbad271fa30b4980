"""RobustnessCard: the scores of a checkpoint on corrupted images, as a file next to the checkpoint.

The file ``<name>.robustness.json`` contains the SHA-256 of the checkpoint that was measured; a checkpoint that has
changed since has no card.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from segcore import paths
from segcore.checkpoint import CheckpointRef, file_sha256
from segcore.durable import utf8, write_whole
from segcore.metrics.nan_ratios import mean, with_nan, without_nan

FORMAT = 1

_SUFFIX = ".robustness.json"


@dataclass(frozen=True)
class RobustnessCell:
    """One corruption at one severity."""

    corruption: str  # of ``corruption_robustness.KINDS``
    severity: int  # 1 … 5
    level: float  # strength, see ``segcore.data.CORRUPTIONS`` and ``ATTACK_LEVELS``
    miou: float  # mean over the classes in the ground truth of the corrupted images
    relative: float  # miou / miou of the clean images
    iou: tuple[float, ...]  # per class; NaN for a class in neither ground truth nor prediction


class RobustnessCard(BaseModel):
    """The scores of a checkpoint on corrupted images."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT  # of this object, see FORMAT
    created: str  # ISO 8601 date and time, UTC
    checkpoint: str
    sha256: str  # of its file
    data: str
    data_title: str  # name of the dataset for people
    split: str | None
    images: int
    seed: int  # of the corruptions
    classes: tuple[str, ...]
    clean_miou: Annotated[float, BeforeValidator(with_nan)]  # of the uncorrupted images
    clean_iou: Annotated[tuple[float, ...], BeforeValidator(with_nan)]
    cells: Annotated[tuple[RobustnessCell, ...], BeforeValidator(with_nan)]  # one for each corruption and severity
    # mean of the cells over severities, then over corruptions of the image; corruptions of the labels are left out
    relative: Annotated[float, BeforeValidator(with_nan)]
    environment: dict[str, str]
    convention: str  # a sentence to print beside the numbers

    @property
    def place(self) -> str:
        """Data and split for people, such as "Leaves, val"; without the split if the title contains it."""
        in_title = self.split is None or f"({self.split})" in self.data_title
        return self.data_title if in_title else f"{self.data_title}, {self.split}"

    def of(self, corruption: str) -> tuple[RobustnessCell, ...]:
        """Return the cells of one corruption, by severity."""
        return tuple(cell for cell in self.cells if cell.corruption == corruption)

    def relative_of(self, corruption: str) -> float:
        """Return the mean relative mIoU under one corruption; NaN if it was not measured."""
        return mean([cell.relative for cell in self.of(corruption)])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None."""
        return dict(without_nan(self.model_dump()))


def robustness_path(reference: CheckpointRef) -> Path:
    """Return the path of the robustness card, next to the checkpoint."""
    return reference.path.with_name(reference.name + _SUFFIX)


def save_robustness(card: RobustnessCard, reference: CheckpointRef) -> Path:
    """Write the card next to its checkpoint, or to the user's folder if that is read-only or shipped; return its path.

    Raises:
        OSError: neither folder is writable.
    """
    data = utf8(json.dumps(card.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n")
    path, own = robustness_path(reference), _own_path(reference)
    if path.parent == paths.shipped_checkpoints_dir():
        path = own  # shipped files are never changed
    try:
        write_whole(path, data)
    except PermissionError:
        path = own
        write_whole(path, data)
    return path


def load_robustness(reference: CheckpointRef) -> RobustnessCard | None:
    """Return the card of this file; None if there is none, the file has changed since, or the card is damaged."""
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

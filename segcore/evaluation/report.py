"""A checkpoint on a dataset as a person would use it: every image at its own size, classes matched by name."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segcore.checkpoint import CheckpointCard
from segcore.data import SegDataset
from segcore.errors import BadConfig, BadDataset
from segcore.evaluation.matching import match_classes
from segcore.metrics import Scores, confusion, scores
from segcore.types import RGB, Prediction


class Labeller(Protocol):
    """What is needed of a predictor; ``segcore.inference.Predictor`` has it."""

    @property
    def card(self) -> CheckpointCard:
        """The facts of its checkpoint."""
        ...

    def __call__(self, rgb: RGB, /) -> Prediction:
        """Predict one photo (H, W, 3) uint8."""
        ...


@dataclass(frozen=True)
class ImageScore:
    """How one image came out.

    Attributes:
        name: of the sample.
        miou: over the classes that occur in this image, in its truth or its labels; NaN if no pixel counts.
        pixel_accuracy: share of right pixels; NaN if none counts.
    """

    name: str
    miou: float
    pixel_accuracy: float


@dataclass(frozen=True)
class Report:
    """The result of an evaluation.

    Attributes:
        checkpoint: name of the checkpoint.
        data: name of the dataset.
        split: the part of it that was evaluated, or None for all of it.
        images: how many images were evaluated.
        scores: over all of them, in the checkpoint's classes.
        rows: one per image, in the order of the dataset. Their mean is not the miou of ``scores``: a small or rare
            class weighs more in it.
        counts: K rows of K pixel counts, truth by label.
        ignored_classes: classes of the dataset whose pixels were left out.
        excused_classes: classes of the checkpoint; pixels labelled as one of them were left out.
        mapping: as it was given.
        seconds: spent predicting; reading the files and counting are not in it.
        images_per_second: images / seconds.
        convention: sentences to print beside the numbers.
    """

    checkpoint: str
    data: str
    split: str | None
    images: int
    scores: Scores
    rows: tuple[ImageScore, ...]
    counts: tuple[tuple[int, ...], ...]
    ignored_classes: tuple[str, ...]
    excused_classes: tuple[str, ...]
    mapping: dict[str, str]
    seconds: float
    images_per_second: float
    convention: str

    def to_dict(self) -> dict[str, object]:
        """Plain lists, numbers and strings for JSON; NaN becomes None."""
        return {
            "checkpoint": self.checkpoint,
            "data": self.data,
            "split": self.split,
            "images": self.images,
            "scores": self.scores.to_dict(),
            "rows": [
                {"name": row.name, "miou": _number(row.miou), "pixel_accuracy": _number(row.pixel_accuracy)}
                for row in self.rows
            ],
            "counts": [list(row) for row in self.counts],
            "ignored_classes": list(self.ignored_classes),
            "excused_classes": list(self.excused_classes),
            "mapping": dict(self.mapping),
            "seconds": self.seconds,
            "images_per_second": self.images_per_second,
            "convention": self.convention,
        }


def evaluate_checkpoint(
    predictor: Labeller,
    dataset: SegDataset,
    *,
    mapping: Mapping[str, str] | None = None,
    split: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    limit: int | None = None,
) -> Report:
    """Predict every image of a dataset at its own size and count against its labels.

    Args:
        predictor: from ``segcore.inference``.
        dataset: with truth.
        mapping: class of the data → class of the checkpoint or "ignore"; see ``segcore.evaluation.matching``.
        split: the name of the part that ``dataset`` is; only noted in the report.
        progress: called after each image with (images done, images in all).
        limit: evaluate only so many images, evenly spread over the dataset.

    Raises:
        BadConfig: names in the mapping that do not exist, no class in common, images that are no photos, or a limit
            below 1.
        BadDataset: no images, or labels that are no class of the dataset.
    """
    card = predictor.card
    match = match_classes(dataset.classes, card.classes, mapping)
    if dataset.in_channels not in (1, 3):
        raise BadConfig(
            f'The images of "{dataset.name}" have {dataset.in_channels} channels, but only photos (3 channels, or 1 if '
            f"grey) can be evaluated at their own size. Choose other data."
        )
    chosen = _spread(len(dataset), limit)
    if not chosen:
        raise BadDataset(f'"{dataset.name}" has no images with labels, so there is nothing to evaluate.')

    k = len(match.classes)
    total = np.zeros((k, k), np.int64)
    rows: list[ImageScore] = []
    seconds = 0.0
    for done, index in enumerate(chosen, start=1):
        sample = dataset[index]
        started = time.perf_counter()
        labels = predictor(_as_rgb(sample.image)).labels
        seconds += time.perf_counter() - started
        try:
            truth = match.truth_for(labels, sample.labels)
        except ValueError as error:
            raise BadDataset(
                f'The labels of "{sample.name}" in "{dataset.name}" have {error} Mend the file.'
            ) from error
        counts = confusion(labels, truth, k)
        total += counts
        rows.append(_image_score(sample.name, counts, match.classes))
        if progress is not None:
            progress(done, len(chosen))

    result = scores(total, match.classes)
    return Report(
        checkpoint=card.name,
        data=dataset.name,
        split=split,
        images=len(chosen),
        scores=result,
        rows=tuple(rows),
        counts=tuple(tuple(row) for row in total.tolist()),
        ignored_classes=match.ignored_classes,
        excused_classes=match.excused_classes,
        mapping=dict(mapping or {}),
        seconds=seconds,
        images_per_second=len(chosen) / max(seconds, 1e-9),
        convention=_convention(result, match.ignored_classes, match.excused_classes),
    )


def _spread(count: int, limit: int | None) -> list[int]:
    """At most ``limit`` of the indices 0 … count-1, evenly spread: neighbours in a dataset are often alike."""
    if limit is None or limit >= count:
        return list(range(count))
    if limit < 1:
        raise BadConfig(f"limit is {limit}, expected 1 or more images, or none to evaluate all.")
    return [step * count // limit for step in range(limit)]


def _as_rgb(image: NDArray[np.uint8]) -> RGB:
    """(H, W, 1) or (H, W, 3) → (H, W, 3)."""
    return image if image.shape[2] == 3 else np.repeat(image, 3, axis=2)


def _image_score(name: str, counts: NDArray[np.int64], classes: tuple[str, ...]) -> ImageScore:
    result = scores(counts, classes)
    return ImageScore(name=name, miou=result.miou, pixel_accuracy=result.pixel_accuracy)


def _convention(result: Scores, ignored: tuple[str, ...], excused: tuple[str, ...]) -> str:
    sentences = [result.convention, "Every image is judged at its own size; classes are matched by name."]
    if ignored:
        sentences.append(f"Left out because the checkpoint is not asked for them: {', '.join(ignored)}.")
    if excused:
        sentences.append(
            f"Pixels predicted as {', '.join(excused)} are left out, because the data never labels them; "
            f"that forgives mistakes too."
        )
    return " ".join(sentences)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value

"""A checkpoint on a dataset as a person would use it: every image at its own size, classes matched by name."""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from segcore.checkpoint import CheckpointCard, CheckpointRef
from segcore.data import Sample, SegDataset
from segcore.errors import BadConfig, BadDataset
from segcore.evaluation.matching import ClassMatch, match_classes
from segcore.evaluation.predictions import KeptPredictions
from segcore.evaluation.report import (
    ConventionRow,
    Counted,
    ImageScore,
    Outlines,
    Report,
    Sizes,
    Speed,
    environment,
    now,
)
from segcore.metrics import (
    SIZE_EDGES,
    BoundaryCounts,
    Calibration,
    ImageCounts,
    ObjectCounts,
    Scores,
    bootstrap,
    boundary_counts,
    boundary_scores,
    by_convention,
    confusion,
    labels_at_ignored,
    object_counts,
    scores,
    size_scores,
)
from segcore.metrics.boundary import BAND, TOLERANCE
from segcore.palette import background_id
from segcore.pictures import as_rgb
from segcore.types import IGNORE, RGB, LabelMap, Prediction

_LEAST_PROBABILITY = 1e-7
"""Below this a probability is rounding; -log of it is 16."""


class Labeller(Protocol):
    """What is needed of a predictor; ``segcore.inference.Predictor`` has it."""

    @property
    def card(self) -> CheckpointCard:
        """The facts of its checkpoint."""
        ...

    def __call__(self, rgb: RGB, /, *, asked: LabelMap | None = None) -> Prediction:
        """Predict one photo (H, W, 3) uint8, and tell the probability of the labels asked for if it knows it."""
        ...


@dataclass(frozen=True)
class Options:
    """What an evaluation measures beside the table of counts.

    Attributes:
        outlines: boundary measures, about 10 ms for 512 x 512 pixels.
        one_to_one: match outline pixels one to one; slower.
        keep: folder for the predictions; None keeps none.
        most_kept: of so many images at most, evenly spread.
    """

    outlines: bool = False
    one_to_one: bool = False
    keep: Path | None = None
    most_kept: int = 1000


def evaluate_checkpoint(
    predictor: Labeller,
    dataset: SegDataset,
    *,
    mapping: Mapping[str, str] | None = None,
    split: str | None = None,
    source: str = "",
    sha256: str = "",
    progress: Callable[[int, int], object] | None = None,
    limit: int | None = None,
    options: Options | None = None,
) -> Report:
    """Predict every image of a dataset at its own size and compare with its labels.

    Args:
        predictor: from ``segcore.inference``.
        dataset: with truth.
        mapping: class of the data → class of the checkpoint or "ignore"; see ``segcore.evaluation.matching``.
        split: the name of the part that ``dataset`` is; only noted in the report.
        source: what the dataset was opened by; only noted in the report.
        sha256: of the checkpoint's file; only noted in the report.
        progress: called after each image with (images done, images in all); what it raises ends the evaluation.
        limit: evaluate only so many images, evenly spread over the dataset.
        options: what else to measure, and whether to keep the predictions.

    Raises:
        BadConfig: names in the mapping that do not exist, no class in common, images that are no photos, or a limit
            below 1.
        BadDataset: no images, or labels that are no class of the dataset.
    """
    card = predictor.card
    match = match_classes(dataset.classes, card.classes, mapping)
    chosen = chosen_images(dataset, limit, card.in_channels)
    tally = _Tally(match, options or Options(), len(chosen))
    for done, index in enumerate(chosen, start=1):
        sample = dataset[index]
        truth = true_labels(match, sample, dataset)
        image = as_rgb(sample.image) if card.in_channels in (1, 3) else sample.image
        prediction = predictor(image, asked=truth)
        tally.add(index, sample.name, prediction, match.excuse(prediction.labels, truth))
        if progress is not None:
            progress(done, len(chosen))

    result = scores(tally.total(), match.classes)
    counts = ImageCounts.of_tables(np.stack(tally.tables), np.stack(tally.at_ignored))
    tally.finish()
    return Report(
        created=now(),
        checkpoint=card.name,
        checkpoint_sha256=sha256,
        data=dataset.name,
        data_title=dataset.title,
        source=source,
        split=split,
        images=len(chosen),
        colours=card.colours,
        scores=result,
        rows=tuple(tally.rows),
        counts=tuple(tuple(row) for row in tally.total().tolist()),
        image_counts=Counted.of(counts),
        conventions=_conventions(counts),
        intervals=bootstrap(counts),
        outlines=tally.outlines(),
        sizes=tally.sizes(),
        reliability=tally.calibration.result(),
        ignored_classes=match.ignored_classes,
        excused_classes=match.excused_classes,
        mapping=dict(mapping or {}),
        speed=tally.speed(),
        environment=environment(),
        convention=_convention(result, match.ignored_classes, match.excused_classes),
    )


def chosen_images(dataset: SegDataset, limit: int | None, in_channels: int = 3) -> list[int]:
    """At most ``limit`` indices of a dataset, evenly spread: neighbours in a dataset are often alike.

    Args:
        dataset: to choose from.
        limit: None takes all.
        in_channels: of the network. One for photos looks at 1 channel or 3 and takes either; others take what they
            look at, such as RGB with depth.

    Raises:
        BadConfig: the limit is below 1, or the images do not have the channels of the network.
        BadDataset: there are no images.
    """
    photos = (1, 3)
    if dataset.in_channels != in_channels and not (dataset.in_channels in photos and in_channels in photos):
        wanted = "photos (3 channels, or 1 if grey)" if in_channels in photos else f"images of {in_channels} channels"
        raise BadConfig(
            'The images of "{name}" have {channels} channels, but the network looks at {wanted}. Choose other data '
            "or another checkpoint.",
            name=dataset.name,
            channels=dataset.in_channels,
            wanted=wanted,
        )
    if limit is not None and limit < 1:
        raise BadConfig("limit is {limit}, expected 1 or more images, or none to evaluate all.", limit=limit)
    count = len(dataset)
    if not count:
        raise BadDataset('"{name}" has no images with labels, so there is nothing to evaluate.', name=dataset.name)
    if limit is None or limit >= count:
        return list(range(count))
    return [step * count // limit for step in range(limit)]


def true_labels(match: ClassMatch, sample: Sample, dataset: SegDataset) -> LabelMap:
    """The truth of a sample in the checkpoint's ids.

    Raises:
        BadDataset: it holds an id that is no class of the dataset.
    """
    try:
        return match.translate(sample.labels)
    except ValueError as error:
        raise BadDataset(
            'The labels of "{name}" in "{data}" have {problem} Mend the file.',
            name=sample.name,
            data=dataset.name,
            problem=error.args[0],
        ) from error


@lru_cache(maxsize=64)
def file_sha256(reference: CheckpointRef) -> str:
    """Of a checkpoint's file, in hexadecimal; computed once for each version of the file."""
    with reference.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass
class _Tally:
    """Everything that is counted image by image."""

    match: ClassMatch
    options: Options
    images: int
    tables: list[NDArray[np.int64]] = field(default_factory=list)
    at_ignored: list[NDArray[np.int64]] = field(default_factory=list)
    rows: list[ImageScore] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    engine: str = ""

    def __post_init__(self) -> None:
        classes = self.match.classes
        self.calibration = Calibration(len(classes))
        self.boundaries: list[BoundaryCounts] = []
        self.objects: ObjectCounts | None = None
        self.without = () if background_id(classes) is None else (0,)
        self.kept = None if self.options.keep is None else KeptPredictions(self.options.keep)
        self.every = max(1, math.ceil(self.images / self.options.most_kept))

    def add(self, index: int, name: str, prediction: Prediction, truth: LabelMap) -> None:
        """Count one image; ``truth`` in the checkpoint's ids."""
        k, labels = len(self.match.classes), prediction.labels
        table = confusion(labels, truth, k)
        keep = self.kept is not None and len(self.rows) % self.every == 0
        if keep and self.kept is not None:
            self.kept.keep(len(self.rows), prediction, truth)
        self.tables.append(table)
        self.at_ignored.append(labels_at_ignored(labels, truth, k))
        own = scores(table, self.match.classes)
        loss = _loss(prediction.asked, truth)
        self.rows.append(ImageScore(name, index, own.miou, own.pixel_accuracy, loss, own.pixels, keep))
        self.seconds.append(prediction.seconds)
        self.engine = prediction.engine
        self.calibration.update(prediction.confidence, labels, truth)
        objects = object_counts(labels, truth, k, without=self.without)
        self.objects = objects if self.objects is None else self.objects + objects
        if self.options.outlines:
            self.boundaries.append(boundary_counts(labels, truth, k, one_to_one=self.options.one_to_one))

    def total(self) -> NDArray[np.int64]:
        """The table of all images (K, K)."""
        return np.sum(self.tables, axis=0, dtype=np.int64)

    def finish(self) -> None:
        """Write what can only be written in the end."""
        if self.kept is not None:
            self.kept.keep_tables(np.stack(self.tables))

    def outlines(self) -> Outlines | None:
        """Boundary measures, if they were taken."""
        if not self.boundaries:
            return None
        return Outlines(boundary_scores(self.boundaries), TOLERANCE, BAND, self.options.one_to_one)

    def sizes(self) -> Sizes:
        """Objects by size."""
        assert self.objects is not None, "there is at least one image"
        return Sizes(
            all=size_scores(self.objects),
            per_class=tuple(size_scores(self.objects, c) for c in range(len(self.match.classes))),
            edges=SIZE_EDGES,
            without=tuple(self.match.classes[c] for c in self.without),
        )

    def speed(self) -> Speed:
        """Of the predictions."""
        total = sum(self.seconds)
        return Speed(
            seconds=total,
            images_per_second=len(self.seconds) / max(total, 1e-9),
            median_ms=1000 * float(np.median(self.seconds)),
            engine=self.engine,
            threads=torch.get_num_threads(),
        )


def _loss(of_truth: NDArray[np.float32] | None, truth: LabelMap) -> float:
    """Mean of -log p over the pixels that count."""
    valid = truth != IGNORE
    if of_truth is None or not valid.any():
        return math.nan
    return float(-np.log(np.maximum(of_truth[valid], _LEAST_PROBABILITY)).mean(dtype=np.float64))


def _conventions(counts: ImageCounts) -> tuple[ConventionRow, ...]:
    return tuple(
        ConventionRow(
            key=score.convention.key,
            title=score.convention.title,
            rule=score.convention.rule,
            why=score.convention.why,
            mistake=score.convention.mistake,
            value=score.value,
            per_class=score.per_class,
        )
        for score in by_convention(counts)
    )


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

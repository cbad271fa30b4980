"""Evaluation of a checkpoint on a dataset: every image at its own size, classes matched by name."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from segcore.checkpoint import CheckpointCard
from segcore.data import Sample, SegDataset, content_hash
from segcore.errors import BadConfig, BadDataset
from segcore.evaluation.class_matching import ClassMatch, match_classes
from segcore.evaluation.image_tally import EvaluationOptions, ImageTally
from segcore.evaluation.overlap_with_training import training_overlap
from segcore.evaluation.report import EvaluationReport, environment, now
from segcore.evaluation.report_parts import PixelCounts
from segcore.metrics import ImageCounts, Scores, bootstrap, by_convention, scores
from segcore.pictures import as_rgb
from segcore.types import RGB, LabelMap, Prediction

Progress = Callable[[int, int], object]
"""Called with (images done, images in all); what it raises ends the evaluation."""


class Labeller(Protocol):
    """The interface of a predictor; ``segcore.inference.Predictor`` has it."""

    @property
    def card(self) -> CheckpointCard:
        """The card of its checkpoint."""
        ...

    def __call__(self, rgb: RGB, /, *, asked: LabelMap | None = None) -> Prediction:
        """Predict one photo (H, W, 3) uint8, with the probability of the given labels if the method has one."""
        ...


def evaluate_checkpoint(
    predictor: Labeller,
    dataset: SegDataset,
    *,
    mapping: Mapping[str, str] | None = None,
    split: str | None = None,
    source: str = "",
    sha256: str = "",
    progress: Progress | None = None,
    limit: int | None = None,
    options: EvaluationOptions | None = None,
) -> EvaluationReport:
    """Predict every image of a dataset at its own size and compare with its labels.

    ``mapping`` is class of the data → class of the checkpoint or "ignore", see ``class_matching.py``; ``limit`` is the
    maximum number of images, evenly spread over the dataset. For the report: the dataset is the part ``split`` of
    ``source``, which opened it; ``sha256`` is of the checkpoint's file.

    Raises:
        BadConfig: unknown names in the mapping, no class in common, images with other channels than the network's, or
            a limit below 1.
        BadDataset: no images, or labels that are not a class of the dataset.
    """
    card = predictor.card
    match = match_classes(dataset.classes, card.classes, mapping)
    chosen = chosen_images(dataset, limit, card.in_channels)
    hashes: list[int] = []
    tally = ImageTally(match, options or EvaluationOptions(), len(chosen))
    for done, index in enumerate(chosen, start=1):
        sample = dataset[index]
        truth = true_labels(match, sample, dataset)
        image = as_rgb(sample.image) if card.in_channels in (1, 3) else sample.image
        prediction = predictor(image, asked=truth)
        tally.add(index, sample.name, prediction, match.excuse(prediction.labels, truth))
        if card.training_data or card.image_hashes:
            hashes.append(content_hash(sample.image))
        if progress is not None:
            progress(done, len(chosen))
    tally.finish()
    overlap = training_overlap(card, hashes, dataset.title) if hashes else None
    facts = {"overlap": overlap, "data": dataset.name, "data_title": dataset.title, "source": source, "split": split}
    return _report(tally, card, checkpoint_sha256=sha256, mapping=dict(mapping or {}), **facts)


def _report(tally: ImageTally, card: CheckpointCard, **facts: Any) -> EvaluationReport:
    match, total = tally.match, tally.total()
    result = scores(total, match.classes)
    counts = ImageCounts.of_matrices(np.stack(tally.tables), np.stack(tally.at_ignored))
    return EvaluationReport(
        created=now(),
        checkpoint=card.name,
        images=len(tally.rows),
        colours=card.colours,
        scores=result,
        rows=tuple(tally.rows),
        counts=tuple(tuple(row) for row in total.tolist()),
        image_counts=PixelCounts.of(counts),
        conventions=by_convention(counts),
        intervals=bootstrap(counts),
        outlines=tally.boundary(),
        sizes=tally.sizes(),
        reliability=tally.calibration.result(),
        ignored_classes=match.ignored_classes,
        excused_classes=match.excused_classes,
        speed=tally.speed(),
        environment=environment(),
        convention=_convention(result, match.ignored_classes, match.excused_classes),
        **facts,
    )


def chosen_images(dataset: SegDataset, limit: int | None, in_channels: int = 3) -> list[int]:
    """Return at most ``limit`` indices (None: all) of a dataset, evenly spread: neighbours are often similar.

    A network for photos has 1 or 3 ``in_channels`` and takes either; others need images of their channels, such as RGB
    with depth.

    Raises:
        BadConfig: the limit is below 1, or the images have other channels than the network.
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
    """Return the ground truth of a sample in the checkpoint's ids.

    Raises:
        BadDataset: it contains an id that is not a class of the dataset.
    """
    try:
        return match.translate(sample.labels)
    except ValueError as error:
        raise BadDataset(
            'The labels of "{name}" in "{data}" have {problem} Fix the file.',
            name=sample.name,
            data=dataset.name,
            problem=error.args[0],
        ) from error


def _convention(result: Scores, ignored: tuple[str, ...], excused: tuple[str, ...]) -> str:
    sentences = [result.convention, "Every image is evaluated at its own size; classes are matched by name."]
    if ignored:
        sentences.append(f"Left out because the checkpoint does not have them: {', '.join(ignored)}.")
    if excused:
        sentences.append(
            f"Pixels predicted as {', '.join(excused)} are left out, because the data never labels them; "
            f"that forgives mistakes too."
        )
    return " ".join(sentences)

"""Robustness of a checkpoint: how much of its score it keeps when photos are noisy, blurred, dark or rotated.

Every image is predicted uncorrupted and under every corruption at every severity. Each combination gives a
dataset-level mIoU over the same images, a mean over the classes in their ground truth. (A class that is absent there
would add an IoU of 0 to the usual mean as soon as it is predicted anywhere, and the score would jump when noise happens
to remove that prediction.) The result is the mIoU relative to that of the uncorrupted images: a network that falls from
0.9 to 0.45 and one that falls from 0.6 to 0.3 are equally fragile.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcore.checkpoint import Checkpoint, CheckpointCard, CheckpointRef, file_sha256
from segcore.data import CORRUPTIONS, SegDataset, corrupt
from segcore.errors import BadConfig
from segcore.evaluation.adversarial import ATTACK_LEVELS, fgsm
from segcore.evaluation.class_matching import ClassMatch, match_classes
from segcore.evaluation.measure import Labeller, Progress, chosen_images, true_labels
from segcore.evaluation.report import environment, now
from segcore.evaluation.robustness_card import RobustnessCard, RobustnessCell
from segcore.metrics import Scores, confusion, scores
from segcore.metrics.nan_ratios import mean
from segcore.pictures import as_rgb

ATTACK = "fgsm"
"""The corruption that needs the network: one step along the gradient."""

KINDS = (*CORRUPTIONS, ATTACK)
"""All corruptions that can be measured; the last three of CORRUPTIONS move pixels or labels, see there."""

ABOUT_LABELS = ("label_shift",)
"""These corrupt the labels, not the photo; they are measured but not part of the mean."""

LIMIT = 24
"""Default number of images; each is predicted about 65 times."""

_Case = tuple[str, int, float]
"""Corruption, severity 1 … 5, level."""

_CONVENTION = (
    "Dataset level: the pixels of all images are counted in one table, ignored pixels left out; means over the "
    "classes that truly occur, background included. The attack is measured at the size at which the network "
    "looks; all else at the image's own size."
)  # as in the cards that are shipped: the translations of both are the same


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
    progress: Progress | None = None,
) -> RobustnessCard:
    """Measure a checkpoint on corrupted photos; ``mapping``, ``split`` and ``limit`` as for ``evaluate_checkpoint``.

    The predictor is made of another copy of the checkpoint, as it may have moved or converted its model; the network of
    ``checkpoint`` serves the attack. Each image gets a seed of its own from ``seed``. ``progress`` is called after each
    prediction.

    Raises:
        BadConfig: unknown corruptions, or as from ``evaluate_checkpoint``.
        BadDataset: no images, or labels that are not a class of the dataset.
    """
    _check(kinds, checkpoint.card)
    match = match_classes(dataset.classes, checkpoint.card.classes, mapping)
    chosen = chosen_images(dataset, limit)
    levels = {kind: ATTACK_LEVELS if kind == ATTACK else CORRUPTIONS[kind].levels for kind in kinds}
    cases = [(kind, severity, level) for kind in kinds for severity, level in enumerate(levels[kind], start=1)]
    matrices = np.zeros((1 + len(cases), len(match.classes), len(match.classes)), np.int64)  # the first: uncorrupted
    steps = _confusions(predictor, checkpoint, dataset, match, chosen=chosen, cases=cases, seed=seed)
    for done, (index, matrix) in enumerate(steps, start=1):
        matrices[index] += matrix
        if progress is not None and index:
            progress(done, len(chosen) * len(matrices))
    results = [scores(matrix, match.classes) for matrix in matrices]
    return _card(checkpoint, dataset, cases, results, split=split, images=len(chosen), seed=seed)


def _card(
    checkpoint: Checkpoint, dataset: SegDataset, cases: Sequence[_Case], results: Sequence[Scores], **facts: Any
) -> RobustnessCard:
    """Return the card; the first of the results is uncorrupted, then one follows per case."""
    clean, *corrupted = results
    cells = tuple(_cell(*case, result, clean) for case, result in zip(cases, corrupted, strict=True))
    kinds = dict.fromkeys(cell.corruption for cell in cells if cell.corruption not in ABOUT_LABELS)
    by_kind = [mean([cell.relative for cell in cells if cell.corruption == kind]) for kind in kinds]
    return RobustnessCard(
        created=now(),
        checkpoint=checkpoint.card.name,
        sha256=file_sha256(CheckpointRef.of(checkpoint.path)) if checkpoint.path.is_file() else "",
        data=dataset.name,
        data_title=dataset.title,
        classes=clean.classes,
        clean_miou=clean.miou_of_present,
        clean_iou=clean.iou,
        cells=cells,
        relative=mean(by_kind),
        environment=environment(),
        convention=_CONVENTION,
        **facts,
    )


def _cell(kind: str, severity: int, level: float, result: Scores, clean: Scores) -> RobustnessCell:
    miou = result.miou_of_present
    relative = miou / clean.miou_of_present if clean.miou_of_present > 0 else math.nan
    return RobustnessCell(kind, severity, float(level), miou, relative, result.iou)


def _check(kinds: Sequence[str], card: CheckpointCard) -> None:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise BadConfig("There is no corruption {kinds}; known: {known}.", kinds=unknown, known=list(KINDS))
    if card.in_channels not in (1, 3):
        raise BadConfig(
            "“{name}” looks at images of {channels} channels; corruptions are made for photos, which have 3 (1 if "
            "grey). Choose another checkpoint.",
            name=card.name,
            channels=card.in_channels,
        )


def _confusions(
    predictor: Labeller,
    checkpoint: Checkpoint,
    dataset: SegDataset,
    match: ClassMatch,
    *,
    chosen: Sequence[int],
    cases: Sequence[_Case],
    seed: int,
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield for each image (0, confusion matrix) uncorrupted, then (number, confusion matrix) of each case."""
    k = len(match.classes)
    for index in chosen:
        sample = dataset[index]
        image, truth = as_rgb(sample.image), true_labels(match, sample, dataset)
        clean = predictor(image).labels
        yield 0, confusion(clean, match.excuse(clean, truth), k)
        for number, (kind, severity, level) in enumerate(cases, start=1):
            if kind == ATTACK:
                corrupted, labels = fgsm(checkpoint, image, truth, level)
            else:
                corrupted, labels = corrupt(image, truth, kind, severity, seed=_seed(seed, index))
            predicted = clean if corrupted is image else predictor(corrupted).labels
            yield number, confusion(predicted, match.excuse(predicted, labels), k)


def _seed(seed: int, index: int) -> int:
    """Return a seed of its own for each image, so that an occlusion does not always cover the same corner."""
    return int(np.random.SeedSequence((seed, index)).generate_state(1)[0])

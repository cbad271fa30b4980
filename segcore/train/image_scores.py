"""Scores of single validation images; the worst ones reveal wrong masks and the weaknesses of a network."""

import math
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import torch
from torch import Tensor

from segcore.data import Batch
from segcore.losses import Loss, mean_of
from segcore.train import collectives
from segcore.types import IGNORE

SHOWN = 16
"""Number of images listed by mIoU, and by loss."""


class ImageScores:
    """Scores of single images, collected during a validation; the numbers stay on the device until the end."""

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._names: list[str] = []
        self._scores: list[Tensor] = []

    def note_names(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The same batches; the names of their images are recorded."""
        for batch in batches:
            self._names += batch.names
            yield batch

    def update(self, logits: Tensor, target: Tensor) -> None:
        """Score the images of a batch: logits (N, K, H, W), target (N, H, W)."""
        for one, truth in zip(logits.split(1), target.split(1), strict=True):
            miou = image_miou(one.max(dim=1).indices, truth, logits.shape[1])
            self._scores.append(torch.stack([miou, mean_of(self._loss.terms(one, truth)).float()]))

    def worst(self) -> list[dict[str, Any]]:
        """The images with the lowest mIoU and those with the highest loss, over all processes, by ascending mIoU.

        Each has index (in the validation data), name, miou and loss; images without a labelled pixel are excluded.
        """
        shares = collectives.all_gather(self._rows())
        rows = sorted((row for share in shares for row in share), key=lambda row: int(row["index"]))
        by_miou = sorted(rows, key=lambda row: row["miou"])
        by_loss = sorted(rows, key=lambda row: -row["loss"] if math.isfinite(row["loss"]) else -math.inf)
        chosen = {row["index"] for row in by_miou[:SHOWN] + by_loss[:SHOWN]}
        return [row for row in by_miou if row["index"] in chosen]

    def _rows(self) -> list[dict[str, Any]]:
        """The images of this process; rank r of R evaluates every R-th image, starting at r."""
        pairs = torch.stack(self._scores).tolist() if self._scores else []
        indices = count(collectives.rank(), collectives.world_size())
        return [
            {"index": index, "name": name, "miou": miou, "loss": loss}
            for index, (name, (miou, loss)) in zip(indices, zip(self._names, pairs, strict=True), strict=False)
            if not math.isnan(miou)
        ]


def image_miou(labels: Tensor, target: Tensor, num_classes: int) -> Tensor:
    """Mean IoU, a scalar, over the classes in the labels or the target of one image; NaN if no pixel is valid."""
    valid = target != IGNORE
    truth, found = target[valid], labels[valid]
    correct = torch.bincount(truth[truth == found], minlength=num_classes)
    union = torch.bincount(truth, minlength=num_classes) + torch.bincount(found, minlength=num_classes) - correct
    return (correct[union > 0] / union[union > 0]).mean()

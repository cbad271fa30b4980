"""Which validation images come out worst: the quickest way to find wrong masks and what a network cannot do yet."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from segcore.data import Batch
from segcore.losses import Loss, mean_of
from segcore.train import collectives
from segcore.types import IGNORE

SHOWN = 16
"""So many by mIoU, and so many by loss."""


class ImageScores:
    """Scores of single images, collected while a validation runs; numbers stay on the device until the end."""

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._names: list[str] = []
        self._scores: list[Tensor] = []

    def named(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The same batches; their names are noted on the way."""
        for batch in batches:
            self._names += batch.names
            yield batch

    def look(self, logits: Tensor, target: Tensor) -> None:
        """Score the images of a batch: logits (N, K, H, W), target (N, H, W)."""
        for one, truth in zip(logits.split(1), target.split(1), strict=True):
            miou = image_miou(one.max(dim=1).indices, truth, logits.shape[1])
            self._scores.append(torch.stack([miou, mean_of(self._loss.terms(one, truth)).float()]))

    def worst(self) -> list[dict[str, Any]]:
        """The images with the lowest mIoU and those with the highest loss, of all processes, by rising mIoU.

        Returns:
            Mappings of index (in the validation data), name, miou and loss. Images without a labelled pixel are left
            out.
        """
        shares = collectives.of_all(self._rows())
        rows = sorted((row for share in shares for row in share), key=lambda row: int(row["index"]))
        by_miou = sorted(rows, key=lambda row: row["miou"])
        by_loss = sorted(rows, key=lambda row: -row["loss"])
        chosen = {row["index"] for row in by_miou[:SHOWN] + by_loss[:SHOWN]}
        return [row for row in by_miou if row["index"] in chosen]

    def _rows(self) -> list[dict[str, Any]]:
        """The images of this process, of which rank r sees those numbered r, r + ranks and so on."""
        pairs = torch.stack(self._scores).tolist() if self._scores else []
        return [
            {"index": collectives.rank() + position * collectives.ranks(), "name": name, "miou": miou, "loss": loss}
            for position, (name, (miou, loss)) in enumerate(zip(self._names, pairs, strict=True))
            if not math.isnan(miou)
        ]


def image_miou(labels: Tensor, target: Tensor, num_classes: int) -> Tensor:
    """Mean IoU, a scalar, over the classes that one image has in its labels or its target; NaN if no pixel counts."""
    valid = target != IGNORE
    truth, found = target[valid], labels[valid]
    right = torch.bincount(truth[truth == found], minlength=num_classes)
    union = torch.bincount(truth, minlength=num_classes) + torch.bincount(found, minlength=num_classes) - right
    return (right[union > 0] / union[union > 0]).mean()

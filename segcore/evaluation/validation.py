"""A model over the batches of a loader: the validation after every epoch."""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from segcore.losses import Loss, Term, mean_of
from segcore.metrics import ConfusionMatrix, Scores, scores


class LabelledBatch(Protocol):
    """What is needed of a batch; ``segcore.data.Batch`` has it.

    Attributes:
        images: (N, C, H, W) float32, normalised.
        targets: (N, H, W) int64, 0 … K-1 or IGNORE.
    """

    @property
    def images(self) -> Tensor: ...  # noqa: D102 - described above
    @property
    def targets(self) -> Tensor: ...  # noqa: D102


def evaluate_model(
    model: nn.Module,
    batches: Iterable[LabelledBatch],
    classes: Sequence[str],
    *,
    device: torch.device | str = "cpu",
    loss: Loss | None = None,
    autocast: Callable[[], AbstractContextManager] = nullcontext,
) -> tuple[Scores, float]:
    """Scores, and the mean loss, of a model over all batches.

    Args:
        model: as for ``count_model``, and so are the others.
        batches: of a loader.
        classes: K names.
        device: where the model is.
        loss: or None.
        autocast: makes the context in which the model runs.

    Returns:
        (scores, loss), as from ``score_counts``.

    Raises:
        ValueError: a target or a label is no class.
    """
    return score_counts(count_model(model, batches, len(classes), device=device, loss=loss, autocast=autocast), classes)


@dataclass(frozen=True)
class Counts:
    """What a validation counts before anything is divided; parts of the same data may be added up.

    Attributes:
        table: (K, K) int64 pixels, rows the truth, columns the labels.
        terms: of the loss, summed over all batches; empty without a loss or a batch.
    """

    table: Tensor
    terms: list[Term]

    def to(self, device: torch.device | str) -> "Counts":
        """The same counts on another device."""
        terms = [Term(term.total.to(device), term.weight.to(device), term.scale) for term in self.terms]
        return Counts(self.table.to(device), terms)

    def __add__(self, other: "Counts") -> "Counts":
        """The counts of both parts."""
        return Counts(self.table + other.table, _added(self.terms, other.terms))


def count_model(
    model: nn.Module,
    batches: Iterable[LabelledBatch],
    num_classes: int,
    *,
    device: torch.device | str = "cpu",
    loss: Loss | None = None,
    autocast: Callable[[], AbstractContextManager] = nullcontext,
    look: Callable[[Tensor, Tensor], None] | None = None,
) -> Counts:
    """Let a model label all batches, and count.

    Nothing is read back from the device before the last batch. The model is in evaluation mode meanwhile and in the
    mode it came with afterwards.

    Args:
        model: returns ``SegOutput``; its auxiliary head does not count here.
        batches: as ``segcore.data.eval_loader`` gives them. Where it pads, the target is IGNORE.
        num_classes: K.
        device: where the model is.
        loss: on the same device; None to do without.
        autocast: makes the context in which the model runs, such as ``fabric.autocast``.
        look: called with the logits (N, K, H, W) and the target (N, H, W) of every batch, for scores of single images.

    Returns:
        The counts, on the device.

    Raises:
        ValueError: a target or a label is no class.
    """
    matrix = ConfusionMatrix(num_classes, device)
    terms: list[Term] = []
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            for batch in batches:
                images = batch.images.to(device, non_blocking=True)
                target = batch.targets.to(device, non_blocking=True)
                with autocast():
                    logits = model(images).logits  # (N, K, H, W)
                # On a CPU max(dim=1) finds the same ids as argmax, several times faster.
                matrix.update(logits.max(dim=1).indices, target)
                if look is not None:
                    look(logits, target)
                if loss is not None:
                    terms = _added(terms, loss.terms(logits, target))
    finally:
        for module, was_training in modes:
            module.training = was_training
    return Counts(matrix.counts, terms)


def score_counts(counts: Counts, classes: Sequence[str]) -> tuple[Scores, float]:
    """Divide at last.

    Returns:
        (scores, loss). The loss is the mean over all pixels, not over batches (for Dice, Tversky and Lovász: over the
        present classes of all batches). It is NaN without a loss to compute or a valid pixel.
    """
    result = scores(counts.table, classes)
    return result, float(mean_of(counts.terms)) if counts.terms and result.pixels else math.nan


def _added(sums: Sequence[Term], terms: Sequence[Term]) -> list[Term]:
    """The terms of another batch added to those so far."""
    if not sums or not terms:
        return [*sums, *terms]
    return [
        Term(old.total + new.total, old.weight + new.weight, old.scale) for old, new in zip(sums, terms, strict=True)
    ]

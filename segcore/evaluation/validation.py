"""Validation of a model on the batches of a loader, as after every epoch."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from segcore.data import Batch
from segcore.losses import Loss, Term, mean_of
from segcore.metrics import ConfusionMatrix, Scores, scores


def evaluate_model(
    model: nn.Module,
    batches: Iterable[Batch],
    classes: Sequence[str],
    *,
    device: torch.device | str = "cpu",
    loss: Loss | None = None,
    autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> tuple[Scores, float]:
    """Return ``score_counts(count_model(…))``, the scores and the mean loss of a model over all batches."""
    return score_counts(count_model(model, batches, len(classes), device=device, loss=loss, autocast=autocast), classes)


@dataclass(frozen=True)
class ValidationCounts:
    """The sums of a validation before any division; sums of several parts of the data can be added."""

    table: Tensor  # confusion matrix (K, K) int64, rows the ground truth, columns the labels
    terms: list[Term]  # of the loss, summed over all batches; empty without a loss or a batch

    def __add__(self, other: "ValidationCounts") -> "ValidationCounts":
        """Return the counts of both parts."""
        return ValidationCounts(self.table + other.table, _added(self.terms, other.terms))


def count_model(
    model: nn.Module,
    batches: Iterable[Batch],
    num_classes: int,
    *,
    device: torch.device | str = "cpu",
    loss: Loss | None = None,
    autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
    on_batch: Callable[[Tensor, Tensor], None] | None = None,
) -> ValidationCounts:
    """Return the confusion matrix and the loss terms of a model over all batches, on the CPU.

    Nothing is copied from the device before the last batch. The model runs in evaluation mode; afterwards its modules
    have their former modes.

    The model and the loss are on ``device``; ``autocast`` returns the context in which the model runs. ``on_batch`` is
    called with the logits (N, K, H, W) and the target (N, H, W) of every batch, for scores of images.

    Raises:
        ValueError: a target or a label is not a class.
    """
    matrix = ConfusionMatrix(num_classes, device)
    terms: list[Term] = []
    with _evaluation_mode(model), torch.no_grad():
        for batch in batches:
            images = batch.images.to(device, non_blocking=True)
            target = batch.targets.to(device, non_blocking=True)
            with autocast():
                logits = model(images).logits  # (N, K, H, W)
            # On a CPU max(dim=1) finds the same ids as argmax, several times faster.
            matrix.update(logits.max(dim=1).indices, target)
            if on_batch is not None:
                on_batch(logits, target)
            if loss is not None:
                # A loss that is no sum over pixels would depend on which images share a batch.
                size = len(target) if loss.adds_up else 1
                for some, truth in zip(logits.split(size), target.split(size), strict=True):
                    terms = _added(terms, loss.terms(some, truth))
    terms = [Term(term.total.cpu(), term.weight.cpu(), term.scale) for term in terms]
    return ValidationCounts(matrix.counts.cpu(), terms)


@contextmanager
def _evaluation_mode(model: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, was_training in modes:
            module.training = was_training


def score_counts(counts: ValidationCounts, classes: Sequence[str]) -> tuple[Scores, float]:
    """Return the scores and the loss of validation counts.

    The loss is the mean over all pixels, not over batches (for Dice, Tversky and Lovász: over the present classes of
    all images), and NaN without a loss or a valid pixel.
    """
    result = scores(counts.table, classes)
    return result, float(mean_of(counts.terms)) if counts.terms and result.pixels else math.nan


def _added(sums: Sequence[Term], terms: Sequence[Term]) -> list[Term]:
    """Return the sums with the terms of another batch added."""
    if not sums or not terms:
        return [*sums, *terms]
    return [
        Term(old.total + new.total, old.weight + new.weight, old.scale) for old, new in zip(sums, terms, strict=True)
    ]

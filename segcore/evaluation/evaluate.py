"""A model over the batches of a loader: the validation after every epoch."""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
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
    matrix: ConfusionMatrix | None = None,
    look: Callable[[Tensor, Tensor], None] | None = None,
) -> tuple[Scores, float]:
    """Scores, and the mean loss, of a model over all batches.

    Nothing is read back from the device before the last batch. The model is in evaluation mode meanwhile and in the
    mode it came with afterwards.

    Args:
        model: returns ``SegOutput``; its auxiliary head does not count here.
        batches: as ``segcore.data.eval_loader`` gives them. Where it pads, the target is IGNORE.
        classes: K names.
        device: where the model is.
        loss: on the same device; None to do without.
        autocast: makes the context in which the model runs, such as ``fabric.autocast``.
        matrix: an empty one on the same device, for callers who want the counts behind the scores as well.
        look: called with the logits (N, K, H, W) and the target (N, H, W) of every batch, for scores of single images.

    Returns:
        (scores, loss). The loss is the mean over all pixels, not over batches (for Dice, Tversky and Lovász: over the
        present classes of all batches). It is NaN without a loss to compute or a valid pixel.

    Raises:
        ValueError: a target or a label is no class.
    """
    matrix = ConfusionMatrix(len(classes), device) if matrix is None else matrix
    sums: list[Term] = []
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
                    sums = _added(sums, loss.terms(logits, target))
    finally:
        for module, was_training in modes:
            module.training = was_training
    result = scores(matrix.counts, classes)
    return result, float(mean_of(sums)) if sums and result.pixels else math.nan


def _added(sums: Sequence[Term], terms: Sequence[Term]) -> list[Term]:
    """The terms of another batch added to those so far."""
    if not sums:
        return list(terms)
    return [
        Term(old.total + new.total, old.weight + new.weight, old.scale) for old, new in zip(sums, terms, strict=True)
    ]

"""Losses: how wrong the logits are, as one number to make smaller.

    base.py             Term, Loss, mean_of: sums before means
    cross_entropy.py    and one file for every other idea
    registry.py         LOSSES, the table; build_loss(name, num_classes=..., ...)

Every loss leaves out pixels whose target is IGNORE, computes in float32, and is 0 for a batch without a valid pixel.
"""

from segcore.losses.base import Loss, Term, mean_of
from segcore.losses.registry import LOSSES, LossCard, build_loss, loss_options

__all__ = ["LOSSES", "Loss", "LossCard", "Term", "build_loss", "loss_options", "mean_of"]

"""Losses: the difference between logits and targets as one number to minimise.

There is one file per loss, with its card. Every loss excludes pixels whose target is IGNORE, computes in float32, and
is 0 for a batch without a valid pixel.
"""

from segcore.losses.base import Loss, LossCard, Term, mean_of
from segcore.losses.registry import LOSSES, build_loss, loss_options

"""What every loss promises: a sum and what to divide it by, kept apart until the very end.

The mean of two means is not the mean of the whole: with many ignored pixels in one half of a batch, averaging each half
by itself gives its few pixels more say. So a loss hands out ``Term``: a sum over pixels and the weight that belongs to
it. The training loop adds up the weights over accumulation steps and devices, and divides once.

What the losses share is here too: entry (checks, float32, ignored pixels), pixel weights and one-hot targets.

Shapes: N images, K classes (background included), H x W pixels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from segcore.errors import BadConfig
from segcore.types import IGNORE

TINY = 1e-12
"""Smallest divisor of a mean: a batch without a valid pixel has total 0 and weight 0, and its loss is 0."""


class Term(NamedTuple):
    """One summand of a loss before its division.

    Attributes:
        total: scalar, the weighted sum over the unit of the loss (pixels, or classes for Dice and its relatives). It
            has a graph, also when nothing counted.
        weight: scalar without a gradient, what the total is to be divided by.
        scale: the factor of this summand in the loss.
    """

    total: Tensor
    weight: Tensor
    scale: float = 1.0


def mean_of(terms: Sequence[Term]) -> Tensor:
    """The loss of these terms: the sum over terms of scale x total / weight, a scalar; 0 where the weight is 0.

    Args:
        terms: as a ``Loss`` gives them; at least one.
    """
    return torch.stack([term.scale * term.total / term.weight.clamp(min=TINY) for term in terms]).sum()


class Loss(nn.Module):
    """A loss is a module with ``terms``; calling it gives their mean.

    Args:
        num_classes: K, background included.
        class_weights: (K,) how much each class counts, or None for all the same. What exactly is weighted (pixels or
            classes) is told by each loss. It moves with the module to the device.

    Raises:
        ValueError: the weights are not K finite numbers >= 0.
    """

    class_weights: Tensor | None

    def __init__(self, num_classes: int, class_weights: Tensor | None = None) -> None:
        super().__init__()
        self.num_classes = num_classes
        if class_weights is not None:
            class_weights = torch.as_tensor(class_weights, dtype=torch.float32)
            if class_weights.shape != (num_classes,):
                raise ValueError(f"class_weights has shape {tuple(class_weights.shape)}, expected ({num_classes},).")
            if not bool(torch.isfinite(class_weights).all() and (class_weights >= 0).all()):
                raise ValueError(f"class_weights must be finite and >= 0, got {class_weights.tolist()}.")
        self.register_buffer("class_weights", class_weights, persistent=False)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """The sums of this loss.

        Args:
            logits: (N, K, H, W) of any floating type; half precision is computed in float32.
            target: (N, H, W) int64, 0 … K-1 or IGNORE.
        """
        raise NotImplementedError

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """The mean of the terms, a scalar; shapes as in ``terms``."""
        return mean_of(self.terms(logits, target))


class Pixels(NamedTuple):
    """A batch, ready to be computed with.

    Attributes:
        logits: (N, K, H, W) float32 (float64 stays, for gradient checks).
        target: (N, H, W) int64, 0 … K-1; ignored pixels have 0 here, so that the target can index.
        valid: (N, H, W) bool, False where the target was IGNORE.
    """

    logits: Tensor
    target: Tensor
    valid: Tensor


def enter(logits: Tensor, target: Tensor, num_classes: int) -> Pixels:
    """Check the shapes, leave half precision, set the ignored pixels apart.

    The sum of a 512 x 512 map of ones is already above 65504, the largest float16: every loss leaves half precision
    here, at its entry. The losses also keep clear of matrix products, the one thing autocast would take back to half
    precision.

    Raises:
        ValueError: shapes that do not belong together.
    """
    n, k, h, w = logits.shape if logits.ndim == 4 else (-1, -1, -1, -1)
    if k != num_classes or target.shape != (n, h, w):
        raise ValueError(
            f"logits have shape {tuple(logits.shape)} and target {tuple(target.shape)}; "
            f"expected (N, {num_classes}, H, W) and (N, H, W)."
        )
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    valid = target != IGNORE
    return Pixels(logits, target.long().masked_fill(~valid, 0), valid)


def pixel_weights(pixels: Pixels, class_weights: Tensor | None) -> Tensor:
    """(N, H, W): the weight of the class a pixel truly has (1 without weights), 0 where it is ignored."""
    valid = pixels.valid.to(pixels.logits.dtype)
    if class_weights is None:
        return valid
    return class_weights.to(valid)[pixels.target] * valid


def pixel_term(per_pixel: Tensor, weights: Tensor) -> Term:
    """The term of a loss that is a weighted mean over pixels; both (N, H, W)."""
    return Term((per_pixel * weights).sum(), weights.sum())


def one_hot(pixels: Pixels) -> Tensor:
    """(N, K, H, W) in the type of the logits: 1 in the channel of the true class; all 0 where ignored."""
    encoded = torch.zeros_like(pixels.logits, requires_grad=False)
    return encoded.scatter_(1, pixels.target[:, None], pixels.valid[:, None].to(encoded.dtype))


def checked_option(loss: str, name: str, value: float, low: float, high: float = float("inf")) -> float:
    """``value`` as a float if low <= value <= high.

    Raises:
        BadConfig: it is no number, or outside.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadConfig(
            "{loss}: {name} is {value}, expected a number from {low:g} to {high:g}.",
            loss=loss,
            name=name,
            value=repr(value),
            low=low,
            high=high,
        )
    return float(value)

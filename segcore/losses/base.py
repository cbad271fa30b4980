"""Base class of the losses: a sum and its divisor, kept apart until the end.

The mean of two means is not the mean of the whole: if half of a batch has many ignored pixels, averaging each half
separately over-weights its few valid pixels. A loss therefore returns ``Term``s: a sum over pixels, and the weight to
divide it by. The training step adds up the weights over accumulated batches and processes and divides once. A loss that
is no such sum (``adds_up`` is False) gets the logits of all accumulated batches at once.

Shapes: N images, K classes (background included), H x W pixels.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from segcore.errors import BadConfig
from segcore.types import IGNORE

TINY = 1e-12
"""Smallest divisor of a mean: a batch without a valid pixel has total 0 and weight 0, so its loss is 0."""


class Term(NamedTuple):
    """One summand of a loss before the division.

    Attributes:
        total: scalar, the weighted sum over the unit of the loss (pixels; classes for Dice and its relatives). It is
            part of the graph even if no pixel is valid.
        weight: scalar without a gradient, the divisor of the total.
        scale: factor of this summand in the loss; a number, or a scalar without a gradient.
    """

    total: Tensor
    weight: Tensor
    scale: float | Tensor = 1.0


def mean_of(terms: Sequence[Term]) -> Tensor:
    """The loss of at least one term: the sum of scale x total / weight, a scalar; 0 where the weight is 0."""
    return torch.stack([term.scale * term.total / term.weight.clamp(min=TINY) for term in terms]).sum()


class Loss(nn.Module):
    """A module with ``terms``; calling it returns their mean.

    Args:
        num_classes: K, background included.
        class_weights: (K,) weight of each class, or None for equal weights. Each loss states what it weights, pixels
            or classes. The buffer moves to the device with the module.

    Raises:
        ValueError: the weights are not K finite numbers >= 0.
        BadConfig: an option of the loss is out of its range.

    Attributes:
        adds_up: whether the totals and weights of parts of a batch add up to those of the whole batch, as sums over
            pixels do. If not, the loss must see a whole batch at once to be exact.
    """

    class_weights: Tensor | None
    adds_up: ClassVar[bool] = True

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

    def per_pixel(self, pixels: "Pixels") -> Tensor:
        """(N, H, W): the loss of each pixel, for losses that are a mean over pixels weighted by their true class."""
        raise NotImplementedError

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """The sums of this loss; by default one term, over ``per_pixel``.

        Args:
            logits: (N, K, H, W) of any floating type; half precision is computed in float32.
            target: (N, H, W) int64, 0 … K-1 or IGNORE.
        """
        losses = self.per_pixel(prepare(logits, target, self.num_classes))
        return (pixel_term(losses, pixel_weights(target, self.class_weights, losses.dtype)),)

    def weights(self, target: Tensor) -> tuple[Tensor, ...]:
        """The weight of each term, computed from the target (as in ``terms``) and so known before the forward pass.

        By default there is one term, whose unit is the pixel.
        """
        return (pixel_weights(target, self.class_weights).sum(),)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """The mean of the terms, a scalar; shapes as in ``terms``."""
        return mean_of(self.terms(logits, target))


@dataclass(frozen=True)
class LossCard:
    """The fixed facts of a loss.

    Attributes:
        name: the key in LOSSES and in a configuration, lower case.
        title: as the literature writes it.
        summary: one sentence: what it rewards and when to use it.
        build: the class; called as ``build(num_classes, class_weights, **options)``.
        paper: URL of the source; empty for losses older than the field.
    """

    name: str
    title: str
    summary: str
    build: Callable[..., Loss]
    paper: str = ""


class Pixels(NamedTuple):
    """A checked batch.

    Attributes:
        logits: (N, K, H, W) float32 (float64 is kept, for gradient checks).
        target: (N, H, W) int64, 0 … K-1; ignored pixels are 0 here, so that the target can be used as an index.
        valid: (N, H, W) bool, False where the target was IGNORE.
    """

    logits: Tensor
    target: Tensor
    valid: Tensor


def prepare(logits: Tensor, target: Tensor, num_classes: int) -> Pixels:
    """Check the shapes, convert half precision to float32 and separate the ignored pixels.

    The sum of a 512 x 512 map of ones exceeds 65504, the largest float16, so every loss leaves half precision here. The
    losses also avoid matrix products, which autocast would compute in half precision again.

    Raises:
        ValueError: the shapes do not match.
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


def pixel_weights(target: Tensor, class_weights: Tensor | None, dtype: torch.dtype = torch.float32) -> Tensor:
    """(N, H, W): the weight of each pixel's true class (1 without class weights), 0 where the target is IGNORE."""
    valid = target != IGNORE
    if class_weights is None:
        return valid.to(dtype)
    return class_weights.to(target.device, dtype)[target.long().masked_fill(~valid, 0)] * valid


def pixel_term(per_pixel: Tensor, weights: Tensor) -> Term:
    """The term of a weighted mean over pixels; both (N, H, W)."""
    return Term((per_pixel * weights).sum(), weights.sum())


def one_hot(pixels: Pixels) -> Tensor:
    """(N, K, H, W) in the type of the logits: 1 in the channel of the true class; all 0 where ignored."""
    encoded = torch.zeros_like(pixels.logits, requires_grad=False)
    return encoded.scatter_(1, pixels.target[:, None], pixels.valid[:, None].to(encoded.dtype))


def checked_option(loss: str, name: str, value: float, low: float, high: float = float("inf")) -> float:
    """``value`` as a float if it is finite and low <= value <= high.

    Raises:
        BadConfig: it is not a number, or out of range.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if is_number and low <= value <= high:
        return float(value)
    given = repr(value)
    if math.isinf(high):
        raise BadConfig(
            "{loss}: {name} is {value}, expected a number from {low:g} upwards.",
            loss=loss,
            name=name,
            value=given,
            low=low,
        )
    raise BadConfig(
        "{loss}: {name} is {value}, expected a number from {low:g} to {high:g}.",
        loss=loss,
        name=name,
        value=given,
        low=low,
        high=high,
    )

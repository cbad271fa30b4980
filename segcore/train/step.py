"""One optimisation step: from a group of batches to updated weights.

Sums before means: a loss is a sum divided by its weight, which is added up over all processes and all accumulated
batches before the division. Otherwise, with ignored pixels or class weights, two processes or two accumulated batches
would train differently from one large batch. Dice, Tversky, Lovász and OHEM are no such sums; for them see
joint_loss.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from segcore.data import Batch
from segcore.losses import Loss, Term, mean_of
from segcore.models import SegOutput
from segcore.train import collectives
from segcore.train.joint_loss import logit_gradients, propagated
from segcore.train.parts import Parts
from segcore.train.schedule import plateau_factor, rate_factor


@dataclass(frozen=True)
class StepResult:
    """Loss, gradient norm and learning rate of a step; the tensors stay on the device until ``numbers`` is called.

    ``labelled`` is whether any pixel counted; if none did, the loss is 0 and means nothing.
    """

    loss: Tensor
    gradient_norm: Tensor
    rate: float
    labelled: Tensor | bool = True

    def numbers(self) -> dict[str, float]:
        """The result as floats, and "unlabelled" if no pixel counted; waits for the device."""
        numbers = {"loss": float(self.loss), "gradient_norm": float(self.gradient_norm), "rate": self.rate}
        return numbers if self.labelled else numbers | {"unlabelled": True}


def train_step(parts: Parts, batches: list[Batch], step: int) -> StepResult:
    """Forward and backward passes over a group of batches, then one step of the optimiser.

    The model must be in training mode. The global step determines the learning rate.
    """
    rate = set_rate(parts, step)
    group = [to_device(parts, batch) for batch in batches]
    weights = batch_weights(parts.loss, [target for _, target in group])
    is_joint = len(group) > 1 and not parts.loss.adds_up
    losses = joint_losses(parts, group) if is_joint else separate_losses(parts, group, shares_of(weights))

    total = torch.zeros((), device=parts.fabric.device)
    for index in range(len(group)):
        is_last = index == len(group) - 1
        with parts.fabric.no_backward_sync(parts.model, enabled=not is_last):
            loss, value = next(losses)
            if is_last and parts.config.l1 > 0:
                penalty = parts.config.l1 * absolute_weights(parts.net)
                loss, value = loss + penalty, value + penalty
            parts.fabric.backward(loss)
        total += value.detach()

    norm = clip_gradients(parts)
    parts.optimiser.step()
    parts.optimiser.zero_grad(set_to_none=True)
    if parts.ema is not None:
        parts.ema.update_parameters(parts.net)
    loss = collectives.all_reduce_mean(total)
    return StepResult(loss=loss, gradient_norm=norm, rate=rate, labelled=weights.sum() > 0)


def to_device(parts: Parts, batch: Batch) -> tuple[Tensor, Tensor]:
    """Images (N, C, H, W) and target (N, H, W) on the device, in the run's memory layout."""
    images, target = parts.fabric.to_device((batch.images, batch.targets))
    if parts.mode.channels_last:
        images = images.to(memory_format=torch.channels_last)
    return images, target


def batch_weights(loss: Loss, targets: list[Tensor]) -> Tensor:
    """(B, T) float32: the weight of each of T loss terms in each of B batches, the mean over all processes."""
    return collectives.all_reduce_mean(torch.stack([torch.stack(loss.weights(target)) for target in targets]))


def shares_of(weights: Tensor) -> Tensor:
    """(B, T): the share of each of B batches in the weight of each term; sums over B are 1, or 0 without a weight."""
    return weights / weights.sum(dim=0).clamp(min=1e-12)


def separate_losses(
    parts: Parts, group: Sequence[tuple[Tensor, Tensor]], shares: Tensor
) -> Iterator[tuple[Tensor, Tensor]]:
    """The part of each batch in the loss of its group, twice: to propagate backwards, and as a value."""
    for (images, target), share in zip(group, shares, strict=True):
        loss = head_loss(parts, parts.model(images), target, share)
        yield loss, loss


def joint_losses(parts: Parts, group: Sequence[tuple[Tensor, Tensor]]) -> Iterator[tuple[Tensor, Tensor]]:
    """As `separate_losses`, for a loss that must see all batches at once; the first value is the loss of the group."""

    def loss_of(output: SegOutput, target: Tensor) -> Tensor:
        return head_loss(parts, output, target, shares_of(batch_weights(parts.loss, [target]))[0])

    value, gradients = logit_gradients(parts, group, loss_of)
    for (images, _), gradient in zip(group, gradients, strict=True):
        yield propagated(parts.model(images), gradient), value
        value = torch.zeros_like(value)


def head_loss(parts: Parts, output: SegOutput, target: Tensor, shares: Tensor) -> Tensor:
    """The loss of the main head, and of the auxiliary head if there is one; ``shares`` (T,) of the batch."""
    loss = shared_mean(parts.loss.terms(output.logits, target), shares)
    if output.aux is not None:
        loss = loss + parts.config.aux_weight * shared_mean(parts.loss.terms(output.aux, target), shares)
    return loss


def shared_mean(terms: Sequence[Term], shares: Tensor) -> Tensor:
    """The mean of the terms (T of them, shares (T,)), where each process divides by the weight of all processes.

    The processes' gradients are averaged afterwards, hence the mean of the weights and not their sum.
    """
    return mean_of(
        [
            Term(term.total, collectives.all_reduce_mean(term.weight), term.scale * share)
            for term, share in zip(terms, shares, strict=True)
        ]
    )


def absolute_weights(model: nn.Module) -> Tensor:
    """Sum of absolute weights (L1), without biases and norm layers."""
    return torch.stack([p.abs().sum() for p in model.parameters() if p.requires_grad and p.ndim > 1]).sum()


def clip_gradients(parts: Parts) -> Tensor:
    """Scale the gradient down to ``clip_norm``, if set; returns its norm before that."""
    limit = parts.config.clip_norm or float("inf")
    norm = parts.fabric.clip_gradients(parts.model, parts.optimiser, max_norm=limit, error_if_nonfinite=False)
    assert norm is not None
    return norm.detach()


def set_rate(parts: Parts, step: int) -> float:
    """Set the learning rate of this step in every parameter group; returns the rate before group scaling."""
    config = parts.config
    rate = config.learning_rate * rate_factor(
        config.schedule,
        step,
        config.epochs * parts.steps_per_epoch,
        warmup_steps=round(config.warmup * parts.steps_per_epoch),
        power=config.poly_power,
    )
    if config.schedule == "plateau":
        rate *= plateau_factor(parts.history, patience=config.plateau_patience, factor=config.plateau_factor)
    for group in parts.optimiser.param_groups:
        group["lr"] = rate * group["rate_scale"]
    return rate

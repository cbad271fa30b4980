"""One optimisation step: from a group of batches to updated weights.

Sums before means: a loss is a sum divided by its weight, which is added up over all processes and all accumulated
batches before the division. Otherwise, with ignored pixels or class weights, two processes or two accumulated batches
would train differently from one large batch. Dice, Tversky, Lovász and OHEM depend on the division all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from segcore.data import Batch
from segcore.losses import Loss, Term, mean_of
from segcore.train import collectives
from segcore.train.parts import Parts
from segcore.train.schedule import plateau_factor, rate_factor


@dataclass(frozen=True)
class StepResult:
    """Loss, gradient norm and learning rate of a step; the tensors stay on the device until ``numbers`` is called."""

    loss: Tensor
    gradient_norm: Tensor
    rate: float

    def numbers(self) -> dict[str, float]:
        """The result as floats; waits for the device."""
        return {"loss": float(self.loss), "gradient_norm": float(self.gradient_norm), "rate": self.rate}


def train_step(parts: Parts, batches: list[Batch], step: int) -> StepResult:
    """Forward and backward passes over a group of batches, then one step of the optimiser.

    The model must be in training mode. The global step determines the learning rate.
    """
    rate = set_rate(parts, step)
    group = [to_device(parts, batch) for batch in batches]
    shares = batch_shares(parts.loss, [target for _, target in group])

    total = torch.zeros((), device=parts.fabric.device)
    for index, (images, target) in enumerate(group):
        is_last = index == len(group) - 1
        with parts.fabric.no_backward_sync(parts.model, enabled=not is_last):
            loss = batch_loss(parts, images, target, shares[index])
            if is_last and parts.config.l1 > 0:
                loss = loss + parts.config.l1 * absolute_weights(parts.net)
            parts.fabric.backward(loss)
        total += loss.detach()

    norm = clip_gradients(parts)
    parts.optimiser.step()
    parts.optimiser.zero_grad(set_to_none=True)
    if parts.ema is not None:
        parts.ema.update_parameters(parts.net)
    return StepResult(loss=collectives.all_reduce_mean(total), gradient_norm=norm, rate=rate)


def to_device(parts: Parts, batch: Batch) -> tuple[Tensor, Tensor]:
    """Images (N, C, H, W) and target (N, H, W) on the device, in the run's memory layout."""
    images, target = parts.fabric.to_device((batch.images, batch.targets))
    if parts.mode.channels_last:
        images = images.to(memory_format=torch.channels_last)
    return images, target


def batch_shares(loss: Loss, targets: list[Tensor]) -> Tensor:
    """(B, T) float32: the share of each of B batches in the weight of each of T loss terms; sums over B are 1."""
    weights = torch.stack([torch.stack(loss.weights(target)) for target in targets])
    weights = collectives.all_reduce_mean(weights)
    return weights / weights.sum(dim=0).clamp(min=1e-12)


def batch_loss(parts: Parts, images: Tensor, target: Tensor, shares: Tensor) -> Tensor:
    """The part of a batch in the loss of its group: of the main head, and of the auxiliary head if there is one."""
    output = parts.model(images)
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

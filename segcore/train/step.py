"""One optimisation step: from a group of batches to changed weights.

Sums before means. A loss is a sum divided by the weight that belongs to it. Over several processes the weights are
added up before the division, and an accumulated batch counts by its share of the group's valid pixels. Otherwise
ignored pixels would make two processes, or two accumulated batches, train differently from one large batch.

What is no sum over pixels cannot be made equal that way: Dice, Tversky, Lovász and OHEM see the batch of one process.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from segcore.data import Batch
from segcore.losses import Term, mean_of
from segcore.train import collectives
from segcore.train.parts import Parts
from segcore.train.schedule import plateau_factor, rate_factor
from segcore.types import IGNORE


@dataclass(frozen=True)
class Outcome:
    """What a step did; tensors stay on the device until someone asks for numbers."""

    loss: Tensor
    gradient_norm: Tensor
    rate: float

    def numbers(self) -> dict[str, float]:
        """The outcome as floats; waits for the device."""
        return {"loss": float(self.loss), "gradient_norm": float(self.gradient_norm), "rate": self.rate}


def train_step(parts: Parts, batches: list[Batch], step: int) -> Outcome:
    """Forward, backward and one step of the optimiser over a group of batches.

    Args:
        parts: of the run; its model must be in training mode.
        batches: one, or ``accumulate`` of them.
        step: global step, decides the learning rate.
    """
    rate = set_rate(parts, step)
    group = [place(parts, batch) for batch in batches]
    share = valid_share([target for _, target in group])

    total = torch.zeros((), device=parts.fabric.device)
    for index, (images, target) in enumerate(group):
        is_last = index == len(group) - 1
        with parts.fabric.no_backward_sync(parts.model, enabled=not is_last):
            loss = batch_loss(parts, images, target) * share[index]
            if is_last and parts.config.l1 > 0:
                loss = loss + parts.config.l1 * absolute_weights(parts.net)
            parts.fabric.backward(loss)
        total += loss.detach()

    norm = gradient_norm(parts)
    parts.optimiser.step()
    parts.optimiser.zero_grad(set_to_none=True)
    if parts.ema is not None:
        parts.ema.update_parameters(parts.net)
    return Outcome(loss=collectives.mean(total), gradient_norm=norm, rate=rate)


def place(parts: Parts, batch: Batch) -> tuple[Tensor, Tensor]:
    """Images (N, C, H, W) and target (N, H, W) on the device, in the run's memory layout."""
    images, target = parts.fabric.to_device((batch.images, batch.targets))
    if parts.speed.channels_last:
        images = images.to(memory_format=torch.channels_last)
    return images, target


def valid_share(targets: list[Tensor]) -> Tensor:
    """(len(targets),) float32: the part of the group's valid pixels that each batch has, over all processes; sum 1."""
    valid = torch.stack([(target != IGNORE).sum() for target in targets]).float()
    valid = collectives.mean(valid)
    return valid / valid.sum().clamp(min=1)


def batch_loss(parts: Parts, images: Tensor, target: Tensor) -> Tensor:
    """Loss of the main head, plus the auxiliary head's where the model has one."""
    output = parts.model(images)
    loss = shared_mean(parts.loss.terms(output.logits, target))
    if output.aux is not None:
        loss = loss + parts.config.aux_weight * shared_mean(parts.loss.terms(output.aux, target))
    return loss


def shared_mean(terms: Sequence[Term]) -> Tensor:
    """The mean of the terms, where each process divides by the weight of all.

    The processes' gradients are averaged afterwards, hence the mean of the weights and not their sum.
    """
    return mean_of([term._replace(weight=collectives.mean(term.weight)) for term in terms])


def absolute_weights(model: nn.Module) -> Tensor:
    """Sum of absolute weights (L1), without biases and norm layers."""
    return torch.stack([p.abs().sum() for p in model.parameters() if p.requires_grad and p.ndim > 1]).sum()


def gradient_norm(parts: Parts) -> Tensor:
    """Norm of the whole gradient, which is scaled down to ``clip_norm`` where that is set."""
    limit = parts.config.clip_norm or float("inf")
    norm = parts.fabric.clip_gradients(parts.model, parts.optimiser, max_norm=limit, error_if_nonfinite=False)
    assert norm is not None
    return norm.detach()


def set_rate(parts: Parts, step: int) -> float:
    """Set the learning rate of this step in every group of the optimiser; returns the undivided one."""
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

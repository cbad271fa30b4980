"""The optimiser: frozen levels, parameter groups, and the exponential moving average of the weights."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from segcore.errors import BadConfig
from segcore.train.config import TrainConfig


def encoder_of(model: nn.Module, config: TrainConfig) -> nn.Module:
    """The pretrained part of a model.

    Raises:
        BadConfig: the model has none, although settings refer to it.
    """
    encoder = getattr(model, "encoder", None)
    if not isinstance(encoder, nn.Module):
        raise BadConfig(
            "{model} with these options has no encoder, so freeze and encoder_rate have nothing to act on. Set "
            "freeze to none and encoder_rate to 1, or choose a model with an encoder.",
            model=config.model,
        )
    return encoder


def freeze(config: TrainConfig, model: nn.Module) -> None:
    """Exclude the frozen levels of the encoder from training; the loop keeps their batch-norm statistics.

    Raises:
        BadConfig: the model has no encoder with levels.
    """
    if config.freeze == "none":
        return
    levels = encoder_of(model, config).get_submodule("levels")
    frozen = {"norm": 0, "early": -1, "encoder": None}[config.freeze]
    for level in list(levels.children())[:frozen]:
        level.requires_grad_(False)


def moving_average(model: nn.Module, decay: float) -> AveragedModel:
    """A copy of the model that holds the exponential moving average (EMA) of its weights and batch-norm statistics.

    After n steps the decay is at most (1 + n) / (10 + n), or the random initial weights would dominate the average for
    an epoch (the ``num_updates`` rule of TensorFlow's ExponentialMovingAverage).
    """

    @torch.no_grad()
    def update(averages: Sequence[Tensor], values: Sequence[Tensor], steps: Tensor | int) -> None:
        weight = 1.0 - min(decay, (1 + int(steps)) / (10 + int(steps)))
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point():
                average.lerp_(value.to(average.dtype), weight)
            else:
                average.copy_(value)

    return AveragedModel(model, multi_avg_fn=update, use_buffers=True)


def build_optimiser(config: TrainConfig, model: nn.Module) -> torch.optim.Optimizer:
    """The optimiser over up to four groups: encoder or not, with weight decay or without.

    Biases and the scales of norm layers, which are one-dimensional, are not decayed (Goyal et al. 2017, section 5.3,
    https://arxiv.org/abs/1706.02677).
    """
    of_encoder: set[int] = set()
    if config.encoder_rate != 1.0:
        of_encoder = {id(parameter) for parameter in encoder_of(model, config).parameters()}
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            groups.setdefault((id(parameter) in of_encoder, parameter.ndim > 1), []).append(parameter)
    settings = [
        {
            "params": parameters,
            "rate_scale": config.encoder_rate if in_encoder else 1.0,
            "weight_decay": config.weight_decay if decays else 0.0,
        }
        for (in_encoder, decays), parameters in groups.items()
    ]
    rate = config.learning_rate
    match config.optimiser:
        case "adam":
            return torch.optim.Adam(settings, lr=rate)
        case "adamw":
            return torch.optim.AdamW(settings, lr=rate)
    momentum = config.momentum if config.optimiser == "momentum" else 0.0
    return torch.optim.SGD(settings, lr=rate, momentum=momentum, nesterov=momentum > 0)

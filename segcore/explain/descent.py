"""Gradient descent on a pixel classifier with two weights, so that its loss surface can be drawn.

    p = sigmoid(w1 x1 + w2 x2)        x1 = red - green, x2 = red - blue of a pixel, centred between the two classes
    L = mean cross-entropy over PIXELS pixels of synthetic images: half from red discs, half from anything else

The two features are strongly correlated, so the surface is a long valley: steep across, flat along. `torch.optim`
takes the steps; moments are read from its state.

SGD with momentum as in PyTorch: v ← μ v + g, w ← w - η v. Adam: Kingma, Ba: "Adam: A Method for Stochastic
Optimization", ICLR 2015, https://arxiv.org/abs/1412.6980, algorithm 1.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from segcore.data import open_dataset
from segcore.types import IGNORE

Optimiser = Literal["sgd", "momentum", "adam"]
OPTIMISERS: tuple[Optimiser, ...] = ("sgd", "momentum", "adam")
PIXELS = 2000
MOMENTUM = 0.9
BETAS, EPSILON = (0.9, 0.999), 1e-8
DISC = 1
LOW, HIGH = -6.0, 14.0
"""Range of the surface, for both weights."""

Map = NDArray[np.float64]


@lru_cache(maxsize=1)
def pixels() -> tuple[Tensor, Tensor]:
    """Features (PIXELS, 2) and target (PIXELS,), float64, of synthetic images, discs first. Cached: do not modify."""
    dataset = open_dataset("shapes:40:48")
    samples = [dataset[index] for index in range(len(dataset))]
    colours = np.stack([sample.image for sample in samples]).astype(np.float64) / 255
    labels = np.stack([sample.labels for sample in samples])
    rng = np.random.default_rng(0)
    discs, others = (
        found[rng.choice(len(found), PIXELS // 2, replace=False)]
        for found in (colours[labels == DISC], colours[(labels != DISC) & (labels != IGNORE)])
    )
    rgb = np.concatenate([discs, others])
    features = rgb[:, :1] - rgb[:, 1:]
    middle = (features[: PIXELS // 2].mean(0) + features[PIXELS // 2 :].mean(0)) / 2
    target = np.repeat([1.0, 0.0], PIXELS // 2)
    return torch.from_numpy(features - middle), torch.from_numpy(target)


def loss_at(weights: Tensor, features: Tensor, target: Tensor) -> Tensor:
    """Mean binary cross-entropy of weights (2,), features (n, 2) and a target (n,), 0 or 1."""
    return F.binary_cross_entropy_with_logits(features @ weights, target)


@lru_cache(maxsize=4)
def landscape(side: int) -> tuple[Map, Map]:
    """The weights along one axis (side,), and the loss (side, side), rows w2 and columns w1."""
    features, target = pixels()
    axis = np.linspace(LOW, HIGH, side)
    grid = torch.from_numpy(np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2))
    logits = features @ grid.T  # (PIXELS, side²)
    losses = F.binary_cross_entropy_with_logits(logits, target[:, None].expand_as(logits), reduction="none").mean(0)
    return axis, losses.reshape(side, side).numpy()


Pair = tuple[float, float]


@dataclass(frozen=True)
class OptimiserStep:
    """One step of an optimiser."""

    before: Pair  # the weights
    gradient: Pair  # of the loss on the batch of this step
    after: Pair  # the weights
    loss: float  # over all pixels, before the step
    first_moment: Pair = (0.0, 0.0)  # after the gradient was added: momentum's v, Adam's m; 0 for plain SGD
    second_moment: Pair = (0.0, 0.0)  # Adam's mean of squared gradients; 0 otherwise


def make_optimiser(name: Optimiser, parameters: list[Tensor], rate: float) -> torch.optim.Optimizer:
    """One of OPTIMISERS, with MOMENTUM and otherwise PyTorch's defaults."""
    if name == "adam":
        return torch.optim.Adam(parameters, lr=rate, betas=BETAS, eps=EPSILON)
    return torch.optim.SGD(parameters, lr=rate, momentum=MOMENTUM if name == "momentum" else 0.0)


def run_optimiser(
    name: Optimiser, start: Pair, rate: float, steps: int, batch: int = PIXELS
) -> tuple[OptimiserStep, ...]:
    """Take steps from a start, and record each; fewer than PIXELS are sampled for each step from a fixed seed."""
    features, target = pixels()
    weights = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimiser = make_optimiser(name, [weights], rate)
    draw = torch.Generator().manual_seed(0)
    taken = []
    for _ in range(steps):
        chosen = slice(None) if batch >= PIXELS else torch.randint(PIXELS, (batch,), generator=draw)
        before = _pair(weights)
        with torch.no_grad():
            loss = float(loss_at(weights, features, target))
        optimiser.zero_grad()
        loss_at(weights, features[chosen], target[chosen]).backward()
        gradient = _pair(weights.grad)
        optimiser.step()
        state = optimiser.state[weights]
        moments = _pair(state.get("momentum_buffer", state.get("exp_avg"))), _pair(state.get("exp_avg_sq"))
        taken.append(OptimiserStep(before, gradient, _pair(weights), loss, *moments))
    return tuple(taken)


def _pair(values: Tensor | None) -> Pair:
    if values is None:
        return (0.0, 0.0)
    first, second = values.detach().tolist()
    return (first, second)

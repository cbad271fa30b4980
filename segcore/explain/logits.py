"""From logits to a label: softmax and sigmoids of one pixel, what a whole picture is labelled, and activations.

A network gives K numbers a pixel, z. Before anything is read off them they may be shifted and stretched:

    u = (z + c) / T          c a constant, T the temperature
    softmax(u)_i = e^{u_i} / Σ_j e^{u_j}       one answer of K: the K numbers share 1
    sigmoid(u)_i = 1 / (1 + e^{-u_i})          K answers, yes or no each

Dividing by T after the training, so that confidences fit, is "temperature scaling": Guo et al., "On Calibration of
Modern Neural Networks", ICML 2017, https://arxiv.org/abs/1706.04599, section 4.2. It never changes which u is largest.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcore.metrics import Calibration, Reliability
from segcore.types import IGNORE, LabelMap

Numbers = NDArray[np.float64]
OutputFunction = Literal["softmax", "sigmoid"]
OUTPUT_FUNCTIONS: tuple[OutputFunction, ...] = ("softmax", "sigmoid")
Activation = Literal["relu", "sigmoid", "tanh"]
ACTIVATIONS: tuple[Activation, ...] = ("relu", "sigmoid", "tanh")

BINS = 10
"""Of the reliability diagram: 0 … 0.1, 0.1 … 0.2 and so on, easy to read."""


@dataclass(frozen=True, eq=False)
class PixelOutput:
    """What can be read off one pixel's logits; all (K,).

    Attributes:
        z: as the network gives them.
        u: shifted and stretched.
        softmax: of u, sums to 1.
        sigmoid: of each u.
    """

    z: Numbers
    u: Numbers
    softmax: Numbers
    sigmoid: Numbers

    def of(self, squash: OutputFunction) -> Numbers:
        """The one or the other."""
        return self.softmax if squash == "softmax" else self.sigmoid


def pixel_output(z: Numbers, *, constant: float = 0.0, temperature: float = 1.0) -> PixelOutput:
    """Read K logits (K,).

    Raises:
        ValueError: the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; it must be above 0.")
    u = (z + constant) / temperature
    powers = np.exp(u - u.max())  # the largest becomes 1: no overflow, and the same quotients
    return PixelOutput(z, u, powers / powers.sum(), 1 / (1 + np.exp(-u)))


@dataclass(frozen=True, eq=False)
class Decision:
    """What a picture is labelled; all (h, w).

    Attributes:
        labels: the class with the largest u, IGNORE where even that is below the threshold.
        confidence: its probability.
        answers: how many classes reach the threshold.
    """

    labels: LabelMap
    confidence: NDArray[np.float32]
    answers: NDArray[np.uint8]


def decide(
    logits: Tensor, squash: OutputFunction, *, constant: float, temperature: float, threshold: float
) -> Decision:
    """Label a picture from its logits (K, h, w)."""
    u = (logits + constant) / temperature
    probs = u.softmax(dim=0) if squash == "softmax" else u.sigmoid()  # (K, h, w)
    found, confidence = u.argmax(dim=0), probs.amax(dim=0)
    labels = torch.where(confidence >= threshold, found, IGNORE)
    answers = (probs >= threshold).sum(dim=0)
    return Decision(labels.byte().numpy(), confidence.numpy(), answers.byte().numpy())


def reliability(logits: Tensor, truth: LabelMap, temperature: float) -> Reliability:
    """Whether the softmax means what it says, over all pixels of several pictures.

    Args:
        logits: (N, K, h, w).
        truth: (N, h, w) true ids or IGNORE.
        temperature: above 0.
    """
    confidence, labels = (logits / temperature).softmax(dim=1).max(dim=1)
    counted = Calibration(logits.shape[1], BINS)
    for sure, found, true in zip(confidence.numpy(), labels.byte().numpy(), truth, strict=True):
        counted.update(sure, found, true)
    return counted.result()


def activate(name: Activation, x: Numbers) -> tuple[Numbers, Numbers]:
    """An activation and its slope at each x; at the kink of ReLU the slope is 0, as PyTorch has it."""
    match name:
        case "relu":
            return np.maximum(x, 0.0), (x > 0).astype(np.float64)
        case "sigmoid":
            s = 1 / (1 + np.exp(-x))
            return s, s * (1 - s)
        case "tanh":
            y = np.tanh(x)
            return y, 1 - y**2

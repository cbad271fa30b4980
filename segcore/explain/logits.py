"""From logits to a label: softmax and sigmoids of one pixel, labels and reliability of images, activations.

A network outputs K numbers per pixel, z. They may be shifted and scaled:

    u = (z + c) / T          c a constant, T the temperature
    softmax(u)_i = e^{u_i} / Σ_j e^{u_j}       one of K classes: the K values sum to 1
    sigmoid(u)_i = 1 / (1 + e^{-u_i})          K independent yes/no decisions

Dividing by T after the training calibrates confidences, "temperature scaling": Guo et al., "On Calibration of Modern
Neural Networks", ICML 2017, https://arxiv.org/abs/1706.04599, section 4.2. It never changes which u is largest.
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
"""Of the reliability diagram: 0 … 0.1, 0.1 … 0.2 and so on."""


@dataclass(frozen=True, eq=False)
class PixelOutput:
    """The outputs of one pixel; all (K,)."""

    z: Numbers  # the logits
    u: Numbers  # shifted and scaled
    softmax: Numbers  # of u, sums to 1
    sigmoid: Numbers  # of each u

    def of(self, squash: OutputFunction) -> Numbers:
        """Softmax or sigmoid."""
        return self.softmax if squash == "softmax" else self.sigmoid


def pixel_output(z: Numbers, *, constant: float = 0.0, temperature: float = 1.0) -> PixelOutput:
    """The outputs of K logits (K,).

    Raises:
        ValueError: the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; it must be above 0.")
    u = (z + constant) / temperature
    powers = np.exp(u - u.max())  # the largest becomes 1, which prevents overflow
    return PixelOutput(z, u, powers / powers.sum(), 1 / (1 + np.exp(-u)))


@dataclass(frozen=True, eq=False)
class Decision:
    """The labels of an image; all (h, w)."""

    labels: LabelMap  # the class with the largest u, IGNORE where its probability is below the threshold
    confidence: NDArray[np.float32]  # its probability
    answers: NDArray[np.uint8]  # number of classes that reach the threshold


def decide(
    logits: Tensor, squash: OutputFunction, *, constant: float, temperature: float, threshold: float
) -> Decision:
    """Label an image from its logits (K, h, w)."""
    u = (logits + constant) / temperature
    probs = u.softmax(dim=0) if squash == "softmax" else u.sigmoid()  # (K, h, w)
    found, confidence = u.argmax(dim=0), probs.amax(dim=0)
    labels = torch.where(confidence >= threshold, found, IGNORE)
    answers = (probs >= threshold).sum(dim=0)
    return Decision(labels.byte().numpy(), confidence.numpy(), answers.byte().numpy())


def reliability(logits: Tensor, ground_truth: LabelMap, temperature: float) -> Reliability:
    """The reliability diagram of the softmax of logits (N, K, h, w) against the ground truth (N, h, w)."""
    confidence, labels = (logits / temperature).softmax(dim=1).max(dim=1)
    counted = Calibration(logits.shape[1], BINS)
    for sure, found, true in zip(confidence.numpy(), labels.byte().numpy(), ground_truth, strict=True):
        counted.update(sure, found, true)
    return counted.result()


def activate(name: Activation, x: Numbers) -> tuple[Numbers, Numbers]:
    """An activation and its derivative at each x; that of ReLU at 0 is 0, as in PyTorch."""
    match name:
        case "relu":
            return np.maximum(x, 0.0), (x > 0).astype(np.float64)
        case "sigmoid":
            s = 1 / (1 + np.exp(-x))
            return s, s * (1 - s)
        case "tanh":
            y = np.tanh(x)
            return y, 1 - y**2

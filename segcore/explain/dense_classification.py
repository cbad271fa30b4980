"""A classifier applied to every window of a larger image: one by one, and at once as a fully convolutional network.

Both give the same numbers, but a convolution computes what neighbouring windows share only once: Long, Shelhamer,
Darrell, "Fully Convolutional Networks for Semantic Segmentation", 2015, section 3.1. Without a background class the
output map is not a segmentation yet. How layers become convolutions: segcore/models/classifier.py.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcore.data import Normalisation
from segcore.explain.architectures import counted_layers
from segcore.explain.network import as_pixels, normalised
from segcore.models.classifier import SIDE, STRIDE, Classifier, FullyConvolutional
from segcore.types import RGB


def as_input(rgb: RGB, normalisation: Normalisation) -> Tensor:
    """An image (H, W, 3) uint8 as the network receives it: (1, 3, H, W) float32."""
    return normalised(as_pixels([rgb]), normalisation)


@dataclass(frozen=True, eq=False)
class DenseClassification:
    """Class probabilities of every window of an image, computed in two ways."""

    probs: NDArray[np.float32]  # (K, h, w) float32, softmax of the logits of the window at row 4 i, column 4 j
    difference: float  # largest absolute difference between the logits of the two
    macs_windows: int  # MACs, window by window
    macs_at_once: int  # MACs of the fully convolutional network
    ms_windows: float  # milliseconds, all windows as one batch
    ms_at_once: float  # milliseconds of the fully convolutional network

    @property
    def labels(self) -> NDArray[np.int64]:
        """(h, w): the most probable class of each window."""
        return np.asarray(self.probs.argmax(axis=0), np.int64)

    @property
    def windows(self) -> int:
        """Number of windows."""
        return int(self.probs[0].size)


@torch.inference_mode()
def classify_windows(classifier: Classifier, image: Tensor) -> DenseClassification:
    """Classify every window of (1, C, H, W), H and W at least 32, in both ways; compare and time them."""
    whole = FullyConvolutional(classifier)
    windows = windows_of(image)
    whole(image)  # warm-up
    at_once, ms_at_once = _timed(lambda: whole(image).logits[0])  # (K, h, w)
    alone, ms_windows = _timed(lambda: classifier(windows).logits)  # (h w, K, 1, 1)
    return DenseClassification(
        probs=at_once.softmax(dim=0).numpy(),
        difference=float((alone[:, :, 0, 0].T.reshape(at_once.shape) - at_once).abs().max()),
        macs_windows=len(windows) * macs(classifier, image[..., :SIDE, :SIDE]),
        macs_at_once=macs(whole, image),
        ms_windows=ms_windows,
        ms_at_once=ms_at_once,
    )


def windows_of(image: Tensor) -> Tensor:
    """Every window of 32 x 32 pixels, 4 pixels apart: (1, C, H, W) → (h w, C, 32, 32), row by row."""
    tiles = image[0].unfold(1, SIDE, STRIDE).unfold(2, SIDE, STRIDE)  # (C, h, w, 32, 32)
    return tiles.permute(1, 2, 0, 3, 4).flatten(0, 1)


def macs(model: torch.nn.Module, image: Tensor) -> int:
    """MACs of one forward pass, as `segcore.explain.architectures` counts them."""
    with counted_layers(model) as layers:
        model(image)
    return sum(layer.macs for layer in layers)


def _timed(work: Callable[[], Tensor]) -> tuple[Tensor, float]:
    began = time.perf_counter()
    answer = work()
    return answer, 1000 * (time.perf_counter() - began)

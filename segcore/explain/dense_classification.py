"""A classifier applied to every window of a larger image: one by one, and at once as a fully convolutional network.

Long, Shelhamer, Darrell, "Fully Convolutional Networks for Semantic Segmentation", 2015, section 3.1: both give the
same numbers. Neighbouring windows overlap almost entirely, and a convolution computes what they share only once. The
classifier, and how its fully connected layers become convolutions: segcore/models/classifier.py.

The classifier has no background class: an empty window still gets the class that the noise resembles most. So the
output map is not a segmentation yet; FCN is trained further as one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcore.data import Normalisation
from segcore.explain.architectures import is_counted, macs_of
from segcore.models.classifier import SIDE, STRIDE, Classifier, fully_convolutional
from segcore.types import RGB


def as_input(rgb: RGB, normalisation: Normalisation) -> Tensor:
    """An image (H, W, 3) uint8 as the network receives it: (1, 3, H, W) float32."""
    mean, std = (torch.tensor(values)[:, None, None] for values in (normalisation.mean, normalisation.std))
    return ((torch.from_numpy(rgb).permute(2, 0, 1).float() / 255 - mean) / std)[None]


@dataclass(frozen=True, eq=False)
class DenseClassification:
    """Class probabilities of every window of an image, computed in two ways.

    Attributes:
        probs: (K, h, w) float32, softmax of the logits of the window at row 4 i, column 4 j.
        difference: largest absolute difference between the logits of the two.
        macs_windows: MACs, window by window.
        macs_at_once: MACs of the fully convolutional network.
        ms_windows: milliseconds, all windows as one batch.
        ms_at_once: milliseconds of the fully convolutional network.
    """

    probs: NDArray[np.float32]
    difference: float
    macs_windows: int
    macs_at_once: int
    ms_windows: float
    ms_at_once: float

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
    """Classify every window in both ways; compare and time them.

    Args:
        classifier: in evaluation mode.
        image: (1, C, H, W), H and W at least 32.
    """
    whole = fully_convolutional(classifier)
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
    total = 0

    def count(module: torch.nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        total += macs_of(module, inputs[0], output)

    hooks = [module.register_forward_hook(count) for module in model.modules() if is_counted(module)]
    try:
        model(image)
    finally:
        for hook in hooks:
            hook.remove()
    return total


def _timed(work: Callable[[], Tensor]) -> tuple[Tensor, float]:
    began = time.perf_counter()
    answer = work()
    return answer, 1000 * (time.perf_counter() - began)

"""The interface of every model: the output of ``forward`` and the card of facts.

Every model guarantees (tests/models/test_model_contract.py checks every card):

- ``forward(x)`` maps normalised images (N, C, H, W) float32 with H, W >= ``card.min_size`` to ``SegOutput``, in
  training and in evaluation, with ``logits`` (N, K, H, W) at the size of the input.
- A batch of one trains. Odd sizes work. In evaluation mode the images of a batch do not influence each other.
- Every parameter that requires a gradient gets one.
- ``card.stages`` are module paths for ``model.get_submodule``, in the order of computation.
- A model built on a classification network keeps it in ``model.encoder``; training uses that to give pretrained layers
  a lower learning rate or to freeze them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor, nn


class SegOutput(NamedTuple):
    """The output of a segmentation network."""

    logits: Tensor  # (N, K, H, W) before softmax, at the size of the input
    aux: Tensor | None = None  # (N, K, H, W) from an auxiliary head that only helps training (deep supervision)


@dataclass(frozen=True)
class ModelCard:
    """The fixed facts of an architecture."""

    name: str  # the key in MODELS and on the command line, lower case: "unet"
    title: str  # as the field writes it: "U-Net"
    year: int  # of the paper
    build: Callable[..., nn.Module]  # the class; called as ``build(num_classes, in_channels=..., **options)``
    stages: tuple[str, ...]  # module paths of the default build, for feature views and Grad-CAM
    paper: str  # URL
    summary: str  # one plain sentence: the idea that this architecture added
    # or "classification" for a network that assigns one class to a whole image; its logits are (N, K, 1, 1), and of the
    # guarantees above it gives those about gradients and independence
    task: str = "semantic"
    min_size: int = 1  # smallest H and W in pixels that ``forward`` accepts
    # sets of options that the contract tests build; small, so that they run quickly
    examples: tuple[Mapping[str, Any], ...] = ({},)

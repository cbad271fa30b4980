"""What every model promises: the output of ``forward`` and the card of facts.

The promises (tests/models/test_contract.py holds every card to them):

- ``forward(x)`` takes normalised images (N, C, H, W) float32 with H, W >= ``card.min_size`` and returns
  ``SegOutput``, in training and in evaluation alike, with ``logits`` (N, K, H, W) at the size of the input.
- A batch of one trains. Odd sizes work. Images of a batch do not see each other in evaluation mode.
- Every parameter that asks for a gradient gets one.
- ``card.stages`` are module paths for ``model.get_submodule``: worth looking at, in the order of computation.
- A model built on a classification network keeps it in ``model.encoder``; training uses that to give
  pretrained layers a lower learning rate or to freeze them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn


class SegOutput(NamedTuple):
    """What a segmentation network returns.

    Attributes:
        logits: (N, K, H, W) before softmax, at the size of the input.
        aux: (N, K, H, W) from an auxiliary head that only helps training (deep supervision), or None.
    """

    logits: Tensor
    aux: Tensor | None = None


@dataclass(frozen=True)
class ModelCard:
    """The fixed facts of an architecture.

    Attributes:
        name: the key in MODELS and on the command line, lower case: "unet".
        title: as the field writes it: "U-Net".
        year: of the paper.
        task: "semantic", or "classification" for a network that says one class for a whole picture; of the promises
            above such a network keeps those about gradients and images, and its logits are (N, K, 1, 1).
        build: the class; called as ``build(num_classes, in_channels=..., **options)``.
        min_size: smallest H and W in pixels that ``forward`` accepts.
        stages: module paths of the default build, for feature views and Grad-CAM.
        paper: URL.
        summary: one plain sentence: the idea that this architecture added.
    """

    name: str
    title: str
    year: int
    task: str
    build: Callable[..., nn.Module]
    min_size: int
    stages: tuple[str, ...]
    paper: str
    summary: str

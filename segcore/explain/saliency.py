"""Which pixels a prediction depends on: gradient, Seg-Grad-CAM, occlusion, and the deletion test.

The quantity explained is always a number y: the logit of a class at one pixel, or its mean over a set of pixels.
Grad-CAM: Selvaraju et al., ICCV 2017, https://arxiv.org/abs/1610.02391; for sets of pixels: Vinogradova et al., AAAI
2020, https://arxiv.org/abs/2002.11434. Occlusion: Zeiler, Fergus, ECCV 2014, https://arxiv.org/abs/1311.2901.

The deletion test removes the most salient pixels, and as many at random, and compares.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from segcore.explain.network import Network, as_pixels
from segcore.explain.private_copy import recorded_outputs
from segcore.types import RGB

Heat = NDArray[np.float32]
"""(h, w), 0 or more."""

SHARES = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Shares of the image that the deletion test removes."""


@dataclass(frozen=True, eq=False)
class Target:
    """The number y that is explained."""

    class_id: int  # of the logit
    where: NDArray[np.bool_]  # (h, w) bool, the pixels over which y is the mean

    def of(self, logits: Tensor) -> Tensor:
        """Map (N, K, h, w) to y of each image, (N,)."""
        return logits[:, self.class_id][:, torch.from_numpy(self.where)].mean(dim=1)


@dataclass(frozen=True, eq=False)
class CAM:
    """Seg-Grad-CAM with its intermediate values."""

    heat: Heat  # (h, w), at the size of the image
    coarse: Heat  # (h', w'), at the size of the stage
    weights: NDArray[np.float32]  # (C,): αₖ
    maps: NDArray[np.float32]  # (C, h', w'): Aₖ


def stages_of(network: Network, stages: Sequence[str]) -> tuple[str, ...]:
    """The stages that output one feature map; all convolutions if this build has none of the stages."""
    modules = dict(network.model.named_modules())
    names = [name for name in stages if name in modules]
    names = names or [name for name, module in modules.items() if isinstance(module, torch.nn.Conv2d)]
    with torch.no_grad(), recorded_outputs(network.model, names) as seen:
        network.logits(torch.zeros(1, 3, 64, 64))
    return tuple(name for name in names if isinstance(seen.get(name), Tensor) and seen[name].dim() == 4)


def gradient(network: Network, image: RGB, target: Target) -> Heat:
    """|∂y / ∂x| of values 0 … 1, the largest over red, green and blue."""
    pixels = as_pixels([image]).requires_grad_()
    (slope,) = torch.autograd.grad(target.of(network.logits(pixels)).sum(), pixels)
    return np.asarray(slope[0].abs().amax(dim=0).numpy(), np.float32)


def grad_cam(network: Network, image: RGB, target: Target, stage: str) -> CAM:
    """Seg-Grad-CAM of a stage: ReLU(Σₖ αₖ Aₖ), αₖ the spatial mean of ∂y / ∂Aₖ, Aₖ the feature maps of the stage.

    Raises:
        ValueError: the stage does not output one map (N, C, h', w').
    """
    pixels = as_pixels([image]).requires_grad_()  # so that the output of the stage is part of a graph
    with recorded_outputs(network.model, [stage]) as seen:
        logits = network.logits(pixels)
    maps = seen[stage]
    if not isinstance(maps, Tensor) or maps.dim() != 4:
        raise ValueError(f"the stage {stage} puts out no map of (N, C, h, w)")
    (slope,) = torch.autograd.grad(target.of(logits).sum(), maps)
    weights = slope[0].mean(dim=(1, 2))  # (C,)
    coarse = (weights[:, None, None] * maps[0]).sum(dim=0).relu().detach()  # (h', w')
    height, width = image.shape[:2]
    filled = (-height % 32 + height, -width % 32 + width)  # the padded size
    heat = F.interpolate(coarse[None, None], size=filled, mode="bilinear", align_corners=False)[0, 0, :height, :width]
    return CAM(*(each.detach().float().numpy() for each in (heat, coarse, weights, maps[0])))


def occlusion(
    network: Network,
    image: RGB,
    target: Target,
    *,
    squares: int = 12,
    progress: Callable[[int, int], object] | None = None,
) -> Heat:
    """The fall of y when a square of the mean colour occludes a part; rises count as 0.

    There are ``squares`` steps along the longer side; a square is two steps wide, so neighbours overlap. ``progress``
    is called with (done, total) after each prediction; an exception ends the search.
    """
    height, width = image.shape[:2]
    step = max(1, round(max(height, width) / squares))
    corners = [(row, col) for row in range(0, height, step) for col in range(0, width, step)]
    colour = np.rint(image.mean(axis=(0, 1))).astype(np.uint8)
    fallen, hidden = np.zeros((height, width)), np.zeros((height, width))
    with torch.no_grad():
        whole = float(target.of(network.logits(as_pixels([image])))[0])
        for done, corner in enumerate(corners, start=1):
            part = tuple(slice(max(0, at - step // 2), at + 3 * step // 2) for at in corner)
            without = image.copy()
            without[part] = colour
            fallen[part] += whole - float(target.of(network.logits(as_pixels([without])))[0])
            hidden[part] += 1
            if progress is not None:
                progress(done, len(corners))
    return np.maximum(fallen / np.maximum(hidden, 1), 0).astype(np.float32)


# --- the deletion test ----------------------------------------------------------------------------------------------


def without_most_salient(image: RGB, heat: Heat) -> list[RGB]:
    """The image without its most salient pixels, for SHARES but 0; a strong blur adds no new edge in their place."""
    soft = cv2.GaussianBlur(image, (0, 0), 0.08 * max(image.shape[:2]))
    order = np.argsort(-heat.ravel(), kind="stable")
    pictures = []
    for share in SHARES[1:]:
        gone = np.zeros(heat.size, bool)
        gone[order[: round(share * heat.size)]] = True
        pictures.append(np.where(gone.reshape(heat.shape)[..., None], soft, image).astype(np.uint8))
    return pictures


def random_heat(size: tuple[int, int]) -> Heat:
    """A random baseline: patches of 16 x 16 pixels, the resolution of a stage."""
    coarse = np.random.default_rng(0).random((-(-size[0] // 16), -(-size[1] // 16)), np.float32)
    return np.asarray(cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_NEAREST), np.float32)


def logits_of(network: Network, pictures: Sequence[RGB]) -> Tensor:
    """Logits of images of one size, (N, K, h, w), without gradients."""
    with torch.no_grad():
        return network.logits(as_pixels(pictures))

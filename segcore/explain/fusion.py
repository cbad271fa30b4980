"""Early fusion of colour and depth, dropping one of the two modalities, and averaging over input scales.

Early fusion: depth is a fourth channel beside red, green and blue, and the first convolution sums over all four. In the
synthetic images raised discs have the colour of the ground (only depth shows them) and painted discs have its depth
(only colour shows them), so the IoU of each class shows what each modality contributes.

Multi-scale: the image is resized, each version is predicted, and the probabilities, resized back, are averaged; the
plain mean in Chen, Yang, Wang, Xu, Yuille, "Attention to Scale", 2016, https://arxiv.org/abs/1511.03339.
"""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from segcore.metrics import confusion, scores

NAMES = ("background", "raised", "painted")
MODALITIES: Mapping[str, tuple[int, ...]] = {"both": (), "no_depth": (3,), "no_colour": (0, 1, 2)}
"""Name → the channels that are dropped."""
SCALES = (0.5, 1.0, 2.0)
SIDE = 48
RADII = (4.0, 11.0)
"""Range of the discs' radii in pixels: scales matter for objects of different sizes."""


def synthetic_images(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Images (N, 4, 48, 48) float32 around 0, and their target (N, 48, 48) int64."""
    rng = np.random.default_rng((seed, SIDE))
    rows, cols = np.mgrid[:SIDE, :SIDE]
    images = np.empty((count, 4, SIDE, SIDE), np.float32)
    target = np.zeros((count, SIDE, SIDE), np.int64)
    for n in range(count):
        image = np.zeros((4, SIDE, SIDE))
        image[:3] = rng.uniform(-0.5, 0.5, 3)[:, None, None]
        image[3] = 0.4 * (rows * rng.uniform(-1, 1) + cols * rng.uniform(-1, 1)) / SIDE  # the ground is tilted
        for label in rng.permutation([1, 1, 2, 2]):
            row, col = rng.uniform(4, SIDE - 4, 2)
            disc = np.hypot(rows - row, cols - col) < rng.uniform(*RADII)
            image[3, disc & (target[n] != 1)] += 0.6 * (label == 1)
            if label == 2:
                image[:3, disc & (target[n] != 1)] += rng.choice([-0.45, 0.45], 3)[:, None]
                target[n][disc & (target[n] != 1)] = 2
            else:
                target[n][disc] = 1
        images[n] = image + rng.normal(0, 0.12, image.shape)
    return torch.from_numpy(images), torch.from_numpy(target)


def drop_channels(images: Tensor, channels: tuple[int, ...]) -> Tensor:
    """The images with some channels replaced by their mean, which removes their information."""
    dropped = images.clone()
    for channel in channels:
        dropped[:, channel] = images[:, channel].mean()
    return dropped


@torch.inference_mode()
def probabilities(model: nn.Module, images: Tensor, scale: float = 1.0) -> Tensor:
    """Softmax (N, K, H, W) of images resized by ``scale``, resized back to their own size."""
    size = images.shape[-2:]
    resized = images if scale == 1 else F.interpolate(images, scale_factor=scale, mode="bilinear", antialias=scale < 1)
    probs: Tensor = model(resized).logits.softmax(dim=1)
    return probs if scale == 1 else F.interpolate(probs, size=size, mode="bilinear")


def iou_of(probs: Tensor, target: Tensor) -> list[float]:
    """IoU of each class over all images."""
    labels = probs.argmax(dim=1).numpy().astype(np.uint8)
    return list(scores(confusion(labels, target.numpy().astype(np.uint8), len(NAMES)), NAMES).iou)


def first_as_images(images: Tensor) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Colours (H, W, 3) uint8 and depth (H, W) float32 of the first image."""
    rgb = ((images[0, :3].permute(1, 2, 0) + 1.2) / 2.4 * 255).clamp(0, 255).byte().numpy()
    return rgb, images[0, 3].numpy()

"""Colour and depth in one network, and what is left when one of them is taken away; one picture seen at three scales.

Early fusion: the depth is a fourth channel beside red, green and blue, and the first convolution sums over all four.
The drawn pictures hold two kinds of discs. One is raised and has the colour of the ground: only the depth shows it. The
other is painted on the ground: only the colours show it. So what each sense is good for can be read off class by class.

Several scales: the picture is made smaller and larger, each version is labelled, and the probabilities, brought back to
one size, are averaged. It is the plain mean of Chen, Yang, Wang, Xu, Yuille, "Attention to Scale", 2016,
https://arxiv.org/abs/1511.03339.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from segcore.experiments.live_training import Pictures, one_thread, shuffled_batches, step_reporter, train_live
from segcore.job_context import JobContext
from segcore.losses import build_loss
from segcore.metrics import confusion, scores
from segcore.models import build_model

NAMES = ("background", "raised", "painted")
SENSES: Mapping[str, tuple[int, ...]] = {"both": (), "no_depth": (3,), "no_colour": (0, 1, 2)}
"""What is looked at → the channels that are taken away."""
SCALES = (0.5, 1.0, 2.0)
OPTIONS: dict[str, Any] = {"width": 8, "depth": 2}
SIDE = 48
TRAIN, VAL, BATCH, STEPS, RATE = 96, 32, 8, 240, 5e-3
RADII = (4.0, 11.0)
"""Of the discs in pixels: from small to large, which is what several scales are for."""


def drawn(count: int, seed: int) -> Pictures:
    """Pictures (N, 4, 48, 48) float32 around 0, red green blue depth, and their target (N, 48, 48) int64."""
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


def without(images: Tensor, channels: tuple[int, ...]) -> Tensor:
    """The same pictures, some channels replaced by their mean: nothing is to be seen in them any more."""
    blind = images.clone()
    for channel in channels:
        blind[:, channel] = images[:, channel].mean()
    return blind


@torch.inference_mode()
def probabilities(model: nn.Module, images: Tensor, scale: float = 1.0) -> Tensor:
    """Softmax (N, K, H, W) of pictures that were brought to ``scale`` times their size, back at their own size."""
    size = images.shape[-2:]
    seen = images if scale == 1 else F.interpolate(images, scale_factor=scale, mode="bilinear", antialias=scale < 1)
    probs: Tensor = model(seen).logits.softmax(dim=1)
    return probs if scale == 1 else F.interpolate(probs, size=size, mode="bilinear")


def iou_of(probs: Tensor, target: Tensor) -> list[float]:
    """IoU of each class over all pictures."""
    labels = probs.argmax(dim=1).numpy().astype(np.uint8)
    return list(scores(confusion(labels, target.numpy().astype(np.uint8), len(NAMES)), NAMES).iou)


@one_thread()
def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Train a small U-Net on four channels, then take channels away and change the scale (a short job).

    Args:
        settings: ``steps`` and ``seed``.
        job: takes the progress.

    Returns:
        ``senses``: name of SENSES → IoU of each class; ``scales``: "0.5", "1", "2" and "mean" → likewise; ``loss`` at
        the end, a mean over ten steps; ``labels``: name of SENSES → labels of the first held-out picture.
    """
    steps, seed = int(settings["steps"]), int(settings["seed"])
    train, (images, target) = drawn(TRAIN, seed), drawn(VAL, seed + 1)
    torch.manual_seed(seed)
    model = build_model("unet", num_classes=len(NAMES), in_channels=4, **OPTIONS)
    course = train_live(
        model,
        shuffled_batches(train, BATCH, seed),
        build_loss("cross_entropy", num_classes=len(NAMES)),
        torch.optim.Adam(model.parameters(), lr=RATE),
        steps=steps,
        before_step=step_reporter(job, steps=steps),
    )
    model.eval()
    by_sense = {name: probabilities(model, without(images, channels)) for name, channels in SENSES.items()}
    by_scale = {f"{scale:g}": probabilities(model, images, scale) for scale in SCALES}
    by_scale["mean"] = torch.stack(list(by_scale.values())).mean(dim=0)
    return {
        "senses": {name: iou_of(probs, target) for name, probs in by_sense.items()},
        "scales": {name: iou_of(probs, target) for name, probs in by_scale.items()},
        "loss": float(np.mean(course.losses[-10:])),
        "labels": {name: probs[0].argmax(dim=0).tolist() for name, probs in by_sense.items()},
    }


def shown(images: Tensor) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Colours (H, W, 3) uint8 and depth (H, W) float32 of the first picture, to be looked at."""
    rgb = ((images[0, :3].permute(1, 2, 0) + 1.2) / 2.4 * 255).clamp(0, 255).byte().numpy()
    return rgb, images[0, 3].numpy()

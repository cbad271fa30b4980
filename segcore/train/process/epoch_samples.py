"""Predictions on a few validation images, the same in every epoch, to watch a network learn.

    ``samples/image-0.jpg truth-0.png``                 written once: the image as fed to the network, and its labels
    ``samples/0003-labels-0.png 0003-confidence-0.png`` of epoch 3: class ids, and the probability of the class, 0 … 255

All four files of a sample have the same size in pixels. PNGs have one 8-bit channel; 255 in the ground truth is IGNORE.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from segcore.data import EvalTransform
from segcore.durable import write_whole
from segcore.pictures import as_rgb, encode
from segcore.train.parts import Parts
from segcore.types import IGNORE

_MULTIPLE = 32
"""Images are padded to multiples of this for the network, and the padding is removed from its output."""


def sample_indices(images: int, most: int) -> list[int]:
    """Up to ``most`` indices, spread evenly over the images of a dataset."""
    count = min(images, most)
    return [round(index * images / count) for index in range(count)]


def write_ground_truth(folder: Path, parts: Parts) -> None:
    """Write the images and their labels; existing files, of a resumed run, are kept."""
    for facts, image, target in _samples(parts):
        _write_once(folder / facts["image"], _pixels(image, parts))
        _write_once(folder / facts["truth"], target.numpy().astype(np.uint8))


def write_samples(folder: Path, parts: Parts, epoch: int) -> list[dict[str, Any]]:
    """Write the predictions of the evaluated weights for the samples; leaves the model in evaluation mode.

    Returns one mapping per sample, for the ``sample`` event; its pixel accuracy is NaN if no pixel is labelled.
    """
    rows = []
    model = parts.evaluated_model().eval()
    for facts, image, target in _samples(parts):
        labels, confidence = _predict(parts, model, image)
        names = {kind: f"{epoch:04d}-{kind}-{facts['sample']}.png" for kind in ("labels", "confidence")}
        write_whole(folder / names["labels"], encode(labels))
        write_whole(folder / names["confidence"], encode(confidence))
        correct = (labels == target.numpy())[target.numpy() != IGNORE]
        rows.append(facts | names | {"pixel_accuracy": float(correct.mean()) if correct.size else float("nan")})
    return rows


def _samples(parts: Parts) -> Iterator[tuple[dict[str, Any], Tensor, Tensor]]:
    """Facts, image (C, h, w) float32 and target (h, w) int64 of each sample, prepared as in validation."""
    data = parts.data.val
    transform = EvalTransform(parts.normalisation, working_side=parts.config.working_side)
    for number, index in enumerate(sample_indices(len(data), parts.config.samples)):
        sample = data[index]
        files = {"image": f"image-{number}.jpg", "truth": f"truth-{number}.png"}
        yield {"sample": number, "index": index, "name": sample.name, **files}, *transform(sample)


@torch.no_grad()
def _predict(parts: Parts, model: torch.nn.Module, image: Tensor) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Labels and confidence, both (h, w) uint8, of one image (C, h, w)."""
    height, width = image.shape[-2:]
    padded = F.pad(image, (0, -width % _MULTIPLE, 0, -height % _MULTIPLE))
    with parts.fabric.autocast():
        logits = model(padded[None].to(parts.fabric.device)).logits  # (1, K, H, W)
    probs, labels = logits[0, :, :height, :width].float().softmax(dim=0).max(dim=0)  # (h, w)
    return labels.byte().cpu().numpy(), (probs * 255).round().byte().cpu().numpy()


def _pixels(image: Tensor, parts: Parts) -> NDArray[np.uint8]:
    """A normalised image (C, h, w) as (h, w, 3) RGB, see `as_rgb`."""
    mean, std = (torch.tensor(values)[:, None, None] for values in (parts.normalisation.mean, parts.normalisation.std))
    shown = ((image * std + mean) * 255).round().clamp(0, 255).byte()
    return as_rgb(shown.permute(1, 2, 0).numpy())


def _write_once(path: Path, pixels: NDArray[np.uint8]) -> None:
    if not path.exists():
        write_whole(path, encode(pixels, "jpg" if path.suffix == ".jpg" else "png", quality=95))

"""Job: train a small image classifier on CIFAR-10 in about half a minute, and save it as a checkpoint in its folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcore.checkpoint import CheckpointCard, Score, TrainingData, save_checkpoint
from segcore.data import Normalisation
from segcore.data.formats.cifar import TenClasses, open_cifar10
from segcore.experiments.live_training import counts_of, one_thread, shuffled_batches, step_reporter, train_live
from segcore.explain.network import normalised
from segcore.job_context import JobContext
from segcore.losses import build_loss
from segcore.models import build_model
from segcore.models.classifier import SIDE
from segcore.palette import default_colours
from segcore.types import RGB

FILE = "classifier.safetensors"
"""The checkpoint's name in the job's folder."""

WIDTH = 16
IMAGES = {"train": 6000, "test": 1000}
BATCH = 64
STEPS = 500
RATE = 2e-3
EVERY = 50

CELLS = (3, 4)
"""Rows and columns of the mosaic."""


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Test images side by side."""

    rgb: RGB  # (96, 128, 3) uint8
    labels: NDArray[np.int64]  # (3, 4) int64, the class of each image
    classes: tuple[str, ...]  # ten names
    source: str  # "cifar10", or "drawn" for the synthetic substitute


def mosaic(seed: int) -> Mosaic:
    """Twelve random test images as one larger image; none of them is in the training set."""
    rows, cols = CELLS
    test = open_cifar10("test", count=IMAGES["test"])
    chosen = np.random.default_rng(seed).choice(len(test.labels), rows * cols, replace=False)
    tiles = test.images[chosen].reshape(rows, cols, 3, SIDE, SIDE)
    rgb = np.ascontiguousarray(tiles.transpose(0, 3, 1, 4, 2).reshape(rows * SIDE, cols * SIDE, 3))
    return Mosaic(rgb, test.labels[chosen].reshape(rows, cols), test.classes, test.source)


@one_thread()
def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Train a classifier and save it as FILE in the job's folder.

    Settings: ``steps``, ``pictures`` (number of training images) and ``seed``.

    Returns:
        ``source``, "cifar10" or "drawn"; ``pictures`` and ``held_out``, the numbers of training and test images;
        ``step`` and ``accuracy`` on the test images, as lists.
    """
    steps, seed = int(settings["steps"]), int(settings["seed"])
    job.progress(0, steps, doing="reading")
    train = open_cifar10("train", count=int(settings["pictures"]))
    val = open_cifar10("test", count=IMAGES["test"])
    normalisation = Normalisation()
    torch.manual_seed(seed)
    model = build_model("classifier", num_classes=len(train.classes), width=WIDTH)
    batch = shuffled_batches(_batch_of(train, normalisation), BATCH, seed)
    held_out = _batch_of(val, normalisation)

    def accuracy(network: torch.nn.Module) -> dict[str, float]:
        counts = counts_of(network, held_out, len(train.classes))
        return {"accuracy": float(counts.trace() / counts.sum())}

    job.began()
    course = train_live(
        model,
        batch,
        build_loss("cross_entropy", num_classes=len(train.classes)),
        torch.optim.Adam(model.parameters(), lr=RATE),
        steps=steps,
        every=EVERY,
        measure=accuracy,
        before_step=step_reporter(job, steps=steps),
    )
    card = _card(train, val, normalisation, course.rows[-1]["accuracy"])
    save_checkpoint(job.folder / FILE, model.eval(), card)
    return {
        "source": train.source,
        "pictures": len(train.labels),
        "held_out": len(val.labels),
        **course.columns(),
    }


def _batch_of(images: TenClasses, normalisation: Normalisation) -> tuple[Tensor, Tensor]:
    """Images (N, 3, 32, 32) as the network receives them, and their target (N, 1, 1): one label each."""
    pixels = torch.from_numpy(images.images).float() / 255
    return normalised(pixels, normalisation), torch.from_numpy(images.labels)[:, None, None]


def _card(train: TenClasses, val: TenClasses, normalisation: Normalisation, accuracy: float) -> CheckpointCard:
    data = "CIFAR-10" if train.source == "cifar10" else "Ten drawn shapes, a synthetic stand-in for CIFAR-10"
    return CheckpointCard(
        name="lesson-classifier",
        title=f"Lesson classifier on {data}",
        task="classification",
        architecture="classifier",
        options={"width": WIDTH},
        classes=train.classes,
        colours=default_colours(train.classes),
        mean=normalisation.mean,
        std=normalisation.std,
        training_data=(TrainingData(name=data, images=len(train.labels)),),
        scores=(
            Score(
                metric="accuracy",
                value=accuracy,
                convention="Share of the pictures whose class is right, each picture counted once.",
                data=data,
                split="test",
                images=len(val.labels),
                source="the job of a lesson",
            ),
        ),
    )

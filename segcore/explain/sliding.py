"""A classifier slid over a larger image: window by window, and at once, as a fully convolutional network.

Long, Shelhamer, Darrell, "Fully Convolutional Networks for Semantic Segmentation", 2015, section 3.1: both give the
same numbers. Neighbouring windows overlap almost wholly, and what they share is computed once instead of again and
again. The classifier itself, and how its fully connected layers become convolutions: segcore/models/classifier.py.

The classifier knows no background: where there is nothing it still names the class that the noise resembles most. So
the map is no segmentation yet, and FCN is trained on as one.
"""

import time
from collections.abc import Callable, Mapping
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
from segcore.explain.families import is_counted, macs_of
from segcore.job_context import JobContext
from segcore.losses import build_loss
from segcore.models import build_model
from segcore.models.classifier import SIDE, STRIDE, Classifier, fully_convolutional
from segcore.palette import default_colours
from segcore.types import RGB

FILE = "classifier.safetensors"
"""What the job leaves in its folder."""

WIDTH = 16
PICTURES = {"train": 6000, "test": 1000}
BATCH = 64
STEPS = 500
RATE = 2e-3
EVERY = 50

CELLS = (3, 4)
"""Rows and columns of pictures in the larger image."""


# --- the larger image -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Test pictures side by side.

    Attributes:
        rgb: (96, 128, 3) uint8.
        labels: (3, 4) int64, the class of each picture.
        classes: ten names.
        source: "cifar10", or "drawn" for the stand-in.
    """

    rgb: RGB
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    source: str


def mosaic(seed: int) -> Mosaic:
    """Twelve test pictures, chosen at random, as one larger image; they are none of those that are trained on."""
    rows, cols = CELLS
    pictures = open_cifar10("test", count=PICTURES["test"])
    chosen = np.random.default_rng(seed).choice(len(pictures.labels), rows * cols, replace=False)
    tiles = pictures.images[chosen].reshape(rows, cols, 3, SIDE, SIDE)
    rgb = np.ascontiguousarray(tiles.transpose(0, 3, 1, 4, 2).reshape(rows * SIDE, cols * SIDE, 3))
    return Mosaic(rgb, pictures.labels[chosen].reshape(rows, cols), pictures.classes, pictures.source)


def as_input(rgb: RGB, normalisation: Normalisation) -> Tensor:
    """An image (H, W, 3) uint8 as the network sees it: (1, 3, H, W) float32."""
    mean, std = (torch.tensor(values)[:, None, None] for values in (normalisation.mean, normalisation.std))
    return ((torch.from_numpy(rgb).permute(2, 0, 1).float() / 255 - mean) / std)[None]


# --- window by window, and at once ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Slid:
    """What a classifier says of every window of an image.

    Attributes:
        probs: (K, h, w) float32, softmax of the logits of the window at row 4 i, column 4 j.
        difference: largest absolute difference between the logits of both ways.
        macs_windows: multiply-adds, window by window.
        macs_at_once: multiply-adds of the fully convolutional network.
        ms_windows: measured, all windows as one batch.
        ms_at_once: measured.
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
        return self.probs.argmax(axis=0)

    @property
    def windows(self) -> int:
        """How many there are."""
        return self.probs.shape[1] * self.probs.shape[2]


@torch.inference_mode()
def slide(classifier: Classifier, image: Tensor) -> Slid:
    """Both ways, compared and timed.

    Args:
        classifier: in evaluation mode.
        image: (1, C, H, W), H and W at least 32.
    """
    whole = fully_convolutional(classifier)
    windows = windows_of(image)
    whole(image)  # the first pass prepares
    at_once, ms_at_once = _timed(lambda: whole(image).logits[0])  # (K, h, w)
    alone, ms_windows = _timed(lambda: classifier(windows).logits)  # (h w, K, 1, 1)
    return Slid(
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
    """Multiply-adds of one forward pass, see families.py."""
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


# --- a classifier within half a minute --------------------------------------------------------------------------------


@one_thread()
def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Train a classifier, and leave it in the folder as FILE (a short job).

    Args:
        settings: ``steps``, ``pictures`` (to train on) and ``seed``.
        job: takes the progress; its folder is for the checkpoint.

    Returns:
        ``source``, "cifar10" or "drawn"; ``pictures`` that were trained on and ``held_out``; ``step`` and ``accuracy``
        on the held-out pictures, as lists.
    """
    steps, seed = int(settings["steps"]), int(settings["seed"])
    job.progress(0, steps, doing="reading")
    train = open_cifar10("train", count=int(settings["pictures"]))
    val = open_cifar10("test", count=PICTURES["test"])
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
    accuracies = [row["accuracy"] for row in course.rows]
    card = _card(train, val, normalisation, accuracies[-1])
    save_checkpoint(job.folder / FILE, model.eval(), card)
    return {
        "source": train.source,
        "pictures": len(train.labels),
        "held_out": len(val.labels),
        "step": [row["step"] for row in course.rows],
        "accuracy": accuracies,
    }


def _batch_of(pictures: TenClasses, normalisation: Normalisation) -> tuple[Tensor, Tensor]:
    """Pictures (N, 3, 32, 32) as the network sees them, and their target (N, 1, 1): one label each."""
    mean, std = (torch.tensor(values)[:, None, None] for values in (normalisation.mean, normalisation.std))
    images = (torch.from_numpy(pictures.images).float() / 255 - mean) / std
    return images, torch.from_numpy(pictures.labels)[:, None, None]


def _card(train: TenClasses, val: TenClasses, normalisation: Normalisation, accuracy: float) -> CheckpointCard:
    data = "CIFAR-10" if train.source == "cifar10" else "Ten drawn shapes, a synthetic stand-in for CIFAR-10"
    return CheckpointCard(
        name="lesson-classifier",
        title=f"Classifier of lesson 8 on {data}",
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
                source="a job of lesson 8",
            ),
        ),
    )

"""Job: train a U-Net on few images twice, as a baseline and with one kind of regularisation, on the same images.

The task resembles that of the shipped U-Net of the synthetic shapes without equalling it, so that its encoder transfers
in part: the colour channels are permuted (red to green to blue), and the classes are merged into round (disc, ring)
and angular (square, triangle, cross). Training images are of the split "val" of the synthetic shapes, validation images
of "test"; that U-Net was trained on neither.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from segcore.checkpoint import load_checkpoint
from segcore.data import open_dataset
from segcore.errors import NotAvailable
from segcore.experiments.live_training import (
    Batch,
    as_batch,
    counts_of,
    one_thread,
    shuffled_batches,
    step_reporter,
    train_live,
)
from segcore.job_context import JobContext
from segcore.losses import build_loss
from segcore.metrics import scores
from segcore.models import build_model
from segcore.types import IGNORE

Remedy = Literal["decay", "l1", "dropout", "augmentation", "transfer", "frozen"]
REMEDIES: tuple[Remedy, ...] = ("decay", "l1", "dropout", "augmentation", "transfer", "frozen")
PRETRAINED = ("transfer", "frozen")
"""Those that need a pretrained encoder."""

CLASSES = ("background", "round", "angular")
_MERGED = np.full(256, IGNORE)
_MERGED[:6] = (0, 1, 2, 2, 1, 2)  # background, disc, square, triangle, ring, cross

SIDE, JUDGES, BATCH, RATE, EVERY = 32, 32, 8, 2e-3, 12
DECAY, L1, DROPOUT = 2.0, 2e-5, 0.5
OPTIONS = {"width": 16, "depth": 4}
"""Of the U-Net, and of the network whose encoder is reused."""


class Frozen(nn.Module):
    """A frozen part of a network: no gradients, and its normalisation stays in evaluation mode."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "Frozen":  # noqa: ARG002 - the signature is PyTorch's
        """Stay in evaluation mode."""
        return super().train(False)

    def forward(self, x: Tensor) -> Tensor:
        """The output of the part."""
        result: Tensor = self.part(x)
        return result


@one_thread()
def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Train twice.

    Settings: ``pictures``, the number of images; ``remedy``; ``checkpoint``, a file, for those in PRETRAINED;
    ``steps``; ``seed``.

    Returns:
        ``plain`` (the baseline) and ``remedy``: step, and mIoU on training and validation images (train, val), lists
        of one length.

    Raises:
        NotAvailable: the checkpoint is not such a U-Net.
        BadCheckpoint: its file is missing or broken.
    """
    count, steps, seed = (int(settings[name]) for name in ("pictures", "steps", "seed"))
    remedy: Remedy = settings["remedy"]
    train, val = merged_shapes("val", count), merged_shapes("test", JUDGES)
    batch = shuffled_batches(train, BATCH, seed)
    answer: dict[str, Any] = {}
    for nth, treated in enumerate((False, True)):
        torch.manual_seed(seed)
        model = network(remedy if treated else None, settings.get("checkpoint"))
        course = train_live(
            model,
            (lambda step: augmented(batch(step), step)) if treated and remedy == "augmentation" else batch,
            build_loss("cross_entropy", num_classes=len(CLASSES)),
            torch.optim.AdamW(
                [parameter for parameter in model.parameters() if parameter.requires_grad],
                lr=RATE,
                weight_decay=DECAY if treated and remedy == "decay" else 0.0,
            ),
            steps=steps,
            every=EVERY,
            l1=L1 if treated and remedy == "l1" else 0.0,
            measure=lambda model: {"train": _miou(model, train), "val": _miou(model, val)},
            before_step=step_reporter(job, steps=steps, nth=nth, trainings=2),
        )
        answer["remedy" if treated else "plain"] = course.columns()
    return answer


def network(remedy: Remedy | None, checkpoint: str | None = None) -> nn.Module:
    """The U-Net before its first step. Raises like `work`."""
    dropout = DROPOUT if remedy == "dropout" else 0.0
    model = build_model("unet", num_classes=len(CLASSES), dropout=dropout, **OPTIONS)
    if remedy not in PRETRAINED:
        return model
    source = load_checkpoint(checkpoint or "")
    card = source.card
    if card.architecture != "unet" or {name: card.options.get(name) for name in OPTIONS} != OPTIONS:
        raise NotAvailable(
            "“{name}” has another encoder: {architecture} with {options}, not a unet with {expected}. "
            "Choose another kind of regularisation, or train such a U-Net on “shapes” and keep it.",
            name=card.name,
            architecture=card.architecture,
            options=dict(card.options),
            expected=OPTIONS,
        )
    for part in ("down", "bottleneck"):
        model.get_submodule(part).load_state_dict(source.model.get_submodule(part).state_dict())
    if remedy == "frozen":
        levels = model.get_submodule("down")
        model.add_module("down", nn.ModuleList(Frozen(level) for level in levels.children()))
        model.add_module("bottleneck", Frozen(model.get_submodule("bottleneck")))
    return model


def merged_shapes(split: str, count: int) -> Batch:
    """Images of the task, (N, 3, SIDE, SIDE), and their target (N, SIDE, SIDE), classes 0 … 2 or IGNORE."""
    images, target = as_batch(open_dataset(f"shapes:{count}:{SIDE}", split), range(count))
    return images.roll(1, dims=1).contiguous(), torch.from_numpy(_MERGED[target.numpy()])


def augmented(batch: Batch, step: int) -> Batch:
    """A batch with random quarter turns, flips and brightness; targets are turned and flipped alike."""
    rng = np.random.default_rng((20_12, step))
    images, target = [], []
    for image, labels in zip(*batch, strict=True):
        turns, flipped, brightness = int(rng.integers(4)), bool(rng.integers(2)), float(rng.uniform(-0.3, 0.3))
        axes = [-1] if flipped else []
        images.append((image + brightness).rot90(turns, (-2, -1)).flip(axes))
        target.append(labels.rot90(turns, (-2, -1)).flip(axes))
    return torch.stack(images), torch.stack(target)


def _miou(model: nn.Module, batch: Batch) -> float:
    return scores(counts_of(model, batch, len(CLASSES)), CLASSES).miou

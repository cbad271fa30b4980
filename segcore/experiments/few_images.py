"""A U-Net trained on few pictures, twice: as it is, and with one remedy against memorising. Both see the same pictures.

The task is a cousin of the one that the shipped U-Net of the drawn shapes has learnt, so that its encoder has something
to pass on and not everything: shapes of its kind with their colours swapped (red is green is blue), and only two kinds
to tell apart, round (disc, ring) and angular (square, triangle, cross). Training pictures are of the split "val" of the
drawn shapes and the pictures that judge of "test"; that U-Net was trained on neither. A short job (`segcore.jobs`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from segcore.checkpoint import load_checkpoint
from segcore.data.shapes import ShapesDataset
from segcore.errors import NotAvailable
from segcore.experiments.live_training import (
    Pictures,
    counts_of,
    drawn,
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
BORROWED = ("transfer", "frozen")
"""Remedies that need another network's encoder."""

CLASSES = ("background", "round", "angular")
_MERGED = np.full(256, IGNORE)
_MERGED[:6] = (0, 1, 2, 2, 1, 2)  # background, disc, square, triangle, ring, cross

SIDE, JUDGES, BATCH, RATE, EVERY = 32, 32, 8, 2e-3, 12
DECAY, L1, DROPOUT = 2.0, 2e-5, 0.5
OPTIONS = {"width": 16, "depth": 4}
"""Of the U-Net; an encoder that is borrowed must be one of these, too."""


class Frozen(nn.Module):
    """A part of a network that learns nothing: no gradients, and its normalisation stays as it is in training, too."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "Frozen":  # noqa: ARG002 - the signature is PyTorch's
        """Stay in evaluation mode."""
        return super().train(False)

    def forward(self, x: Tensor) -> Tensor:
        """What the part does."""
        result: Tensor = self.part(x)
        return result


@one_thread()
def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Train twice.

    Args:
        settings: ``pictures``, how many; ``remedy``; ``checkpoint``, a file, for the remedies of BORROWED; ``steps``;
            ``seed``.
        job: takes the progress.

    Returns:
        ``plain`` and ``remedy``: step, and mIoU on the pictures that were learnt from and on others (train, val),
        lists of one length.

    Raises:
        NotAvailable: the encoder to be borrowed is not that of such a U-Net.
        BadCheckpoint: its file is gone or broken.
    """
    count, steps, seed = (int(settings[name]) for name in ("pictures", "steps", "seed"))
    remedy: Remedy = settings["remedy"]
    train, val = cousins("val", count), cousins("test", JUDGES)
    answer: dict[str, Any] = {}
    for nth, treated in enumerate((False, True)):
        torch.manual_seed(seed)
        model = network(remedy if treated else None, settings.get("checkpoint"))
        batch = shuffled_batches(train, BATCH, seed)
        course = train_live(
            model,
            varying(batch) if treated and remedy == "augmentation" else batch,
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
        answer["remedy" if treated else "plain"] = {
            name: [row[name] for row in course.rows] for name in ("step", "train", "val")
        }
    return answer


def network(remedy: Remedy | None, checkpoint: str | None = None) -> nn.Module:
    """The U-Net before its first step. Raises like `work`."""
    dropout = DROPOUT if remedy == "dropout" else 0.0
    model = build_model("unet", num_classes=len(CLASSES), dropout=dropout, **OPTIONS)
    if remedy not in BORROWED:
        return model
    lender = load_checkpoint(checkpoint or "")
    card = lender.card
    if card.architecture != "unet" or {name: card.options.get(name) for name in OPTIONS} != OPTIONS:
        raise NotAvailable(
            "“{name}” cannot lend its encoder: it is {architecture} with {options}, expected a unet with {expected}. "
            "Choose another remedy, or train such a U-Net on “shapes” and keep it.",
            name=card.name,
            architecture=card.architecture,
            options=dict(card.options),
            expected=OPTIONS,
        )
    for part in ("down", "bottleneck"):
        model.get_submodule(part).load_state_dict(lender.model.get_submodule(part).state_dict())
    if remedy == "frozen":
        levels = model.get_submodule("down")
        model.add_module("down", nn.ModuleList(Frozen(level) for level in levels.children()))
        model.add_module("bottleneck", Frozen(model.get_submodule("bottleneck")))
    return model


def cousins(split: str, count: int) -> Pictures:
    """Pictures of the task: (N, 3, SIDE, SIDE) and (N, SIDE, SIDE), classes 0 … 2 or IGNORE."""
    images, target = drawn(ShapesDataset(count=count, side=SIDE, split=split), range(count))
    return images.roll(1, dims=1).contiguous(), torch.from_numpy(_MERGED[target.numpy()])


def varying(batch: Callable[[int], Pictures]) -> Callable[[int], Pictures]:
    """Batches whose pictures are varied."""
    return lambda step: varied(batch(step), step)


def varied(pictures: Pictures, step: int) -> Pictures:
    """Each picture of a batch turned by quarters, mirrored or not, lighter or darker; its target turned with it."""
    rng = np.random.default_rng((20_12, step))
    images, target = [], []
    for image, labels in zip(*pictures, strict=True):
        turns, mirrored, light = int(rng.integers(4)), bool(rng.integers(2)), float(rng.uniform(-0.3, 0.3))
        axes = [-1] if mirrored else []
        images.append((image + light).rot90(turns, (-2, -1)).flip(axes))
        target.append(labels.rot90(turns, (-2, -1)).flip(axes))
    return torch.stack(images), torch.stack(target)


def _miou(model: nn.Module, pictures: Pictures) -> float:
    return scores(counts_of(model, pictures, len(CLASSES)), CLASSES).miou

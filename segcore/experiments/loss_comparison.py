"""Job: train the same small network with one loss after another, with the same initial weights, images and steps.

The images show a disc of the class "object" among others of another hue, in noise. The object is rare, about one pixel
in eighty, or common. Some seconds per loss.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segcore.experiments.live_training import Batch, counts_of, one_thread, shuffled_batches, step_reporter, train_live
from segcore.job_context import JobContext
from segcore.losses import build_loss
from segcore.models import build_model

LOSSES = ("cross_entropy", "weighted", "focal", "dice", "ce_dice")
RADIUS = {"rare": 2.1, "common": 8.0}
"""Radius of the disc in pixels."""
SIDE, TRAIN, VAL, BATCH, RATE, EVERY = 32, 64, 32, 8, 1e-3, 20


@one_thread()
def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Train with each loss. Settings: ``size``, a key of RADIUS; ``steps``; ``seed``.

    Returns:
        ``share`` of the object in the training images, and ``courses``: loss → step, accuracy, iou, precision and
        recall of the object on validation images, lists of one length.
    """
    size, steps, seed = str(settings["size"]), int(settings["steps"]), int(settings["seed"])
    train, val = discs(TRAIN, RADIUS[size], seed), discs(VAL, RADIUS[size], seed + 1)
    share = float(train[1].float().mean())
    courses: dict[str, Any] = {}
    for nth, name in enumerate(LOSSES):
        torch.manual_seed(seed)
        model = build_model("unet", num_classes=2, width=8, depth=2)
        weights = torch.tensor([1.0, (1 - share) / share]) if name == "weighted" else None
        real = {"weighted": "cross_entropy", "focal": "focal_softmax"}.get(name, name)
        course = train_live(
            model,
            shuffled_batches(train, BATCH, seed),
            build_loss(real, num_classes=2, class_weights=weights),
            torch.optim.Adam(model.parameters(), lr=RATE),
            steps=steps,
            every=EVERY,
            measure=lambda model: scores_of(counts_of(model, val, 2)),
            before_step=step_reporter(job, steps=steps, nth=nth, trainings=len(LOSSES)),
        )
        courses[name] = course.columns()
    return {"share": share, "courses": courses}


def scores_of(counts: NDArray[np.int64]) -> dict[str, float]:
    """Accuracy, and IoU, precision and recall of the object from (2, 2) counts; a ratio without a denominator is 0."""
    hits, found, there = counts[1, 1], counts[:, 1].sum(), counts[1].sum()
    return {
        "accuracy": float(counts.trace() / counts.sum()),
        "iou": float(hits / max(1, found + there - hits)),
        "precision": float(hits / max(1, found)),
        "recall": float(hits / max(1, there)),
    }


def discs(count: int, radius: float, seed: int) -> Batch:
    """Images of a reddish disc (class 1) and a slightly larger bluish one (class 0), in noise."""
    rng = np.random.default_rng((seed, round(10 * radius)))
    rows, columns = np.mgrid[:SIDE, :SIDE]
    images = np.empty((count, 3, SIDE, SIDE), np.float32)
    target = np.empty((count, SIDE, SIDE), np.int64)
    for n in range(count):
        ground = rng.uniform(-0.5, 0.5, 3)[:, None, None]
        image = np.broadcast_to(ground, (3, SIDE, SIDE))
        for tint, wider in (((-0.2, 0.2, 0.35), 1.0), ((0.35, 0.2, -0.2), 0.0)):
            y, x = rng.uniform(4, SIDE - 4, 2)
            disc = np.hypot(rows - y, columns - x) < radius + wider
            image = np.where(disc, ground + np.array(tint)[:, None, None], image)
        images[n] = image + rng.normal(0, 0.3, image.shape)
        target[n] = disc
    return torch.from_numpy(images), torch.from_numpy(target)

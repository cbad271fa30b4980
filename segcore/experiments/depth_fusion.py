"""Job: train a small U-Net on colour and depth, then drop a modality and average over scales.

The data and what is measured: `segcore.explain.fusion`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from segcore.experiments.live_training import one_thread, shuffled_batches, step_reporter, train_live
from segcore.explain.fusion import MODALITIES, NAMES, SCALES, drop_channels, iou_of, probabilities, synthetic_images
from segcore.job_context import JobContext
from segcore.losses import build_loss
from segcore.models import build_model

OPTIONS: dict[str, Any] = {"width": 8, "depth": 2}
TRAIN, VAL, BATCH, STEPS, RATE = 96, 32, 8, 240, 5e-3


@one_thread()
def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Train, then predict the validation images without each modality and at each scale.

    Settings: ``steps`` and ``seed``.

    Returns:
        ``senses``: name in MODALITIES → IoU of each class; ``scales``: "0.5", "1", "2" and "mean" → likewise; ``loss``,
        the mean of the last ten steps; ``labels``: name in MODALITIES → labels of the first validation image.
    """
    steps, seed = int(settings["steps"]), int(settings["seed"])
    train, (images, target) = synthetic_images(TRAIN, seed), synthetic_images(VAL, seed + 1)
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
    by_modality = {name: probabilities(model, drop_channels(images, channels)) for name, channels in MODALITIES.items()}
    by_scale = {f"{scale:g}": probabilities(model, images, scale) for scale in SCALES}
    by_scale["mean"] = torch.stack(list(by_scale.values())).mean(dim=0)
    return {
        "senses": {name: iou_of(probs, target) for name, probs in by_modality.items()},
        "scales": {name: iou_of(probs, target) for name, probs in by_scale.items()},
        "loss": float(np.mean(course.losses[-10:])),
        "labels": {name: probs[0].argmax(dim=0).tolist() for name, probs in by_modality.items()},
    }

"""Job: train the same small U-Net with five learning rates, from far too small to far too large.

The learning-rate finder for the learner's own trainings is `segcore.train.checks.lr_finder`.
"""

from collections.abc import Mapping
from typing import Any

import torch

from segcore.data import open_dataset
from segcore.experiments.live_training import as_batch, one_thread, shuffled_batches, step_reporter, train_live
from segcore.explain.descent import Optimiser, make_optimiser
from segcore.job_context import JobContext
from segcore.losses import build_loss
from segcore.models import build_model

RATES: dict[Optimiser, tuple[float, ...]] = {
    "sgd": (1e-3, 1e-2, 0.1, 1.0, 10.0),
    "momentum": (1e-3, 1e-2, 0.1, 1.0, 10.0),
    "adam": (1e-5, 1e-4, 1e-3, 1e-2, 0.1),
}
SIDE, PICTURES, BATCH = 32, 48, 8


@one_thread()
def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Train with each rate. Settings: ``optimiser``, a key of RATES; ``steps``; ``seed``.

    Returns:
        ``rates``, and ``losses``: for each the loss of the batch before every step; shorter if it became non-finite.
    """
    name: Optimiser = settings["optimiser"]
    steps, seed, rates = int(settings["steps"]), int(settings["seed"]), RATES[name]
    dataset = open_dataset(f"shapes:{PICTURES}:{SIDE}")
    batch = shuffled_batches(as_batch(dataset, range(PICTURES)), BATCH, seed)
    losses = []
    for nth, rate in enumerate(rates):
        torch.manual_seed(seed)
        model = build_model("unet", num_classes=len(dataset.classes), width=8, depth=2)
        course = train_live(
            model,
            batch,
            build_loss("cross_entropy", num_classes=len(dataset.classes)),
            make_optimiser(name, list(model.parameters()), rate),
            steps=steps,
            before_step=step_reporter(job, steps=steps, nth=nth, trainings=len(rates)),
        )
        losses.append(course.losses)
    return {"rates": list(rates), "losses": losses}

"""The training loop, to be read from top to bottom.

It knows no files and no processes: what happens goes out through ``emit``, the wish to stop comes in through
``stop_asked``, and checkpoints are written by ``keep``.
"""

import math
import time
from collections.abc import Callable
from typing import Any, Literal, Protocol

import torch
from torch import nn

from segcore.checkpoint import Score
from segcore.errors import SegcoreError
from segcore.evaluation import evaluate_model
from segcore.metrics import Scores
from segcore.train.parts import Parts
from segcore.train.schedule import epochs_without_gain
from segcore.train.step import over_ranks, train_step


class Emit(Protocol):
    """Takes one event."""

    def __call__(self, kind: str, /, **values: Any) -> None:
        """The kind of the event, and its numbers."""


Keep = Callable[[Literal["best", "last"], list[Score]], None]
"""Writes the judged weights as "last" or "best", with the scores for their card."""


class Diverged(SegcoreError):
    """The loss is no longer a number."""


def fit(parts: Parts, emit: Emit, stop_asked: Callable[[], bool], keep: Keep) -> str:
    """Train, validate after every epoch, keep the last and the best weights.

    Args:
        parts: from ``build``.
        emit: receives ``step``, ``val`` and ``best`` events.
        stop_asked: polled after every step, by several processes when a step is logged; all leave in the same step.
        keep: writes checkpoints.

    Returns:
        "finished", or "stopped" when it was asked to.

    Raises:
        Diverged: when the loss is NaN or infinite, with the step and the rate.
    """
    config = parts.config
    step = parts.first_epoch * parts.steps_per_epoch
    scores: list[Score] = []
    for epoch in range(parts.first_epoch, config.epochs):
        train_mode(parts)
        started, images = time.perf_counter(), 0
        for group in parts.train_batches(epoch):
            outcome = train_step(parts, group, step)
            images += sum(len(batch.names) for batch in group) * parts.fabric.world_size
            logged = step % config.log_every_steps == 0
            if logged:
                numbers = outcome.numbers()
                emit(
                    "step",
                    epoch=epoch,
                    step=step,
                    images_per_second=images / (time.perf_counter() - started),
                    **numbers,
                )
                check_finite(step, numbers)
            # One process may look at every step; several would have to wait for each other to agree.
            if (logged or parts.fabric.world_size == 1) and any_rank(parts, stop_asked()):
                keep("last", scores)
                return "stopped"
            step += 1

        seconds = time.perf_counter() - started
        report, loss = validate(parts)
        scores = as_scores(parts, report)
        is_best = report.miou > parts.best_miou  # never true of NaN
        parts.history.append(report.miou)
        emit("val", epoch=epoch, step=step, loss=loss, train_seconds=seconds, images=images, **report.to_dict())
        keep("last", scores)
        if is_best:
            keep("best", scores)
            emit("best", epoch=epoch, miou=report.miou)
        if config.early_stop and epochs_without_gain(parts.history) >= config.early_stop:
            break
        if any_rank(parts, stop_asked()):
            return "stopped"
    return "finished"


def train_mode(parts: Parts) -> None:
    """Training mode, except for the batch-norm statistics of an encoder that is to keep them."""
    parts.model.train()
    encoder = getattr(parts.net, "encoder", None)
    if parts.config.freeze != "none" and encoder is not None:
        for module in encoder.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()


def validate(parts: Parts) -> tuple[Scores, float]:
    """Scores and mean loss of the judged weights over the validation images."""
    return evaluate_model(
        parts.judged(),
        parts.val_batches(),
        parts.classes,
        device=parts.fabric.device,
        loss=parts.loss,
        autocast=parts.fabric.autocast,
    )


def as_scores(parts: Parts, report: Scores) -> list[Score]:
    """The headline of a validation, as a checkpoint's card keeps it; empty where no pixel was labelled."""
    if math.isnan(report.miou):
        return []
    per_class = {name: None if math.isnan(iou) else iou for name, iou in zip(report.classes, report.iou, strict=True)}
    return [
        Score(
            metric="mIoU",
            value=report.miou,
            convention=report.convention,
            data=parts.data.val.title,
            split="validation",
            images=len(parts.data.val),
            per_class=per_class,
            source="this project's train command",
        )
    ]


def check_finite(step: int, numbers: dict[str, float]) -> None:
    """Stop a training that cannot recover."""
    if not math.isfinite(numbers["loss"]):
        raise Diverged(
            f"The loss became {numbers['loss']} at step {step} with learning rate {numbers['rate']:.2g}. "
            f"Start again with a rate ten times lower, or set clip_norm to 1."
        )


def any_rank(parts: Parts, wish: bool) -> bool:
    """Whether any process wishes it; all get the same answer in the same step."""
    return bool(over_ranks(parts, torch.tensor(float(wish), device=parts.fabric.device)) > 0)

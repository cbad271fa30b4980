"""The training loop, to be read from top to bottom.

It knows no files and no processes: what happens goes out through ``emit``, requests come in through ``asked``,
checkpoints are written by ``keep``, and by ``save`` what is needed to go on.
"""

import math
import time
from collections.abc import Callable
from typing import Literal

from torch import Tensor, nn

from segcore.checkpoint import Score
from segcore.errors import SegcoreError
from segcore.evaluation import count_model, score_counts
from segcore.metrics import Scores
from segcore.runs import Emit, Request
from segcore.train import collectives
from segcore.train.image_scores import ImageScores
from segcore.train.parts import Parts
from segcore.train.schedule import epochs_without_gain
from segcore.train.step import train_step
from segcore.train.task import headline, score_of_card, validation_facts
from segcore.train.wait_timer import Waited

Keep = Callable[[Literal["best", "last"], list[Score]], None]
"""Writes the judged weights as "last" or "best", with the scores for their card."""


Save = Callable[[int, int], None]
"""Writes everything needed to go on, given the epoch in which that will be and its steps that are already done."""

Show = Callable[[int], None]
"""Shows samples of what the network sees after an epoch."""

MOST_COUNTED_CLASSES = 40
"""With more classes the table of counts would outgrow everything else in an event."""

ENDINGS: dict[Request, str] = {"stop": "stopped", "stop_after_epoch": "stopped", "pause": "paused"}
"""The last state of a run that was asked to end."""


class Diverged(SegcoreError):
    """The loss or the weights are no longer numbers."""


def fit(
    parts: Parts,
    emit: Emit,
    asked: Callable[[], Request | None],
    keep: Keep,
    save: Save,
    *,
    show: Show | None = None,
) -> str:
    """Train, validate after every epoch, keep the last and the best weights.

    Begins at ``parts.first_epoch`` and ``parts.first_step``.

    Args:
        parts: from ``build``, and from ``restore`` when the run goes on.
        emit: receives ``step``, ``val``, ``worst`` and ``best`` events.
        asked: polled after every step, by several processes when a step is logged; all leave in the same step.
        keep: writes checkpoints.
        save: writes the state at every epoch's end, every ``save_every_minutes``, and before leaving early.
        show: called after every validation, if given.

    Returns:
        "finished", or "stopped" or "paused" when it was asked to.

    Raises:
        Diverged: when loss or weights are NaN or infinite, with the step and the rate.
    """
    config = parts.config
    saved_at = time.monotonic()
    for epoch in range(parts.first_epoch, config.epochs):
        train_mode(parts)
        done = parts.first_step if epoch == parts.first_epoch else 0
        step = epoch * parts.steps_per_epoch + done
        started, images = time.perf_counter(), 0
        groups = Waited(parts.train_batches(epoch, done))
        for group in groups:
            outcome = train_step(parts, group, step)
            images += parts.images_in(group)
            logged = step % config.log_every_steps == 0
            if logged:
                numbers = outcome.numbers()
                passed = time.perf_counter() - started
                emit(
                    "step",
                    epoch=epoch,
                    step=step,
                    images_per_second=images / passed,
                    wait_share=groups.seconds / passed,
                    **numbers,
                )
                check_finite(step, numbers)
            done, step = done + 1, step + 1
            # One process may look at every step; several would have to wait for each other to agree.
            if logged or parts.fabric.world_size == 1:
                request = agreed(asked())
                if request in ("stop", "pause"):
                    keep("last", [])  # nobody has validated these very weights
                    save(epoch, done)
                    return ENDINGS[request]
                if collectives.of_all(time.monotonic() - saved_at > 60 * config.save_every_minutes)[0]:
                    check_weights(parts, step)
                    save(epoch, done)
                    saved_at = time.monotonic()

        check_weights(parts, step)
        seconds = time.perf_counter() - started
        images_seen = ImageScores(parts.loss)
        report, loss, table = validate(parts, images_seen)
        scores = as_scores(parts, report)
        measure, value = headline(config.task, report)
        is_best = value > parts.best_score  # never true of NaN
        parts.history.append(value)
        emit(
            "val",
            epoch=epoch,
            step=step,
            loss=loss,
            train_seconds=seconds,
            wait_seconds=groups.seconds,
            images=images,
            **({"counts": table} if len(parts.classes) <= MOST_COUNTED_CLASSES else {}),
            **validation_facts(config.task, report),
        )
        if config.task == "semantic":
            emit("worst", epoch=epoch, images=images_seen.worst())
        if show is not None:
            show(epoch)
        keep("last", scores)
        if is_best:
            keep("best", scores)
            emit("best", epoch=epoch, **{measure: value})
        save(epoch + 1, 0)
        saved_at = time.monotonic()
        if config.early_stop and epochs_without_gain(parts.history) >= config.early_stop:
            break
        request = agreed(asked())
        if request is not None and epoch + 1 < config.epochs:
            return ENDINGS[request]
    return "finished"


def train_mode(parts: Parts) -> None:
    """Training mode, except for the batch-norm statistics of an encoder that is to keep them."""
    parts.model.train()
    encoder = getattr(parts.net, "encoder", None)
    if parts.config.freeze != "none" and encoder is not None:
        for module in encoder.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()


def validate(parts: Parts, images: ImageScores) -> tuple[Scores, float, Tensor]:
    """Scores, mean loss and counts (K, K) int64, rows the truth, of the judged weights over the validation images."""
    collectives.buffers_of_first(parts.judged())
    counts = count_model(
        parts.judged(),
        images.named(parts.val_batches()),
        len(parts.classes),
        device=parts.fabric.device,
        loss=parts.loss,
        autocast=parts.fabric.autocast,
        on_batch=images.look if parts.config.task == "semantic" else None,
    )
    first, *others = collectives.of_all(counts.to("cpu"))
    counts = sum(others, first)
    return *score_counts(counts, parts.classes), counts.table


def as_scores(parts: Parts, report: Scores) -> list[Score]:
    """The headline of a validation, as a checkpoint's card keeps it; empty where no pixel was labelled."""
    if math.isnan(report.miou):
        return []
    return [score_of_card(parts.config.task, report, data=parts.data.val.title, images=len(parts.data.val))]


def check_finite(step: int, numbers: dict[str, float]) -> None:
    """Stop a training that cannot recover."""
    if not math.isfinite(numbers["loss"]):
        raise Diverged(
            "The loss became {loss} at step {step} with learning rate {rate:.2g}. Start again with a rate ten times "
            "lower, or set clip_norm to 1.",
            loss=str(numbers["loss"]),
            step=step,
            rate=numbers["rate"],
        )


def check_weights(parts: Parts, step: int) -> None:
    """Broken weights must never replace good ones on the disk, and nothing brings them back."""
    if not all(bool(parameter.isfinite().all()) for parameter in parts.net.parameters()):
        raise Diverged(
            "Weights became NaN or infinite before step {step}. Start again with a learning rate ten times lower, or "
            "set clip_norm to 1.",
            step=step,
        )


def agreed(request: Request | None) -> Request | None:
    """What the processes do in this step, given what each has heard: the most pressing wish of all."""
    urgency: tuple[Request | None, ...] = (None, "stop_after_epoch", "pause", "stop")
    return max(collectives.of_all(request), key=urgency.index)

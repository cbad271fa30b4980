"""The training loop: ``fit`` over ``train_epoch``, ``validate`` and ``finish_epoch``.

It knows no files and no processes: events, checkpoints and saved states leave through ``Callbacks``, and requests to
stop or pause arrive through them.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from segcore.checkpoint import Score
from segcore.data import Batch, WaitingStopped
from segcore.errors import SegcoreError
from segcore.runs import Emit, Request
from segcore.train import collectives
from segcore.train.parts import Parts
from segcore.train.primary_metric import card_scores, primary_metric, validation_facts
from segcore.train.schedule import epochs_without_gain
from segcore.train.step import StepResult, train_step
from segcore.train.validate import Validation, ValidationWatch, validate

MOST_COUNTED_CLASSES = 40
"""With more classes, the confusion matrix would be larger than everything else in an event."""

STATE_AFTER: dict[Request, str] = {"stop": "stopped", "stop_after_epoch": "stopped", "pause": "paused"}
"""The last state of a run that was requested to end."""


class Diverged(SegcoreError):
    """The loss or the weights are NaN or infinite."""


def _ignore(*_: Any, **__: Any) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Callbacks:
    """The connections of a training to the outside; by default each does nothing.

    Attributes:
        emit: receives ``step``, ``validating``, ``val``, ``worst`` and ``best`` events.
        requested: returns the current request; called after every step, or in a distributed training after every
            logged step, while waiting for a batch, and during validation. All ranks leave in the same step.
        save_checkpoint: writes the evaluated weights as "last" or "best", with the scores for their card.
        save_state: writes everything needed to resume, given the epoch to resume in and the number of its steps that
            are already done.
        save_samples: writes predictions on the sample images after an epoch.
    """

    emit: Emit = _ignore
    requested: Callable[[], Request | None] = _ignore
    save_checkpoint: Callable[[Literal["best", "last"], list[Score]], None] = _ignore
    save_state: Callable[[int, int], None] = _ignore
    save_samples: Callable[[int], None] = _ignore


@dataclass
class EpochProgress:
    """One epoch of training, counted from 0.

    Attributes:
        done: finished steps of this epoch, those before a resume included.
        step: number of finished steps of the whole training.
        images: trained on since the epoch was started or resumed; the seconds count from then, too.
        wait_seconds: part of the seconds spent waiting for data.
        request: to leave at once, received during the epoch.
    """

    epoch: int
    done: int
    step: int
    images: int = 0
    seconds: float = 0.0
    wait_seconds: float = 0.0
    request: Request | None = None


def fit(parts: Parts, callbacks: Callbacks) -> str:
    """Train, validate after every epoch, save the last and the best weights.

    Starts at ``parts.first_epoch`` and ``parts.first_step``. The state is saved at the end of every epoch, every
    ``save_every_minutes``, and before leaving early.

    Returns:
        "finished", or on request "stopped" or "paused".

    Raises:
        Diverged: loss or weights are NaN or infinite.
    """
    config = parts.config
    for epoch in range(parts.first_epoch, config.epochs):
        progress = train_epoch(parts, callbacks, epoch, parts.first_step if epoch == parts.first_epoch else 0)
        if progress.request is not None:
            return leave(parts, callbacks, progress)
        try:
            watch = ValidationWatch(parts, callbacks.emit, callbacks.requested, epoch=epoch, step=progress.step)
            validation = validate(parts, watch)
        except WaitingStopped:
            progress.request = "stop"
            return leave(parts, callbacks, progress)
        finish_epoch(parts, callbacks, progress, validation)
        if config.early_stop and epochs_without_gain(parts.history) >= config.early_stop:
            break
        request = agree(callbacks.requested())
        if request is not None and epoch + 1 < config.epochs:
            return STATE_AFTER[request]
    return "finished"


def leave(parts: Parts, callbacks: Callbacks, progress: EpochProgress) -> str:
    """Save everything in the middle of an epoch; returns the last state.

    Raises:
        Diverged: the weights are NaN or infinite, and valid ones on disk must not be replaced.
    """
    assert progress.request is not None
    check_weights(parts, progress.step)
    callbacks.save_checkpoint("last", [])  # these weights have not been validated
    callbacks.save_state(progress.epoch, progress.done)
    return STATE_AFTER[progress.request]


def train_epoch(parts: Parts, callbacks: Callbacks, epoch: int, first_step: int) -> EpochProgress:
    """All steps of an epoch from ``first_step`` on, or fewer if a request to leave arrives."""
    config = parts.config
    train_mode(parts)
    progress = EpochProgress(epoch, first_step, epoch * parts.steps_per_epoch + first_step)
    started, saved_at = time.perf_counter(), time.monotonic()
    groups = parts.train_batches(epoch, first_step, should_stop=lambda: callbacks.requested() in ("stop", "pause"))
    while group := next_group(groups, progress, callbacks):
        result = train_step(parts, group, progress.step)
        progress.images += parts.images_per_step
        logged = progress.step % config.log_every_steps == 0
        if logged:
            progress.seconds = time.perf_counter() - started
            log_step(callbacks.emit, result, progress)
        progress.done, progress.step = progress.done + 1, progress.step + 1
        # A single process can check after every step; several exchange what they received, which takes longer.
        if logged or parts.fabric.world_size == 1:
            request = agree(callbacks.requested())
            if request in ("stop", "pause"):
                progress.request = request
                return progress
            if collectives.all_gather(time.monotonic() - saved_at > 60 * config.save_every_minutes)[0]:
                check_weights(parts, progress.step)
                callbacks.save_state(epoch, progress.done)
                saved_at = time.monotonic()
    check_weights(parts, progress.step)
    progress.seconds = time.perf_counter() - started
    return progress


def next_group(groups: Iterator[list[Batch]], progress: EpochProgress, callbacks: Callbacks) -> list[Batch]:
    """The next batches of a step; adds the time spent waiting to the progress.

    Empty at the end of the epoch, or if a request to leave arrived while a rank waited, which is then the progress's.
    """
    started = time.perf_counter()
    group: list[Batch] = []
    try:
        group = next(groups, group)
    except WaitingStopped:
        progress.request = callbacks.requested()
    if collectives.any_rank(progress.request is not None):  # the others would wait for this rank's gradients
        progress.request, group = agree(progress.request), []
    progress.wait_seconds += time.perf_counter() - started
    return group


def log_step(emit: Emit, result: StepResult, progress: EpochProgress) -> None:
    """Emit a ``step`` event.

    Raises:
        Diverged: the loss is NaN or infinite; the event is emitted before.
    """
    numbers = result.numbers()  # waits for the device
    emit(
        "step",
        epoch=progress.epoch,
        step=progress.step,
        images_per_second=progress.images / progress.seconds,
        wait_share=progress.wait_seconds / progress.seconds,
        **numbers,
    )
    check_finite(progress.step, numbers)


def finish_epoch(parts: Parts, callbacks: Callbacks, progress: EpochProgress, validation: Validation) -> None:
    """Emit the scores of an epoch, and save samples, checkpoints and state."""
    task, epoch, report = parts.config.task, progress.epoch, validation.report
    name, value = primary_metric(task, report)
    is_best = value > parts.best_score  # never true of NaN
    parts.history.append(value)
    callbacks.emit(
        "val",
        epoch=epoch,
        step=progress.step,
        loss=validation.loss,
        train_seconds=progress.seconds,
        wait_seconds=progress.wait_seconds,
        images=progress.images,
        **({"counts": validation.confusion} if len(parts.classes) <= MOST_COUNTED_CLASSES else {}),
        **validation_facts(task, report),
    )
    if task == "semantic":
        callbacks.emit("worst", epoch=epoch, images=validation.images.worst())
    callbacks.save_samples(epoch)
    scores = card_scores(task, report, data=parts.data.val.title, images=len(parts.data.val))
    callbacks.save_checkpoint("last", scores)
    if is_best:
        callbacks.save_checkpoint("best", scores)
        callbacks.emit("best", epoch=epoch, **{name: value})
    callbacks.save_state(epoch + 1, 0)


def train_mode(parts: Parts) -> None:
    """Training mode, except for the batch-norm layers of a frozen encoder, which keep their statistics."""
    parts.model.train()
    encoder = getattr(parts.net, "encoder", None)
    if parts.config.freeze != "none" and encoder is not None:
        for module in encoder.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()


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
    """Invalid weights never recover, and must not replace valid ones on disk."""
    if not all(bool(tensor.isfinite().all()) for tensor in parts.net.state_dict().values()):
        raise Diverged(
            "Weights became NaN or infinite before step {step}. Start again with a learning rate ten times lower, or "
            "set clip_norm to 1.",
            step=step,
        )


def agree(request: Request | None) -> Request | None:
    """The most urgent of the requests that the ranks have received, on each of them."""
    urgency: tuple[Request | None, ...] = (None, "stop_after_epoch", "pause", "stop")
    return max(collectives.all_gather(request), key=urgency.index)

"""The validation of an epoch, which reports its progress and can be stopped."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from torch import Tensor

from segcore.data import Batch, WaitingStopped
from segcore.evaluation import ValidationCounts, count_model, score_counts
from segcore.metrics import Scores
from segcore.runs import Emit, Request
from segcore.train import collectives
from segcore.train.image_scores import ImageScores
from segcore.train.parts import Parts


@dataclass(frozen=True)
class Validation:
    """Results on the validation images: scores, mean loss, confusion matrix (K, K) int64 and scores per image."""

    report: Scores
    loss: float
    confusion: Tensor
    images: ImageScores


class ValidationWatch:
    """Emits ``validating`` events during a validation: at once, then every second, in a long one every ten seconds.

    {"kind": "validating", "epoch": 3, "step": 120, "done": 96, "total": 850, "seconds": 12.5}
    """

    def __init__(
        self, parts: Parts, emit: Emit, requested: Callable[[], Request | None], *, epoch: int, step: int
    ) -> None:
        self._emit, self._requested = emit, requested
        self._place = {"epoch": epoch, "step": step}
        self._total, self._ranks = len(parts.data.val), parts.fabric.world_size
        self._began, self._next = time.monotonic(), 0.0

    def should_stop(self) -> bool:
        """Whether this process has received a request to stop; `validate` lets the others know."""
        return self._requested() == "stop"

    def watched(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The same batches.

        Raises:
            WaitingStopped: a request to stop has arrived.
        """
        done = 0
        self._report(done)
        for batch in batches:
            yield batch
            done += len(batch.names)
            self._report(done)
            if self.should_stop():
                raise WaitingStopped

    def _report(self, done: int) -> None:
        """``done``: images of this process, which has as many as every other."""
        seconds = time.monotonic() - self._began
        if seconds >= self._next:
            self._next = seconds + min(max(1.0, seconds / 20), 10.0)
            everywhere = min(done * self._ranks, self._total)
            facts = {"done": everywhere, "total": self._total, "seconds": round(seconds, 3)}
            self._emit("validating", **self._place, **facts)


def validate(parts: Parts, watch: ValidationWatch) -> Validation:
    """Evaluate the model, with EMA weights if there are any, on the validation images.

    Raises:
        WaitingStopped: a request to stop has arrived, at this or another process of the training.
    """
    model, images = parts.evaluated_model(), ImageScores(parts.loss)
    collectives.broadcast_buffers(model)
    counts: ValidationCounts | None = None
    with suppress(WaitingStopped):
        counts = count_model(
            model,
            images.note_names(watch.watched(parts.val_batches(should_stop=watch.should_stop))),
            len(parts.classes),
            device=parts.fabric.device,
            loss=parts.loss,
            autocast=parts.fabric.autocast,
            on_batch=images.update if parts.config.task == "semantic" else None,
        )
    shares = collectives.all_gather(counts)  # the processes do not meet before, so each may end early
    complete = [share for share in shares if share is not None]
    if len(complete) < len(shares):
        raise WaitingStopped
    counts = sum(complete[1:], complete[0])
    report, loss = score_counts(counts, parts.classes)
    return Validation(report, loss, counts.table, images)

"""Why a training failed: a cause for programs, a sentence for people, and the facts that a remedy needs.

`segcore.coach.failure_advice` turns them into advice.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from segcore.data import NotLabels
from segcore.errors import (
    BadConfig,
    BadDataset,
    BadImage,
    BadRun,
    Message,
    MissingData,
    NotAvailable,
    SegcoreError,
    UnknownLabel,
    read_reason,
    reason_fields,
)
from segcore.train.collectives import is_peer_loss
from segcore.train.loop import Diverged

CAUSES: dict[str, type[SegcoreError] | tuple[type[SegcoreError], ...]] = {
    "nan": Diverged,
    "data_vanished": MissingData,
    "unknown_label": (UnknownLabel, NotLabels),
    "data": (BadDataset, BadImage),
    "settings": BadConfig,
    "state": BadRun,
    "not_available": NotAvailable,
}
"""Cause → errors that have a message of their own; the first match counts."""

PEER = "peer"
"""The cause where a process only noticed that another one is gone."""


@dataclass(frozen=True)
class Failure:
    """Why a training could not continue.

    Attributes:
        cause: one of CAUSES, or out_of_memory, disk_full, loader, killed, peer, error.
        reason: a sentence for people.
        facts: plain JSON values that depend on the cause, such as file, value and classes of an unknown label.
    """

    cause: str
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"cause": self.cause, "facts": self.facts, **reason_fields(self.reason)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Failure":
        """What `to_json` returned."""
        return cls(values["cause"], read_reason(values), values["facts"])


class RanksFailed(Exception):
    """A training with several processes failed; carries the failure of the process in which it happened."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def explain(error: Exception) -> Failure:
    """The failure that an error stands for."""
    if isinstance(error, RanksFailed):
        return error.failure
    if isinstance(error, SegcoreError):
        cause = next((word for word, kinds in CAUSES.items() if isinstance(error, kinds)), "error")
        return Failure(cause, error.message, error.facts)
    return _of_machine(error) or Failure(
        "error", Message("{kind}: {error}. The log of the run has the details.", kind=type(error).__name__, error=error)
    )


def _of_machine(error: Exception) -> Failure | None:
    """The failure of a resource of the machine; None for another error."""
    if is_out_of_memory(error):
        return Failure(
            "out_of_memory",
            Message(
                "The device ran out of memory. Halve batch_size and double accumulate, or choose a smaller size; "
                "with on_out_of_memory=halve_batch a run does so by itself."
            ),
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Failure(
            "disk_full",
            Message(
                "The disk is full. What was saved before is intact: free some space, then resume the run. "
                "It loses at most the current epoch."
            ),
        )
    if "DataLoader worker" in str(error):
        return Failure(
            "loader",
            Message(
                "A process that prepares batches failed: {error}. Set workers to 0, or give the machine more shared "
                "memory; the log of the run has the details.",
                error=str(error).strip().splitlines()[-1],
            ),
        )
    if is_peer_loss(error):
        return Failure(
            PEER, Message("The processes of the training lost each other: {error}", error=str(error).partition("\n")[0])
        )
    return None


def killed() -> Failure:
    """The failure where one of several processes ended without an error of its own."""
    return Failure(
        "killed",
        Message(
            "A process of this training was ended by the system or by a user, most often because memory ran out. "
            "Everything saved before is intact: the run can resume from there."
        ),
    )


def is_out_of_memory(error: Exception) -> bool:
    """Whether a GPU or the CPU ran out of memory; PyTorch's CPU allocator raises a plain RuntimeError."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "DefaultCPUAllocator" in str(error)

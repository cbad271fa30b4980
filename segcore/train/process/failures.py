"""Why a training failed: a cause for programs, a sentence for people, and the facts that a remedy needs."""

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
from segcore.train.collectives import is_peer_failure
from segcore.train.data_changes import ChangedData
from segcore.train.loop import Diverged

CAUSES: dict[str, type[SegcoreError] | tuple[type[SegcoreError], ...]] = {
    "nan": Diverged,
    "data_vanished": MissingData,
    "data_changed": ChangedData,
    "unknown_label": (UnknownLabel, NotLabels),
    "data": (BadDataset, BadImage),
    "settings": BadConfig,
    "state": BadRun,
    "not_available": NotAvailable,
}
"""Causes by error type; the first match counts."""

PEER = "peer"
"""The cause if a process only noticed that another one had died."""


@dataclass(frozen=True)
class Failure:
    """Why a training failed: one of CAUSES, or out_of_memory, disk_full, loader, killed, peer, error.

    ``reason`` is for people; ``facts`` are JSON values that depend on the cause, such as the file of an unknown label.
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
    """A distributed training has failed; carries the failure of the rank in which it happened."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def explain(error: Exception) -> Failure:
    """The failure that corresponds to an error."""
    if isinstance(error, RanksFailed):
        return error.failure
    if isinstance(error, SegcoreError):
        cause = next((word for word, kinds in CAUSES.items() if isinstance(error, kinds)), "error")
        return Failure(cause, error.message, error.facts)
    kind = type(error).__name__
    text = Message("{kind}: {error}. The log of the run has the details.", kind=kind, error=error)
    return _machine_failure(error) or Failure("error", text)


def _machine_failure(error: Exception) -> Failure | None:
    """Out of memory, a full disk, a dead process; None for any other error."""
    # That of the CPU's allocator has no type of its own.
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or "DefaultCPUAllocator" in str(error):
        text = Message(
            "The device ran out of memory. Halve batch_size and double accumulate, or choose a smaller size; "
            "with on_out_of_memory=halve_batch a run does so by itself."
        )
        return Failure("out_of_memory", text)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        text = Message(
            "The disk is full. Everything saved before is intact: free some space, then resume the run. It loses "
            "at most the current epoch."
        )
        return Failure("disk_full", text)
    if "DataLoader worker" in str(error):
        text = Message(
            "A process that prepares batches failed: {error}. Set workers to 0, or give the machine more shared "
            "memory; the log of the run has the details.",
            error=str(error).strip().splitlines()[-1],
        )
        return Failure("loader", text)
    if is_peer_failure(error):
        first_line = str(error).partition("\n")[0]
        return Failure(PEER, Message("The processes of the training lost each other: {error}", error=first_line))
    return None


def killed() -> Failure:
    """The failure of a process that was killed."""
    text = Message(
        "A process of this training was killed by the system or by hand, most often because memory ran out. "
        "Everything saved before is intact: the run can be resumed."
    )
    return Failure("killed", text)

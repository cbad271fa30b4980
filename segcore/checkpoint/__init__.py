"""Checkpoints, one file of weights with a card: save, load, list, find, and download published ones.

Often a page needs only a list of checkpoints, for which ``card`` and ``library`` need no torch; the other modules are
therefore imported when one of their names is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from segcore.checkpoint.card import CheckpointCard, Score, Task, TrainingData, load_card
from segcore.checkpoint.library import CheckpointRef, broken_checkpoints, file_sha256, find_checkpoint, list_checkpoints

if TYPE_CHECKING:
    from segcore.checkpoint.published import (
        PublishedCheckpoint,
        fetch_published,
        find_or_fetch_checkpoint,
        published_checkpoints,
    )
    from segcore.checkpoint.weights_file import Checkpoint, keep_checkpoint, load_checkpoint, save_checkpoint

__all__ = [
    "Checkpoint",
    "CheckpointCard",
    "CheckpointRef",
    "PublishedCheckpoint",
    "Score",
    "Task",
    "TrainingData",
    "broken_checkpoints",
    "fetch_published",
    "file_sha256",
    "find_checkpoint",
    "find_or_fetch_checkpoint",
    "keep_checkpoint",
    "list_checkpoints",
    "load_card",
    "load_checkpoint",
    "published_checkpoints",
    "save_checkpoint",
]

_NEEDS_TORCH = {
    "Checkpoint": "weights_file",
    "keep_checkpoint": "weights_file",
    "load_checkpoint": "weights_file",
    "save_checkpoint": "weights_file",
    "PublishedCheckpoint": "published",
    "fetch_published": "published",
    "find_or_fetch_checkpoint": "published",
    "published_checkpoints": "published",
}


def __getattr__(name: str) -> Any:
    """Import torch only for the names that need it (PEP 562)."""
    if name in _NEEDS_TORCH:
        return getattr(import_module(f"segcore.checkpoint.{_NEEDS_TORCH[name]}"), name)
    raise AttributeError(f"module 'segcore.checkpoint' has no attribute {name!r}")

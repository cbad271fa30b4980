"""One file of weights with its card: save, load, list, find, and fetch what others published.

    card.py        CheckpointCard, load_card: what a checkpoint says about itself
    shelf.py       CheckpointRef, list_checkpoints, find_checkpoint: which files there are
    file.py        save_checkpoint, load_checkpoint: tensors ↔ model
    keep.py        keep_checkpoint: a run's checkpoint under a name of its own
    published.py   torchvision's published checkpoints: fetched, checked, rewritten as ours
    torchvision_nets.py   the networks that carry those

The first two need no torch, and a list of checkpoints is often all that a page wants; so the other two are
imported when one of their names is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from segcore.checkpoint.card import CheckpointCard, Score, Task, TrainingData, load_card
from segcore.checkpoint.shelf import CheckpointRef, broken_checkpoints, find_checkpoint, list_checkpoints

if TYPE_CHECKING:
    from segcore.checkpoint.file import Checkpoint, load_checkpoint, save_checkpoint
    from segcore.checkpoint.keep import keep_checkpoint
    from segcore.checkpoint.published import (
        PublishedCheckpoint,
        fetch_published,
        obtain_checkpoint,
        published_checkpoints,
    )

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
    "find_checkpoint",
    "keep_checkpoint",
    "list_checkpoints",
    "load_card",
    "load_checkpoint",
    "obtain_checkpoint",
    "published_checkpoints",
    "save_checkpoint",
]

_NEEDS_TORCH = {
    "Checkpoint": "file",
    "keep_checkpoint": "keep",
    "load_checkpoint": "file",
    "save_checkpoint": "file",
    "PublishedCheckpoint": "published",
    "fetch_published": "published",
    "obtain_checkpoint": "published",
    "published_checkpoints": "published",
}


def __getattr__(name: str) -> Any:
    """Import torch only for the names that need it (PEP 562)."""
    if name in _NEEDS_TORCH:
        return getattr(import_module(f"segcore.checkpoint.{_NEEDS_TORCH[name]}"), name)
    raise AttributeError(f"module 'segcore.checkpoint' has no attribute {name!r}")

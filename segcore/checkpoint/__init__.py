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
    from segcore.checkpoint.weights_file import (
        Checkpoint,
        keep_checkpoint,
        load_checkpoint,
        not_finite,
        save_checkpoint,
    )

_NEEDS_TORCH = {
    "published": ("PublishedCheckpoint", "fetch_published", "find_or_fetch_checkpoint", "published_checkpoints"),
    "weights_file": ("Checkpoint", "keep_checkpoint", "load_checkpoint", "not_finite", "save_checkpoint"),
}


def __getattr__(name: str) -> Any:
    """Import torch only for the names that need it (PEP 562)."""
    for module, names in _NEEDS_TORCH.items():
        if name in names:
            return getattr(import_module(f"segcore.checkpoint.{module}"), name)
    raise AttributeError(f"module 'segcore.checkpoint' has no attribute {name!r}")

"""Checkpoints, one file of weights with a card: save, load, list, find, and download published ones.

Often a page needs only a list of checkpoints, for which ``card`` and ``library`` need no torch; the other modules are
therefore imported when one of their names is first used.
"""

from typing import TYPE_CHECKING

from segcore.checkpoint.card import CheckpointCard, Score, Task, TrainingData, load_card
from segcore.checkpoint.library import (
    CheckpointRef,
    broken_checkpoints,
    file_sha256,
    find_checkpoint,
    list_checkpoints,
    refuse_shipped,
)
from segcore.checkpoint.published import PublishedCheckpoint, published_checkpoints
from segcore.lazy import lazy_names

if TYPE_CHECKING:
    from segcore.checkpoint.fetching import fetch_published, find_or_fetch_checkpoint
    from segcore.checkpoint.weights_file import (
        Checkpoint,
        keep_checkpoint,
        load_checkpoint,
        not_finite,
        save_checkpoint,
    )

__getattr__ = lazy_names(  # these need torch
    __name__,
    {
        "fetching": ["fetch_published", "find_or_fetch_checkpoint"],
        "weights_file": ["Checkpoint", "keep_checkpoint", "load_checkpoint", "not_finite", "save_checkpoint"],
    },
)

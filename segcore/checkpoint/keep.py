"""Keep a checkpoint of a run under a name of its own, where the dashboard and ``--checkpoint`` find it."""

import re
from pathlib import Path

from segcore import paths
from segcore.checkpoint.card import NAME_PATTERN
from segcore.checkpoint.file import load_checkpoint, save_checkpoint
from segcore.checkpoint.shelf import SUFFIX, CheckpointRef
from segcore.errors import BadCheckpoint


def keep_checkpoint(
    source: Path,
    name: str,
    *,
    title: str | None = None,
    licence: str | None = None,
    folder: Path | None = None,
    half: bool = False,
    replace: bool = False,
) -> CheckpointRef:
    """Copy a checkpoint, with the new name on its card.

    Args:
        source: the file of a run.
        name: letters, digits, "_", "-" and ".", at most 64.
        title: another line for people on the card; None keeps the run's.
        licence: under which the weights may be used; None keeps the run's.
        folder: where to; None is the user's own folder of checkpoints.
        half: store 16-bit floats, half the size (see ``save_checkpoint``).
        replace: overwrite an older checkpoint of that name.

    Raises:
        BadCheckpoint: the source is no checkpoint, or the name is not allowed or taken.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise BadCheckpoint(
            "“{name}” cannot be the name of a checkpoint: 1 to 64 letters, digits, “_”, “-” and “.” are allowed.",
            name=name[:80],
        )
    target = (folder or paths.own_checkpoints_dir()) / f"{name}{SUFFIX}"
    if target.exists() and not replace:
        raise BadCheckpoint(
            "There already is a checkpoint “{name}” in {folder}. Choose another name.", name=name, folder=target.parent
        )
    checkpoint = load_checkpoint(source, task=None)
    told = {"name": name, "title": title, "licence": licence}
    told["run"] = source.parent.parent.name if (source.parent.parent / "spec.json").exists() else None
    card = checkpoint.card.model_copy(update={key: value for key, value in told.items() if value is not None})
    return save_checkpoint(target, checkpoint.model, card, half=half)

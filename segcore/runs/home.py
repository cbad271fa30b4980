"""The check of the user's folder, which every command and every page makes before anything else."""

import os

from segcore import paths
from segcore.errors import BadConfig, Message


def check_home() -> Message | None:
    """Check the user's folder, before a command or a page states that it is empty.

    Returns:
        A warning if nothing can be written to it; None if all is well, also if it is still to be made.

    Raises:
        BadConfig: it is no folder, or cannot be read.
    """
    folder = paths.home()
    remedy = Message("Set the environment variable SEGCORE_HOME to a folder that you can write.")
    try:
        nearest = next(place for place in (folder, *folder.parents) if place.exists())
        is_folder = nearest.is_dir()
        if nearest == folder and is_folder:
            with os.scandir(folder) as entries:  # a mount that has died can be looked up but not read
                next(entries, None)
    except (OSError, ValueError) as error:
        raise BadConfig(
            "The folder for runs, checkpoints and downloads, {folder}, cannot be read: {error}. {remedy}",
            folder=folder,
            error=error,
            remedy=remedy,
        ) from None
    if not is_folder:
        raise BadConfig(
            "{folder} should be the folder for runs, checkpoints and downloads, but {nearest} is a file. {remedy}",
            folder=folder,
            nearest=nearest,
            remedy=remedy,
        )
    if os.access(nearest, os.W_OK | os.X_OK):
        return None
    if nearest != folder:
        return Message(
            "The folder for runs, checkpoints and downloads, {folder}, does not exist and cannot be made, because "
            "{nearest} may not be written: nothing can be trained or kept. {remedy}",
            folder=folder,
            nearest=nearest,
            remedy=remedy,
        )
    return Message(
        "The folder for runs, checkpoints and downloads, {folder}, may not be written: what is in it can be read, but "
        "nothing can be trained or kept. {remedy}",
        folder=folder,
        remedy=remedy,
    )

"""Where things live on disk.

``SEGCORE_HOME`` names one folder for everything a user makes (runs, kept checkpoints, downloads). Without
it that folder is ``home/`` at the top of the project, so that a clone that is deleted leaves nothing behind.
Functions, not constants: tests and the command line set the variable after import.
"""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds app.py, segcore/ and checkpoints/."""


def home() -> Path:
    """The user's own folder; made when first written to, not here."""
    return Path(os.environ.get("SEGCORE_HOME", PROJECT / "home")).expanduser().resolve()


def runs_dir() -> Path:
    """One folder a training run."""
    return home() / "runs"


def jobs_dir() -> Path:
    """One folder a short job (`segcore.jobs`): made like a run, but no training and never listed as one."""
    return home() / "jobs"


def shipped_checkpoints_dir() -> Path:
    """Checkpoints that come with the project."""
    return PROJECT / "checkpoints"


def own_checkpoints_dir() -> Path:
    """Checkpoints that the user kept."""
    return home() / "checkpoints"


def downloads_dir() -> Path:
    """Files fetched from their publishers: encoder weights, published checkpoints."""
    return home() / "downloads"


def data_dir() -> Path:
    """Datasets fetched from their publishers (`segcore.data.download`) or uploaded (`segcore.data.archive`)."""
    return home() / "data"

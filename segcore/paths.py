"""Where things live on disk.

``SEGCORE_HOME`` names one folder for everything a user makes (runs, kept checkpoints, downloads). Without
it that folder is ``home/`` at the top of a checkout, so that deleting the clone leaves nothing behind, and
``~/.segcore`` for an installed package.
Functions, not constants: tests and the command line set the variable after import.
"""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent
"""The checkout: the folder that holds app.py, segcore/ and checkpoints/. In an installed package, site-packages."""


def in_checkout() -> bool:
    """Whether this package runs from a checkout; otherwise it was installed from a wheel."""
    return (PROJECT / "ui" / "main.py").is_file()


def home() -> Path:
    """The user's own folder; made when first written to, not here."""
    default = PROJECT / "home" if in_checkout() else Path("~/.segcore")
    return Path(os.environ.get("SEGCORE_HOME", default)).expanduser().resolve()


def locale_dir() -> Path:
    """The texts of every language, as JSON files."""
    return _shipped("locale")


def _shipped(folder: str) -> Path:
    """A folder at the top of a checkout, which a wheel carries inside the package."""
    return (PROJECT if in_checkout() else PACKAGE) / folder


def runs_dir() -> Path:
    """One folder a training run."""
    return home() / "runs"


def jobs_dir() -> Path:
    """One folder a short job (`segcore.jobs`): made like a run, but no training and never listed as one."""
    return home() / "jobs"


def shipped_checkpoints_dir() -> Path:
    """Checkpoints that come with the project."""
    return _shipped("checkpoints")


def own_checkpoints_dir() -> Path:
    """Checkpoints that the user kept."""
    return home() / "checkpoints"


def downloads_dir() -> Path:
    """Files fetched from their publishers: encoder weights, published checkpoints."""
    return home() / "downloads"


def data_dir() -> Path:
    """Datasets fetched from their publishers (`segcore.data.download`) or uploaded (`segcore.data.archive`)."""
    return home() / "data"

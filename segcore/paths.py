"""The folders of the program and of the user on disk.

``SEGCORE_HOME`` is one folder for everything of the user, by default ``home/`` at the top of a checkout, and
``~/.segcore`` for an installed package. These are functions, because tests and the command line set the variable after
the import.
"""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent
"""The checkout: the folder that holds app.py, segcore/ and checkpoints/. In an installed package, site-packages."""


def in_checkout(folder: Path = PROJECT) -> bool:
    """Whether a folder is a checkout; PROJECT is none if this package was installed from a wheel."""
    return (folder / "ui" / "main.py").is_file()


def home() -> Path:
    """The user's folder; created when something is written to it."""
    default = PROJECT / "home" if in_checkout() else Path("~/.segcore")
    return Path(os.environ.get("SEGCORE_HOME") or default).expanduser().resolve()


def locale_dir() -> Path:
    """The texts of every language, as JSON files."""
    return _shipped("locale")


def _shipped(folder: str) -> Path:
    """A folder at the top of a checkout, which a wheel carries inside the package."""
    return (PROJECT if in_checkout() else PACKAGE) / folder


def runs_dir() -> Path:
    """One folder per training run."""
    return home() / "runs"


def jobs_dir() -> Path:
    """One folder per short job (`segcore.jobs`), in the format of a run but not listed as one."""
    return home() / "jobs"


def shipped_checkpoints_dir() -> Path:
    """Checkpoints that come with the project."""
    return _shipped("checkpoints")


def own_checkpoints_dir() -> Path:
    """Checkpoints that the user kept."""
    return home() / "checkpoints"


def downloads_dir() -> Path:
    """Files downloaded from publishers: encoder weights, published checkpoints."""
    return home() / "downloads"


def data_dir() -> Path:
    """Datasets downloaded from publishers (`segcore.data.download`) or uploaded (`segcore.data.archive`)."""
    return home() / "data"

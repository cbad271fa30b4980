"""The folders that the dashboard may show: its visitors may sit at other computers than the server.

``SEGCORE_DATA_FOLDERS`` lists them, separated as in PATH; without it, the home folder of the server's user and the
folder of downloaded and uploaded datasets. Where the variable is set, data outside these folders cannot be opened from
the dashboard either, however its path is written. Links are resolved first, so neither they nor ``..`` lead outside.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from segcore import paths
from segcore.data.specs import dataset_folder
from segcore.errors import BadDataset, MissingData

VARIABLE = "SEGCORE_DATA_FOLDERS"
MAX_LISTED = 300
"""Maximum number of subfolders that are listed."""


@dataclass(frozen=True)
class FolderListing:
    """A folder and its visible subfolders; ``parent`` is None at the top of an allowed folder."""

    path: Path
    parent: Path | None
    folders: tuple[Path, ...]  # sorted by name
    left_out: int  # number of further subfolders


def allowed_folders() -> tuple[Path, ...]:
    """Return the folders that may be shown, resolved; those that do not exist are left out."""
    text = os.environ.get(VARIABLE, "")
    given = [Path(each) for each in text.split(os.pathsep) if each.strip()] if text else [Path.home(), paths.data_dir()]
    resolved = dict.fromkeys(each.expanduser().resolve() for each in given)
    # A service often has "/" as its home, which would show the whole disk.
    return tuple(each for each in resolved if each.is_dir() and (text or each.parent != each))


def list_folder(path: str | Path) -> FolderListing:
    """Return the subfolders of an allowed folder; hidden ones and links that lead outside are left out.

    Raises:
        BadDataset: the folder is outside the allowed ones, or cannot be read.
        MissingData: there is no such folder.
    """
    folder = Path(path).expanduser().resolve()
    _require_inside(folder)
    if not folder.is_dir():
        raise MissingData("{file} is not a folder, or no longer there. Choose another one.", file=folder)
    try:
        visible = [each for each in folder.iterdir() if not each.name.startswith((".", "__MACOSX"))]
        inside = sorted((each for each in visible if _is_allowed_folder(each)), key=lambda each: each.name.casefold())
    except OSError as error:
        raise BadDataset(
            "{folder} cannot be read: {reason}. Choose another folder.", folder=folder, reason=error.strerror or error
        ) from error
    parent = None if folder in allowed_folders() else folder.parent
    return FolderListing(folder, parent, tuple(inside[:MAX_LISTED]), max(0, len(inside) - MAX_LISTED))


def require_allowed(spec: str | Path) -> None:
    """Refuse data outside the allowed folders, if the server's owner has set them; names are always allowed.

    Raises:
        BadDataset: the folder of the spec is outside.
    """
    folder = dataset_folder(spec)
    if folder is not None and os.environ.get(VARIABLE):
        _require_inside(folder.expanduser().resolve(), (*allowed_folders(), paths.data_dir()))


def _require_inside(folder: Path, allowed: tuple[Path, ...] | None = None) -> None:
    allowed = allowed_folders() if allowed is None else allowed
    if not any(folder.is_relative_to(each) for each in allowed):
        raise BadDataset(
            "{folder} is outside the folders that this server shows: {allowed}. Its owner can add folders with the "
            "environment variable {variable}.",
            folder=folder,
            allowed=[str(each) for each in allowed] or ["none"],
            variable=VARIABLE,
        )


def _is_allowed_folder(path: Path) -> bool:
    try:
        return path.is_dir() and any(path.resolve().is_relative_to(each) for each in allowed_folders())
    except OSError:  # a link in a circle, or a drive that has gone
        return False

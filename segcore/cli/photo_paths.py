"""The photos that the words of a command line mean: files, folders, patterns."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segcore.errors import Message


@dataclass
class Photos:
    """The photos of a command, each once, in the order of the words and of the names in a folder.

    Attributes:
        paths: the files.
        problems: a sentence for each word without a photo.
        skipped: names of files in folders that are no photos, and of hidden ones.
        results: number of files in folders that an earlier ``predict`` wrote.
    """

    paths: list[Path] = field(default_factory=list)
    problems: list[Message] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    results: int = 0


def find_photos(words: Sequence[Path]) -> Photos:
    """Expand the words of a command: of a folder, all photos directly in it, by their suffix."""
    found = Photos()
    for path in (path for word in words for path in _expanded(word)):
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for names that are too long
            _add_folder(path, found)
        else:
            found.paths.append(path)
    unique: dict[str, Path] = {}
    for path in found.paths:
        unique.setdefault(os.path.abspath(path), path)  # noqa: PTH100 - a link is a photo of its own
    found.paths = list(unique.values())
    return found


def _expanded(word: Path) -> Iterator[Path]:
    """The files of a pattern, which some shells leave to the program; otherwise the word itself."""
    if os.path.lexists(word) or not glob.has_magic(str(word)):
        yield word
        return
    yield from map(Path, sorted(glob.glob(str(word))) or [str(word)])  # noqa: PTH207 - patterns may be absolute


def _add_folder(folder: Path, found: Photos) -> None:
    from segcore.data import PHOTO_SUFFIXES  # noqa: PLC0415 - imports torch, which --help does not need
    from segcore.inference import result_names  # noqa: PLC0415

    try:
        files = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
        results = result_names(folder)
    except OSError as error:
        found.problems.append(
            Message("{folder} cannot be read: {error}. Check the path.", folder=folder, error=error.strerror)
        )
        return
    photos = [name for name in files if name[0] != "." and os.path.splitext(name)[1].lower() in PHOTO_SUFFIXES]  # noqa: PTH122
    found.paths += [folder / name for name in photos if name not in results]
    found.skipped += [name for name in files if name not in photos and name not in results]
    found.results += sum(name in results for name in photos)
    if not set(photos) - results:
        found.problems.append(
            Message(
                "{folder} holds no photos ({files} other files). Folders inside it are not searched; name them too.",
                folder=folder,
                files=len(files),
            )
        )

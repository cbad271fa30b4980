"""The checkpoint library: files in the user's own folder and in the folder shipped with the project."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from segcore import paths
from segcore.checkpoint.card import NAME_PATTERN, CheckpointCard, Task, load_card
from segcore.errors import BadCheckpoint, Message

SUFFIX = ".safetensors"


@dataclass(frozen=True, order=True)
class CheckpointRef:
    """One version of one file, a key for caches: saving another file under the same name gives another key."""

    path: Path
    mtime_ns: int
    size: int

    @classmethod
    def of(cls, path: str | Path) -> Self:
        """Return a reference to the present version of a file.

        Raises:
            BadCheckpoint: the file does not exist.
        """
        path = Path(path).expanduser().resolve()
        if not path.is_file():
            raise BadCheckpoint(
                "There is no checkpoint file “{path}”. Check the name, or train one and keep it.", path=path
            )
        stat = path.stat()
        return cls(path, stat.st_mtime_ns, stat.st_size)

    @property
    def name(self) -> str:
        """The file name without its suffix, as ``find_checkpoint`` takes it."""
        return self.path.stem


def list_checkpoints(task: Task | None = "semantic") -> list[tuple[CheckpointRef, CheckpointCard]]:
    """Return all valid checkpoints of a task (None: of every task), sorted by name.

    A shipped name always means the shipped file: a file of the user that has such a name is not listed here but by
    ``broken_checkpoints``, and its path still opens it.
    """
    found = []
    for path in _files():
        try:
            found.append((CheckpointRef.of(path), load_card(path)))
        except BadCheckpoint:
            continue  # listed by broken_checkpoints
    return [(ref, card) for ref, card in found if task in (None, card.task)]


def broken_checkpoints() -> list[tuple[Path, str]]:
    """Return the files in the same folders that cannot be used, each with the reason."""
    broken: list[tuple[Path, str]] = []
    for path in _files():
        try:
            load_card(path)
        except BadCheckpoint as error:
            broken.append((path, error.message))
    for path in sorted(paths.own_checkpoints_dir().glob(f"*{SUFFIX}")):
        if is_shipped(path.stem):
            broken.append(
                (
                    path,
                    Message(
                        "“{path}” has the name of a checkpoint that comes with the program, which is used instead. "
                        "Rename the file, or give its path.",
                        path=path,
                    ),
                )
            )
    return broken


def find_checkpoint(name_or_path: str | Path) -> CheckpointRef:
    """Return the checkpoint of this name, or the file of this path (anything with a folder or .safetensors).

    A name such as "everyday" is searched among the shipped ones, in the user's folder, then among the published ones
    already downloaded.

    Raises:
        BadCheckpoint: not found; the text lists the existing names.
    """
    text = str(name_or_path)
    if Path(text).name != text or text.endswith(SUFFIX):
        return CheckpointRef.of(text)
    require_name(text)
    for folder in (*_folders(), paths.downloads_dir()):
        path = folder / f"{text}{SUFFIX}"
        if path.is_file():
            return CheckpointRef.of(path)
    raise BadCheckpoint(
        "There is no checkpoint called “{name}”. There are: {known}. Or give the path of a file.",
        name=text,
        known=[path.stem for path in _files()] or Message("none yet"),
    )


def require_name(name: str) -> None:
    """Raise BadCheckpoint if a checkpoint cannot have this name."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise BadCheckpoint(
            "“{name}” cannot be the name of a checkpoint: 1 to 64 letters, digits, “_”, “-” and “.” are allowed.",
            name=name[:80],
        )


def is_shipped(name: str) -> bool:
    """Whether a checkpoint of this name comes with the program."""
    return any(path.stem.lower() == name.lower() for path in paths.shipped_checkpoints_dir().glob(f"*{SUFFIX}"))


def refuse_shipped(name: str) -> None:
    """Raise BadCheckpoint if a checkpoint of this name comes with the program, so that none can hide it."""
    if is_shipped(name):
        raise BadCheckpoint(
            "“{name}” is the name of a checkpoint that comes with the program. Choose another name.", name=name
        )


@lru_cache(maxsize=64)
def file_sha256(reference: CheckpointRef) -> str:
    """Return the SHA-256 of a checkpoint's file in hexadecimal, computed once per version of the file."""
    with reference.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folders() -> tuple[Path, ...]:
    return (paths.shipped_checkpoints_dir(), paths.own_checkpoints_dir())


def _files() -> list[Path]:
    by_name: dict[str, Path] = {}
    for folder in _folders():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            by_name.setdefault(path.stem, path)
    return [by_name[name] for name in sorted(by_name)]

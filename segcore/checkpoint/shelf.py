"""Which checkpoints there are: the user's own folder, then the folder that comes with the project."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from segcore import paths
from segcore.checkpoint.card import NAME_PATTERN, CheckpointCard, Task, load_card
from segcore.errors import BadCheckpoint, Message

SUFFIX = ".safetensors"


@dataclass(frozen=True, order=True)
class CheckpointRef:
    """One version of one file, as a key for caches: another file saved under the same name is another key.

    Attributes:
        path: absolute.
        mtime_ns: when it was last written.
        size: bytes.
    """

    path: Path
    mtime_ns: int
    size: int

    @classmethod
    def of(cls, path: str | Path) -> Self:
        """The file as it lies there now.

        Raises:
            BadCheckpoint: there is no such file.
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
        """What ``find_checkpoint`` knows it by: the file name without its ending."""
        return self.path.stem


def list_checkpoints(task: Task | None = "semantic") -> list[tuple[CheckpointRef, CheckpointCard]]:
    """All sound checkpoints of a task, sorted by name. One of the user's own hides a shipped one of the same name.

    Args:
        task: what they are needed for; None lists those of every task.
    """
    found = []
    for path in _files():
        try:
            found.append((CheckpointRef.of(path), load_card(path)))
        except BadCheckpoint:
            continue  # told by broken_checkpoints
    return [(ref, card) for ref, card in found if task in (None, card.task)]


def broken_checkpoints() -> list[tuple[Path, str]]:
    """The files in the same folders that cannot be used, each with the sentence that says why."""
    broken: list[tuple[Path, str]] = []
    for path in _files():
        try:
            load_card(path)
        except BadCheckpoint as error:
            broken.append((path, error.message))
    return broken


def find_checkpoint(name_or_path: str | Path) -> CheckpointRef:
    """The checkpoint of this name, or the file of this path.

    Args:
        name_or_path: a name such as "everyday", looked up in the user's folder, among the shipped ones, then among
            the published ones that were fetched before; or the path of a .safetensors file (anything with a folder in
            it or that ending).

    Raises:
        BadCheckpoint: nothing there; the text lists the names that exist.
    """
    text = str(name_or_path)
    if Path(text).name != text or text.endswith(SUFFIX):
        return CheckpointRef.of(text)
    if not re.fullmatch(NAME_PATTERN, text):
        raise BadCheckpoint(
            "“{name}” cannot be the name of a checkpoint: 1 to 64 letters, digits, “_”, “-” and “.” are allowed.",
            name=text[:80],
        )
    for folder in (*_folders(), paths.downloads_dir()):
        path = folder / f"{text}{SUFFIX}"
        if path.is_file():
            return CheckpointRef.of(path)
    known = [path.stem for path in _files()] or Message("none yet")
    raise BadCheckpoint(
        "There is no checkpoint called “{name}”. There are: {known}. Or give the path of a file.",
        name=text,
        known=known,
    )


def _folders() -> tuple[Path, ...]:
    return (paths.own_checkpoints_dir(), paths.shipped_checkpoints_dir())


def _files() -> list[Path]:
    by_name: dict[str, Path] = {}
    for folder in _folders():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            by_name.setdefault(path.stem, path)
    return [by_name[name] for name in sorted(by_name)]

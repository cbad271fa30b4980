"""The notes of a check: names and sentences, never pixels."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segcore.advice import Advice
from segcore.data.doctor.kinds import KINDS
from segcore.data.formats.pairing import PairedFiles
from segcore.errors import Message

Step = Callable[[int, int], object]
"""Called with the work done and all of it; an exception that it raises stops the check."""

_DETAILS = 3
"""Maximum number of different details that are kept of a kind."""


def ignore_step(_done: int, _total: int) -> None:
    """The default `Step`."""


@dataclass(frozen=True)
class Extent:
    """How much of a dataset a check reads: all of it, or a sample that is evenly spread.

    Attributes:
        splits: the splits to check; None for all.
        most: maximum number of pairs.
        seconds: no further pair is read after this time.
    """

    splits: tuple[str, ...] | None = None
    most: int | None = None
    seconds: float = math.inf

    def order(self, count: int) -> list[int]:
        """Which of ``count`` pairs to read: all in order, or a sample in a fixed random order."""
        if self.most is None and self.seconds == math.inf:
            return list(range(count))
        chosen = np.unique(np.linspace(0, count - 1, min(count, self.most or count)).round().astype(int))
        return [int(index) for index in np.random.default_rng(0).permutation(chosen)]

    def includes(self, split: str) -> bool:
        """Whether a split is to be checked."""
        return self.splits is None or split in self.splits


WHOLE = Extent()


@dataclass(frozen=True)
class Diagnosis:
    """The findings of a check in the order of KINDS, and the number of pairs that were read.

    ``groups`` has, for the kinds that concern copies, groups of names of files that show the same.
    """

    findings: list[Advice]
    looked_at: int
    groups: dict[str, list[tuple[str, ...]]]


@dataclass
class Record:
    """Names and details by kind of problem; names are relative to ``root``, None where they are no paths."""

    root: Path | None
    files: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    _details: dict[str, list[Message]] = field(default_factory=dict)

    def name(self, path: Path | str) -> str:
        """The name of a file in a finding."""
        if self.root is None or isinstance(path, str):
            return str(path)
        return path.relative_to(self.root).as_posix()

    def add(self, kind: str, path: Path | str, detail: Message | None = None) -> None:
        """Note one file."""
        self.files.setdefault(kind, []).append(self.name(path))
        known = self._details.setdefault(kind, [])
        if detail and len(known) < _DETAILS and detail not in known:
            known.append(detail)

    def found(self, *kinds: str) -> bool:
        """Whether anything of these kinds was noted."""
        return any(self.files.get(kind) for kind in kinds)

    def add_group(self, kind: str, names: Iterable[str], detail: Message | None = None) -> None:
        """Note files that show the same."""
        group = tuple(names)
        self.groups.setdefault(kind, []).append(group)
        for name in group:
            self.add(kind, name, detail)

    def add_files(self, found: PairedFiles, names: Iterable[str] | None = None) -> None:
        """Note the files that belong to no pair; of images without a mask only the ``names``, where given."""
        for _, *others in found.twins:
            for extra in others:
                self.add("same_name", extra)
        wanted = None if names is None else set(names)
        for key in sorted(found.images.keys() - found.masks.keys()):
            if wanted is None or key in wanted:
                self.add("missing_mask", found.images[key][0])
        for path in found.imageless:
            self.add("missing_image", path)
        for path in found.skipped:
            self.add("skipped", path)

    def diagnosis(self, looked_at: int) -> Diagnosis:
        """Everything that was noted, each file of a kind once."""
        findings = []
        for kind, facts in KINDS.items():
            files = tuple(dict.fromkeys(self.files.get(kind, ())))
            if files:
                details = tuple(self._details[kind])
                shown = {"count": len(files), "files": files, "details": details}
                findings.append(Advice(f"doctor.{kind}", facts.severity, shown))
        return Diagnosis(findings, looked_at, self.groups)

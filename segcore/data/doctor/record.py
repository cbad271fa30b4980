"""What is gathered while the files are read: names and sentences, never pixels."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from segcore.data.doctor.kinds import KINDS, Finding
from segcore.errors import Message

_DETAILS = 3
"""So many different details of one kind are told."""


@dataclass(frozen=True)
class Diagnosis:
    """The answer of a check.

    Attributes:
        findings: the graver kinds first; [] for a sound dataset.
        looked_at: pairs that were read.
        groups: of the kinds that are about copies, which files show the same: kind → groups of names.
    """

    findings: list[Finding]
    looked_at: int
    groups: dict[str, list[tuple[str, ...]]]


@dataclass
class Record:
    """Names and details by kind of problem.

    Attributes:
        root: names are told relative to it; None where they are no paths.
    """

    root: Path | None
    files: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    _details: dict[str, list[Message]] = field(default_factory=dict)

    def name(self, path: Path | str) -> str:
        """What a file is called in a finding."""
        if self.root is None or isinstance(path, str):
            return str(path)
        return path.relative_to(self.root).as_posix()

    def add(self, kind: str, path: Path | str, detail: Message | None = None) -> None:
        """Note one file."""
        self.files.setdefault(kind, []).append(self.name(path))
        known = self._details.setdefault(kind, [])
        if detail and len(known) < _DETAILS and detail not in known:
            known.append(detail)

    def add_group(self, kind: str, names: Iterable[str], detail: Message | None = None) -> None:
        """Note files that show the same; each file is told once, in however many groups it is."""
        group = tuple(names)
        self.groups.setdefault(kind, []).append(group)
        for name in group:
            self.add(kind, name, detail)

    def diagnosis(self, looked_at: int) -> Diagnosis:
        """All that was noted, in the order of KINDS."""
        findings = []
        for name, kind in KINDS.items():
            files = tuple(dict.fromkeys(self.files.get(name, ())))
            if files:
                detail = "; ".join(self._details[name])
                findings.append(
                    Finding(
                        name, kind.severity, kind.title, len(files), files, detail, kind.why, kind.advice,
                        kind.repairable, tuple(self._details[name]),
                    )
                )  # fmt: skip
        return Diagnosis(findings, looked_at, self.groups)

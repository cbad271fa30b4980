"""What the doctor knows, checked before a training or an evaluation starts: its check of a sample of the data.

Errors stop; the user may accept some of them, warnings are shown. The sample is 64 pairs, evenly spread, or as many as
three seconds allow, so that a problem of few files may be missed: `segcore.data.doctor` reads everything.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from segcore.advice import Advice
from segcore.data.doctor.dataset import examine, own_layout
from segcore.data.doctor.kinds import KINDS
from segcore.data.doctor.record import Extent
from segcore.data.fingerprint import folder_digest
from segcore.data.image_labels import has_image_labels
from segcore.data.specs import dataset_folder, locate
from segcore.data.splits import TEST, canonical
from segcore.errors import BadConfig, BadDataset, Message, joined

MOST = 64
SECONDS = 3.0
_KEPT = 16
"""Results that a process remembers."""
_NAMED = 3
"""Maximum number of files that an error names."""

ACCEPTABLE = ("binary_255", "palette", "nothing_labelled", "no_objects", "cross_split_duplicate")
"""Errors with which a training or an evaluation can run; the others stop it at the first such file in any case."""


class UnsoundData(BadDataset):
    """The check before a start found errors, named by the fact ``kinds``; ``findings`` has all advice, as JSON."""


def precheck(spec: str, splits: Collection[str] | None = None) -> list[Advice]:
    """Errors and warnings about a sample of the ``splits`` of a dataset; None is all but its test split.

    Raises:
        MissingData, BadDataset: there is no such dataset.
    """
    if has_image_labels(spec):
        return []
    place = locate(spec)
    if place.card.layout is None:  # synthetic
        return []
    if place.split is not None:
        known: tuple[str, ...] = (canonical(place.split),)
    elif splits is None:
        there = place.splits()
        known = ("", *([split for split in there if split != TEST] or there))
    else:
        known = tuple(map(canonical, splits))
    folder = dataset_folder(spec)
    return list(_found(spec, known, b"" if folder is None else folder_digest(folder)))


@lru_cache(maxsize=_KEPT)
def _found(spec: str, splits: tuple[str, ...], _files: bytes) -> tuple[Advice, ...]:
    """Errors and warnings; the same call with the same files is answered from memory."""
    found = examine(spec, extent=Extent(splits, MOST, SECONDS)).findings
    return tuple(finding for finding in found if finding.severity != "note")


def require_sound(spec: str, splits: Collection[str] | None = None, accept: Collection[str] = ()) -> list[Advice]:
    """The findings of `precheck` that do not stop: warnings, and errors of the kinds in ``accept``.

    Raises:
        UnsoundData: other errors.
        BadConfig: a kind that cannot be accepted.
    """
    check_accepted(accept)
    found = precheck(spec, splits)
    refuse(spec, found, accept)
    return found


def refuse(spec: str, found: Sequence[Advice], accept: Collection[str] = ()) -> None:
    """Raise UnsoundData where there are errors of other kinds than those in ``accept``."""
    errors = [finding for finding in found if finding.severity == "error" and finding.name not in accept]
    if errors:
        raise UnsoundData(
            "{data} has problems that must be fixed before it is used:\n{problems}",
            data=spec,
            problems=joined((_sentence(spec, each) for each in errors), "\n"),
            kinds=[each.name for each in errors],
            findings=[each.to_json() for each in found],
        )


def check_accepted(kinds: Iterable[str]) -> None:
    """Raise BadConfig where a kind is none, or cannot be accepted."""
    strange = [kind for kind in kinds if kind not in ACCEPTABLE]
    if strange:
        raise BadConfig(
            "{strange} cannot be accepted: it must be fixed. These can: {known}.",
            strange=strange,
            known=list(ACCEPTABLE),
        )


def _sentence(spec: str, finding: Advice) -> Message:
    """A finding in a few sentences, with the commands that fix or accept it."""
    count, files = finding.facts["count"], finding.facts["files"]
    shown = [*files[:_NAMED], *(["…"] if count > _NAMED else [])]
    details = finding.facts["details"]
    parts: list[str] = [
        Message("- {what} ({count}: {files}).", what=finding.message("what"), count=count, files=shown),
        *([Message("Found: {details}.", details=details)] if details else []),
        finding.message("do"),
    ]
    folder = own_layout(spec)
    if KINDS[finding.name].repairable and folder is not None:
        parts.append(
            Message(
                "`python -m segcore data repair {folder} --to {folder}-repaired` writes a corrected copy.",
                folder=dataset_folder(spec),
            )
        )
    if finding.name in ACCEPTABLE:
        parts.append(Message("To continue all the same: --accept {kind}.", kind=finding.name))
    return joined(parts, " ")

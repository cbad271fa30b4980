"""A corrected copy of a dataset folder, written to a temporary folder first; the original is never modified.

The findings of `segcore.data.doctor` decide what is repaired. Repaired masks are 8-bit PNG; every other file is copied.
"""

import json
import shutil
import tempfile
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from segcore.data.classes_file import ClassesFile
from segcore.data.doctor.folder import examine_folder, known_classes
from segcore.data.doctor.kinds import KINDS
from segcore.data.doctor.record import Record, Step, ignore_step
from segcore.data.repaired_copy import NOTE, RepairedCopy, RepairReport
from segcore.errors import BadConfig, BadDataset, Message

REPAIRABLE: tuple[str, ...] = tuple(name for name, kind in KINDS.items() if kind.repairable)
USUAL: tuple[str, ...] = tuple(
    name
    for name in REPAIRABLE
    if (KINDS[name].severity == "error" and not KINDS[name].on_request) or name == "duplicate"
)
"""The default: nothing that a user should look at first."""


def repair_dataset(
    path: str | Path,
    to: str | Path,
    kinds: Collection[str] | None = None,
    *,
    drop: bool = False,
    step: Step = ignore_step,
) -> RepairReport:
    """Write a corrected copy of a folder of images and masks.

    Args:
        path: the dataset.
        to: the new folder; it must not exist, or be empty.
        kinds: what to repair, of REPAIRABLE; None for USUAL.
        drop: leave out pairs whose mask cannot be repaired; otherwise they are copied unchanged and reported.
        step: called with (done, total); where it raises, no copy is made.

    Raises:
        BadConfig: a kind that cannot be repaired.
        BadDataset: no such dataset, no classes.json, or an unsuitable place for the copy.
    """
    root, place = Path(path).expanduser(), Path(to).expanduser()
    wanted = _wanted(kinds)
    _check_place(root, place)
    diagnosis = examine_folder(root, lambda done, total: step(done, 2 * total))
    classes = _classes_of(root)
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        report = RepairReport(str(root), str(place))
        RepairedCopy(root, partial, classes, wanted, drop, diagnosis, report, step).write()
        _check_copy(partial, report)
        (partial / NOTE).write_text(json.dumps(asdict(report), indent=2, ensure_ascii=False), encoding="utf-8")
        partial.chmod(0o755)
        if place.exists():
            place.rmdir()
        partial.rename(place)
        return report
    except OSError as error:
        raise BadDataset(
            "The copy at {place} cannot be written: {error}.", place=place, error=error.strerror or error
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check_copy(copy: Path, report: RepairReport) -> None:
    """Complete a report by a check of the copy, and by what no check can prove."""
    if report.pairs:
        errors = [finding for finding in examine_folder(copy).findings if finding.severity == "error"]
        report.remaining = {finding.name: list(finding.facts["files"]) for finding in errors}
    report.unproven = [text for kind, text in _ASSUMED.items() if kind in report.mended]
    if report.snapped:
        shares = sorted(report.snapped.values())
        report.unproven.append(
            Message(
                "{count} blurred masks: {least} to {most} % of the pixels of a mask were between the values of classes "
                "and got the nearest. Look at the edges.",
                count=len(shares),
                least=shares[0],
                most=shares[-1],
            )
        )


_ASSUMED = {
    "size_mismatch": Message(
        "Resized masks are assumed to show the whole photo, not a part of it. Look at some over their photos."
    ),
    "exif_rotated": Message(
        "Masks were rotated with the orientation mark of their photos. Where the mark does not change the size (upside "
        "down, mirrored), this follows from the photos on their side. Look at some over their photos."
    ),
    "ids_from_1": Message(
        "1 was taken for the first class, and so on; 0 became ignored. Look at some masks: are the names right?"
    ),
    "binary_255": Message("255 was taken for the second class, not for pixels to ignore."),
    "one_class": Message(
        "A background was put before the only class in classes.json; 255 and 1 were taken for the class, 0 for the "
        "background."
    ),
    "trimap": Message("1 was taken for the object, 2 for the background; 3, the boundary, became ignored."),
    "unknown_value": Message("Values that are no class became ignored; what they meant is lost in the copy."),
    "colour_mask": Message("Colours that are near no class became ignored. Look at some masks."),
}
"""Kind → what its repair assumes."""


def _classes_of(root: Path) -> ClassesFile:
    classes = known_classes(root, Record(root))
    if classes is None:
        raise BadDataset(
            "{root} has no readable classes.json, so the meaning of its masks is unknown. Write it.", root=root
        )
    return classes


def _wanted(kinds: Collection[str] | None) -> frozenset[str]:
    wanted = frozenset(USUAL if kinds is None else kinds)
    strange = sorted(wanted - set(REPAIRABLE))
    if strange:
        raise BadConfig("{strange} cannot be repaired. Choose of: {known}.", strange=strange, known=list(REPAIRABLE))
    return wanted


def _check_place(root: Path, place: Path) -> None:
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise BadDataset("{place} exists already. Name a new folder: a repair never overwrites anything.", place=place)
    source, target = root.resolve(), place.resolve()
    if source == target or source in target.parents or target in source.parents:
        raise BadDataset(
            "The copy at {place} would lie in the dataset {root}, or the other way round. Name another.",
            place=place,
            root=root,
        )

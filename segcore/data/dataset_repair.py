"""A corrected copy of a dataset folder, written to a temporary folder first; the original is never modified.

The findings of `segcore.data.doctor` decide what is repaired. Repaired masks are 8-bit PNG; every other file is copied.
"""

import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from segcore.data.classes_file import ClassesFile
from segcore.data.doctor.folder import examine_folder, known_classes
from segcore.data.doctor.kinds import KINDS
from segcore.data.doctor.record import Record, Step, ignore_step
from segcore.data.repaired_copy import RepairedCopy, RepairReport
from segcore.errors import BadConfig, BadDataset

REPAIRABLE: tuple[str, ...] = tuple(name for name, kind in KINDS.items() if kind.repairable)
USUAL: tuple[str, ...] = tuple(name for name in REPAIRABLE if KINDS[name].severity == "error" or name == "duplicate")
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

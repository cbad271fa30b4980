"""A corrected copy of a dataset folder. The original is read and never written.

What the doctor found decides what is done (`segcore.data.doctor`); afterwards the copy passes its check for all that
was mended. Masks are written as 8-bit PNG; every other file is copied byte for byte. The copy appears whole or not at
all: it is made beside its place and renamed in the end.
"""

import json
import shutil
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from segcore.data import mask_repair
from segcore.data.classes_file import ClassesFile
from segcore.data.doctor.folder import Step, examine_folder, known_classes, split_lists
from segcore.data.doctor.kinds import KINDS
from segcore.data.doctor.masks import look_at_mask
from segcore.data.doctor.record import Diagnosis, Record
from segcore.data.doctor.survey import split_name
from segcore.data.formats.folder import files_by_stem, find_parts, folder_splits
from segcore.data.images import decode
from segcore.errors import BadConfig, BadDataset
from segcore.types import LabelMap

REPAIRABLE: tuple[str, ...] = tuple(name for name, kind in KINDS.items() if kind.repairable)
USUAL: tuple[str, ...] = tuple(name for name in REPAIRABLE if KINDS[name].severity == "error" or name == "duplicate")
"""What is mended unless something else is asked for: nothing that a person should look at first."""
NOTE = "repair.json"
"""Lies in the copy and says what was done."""

_LARGEST_TEXT = 10**6
_COPIES = ("cross_split_duplicate", "duplicate", "near_duplicate")


@dataclass
class RepairReport:
    """What a repair did.

    Attributes:
        source: the folder that was read.
        folder: the copy.
        pairs: images with masks in the copy.
        mended: kind → how many files were changed or left out for it.
        left: kind → files that could not be mended and are in the copy as they were.
        dropped: images and masks that are not in the copy.
    """

    source: str
    folder: str
    pairs: int = 0
    mended: dict[str, int] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)

    def count(self, kind: str) -> None:
        """One more file mended."""
        self.mended[kind] = self.mended.get(kind, 0) + 1


def repair_dataset(
    path: str | Path,
    to: str | Path,
    kinds: Collection[str] | None = None,
    *,
    drop: bool = False,
    step: Step | None = None,
) -> RepairReport | None:
    """Write a corrected copy of a folder of images and masks.

    Args:
        path: the dataset.
        to: the new folder; it must not exist, or be empty.
        kinds: what to mend, of REPAIRABLE; None for USUAL.
        drop: leave out pairs whose mask cannot be mended; else they are copied as they are and named in the report.
        step: told how far it is, (done, total); True gives up, and no copy is made.

    Returns:
        The report, None when it was given up.

    Raises:
        BadConfig: a kind that cannot be mended.
        BadDataset: no such dataset, no classes.json, or a place for the copy that will not do.
    """
    root, place = Path(path).expanduser(), Path(to).expanduser()
    wanted = _wanted(kinds)
    _check_place(root, place)
    going = step or (lambda _done, _total: False)
    diagnosis = examine_folder(root, lambda done, total: going(done, 2 * max(total, 1)))
    if diagnosis is None:
        return None
    classes = known_classes(root, (part.root for part in find_parts(root, None)), Record(root))
    if classes is None:
        raise BadDataset(
            "{root} has no classes.json that can be read, so nobody knows what its masks mean. Write it.", root=root
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        report = RepairReport(str(root), str(place))
        made = _Copy(root, partial, classes, wanted, drop, diagnosis, report, going).write()
        if made is not None:
            partial.chmod(0o755)
            if place.exists():
                place.rmdir()
            partial.rename(place)
        return made
    except OSError as error:
        raise BadDataset(
            "The copy at {place} cannot be written: {error}.", place=place, error=error.strerror or error
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


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


@dataclass
class _Copy:
    """The work on one copy: what was found decides about each file."""

    root: Path
    target: Path
    classes: ClassesFile
    wanted: frozenset[str]
    drop: bool
    diagnosis: Diagnosis
    report: RepairReport
    step: Step

    def __post_init__(self) -> None:
        """What every file asks for: who has which problem, in which split, and which copy is one too many."""
        self.found = {each.kind: set(each.files) for each in self.diagnosis.findings if each.kind in self.wanted}
        self.record = Record(self.root)
        self.lists = split_lists(self.root, Record(self.root))
        self.surplus = self._surplus()

    def write(self) -> RepairReport | None:
        """Write everything; None when ``step`` gave up."""
        parts = find_parts(self.root, None)
        total = max(self.diagnosis.looked_at, 1)
        kept: set[str] = set()
        done = 0
        for part in parts:
            images, masks = files_by_stem(part.root / "images"), files_by_stem(part.root / "masks")
            for inner in ("images", "masks"):
                (self.target / part.root.relative_to(self.root) / inner).mkdir(parents=True)
            self._texts(part.root)
            for stem in sorted(images.keys() | masks.keys()):
                if self.step(total + min(done, total), 2 * total):
                    return None
                done += 1
                if self._pair(images.get(stem, []), masks.get(stem, [])):
                    kept.add(stem)
        if self.root not in [part.root for part in parts]:
            self._texts(self.root)
        self._write_lists(kept)
        (self.target / NOTE).write_text(json.dumps(asdict(self.report), indent=2, ensure_ascii=False), encoding="utf-8")
        return self.report

    # --- files ------------------------------------------------------------------------------------------------------

    def _pair(self, images: list[Path], masks: list[Path]) -> bool:
        """Write what belongs to one name; False where its image is not in the copy."""
        for extra in [*images[1:], *masks[1:]]:
            self._leave_out("same_name", extra)
        if not images or not masks:
            for path in [*images[:1], *masks[:1]]:
                self._leave_out("missing_mask" if images else "missing_image", path)
            return bool(images) and "missing_mask" not in self.wanted
        image, mask = images[0], masks[0]
        why = self._reason_to_drop(image, mask)
        if why is not None:
            self.report.count(why)
            self._drop(image, mask)
            return False
        keep, mended = self._mended(image, mask)
        if not keep:
            self._drop(image, mask)
            return False
        self._copy(image)
        if mended is None:
            self._copy(mask)
        else:
            self._place(mask).with_suffix(".png").write_bytes(mask_repair.png(mended))
        self.report.pairs += 1
        return True

    def _leave_out(self, kind: str, path: Path) -> None:
        if kind in self.wanted:
            self.report.count(kind)
            self.report.dropped.append(self.record.name(path))
        else:
            self._copy(path)

    def _reason_to_drop(self, image: Path, mask: Path) -> str | None:
        name = self.record.name(image)
        if name in self.surplus:
            return self.surplus[name]
        for kind in ("unreadable", "all_ignored", "empty_mask"):
            if self.found.get(kind, set()) & {name, self.record.name(mask)}:
                return kind
        return None

    def _mended(self, image: Path, mask: Path) -> tuple[bool, LabelMap | None]:
        """Whether the pair is kept, and its mask as it shall be; None leaves the file as it is."""
        name = self.record.name(mask)
        look = look_at_mask(mask, self.classes)
        values: LabelMap | None = None
        if look.kind in self.wanted:
            values = mask_repair.mend_values(look, mask.read_bytes(), self.classes)
            if values is None:
                if not self.drop:
                    self.report.left.setdefault(look.kind, []).append(name)
                return not self.drop, None
            self.report.count(look.kind)
        elif name in self.found.get("binary_255", ()) and look.raw is not None:
            values = mask_repair.yes_is_one(look.raw)
            self.report.count("binary_255")
        current = values if values is not None else look.raw
        if current is None:
            return True, None
        if self.record.name(image) in self.found.get("exif_rotated", ()):
            self.report.count("exif_rotated")
            return True, mask_repair.turned_as_shown(current, image.read_bytes())
        if name in self.found.get("size_mismatch", ()):
            self.report.count("size_mismatch")
            height, width = decode(image, channels=self.classes.image_channels).shape[:2]
            return True, mask_repair.fitted(current, (height, width))
        return True, values

    def _drop(self, *paths: Path) -> None:
        self.report.dropped += [self.record.name(path) for path in paths]

    def _place(self, path: Path) -> Path:
        return self.target / path.relative_to(self.root)

    def _copy(self, path: Path) -> None:
        shutil.copyfile(path, self._place(path))

    def _texts(self, folder: Path) -> None:
        """classes.json, licences and the like; the lists of splits are written anew."""
        lists = {f"{split}.txt" for split in folder_splits(self.root)}
        for path in sorted(folder.iterdir()):
            small = path.is_file() and path.stat().st_size <= _LARGEST_TEXT
            if small and path.name not in lists | {NOTE} and not path.name.startswith("."):
                self._copy(path)

    # --- splits -----------------------------------------------------------------------------------------------------

    def _surplus(self) -> dict[str, str]:
        """Images to leave out because another of the same picture stays → the kind of copy."""
        surplus: dict[str, str] = {}
        for kind in _COPIES:
            for group in self.diagnosis.groups.get(kind, ()) if kind in self.wanted else ():
                for name in self._by_worth(group)[1:]:
                    surplus.setdefault(name, kind)
        return surplus

    def _by_worth(self, names: Iterable[str]) -> list[str]:
        """What was kept apart for testing comes first: a copy is better taken out of the training split."""

        def worth(name: str) -> int:
            path = self.root / name
            return _rank(split_name(path, self.root) or self.lists.get(path.stem, ""))

        return sorted(names, key=worth)

    def _write_lists(self, kept: set[str]) -> None:
        """The lists of a flat folder, without names that are gone, and each name in one list only."""
        if not (self.root / "images").is_dir():
            return
        known = files_by_stem(self.root / "images")
        taken: set[str] = set()
        for split in sorted(folder_splits(self.root), key=_rank):
            names: list[str] = []
            for name in [name for part in find_parts(self.root, split) for name in part.names or ()]:
                if name not in known and "unknown_name" in self.wanted:
                    self.report.count("unknown_name")
                elif split != "trainval" and name in taken and "cross_split_duplicate" in self.wanted:
                    self.report.count("cross_split_duplicate")
                elif name in kept or name not in known:
                    names.append(name)
            if split != "trainval":
                taken |= set(names)
            (self.target / f"{split}.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def _rank(split: str) -> int:
    """Test splits before validation before the rest."""
    return next((rank for rank, word in enumerate(("test", "val")) if split.startswith(word)), 2)

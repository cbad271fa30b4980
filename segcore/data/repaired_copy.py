"""Writing the corrected copy of a dataset: which files are copied, repaired or left out."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segcore.data import mask_repair
from segcore.data.classes_file import ClassesFile
from segcore.data.doctor.folder import split_lists
from segcore.data.doctor.masks import look_at_mask, same_shape
from segcore.data.doctor.record import Diagnosis, Record, Step
from segcore.data.doctor.survey import split_name
from segcore.data.formats.folder_files import find_parts, split_sources
from segcore.data.formats.pairing import files_by_key, key_of, pair_files
from segcore.data.images import decode
from segcore.data.transforms import resize_labels
from segcore.errors import Message
from segcore.pictures import encode
from segcore.types import LabelMap

NOTE = "repair.json"
"""The report, in the copy; `segcore.data.dataset_repair` writes it."""

_LARGEST_TEXT = 10**6
_NUMBERINGS = ("binary_255", "one_class", "ids_from_1", "trimap")
_COPIES = ("cross_split_duplicate", "duplicate", "near_duplicate")


@dataclass
class RepairReport:
    """The result of a repair.

    Attributes:
        pairs: number of images with masks in the copy.
        mended: kind → number of files that were changed or left out.
        left: kind → files that could not be repaired and are copied unchanged.
        dropped: images and masks that are not in the copy.
        snapped: mask → per cent of its pixels that were off the value of their class.
        unproven: what the repair assumed, for a person to look at.
        remaining: kind → files with errors, by a check of the finished copy.
    """

    source: str
    folder: str
    pairs: int = 0
    mended: dict[str, int] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    snapped: dict[str, float] = field(default_factory=dict)
    unproven: list[Message] = field(default_factory=list)
    remaining: dict[str, list[str]] = field(default_factory=dict)

    def count(self, kind: str) -> None:
        """Count one more repaired file."""
        self.mended[kind] = self.mended.get(kind, 0) + 1


@dataclass
class RepairedCopy:
    """Writes one copy to ``target``, an empty folder, and completes ``report``.

    Attributes:
        classes: the meaning of the masks' values.
        wanted: the kinds of findings to repair.
        drop: leave out pairs whose mask cannot be repaired.
    """

    root: Path
    target: Path
    classes: ClassesFile
    wanted: frozenset[str]
    drop: bool
    diagnosis: Diagnosis
    report: RepairReport
    step: Step

    def __post_init__(self) -> None:
        """Look-up tables: files by kind of finding, split by name, and the copies to leave out."""
        findings = self.diagnosis.findings
        self.found = {each.name: set(each.facts["files"]) for each in findings if each.name in self.wanted}
        self.record = Record(self.root)
        self.lists = split_lists(self.root, Record(self.root))
        self.surplus = self._surplus()
        binary = [look_at_mask(self.root / name, self.classes).raw for name in self.found.get("one_class", ())]
        self.one_means_yes = any(raw is not None and (raw == 1).any() for raw in binary)

    def write(self) -> None:
        """Write all files."""
        parts = find_parts(self.root, None)
        total = max(self.diagnosis.looked_at, 1)
        kept: set[str] = set()
        done = 0
        for part in parts:
            files = pair_files(part.images, part.masks)
            images, masks = files.images, files.masks
            for inner in ("images", "masks"):
                (self.target / part.root.relative_to(self.root) / inner).mkdir(parents=True)
            self._texts(part.root)
            for stem in sorted(images.keys() | masks.keys()):
                self.step(total + min(done, total), 2 * total)
                done += 1
                if self._pair(images.get(stem, []), masks.get(stem, [])):
                    kept.add(stem)
        if self.root not in [part.root for part in parts]:
            self._texts(self.root)
        self._write_lists(kept)
        if self.report.mended.get("one_class"):
            self._name_background()

    def _pair(self, images: list[Path], masks: list[Path]) -> bool:
        """Write the files of one name; False where its image is not in the copy."""
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
        keep, repaired = self._repaired(image, mask)
        if not keep:
            self._drop(image, mask)
            return False
        self._copy(image)
        if repaired is None:
            self._copy(mask)
        else:
            self._place(mask).parent.mkdir(parents=True, exist_ok=True)
            self._place(mask).with_suffix(".png").write_bytes(encode(repaired))
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

    def _repaired(self, image: Path, mask: Path) -> tuple[bool, LabelMap | None]:
        """Whether the pair is kept, and its new mask; None copies the file."""
        name = self.record.name(mask)
        look = look_at_mask(mask, self.classes)
        numbering = next((kind for kind in _NUMBERINGS if name in self.found.get(kind, ())), None)
        values: LabelMap | None = None
        if numbering is not None and look.raw is not None:
            values = mask_repair.renumbered(numbering, look.raw, one_means_yes=self.one_means_yes)
            self.report.count(numbering)
        elif name in self.found.get(look.kind, ()):
            repaired = mask_repair.repaired_values(look, mask.read_bytes(), self.classes)
            if repaired is None:
                return self._give_up(look.kind, name), None
            values = repaired.values
            self.report.count(look.kind)
            if repaired.snapped:
                self.report.snapped[name] = round(100 * repaired.snapped, 2)
        current = values if values is not None else look.raw
        if current is None:
            return True, None
        if self.record.name(image) in self.found.get("exif_rotated", ()):
            self.report.count("exif_rotated")
            return True, mask_repair.rotate_with_photo(current, image.read_bytes())
        if name in self.found.get("size_mismatch", ()):
            height, width = decode(image, channels=self.classes.image_channels).shape[:2]
            if not same_shape((height, width), (current.shape[0], current.shape[1])):
                return self._give_up("size_mismatch", name), values
            self.report.count("size_mismatch")
            return True, resize_labels(np.ascontiguousarray(current), (height, width))
        return True, values

    def _give_up(self, kind: str, name: str) -> bool:
        """Note a mask that cannot be repaired; whether its pair is kept."""
        if not self.drop:
            self.report.left.setdefault(kind, []).append(name)
        return not self.drop

    def _drop(self, *paths: Path) -> None:
        self.report.dropped += [self.record.name(path) for path in paths]

    def _place(self, path: Path) -> Path:
        return self.target / path.relative_to(self.root)

    def _copy(self, path: Path) -> None:
        self._place(path).parent.mkdir(parents=True, exist_ok=True)  # images/ may have subfolders
        shutil.copyfile(path, self._place(path))

    def _texts(self, folder: Path) -> None:
        """Copy small files such as classes.json and licences; the lists of splits are written by `_write_lists`."""
        lists = {path.name for path in split_sources(self.root).values() if path.is_file()}
        for path in sorted(folder.iterdir()):
            small = path.is_file() and path.stat().st_size <= _LARGEST_TEXT
            if small and path.name not in lists | {NOTE} and not path.name.startswith("."):
                self._copy(path)

    def _name_background(self) -> None:
        """Put a background before the only class, in every classes.json of the copy."""
        for path in self.target.rglob("classes.json"):
            facts = json.loads(path.read_text(encoding="utf-8-sig"))
            name = "background" if self.classes.classes != ("background",) else "other"
            facts["classes"] = [name, *self.classes.classes]
            for key in ("colours", "colors"):
                facts.pop(key, None)
            path.write_text(json.dumps(facts, indent=2, ensure_ascii=False), encoding="utf-8")

    def _surplus(self) -> dict[str, str]:
        """Images to leave out because a copy of them stays → the kind of copy."""
        surplus: dict[str, str] = {}
        for kind in _COPIES:
            for group in self.diagnosis.groups.get(kind, ()) if kind in self.wanted else ():
                for name in sorted(group, key=self._rank_of_split)[1:]:
                    surplus.setdefault(name, kind)
        return surplus

    def _rank_of_split(self, name: str) -> int:
        """Lower for images of test splits, so that copies are removed from the training split."""
        path = self.root / name
        images = self.root / "images"
        listed = self.lists.get(key_of(str(path.relative_to(images))), "") if path.is_relative_to(images) else ""
        return _rank(listed or split_name(path, self.root))

    def _write_lists(self, kept: set[str]) -> None:
        """Write the lists of a flat folder: only existing names, each in one list."""
        sources = split_sources(self.root)
        if not (self.root / "images").is_dir() or not all(path.is_file() for path in sources.values()):
            return
        known = files_by_key(self.root / "images")
        taken: set[str] = set()
        for split in sorted(sources, key=_rank):
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

"""Problems that only all files together show, from a few sums per split."""

from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.advice import listed
from segcore.data.doctor.copies import Fingerprints, groups_of, near_pairs, sequences_across
from segcore.data.doctor.numbering import numbering_of
from segcore.data.doctor.orientation import Orientations
from segcore.data.doctor.record import Record, Step
from segcore.data.splits import TEST, VAL, canonical
from segcore.errors import Message, joined
from segcore.types import IGNORE, LabelMap

_MOSTLY = 0.5
"""Share of ignored pixels above which a mask is mostly unlabelled."""
_RARELY_IGNORED = 0.1
"""A mask of 0 and 255 means no and yes unless masks with classes have at least this share of its 255."""
ALL = "all"
"""The name of a dataset without splits in findings."""
_UNREAD_MASKS = ("colour_mask", "palette", "jpeg_blurred", "mask_16bit", "unknown_value")
"""Kinds of masks whose classes are unknown."""
_LEVELS = 15.0
"""Minimum difference of mean brightness between splits, in grey levels …"""
_ERRORS = 3.0
"""… and in standard errors."""


@dataclass
class _Split:
    """Sums over the images and masks of a split."""

    showing: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    pixels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    masks: int = 0
    brightness: list[float] = field(default_factory=list)


@dataclass
class Survey:
    """Sums over the splits of a dataset; ``record`` takes the problems.

    ``complete`` also looks for copies. ``ids_in_files``: the values of the mask files should be class ids, so that
    other numberings are recognised.
    """

    record: Record
    complete: bool = True
    ids_in_files: bool = False
    orientations: Orientations = field(default_factory=Orientations)
    images: Fingerprints = field(default_factory=Fingerprints)
    splits: dict[str, _Split] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _values: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    _only_0_and_255: list[tuple[str, float]] = field(default_factory=list)
    _with_classes: int = 0
    _ignored_share: float = 0.0

    def add_image(self, split: str, name: str, image: NDArray[np.uint8]) -> None:
        """Add an image (H, W, C); ``split`` is "" where there are no splits."""
        if not self.complete:
            return
        self.images.add(name, split, image)
        level = float(np.mean(cv2.mean(np.ascontiguousarray(image[..., :3]))[: min(image.shape[2], 3)]))
        self.splits.setdefault(split, _Split()).brightness.append(level)

    def add_mask(self, split: str, name: str, raw: LabelMap, labels: LabelMap) -> None:
        """Add a mask and note the problems of this mask alone.

        ``raw`` is (H, W) as in the file, ``labels`` (H, W) class ids.
        """
        counts = np.bincount(labels.ravel(), minlength=256)
        here = self.splits.setdefault(split, _Split())
        here.showing += counts > 0
        here.pixels += counts
        here.masks += 1
        ignored = counts[IGNORE] / max(labels.size, 1)
        others = bool(counts[1:IGNORE].any())
        values = np.bincount(raw.ravel(), minlength=256)
        self._names.append(name)
        self._values += values
        share_255 = float(values[255] / max(raw.size, 1))
        if share_255 and not others and not values[1:255].any():
            self._only_0_and_255.append((name, share_255))
            return
        if others:
            self._with_classes += 1
            self._ignored_share += share_255
        if ignored == 1:
            self.record.add("all_ignored", name)
        elif ignored > _MOSTLY:
            self.record.add("unlabelled", name)
        if not others and not ignored:
            self.record.add("empty_mask", name)

    def conclude(self, classes: tuple[str, ...] | None, step: Step, *, complete: bool = True) -> None:
        """Note the problems of all images and masks together; without known classes only copies of images.

        ``complete``: all of them were read, so that a class which was not met is absent.
        """
        self._copies(step)
        self.orientations.conclude(self.record)
        if classes is None:
            return
        self._brightness()
        if self._numbered_otherwise(classes):
            return
        binary = self._binary(len(classes))
        self._without_contrast(classes, binary)
        if complete:
            self._absent(classes, binary)
        ignored = sum(int(split.pixels[IGNORE]) for split in self.splits.values())
        everything = sum(int(split.pixels.sum()) for split in self.splits.values())
        if self.record.files.get("unlabelled") and everything:
            share = Message("{share:.0f} % of all pixels of the dataset are ignored", share=100 * ignored / everything)
            self.record.add("unlabelled", self.record.files["unlabelled"][0], share)

    def _copies(self, step: Step) -> None:
        """Record equal images, nearly equal ones and sequences in two splits."""

        def is_leak(group: list[int]) -> bool:
            return len({self.images.splits[index] for index in group} - {""}) > 1

        for same in self.images.equal():
            names = [self.images.names[index] for index in same]
            self.record.add_group(
                "cross_split_duplicate" if is_leak(same) else "duplicate", names, joined(names[:4], " = ")
            )
        for group in sorted(groups_of(near_pairs(self.images.prints, step)), key=is_leak, reverse=True):
            names = [self.images.names[index] for index in group]
            shown = joined(names[:4], " ≈ ")
            detail = Message("{names} in two splits", names=shown) if is_leak(group) else shown
            self.record.add_group("near_duplicate", names, detail)
        stems = [Path(name).stem for name in self.images.names]
        for prefix, places in sequences_across(stems, self.images.splits):
            counts = [
                Message("{count} in {split}", count=len(indices), split=split) for split, indices in places.items()
            ]
            names = [self.images.names[index] for indices in places.values() for index in indices]
            self.record.add_group(
                "sequence_leak", names, Message("{beginning}…: {places}", beginning=prefix, places=counts)
            )

    def _numbered_otherwise(self, classes: tuple[str, ...]) -> bool:
        """Note a numbering other than the class ids, of all masks; 0 and 255 with several classes are `_binary`'s."""
        met = np.flatnonzero(self._values).tolist()
        numbering = numbering_of(met, classes) if self.ids_in_files else None
        if numbering is None or numbering == "binary_255":
            return False
        self.record.files.pop("unknown_value", None)
        detail = Message("values {values}, with {count} classes", values=listed(map(str, met)), count=len(classes))
        for name in self._names:
            self.record.add(numbering, name, detail)
        return True

    def _binary(self, num_classes: int) -> bool:
        """Whether masks of only 0 and 255 mean no and yes, instead of background with ignored pixels."""
        usual = self._ignored_share / self._with_classes if self._with_classes else 0.0
        suspects = {name for name, share in self._only_0_and_255 if share < 1 and usual < _RARELY_IGNORED * share}
        binary = bool(suspects) and num_classes >= 2
        for name, share in self._only_0_and_255:
            # A mask of 255 only means "yes" everywhere only among masks of no and yes.
            if binary and (name in suspects or share == 1):
                self.record.add("binary_255", name, Message("values 0 and 255 only"))
            elif share == 1:
                self.record.add("all_ignored", name)
            elif share > _MOSTLY:
                self.record.add("unlabelled", name)
        return binary

    def _without_contrast(self, classes: tuple[str, ...], binary: bool) -> None:
        """Note what leaves nothing to learn: one class, no labelled pixel, or one class in all masks."""
        if len(classes) == 1:
            stretched = Message("values 0 and 255 only") if self._only_0_and_255 else None
            self.record.add("single_class", classes[0], stretched)
            return
        if binary or any(self.record.files.get(kind) for kind in _UNREAD_MASKS):
            return
        for name, split in self.splits.items():
            if split.masks and not split.pixels[:IGNORE].sum():
                self.record.add("nothing_labelled", name or ALL)
        learnt = {name: split for name, split in self.splits.items() if name not in (VAL, TEST)} or self.splits
        shown = sum((split.pixels for split in learnt.values()), np.zeros(256, np.int64))[:IGNORE].nonzero()[0]
        if len(shown) == 1 and shown[0] < len(classes):
            for name, split in learnt.items():
                self.record.add("no_objects", name or ALL, Message("{count} masks", count=split.masks))

    def _absent(self, classes: tuple[str, ...], binary: bool) -> None:
        """Note the classes that a split never shows. In masks of 0 and 255 the second class is there as 255."""
        measured = {name: split for name, split in self.splits.items() if split.masks}
        for index, name in enumerate(classes):
            if binary and (index == 1 or not self._with_classes):
                continue
            lacking = [split_name for split_name, split in measured.items() if not split.showing[index]]
            if lacking and len(lacking) == len(measured):
                self.record.add("absent_class", name)
                continue
            for split_name in lacking:
                self.record.add("absent_class", f"{name} ({split_name})")

    def _brightness(self) -> None:
        levels = {name: split.brightness for name, split in self.splits.items() if name and len(split.brightness) > 1}
        for (name, one), (other_name, other) in combinations(levels.items(), 2):
            error = float(np.var(one) / len(one) + np.var(other) / len(other)) ** 0.5
            first, second = float(np.mean(one)), float(np.mean(other))
            if abs(first - second) > max(_LEVELS, _ERRORS * error):
                detail = Message(
                    "{one} {first:.0f}, {other} {second:.0f} of 255",
                    one=name,
                    first=first,
                    other=other_name,
                    second=second,
                )
                self.record.add("brightness", f"{name}, {other_name}", detail)


def split_name(path: Path, root: Path) -> str:
    """The split of a file in DIR/SPLIT/images; "" for one in DIR/images."""
    place = next((each for each in path.parents if each.name in ("images", "masks")), path.parent).parent
    return "" if place == root else canonical(place.name)

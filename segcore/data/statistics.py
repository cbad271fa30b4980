"""What a dataset is made of, as a training would read it: sizes, classes, objects, what cannot be read, copies.

Images are read one after the other and only counts are kept, so a hundred thousand need no more memory than ten. What
the short job ``dataset_facts`` answers:

    title, classes, colours, licence, shippable
    splits     name → `SplitFacts.to_json`; "all" where a dataset has no splits
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.data.base import SegDataset
from segcore.data.registry import dataset_splits, open_dataset
from segcore.errors import SegcoreError
from segcore.job_context import JobContext
from segcore.palette import is_background
from segcore.types import IGNORE, LabelMap

MOST_LOOKED_AT = 1000
"""Images of one split that are read, evenly spread: enough for shares and sizes, and quick on any disk."""
MOST_NAMED = 10
"""So many files or pictures are told by name."""
OBJECT_BINS = 24
"""Sizes of objects are counted in doublings: bin b holds areas of 2^b … 2^(b+1) - 1 pixels, the last all above."""
MOST_SIZES = 20
"""So many different sizes of images are told, the most frequent ones."""

_IN_OTHERS = ("trainval", "train_aug", "train_noval")
"""Splits that repeat the images of others."""

Size = tuple[int, int]


@dataclass
class SplitFacts:
    """What was found in a split.

    Attributes:
        images: in the split.
        looked_at: of these, those that were read.
        sizes: (height, width) → how many images have it, of those that could be read.
        pixels: labelled pixels of each class.
        showing: images that have at least one pixel of each class.
        ignored: pixels that are labelled IGNORE.
        broken: the first MOST_NAMED images that cannot be used, a sentence each: unreadable, a mask of another size, a
            value that is no class.
        broken_count: all of them.
        objects: (K, OBJECT_BINS) connected pieces of each class by area; of a background none are counted. None where
            nobody asked for them.
        digests: hash of an image's pixels → its name; not part of `to_json`.
    """

    images: int
    looked_at: int = 0
    sizes: Counter[Size] = field(default_factory=Counter)
    pixels: list[int] = field(default_factory=list)
    showing: list[int] = field(default_factory=list)
    ignored: int = 0
    broken: list[str] = field(default_factory=list)
    broken_count: int = 0
    objects: list[list[int]] | None = None
    digests: dict[bytes, str] = field(default_factory=dict)

    @property
    def shares(self) -> list[float]:
        """Of each class among the labelled pixels, 0 … 1; all 0 where nothing is labelled."""
        labelled = sum(self.pixels)
        return [pixels / labelled if labelled else 0.0 for pixels in self.pixels]

    @property
    def median_size(self) -> Size | None:
        """(height, width) of an image in the middle, by area; None where none could be read."""
        middle = self.sizes.total() // 2
        for size in self._by_area():
            middle -= self.sizes[size]
            if middle < 0:
                return size
        return None

    def to_json(self) -> dict[str, Any]:
        """Plain values for a report; sizes are [height, width], ``common_sizes`` are [height, width, images]."""
        ordered = self._by_area()
        return {
            "images": self.images,
            "looked_at": self.looked_at,
            "smallest": ordered[0] if ordered else None,
            "median": self.median_size,
            "largest": ordered[-1] if ordered else None,
            "common_sizes": [[*size, count] for size, count in self.sizes.most_common(MOST_SIZES)],
            "pixels": self.pixels,
            "shares": self.shares,
            "showing": self.showing,
            "ignored": self.ignored,
            "broken": self.broken,
            "broken_count": self.broken_count,
            "objects": self.objects,
        }

    def _by_area(self) -> list[Size]:
        return sorted(self.sizes, key=lambda size: size[0] * size[1])


def look_at(
    dataset: SegDataset,
    step: Callable[[], bool],
    most: int | None = MOST_LOOKED_AT,
    *,
    objects: bool = False,
    digests: bool = True,
) -> SplitFacts | None:
    """Read a split's images and labels once.

    Args:
        dataset: to be read.
        step: called after each image; True gives up.
        most: images to read at most; None reads all.
        objects: count connected pieces by area too.
        digests: remember every image's hash and name, for ``shared_pictures``. The one thing that grows with the
            number of images.

    Returns:
        The facts, or None when it was given up.
    """
    num_classes = len(dataset.classes)
    pixels, showing = np.zeros(num_classes, np.int64), np.zeros(num_classes, np.int64)
    pieces = np.zeros((num_classes, OBJECT_BINS), np.int64)
    first_thing = 1 if is_background(dataset.classes[0]) else 0
    facts = SplitFacts(images=len(dataset))
    wanted = len(dataset) if most is None else min(most, len(dataset))
    for index in np.unique(np.linspace(0, len(dataset) - 1, wanted).round().astype(int)):
        facts.looked_at += 1
        try:
            sample = dataset[int(index)]
        except SegcoreError as error:
            facts.broken_count += 1
            if facts.broken_count <= MOST_NAMED:
                facts.broken.append(error.message)
        else:
            counts = np.bincount(sample.labels.ravel(), minlength=IGNORE + 1)
            pixels += counts[:num_classes]
            showing += counts[:num_classes] > 0
            facts.ignored += int(counts[IGNORE])
            height, width = sample.labels.shape
            facts.sizes[(height, width)] += 1
            if objects:
                for label in range(first_thing, num_classes):
                    if counts[label]:
                        pieces[label] += count_by_area(sample.labels == label)
            if digests:
                digest = hashlib.blake2b(np.ascontiguousarray(sample.image).data, digest_size=16).digest()
                facts.digests.setdefault(digest + f"{height}x{width}".encode(), sample.name)
        if step():
            return None
    facts.pixels, facts.showing = pixels.tolist(), showing.tolist()
    facts.objects = pieces.tolist() if objects else None
    return facts


def count_by_area(mask: NDArray[np.bool_] | LabelMap) -> NDArray[np.int64]:
    """(OBJECT_BINS,) connected pieces of a mask (H, W) by area; pixels that touch at a corner belong together."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    bins = np.log2(stats[1:, cv2.CC_STAT_AREA]).astype(int)  # piece 0 is what is not of the mask
    return np.bincount(np.minimum(bins, OBJECT_BINS - 1), minlength=OBJECT_BINS)


def shared_pictures(train: SplitFacts, val: SplitFacts) -> list[tuple[str, str]]:
    """Pictures that are equal pixel by pixel in both splits, as (name in training, name in validation)."""
    return [(train.digests[digest], name) for digest, name in val.digests.items() if digest in train.digests]


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The function of the job ``dataset_facts``, see segcore/jobs/table.py.

    Args:
        settings: ``data``, a spec; ``most``, images of a split to read at most, null for all (MOST_LOOKED_AT where it
            is missing).
        job: takes the progress.

    Raises:
        SegcoreError: the dataset cannot be opened.
    """
    spec, most = str(settings["data"]), settings.get("most", MOST_LOOKED_AT)
    known = dataset_splits(spec)
    alone = [split for split in known if split not in _IN_OTHERS]
    parts = {split: open_dataset(spec, split) for split in alone or known} or {"all": open_dataset(spec)}
    total = sum(len(part) if most is None else min(most, len(part)) for part in parts.values())
    done = 0

    def step() -> bool:
        nonlocal done
        done += 1
        job.progress(done, total, doing="reading", detail=f"{done:,} / {total:,}")
        return False

    found: dict[str, Any] = {}
    for split, part in parts.items():
        facts = look_at(part, step, most, objects=True, digests=False)
        assert facts is not None, "step never gives up"
        found[split] = facts.to_json()
    first = next(iter(parts.values()))
    about = {name: getattr(first, name) for name in ("title", "classes", "colours", "licence", "shippable")}
    return {**about, "splits": found}

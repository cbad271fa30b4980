"""Statistics of a dataset: sizes, classes, objects, unreadable files, images that two splits share.

Images are read one by one and only counts are kept. The result of the job ``dataset_facts`` has title, classes,
colours, licence, shippable; splits: name → `SplitFacts.to_json`, "all" where a dataset has no splits; notes, the
`Message.to_json` of what its reader left out or assumed; and refused: name → that of why a split cannot be opened.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.data.base import SegDataset
from segcore.data.specs import open_splits
from segcore.errors import SegcoreError
from segcore.job_context import JobContext
from segcore.palette import background_id
from segcore.types import IGNORE, LabelMap

MAX_IMAGES_READ = 1000
"""Images of one split that are read by default, evenly spaced: enough for shares and sizes, and quick on any disk."""
MAX_NAMED = 10
"""Maximum number of files or images that are listed by name."""
OBJECT_BINS = 24
"""Object sizes are counted in bins of powers of two: bin b is 2^b … 2^(b+1) - 1 pixels, the last one all above."""
MAX_SIZES = 20
"""Maximum number of image sizes in a report, the most frequent ones."""

_PLAIN = ("pixels", "shares", "showing", "ignored", "broken", "broken_count", "objects")

Size = tuple[int, int]


@dataclass
class SplitFacts:
    """The statistics of a split.

    Attributes:
        looked_at: number of images read, of ``images``.
        sizes: (height, width) → number of readable images of this size.
        pixels: labelled pixels of each class.
        showing: number of images with at least one pixel of each class.
        ignored: number of IGNORE pixels.
        broken: error texts of the first MAX_NAMED of ``broken_count`` images that cannot be used.
        objects: (K, OBJECT_BINS) connected components of each class by area, without those of a background; None where
            they were not counted.
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
        """Share of each class in the labelled pixels, 0 … 1; all 0 where nothing is labelled."""
        labelled = sum(self.pixels)
        return [pixels / labelled if labelled else 0.0 for pixels in self.pixels]

    @property
    def median_size(self) -> Size | None:
        """(height, width) of the image of median area; None where no image could be read."""
        ordered = self._by_area()
        return ordered[len(ordered) // 2] if ordered else None

    def to_json(self) -> dict[str, Any]:
        """Plain values for a report; sizes are [height, width], ``common_sizes`` are [height, width, images]."""
        ordered = self._by_area()
        return {
            "images": self.images,
            "looked_at": self.looked_at,
            "smallest": ordered[0] if ordered else None,
            "median": self.median_size,
            "largest": ordered[-1] if ordered else None,
            "common_sizes": [[*size, count] for size, count in self.sizes.most_common(MAX_SIZES)],
            **{name: getattr(self, name) for name in _PLAIN},
        }

    def _by_area(self) -> list[Size]:
        """The size of every readable image."""
        return sorted(self.sizes.elements(), key=math.prod)


def measure_split(
    dataset: SegDataset,
    step: Callable[[], object],
    most: int | None = MAX_IMAGES_READ,
    *,
    objects: bool = False,
    digests: bool = True,
) -> SplitFacts:
    """Read a split's images and labels once: at most ``most`` of them (None: all), evenly spaced.

    ``step`` is called after each image and may raise to stop. ``objects`` counts connected components by area; with
    ``digests`` every image's hash and name are kept, for `shared_images`.
    """
    num_classes = len(dataset.classes)
    pixels, showing = np.zeros(num_classes, np.int64), np.zeros(num_classes, np.int64)
    components = np.zeros((num_classes, OBJECT_BINS), np.int64)
    first_object = 0 if background_id(dataset.classes) is None else 1
    facts = SplitFacts(images=len(dataset))
    count = len(dataset) if most is None else min(most, len(dataset))
    for index in np.unique(np.linspace(0, len(dataset) - 1, count).round().astype(int)):
        facts.looked_at += 1
        try:
            sample = dataset[int(index)]
        except SegcoreError as error:
            facts.broken_count += 1
            if facts.broken_count <= MAX_NAMED:
                facts.broken.append(error.message)
        else:
            counts = np.bincount(sample.labels.ravel(), minlength=IGNORE + 1)
            pixels += counts[:num_classes]
            showing += counts[:num_classes] > 0
            facts.ignored += int(counts[IGNORE])
            facts.sizes[(sample.labels.shape[0], sample.labels.shape[1])] += 1
            for label in range(first_object, num_classes) if objects else ():
                if counts[label]:
                    components[label] += count_by_area(sample.labels == label)
            if digests:
                facts.digests.setdefault(pixel_digest(sample.image), sample.name)
        step()
    facts.pixels, facts.showing = pixels.tolist(), showing.tolist()
    facts.objects = components.tolist() if objects else None
    return facts


def pixel_digest(image: NDArray[np.uint8]) -> bytes:
    """Hash of the pixels and the shape: equal for equal images."""
    return hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest() + str(image.shape).encode()


def count_by_area(mask: NDArray[np.bool_] | LabelMap) -> NDArray[np.int64]:
    """(OBJECT_BINS,) connected components of a mask (H, W) by area; pixels that touch at a corner are connected."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    bins = np.log2(stats[1:, cv2.CC_STAT_AREA]).astype(int)  # component 0 is the rest
    return np.bincount(np.minimum(bins, OBJECT_BINS - 1), minlength=OBJECT_BINS)


def shared_images(train: SplitFacts, val: SplitFacts) -> list[tuple[str, str]]:
    """Images with equal pixels in both splits, as (name in training, name in validation)."""
    return [(train.digests[digest], name) for digest, name in val.digests.items() if digest in train.digests]


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The function of the job ``dataset_facts``: ``data`` is a spec, ``most`` as for `measure_split`."""
    spec, most = str(settings["data"]), settings.get("most", MAX_IMAGES_READ)
    opened, refused = open_splits(spec)
    parts = {split or "all": part for split, part in opened.items()}
    total = sum(len(part) if most is None else min(most, len(part)) for part in parts.values())
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        job.progress(done, total, doing="reading", detail=f"{done:,} / {total:,}")

    splits = {
        split: measure_split(part, step, most, objects=True, digests=False).to_json() for split, part in parts.items()
    }
    first = next(iter(parts.values()))
    facts = {name: getattr(first, name) for name in ("title", "classes", "colours", "licence", "shippable")}
    notes = dict.fromkeys(note for part in parts.values() for note in part.notes)
    return {
        **facts,
        "splits": splits,
        "notes": [note.to_json() for note in notes],
        "refused": {split or "all": error.message.to_json() for split, error in refused.items()},
    }

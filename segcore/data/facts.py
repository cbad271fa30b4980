"""What a dataset is made of, as a training would read it: sizes, classes, what cannot be read, pictures seen twice."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from segcore.data import SegDataset
from segcore.errors import SegcoreError
from segcore.types import IGNORE

MOST_LOOKED_AT = 1000
"""Images of one split that are read, evenly spread: enough for shares and sizes, and quick on any disk."""
MOST_NAMED = 10
"""So many files or pictures are told by name."""

Size = tuple[int, int]


@dataclass
class SplitFacts:
    """What was found in a split.

    Attributes:
        images: in the split.
        looked_at: of these, those that were read.
        sizes: (height, width) of every image that could be read, the smallest area first.
        pixels: labelled pixels of each class.
        showing: images that have at least one pixel of each class.
        ignored: pixels that are labelled IGNORE.
        broken: a sentence for each image that cannot be used: unreadable, a mask of another size, a value that is
            no class.
        digests: hash of an image's pixels → its name; not part of `to_json`.
    """

    images: int
    looked_at: int = 0
    sizes: list[Size] = field(default_factory=list)
    pixels: list[int] = field(default_factory=list)
    showing: list[int] = field(default_factory=list)
    ignored: int = 0
    broken: list[str] = field(default_factory=list)
    digests: dict[bytes, str] = field(default_factory=dict)

    @property
    def shares(self) -> list[float]:
        """Of each class among the labelled pixels, 0 … 1; all 0 where nothing is labelled."""
        labelled = sum(self.pixels)
        return [pixels / labelled if labelled else 0.0 for pixels in self.pixels]

    @property
    def median_size(self) -> Size | None:
        """(height, width) of an image in the middle; None where none could be read."""
        return self.sizes[len(self.sizes) // 2] if self.sizes else None

    def to_json(self) -> dict[str, Any]:
        """Plain values for a report; sizes are [height, width]."""
        return {
            "images": self.images,
            "looked_at": self.looked_at,
            "smallest": self.sizes[0] if self.sizes else None,
            "median": self.median_size,
            "largest": self.sizes[-1] if self.sizes else None,
            "pixels": self.pixels,
            "shares": self.shares,
            "showing": self.showing,
            "ignored": self.ignored,
            "broken": self.broken[:MOST_NAMED],
            "broken_count": len(self.broken),
        }


def look_at(dataset: SegDataset, step: Callable[[], bool], most: int = MOST_LOOKED_AT) -> SplitFacts | None:
    """Read a split's images and labels once.

    Args:
        dataset: to be read.
        step: called after each image; True gives up.
        most: images to read at most.

    Returns:
        The facts, or None when it was given up.
    """
    num_classes = len(dataset.classes)
    pixels, showing = np.zeros(num_classes, np.int64), np.zeros(num_classes, np.int64)
    facts = SplitFacts(images=len(dataset))
    for index in np.unique(np.linspace(0, len(dataset) - 1, min(most, len(dataset))).round().astype(int)):
        facts.looked_at += 1
        try:
            sample = dataset[int(index)]
        except SegcoreError as error:
            facts.broken.append(str(error))
        else:
            counts = np.bincount(sample.labels.ravel(), minlength=IGNORE + 1)
            pixels += counts[:num_classes]
            showing += counts[:num_classes] > 0
            facts.ignored += int(counts[IGNORE])
            height, width = sample.labels.shape
            facts.sizes.append((height, width))
            digest = hashlib.blake2b(np.ascontiguousarray(sample.image).data, digest_size=16).digest()
            facts.digests.setdefault(digest + f"{height}x{width}".encode(), sample.name)
        if step():
            return None
    facts.sizes.sort(key=lambda size: size[0] * size[1])
    facts.pixels, facts.showing = pixels.tolist(), showing.tolist()
    return facts


def shared_pictures(train: SplitFacts, val: SplitFacts) -> list[tuple[str, str]]:
    """Pictures that are equal pixel by pixel in both splits, as (name in training, name in validation)."""
    return [(train.digests[digest], name) for digest, name in val.digests.items() if digest in train.digests]

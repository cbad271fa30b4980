"""Which images a training used, as 64-bit hashes of their pixels: the same images are recognised under any name.

Equal pixels give equal hashes, in whatever file and folder. A copy that was resized or compressed again is another
image here; the doctor finds such copies within a dataset. Among a million images, two different ones have the same
hash with a probability of 3 in 100 million.
"""

import base64
import binascii
import hashlib
import time
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import SegDataset
from segcore.data.statistics import pixel_digest
from segcore.data.views import View
from segcore.errors import SegcoreError

MAX_HASHED = 2000
"""Maximum number of images of a training that are hashed: 21 kB in a card."""
MAX_SECONDS = 30.0
"""Maximum time for that: the training waits meanwhile."""


def content_hash(image: NDArray[np.uint8]) -> int:
    """Return the hash of an image (H, W, C), 0 … 2^64 - 1."""
    digest = hashlib.blake2b(pixel_digest(image), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def hash_images(dataset: SegDataset, most: int = MAX_HASHED, seconds: float = MAX_SECONDS) -> frozenset[int]:
    """Return the hashes of at most ``most`` images of a dataset; repeated images are read once, unreadable skipped.

    They are read in a random order that is always the same, until ``seconds`` have passed.
    """
    distinct = list(dict.fromkeys(_origin(dataset, index) for index in range(len(dataset))))
    found: set[int] = set()
    end = time.monotonic() + seconds
    for place in np.random.default_rng(0).permutation(len(distinct))[:most]:
        if found and time.monotonic() > end:
            break
        source, index = distinct[int(place)]
        try:
            found.add(content_hash(source[index].image))
        except SegcoreError:
            continue
    return frozenset(found)


def pack_hashes(hashes: Iterable[int]) -> str:
    """Return hashes as a short text, sorted, 11 letters each."""
    return base64.b64encode(np.array(sorted(hashes), "<u8").tobytes()).decode()


def unpack_hashes(text: str) -> frozenset[int]:
    """Return the hashes of `pack_hashes`; none where the text is damaged."""
    try:
        data = base64.b64decode(text, validate=True)
        return frozenset(np.frombuffer(data, "<u8").tolist())
    except (binascii.Error, ValueError):
        return frozenset()


def _origin(dataset: SegDataset, index: int) -> tuple[SegDataset, int]:
    """Return the dataset that reads a sample, and its index there."""
    while isinstance(dataset, View):
        source, position = dataset.entries[index]
        dataset, index = dataset.sources[source], int(position)
    return dataset, index

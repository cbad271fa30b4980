"""Which images a training used, as 64-bit hashes of their pixels: the same images are recognised under any name.

Equal pixels give equal hashes, in whatever file and folder. A copy that was resized or compressed again is another
image here; the doctor finds such copies within a dataset. Among a million images, two different ones have the same
hash with a probability of 3 in 100 million.
"""

import base64
import binascii
import hashlib
import math
import os
import threading
import time
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import SegDataset
from segcore.data.statistics import pixel_digest
from segcore.data.views import origin
from segcore.errors import SegcoreError

MAX_HASHED = 2000
"""Maximum number of images of a training that are hashed: 21 kB in a card."""
MAX_SECONDS = 30.0
"""Maximum time for that."""

_reading = threading.Lock()
"""Held while a thread reads an image: a process that is forked meanwhile would inherit a decoder at work."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_reading.acquire, after_in_parent=_reading.release, after_in_child=_reading.release)


def content_hash(image: NDArray[np.uint8]) -> int:
    """Return the hash of an image (H, W, C), 0 … 2^64 - 1."""
    digest = hashlib.blake2b(pixel_digest(image), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def hash_images(dataset: SegDataset, most: int = MAX_HASHED, seconds: float = MAX_SECONDS) -> frozenset[int]:
    """Return the hashes of at most ``most`` images of a dataset; repeated images are read once, unreadable skipped.

    They are read in a random order that is always the same, until ``seconds`` have passed.
    """
    return frozenset(_hashes(dataset, most, seconds))


def _hashes(dataset: SegDataset, most: int, seconds: float) -> Iterator[int]:
    distinct = list(dict.fromkeys(origin(dataset, index) for index in range(len(dataset))))
    end = math.inf
    for place in np.random.default_rng(0).permutation(len(distinct))[:most]:
        if time.monotonic() > end:
            return
        source, index = distinct[int(place)]
        try:
            with _reading:
                image = source[index].image
        except SegcoreError:
            continue
        if end == math.inf:  # at least one
            end = time.monotonic() + seconds
        yield content_hash(image)


class ImageHashing:
    """`hash_images` in a thread, beside a training."""

    def __init__(self, dataset: SegDataset, most: int = MAX_HASHED, seconds: float = MAX_SECONDS) -> None:
        self._found: list[int] = []  # appended to by the thread, copied by others
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(dataset, most, seconds), daemon=True)
        self._thread.start()

    def _work(self, dataset: SegDataset, most: int, seconds: float) -> None:
        for each in _hashes(dataset, most, seconds):
            self._found.append(each)
            if self._stopped.is_set():
                return

    def collect(self, seconds: float) -> frozenset[int]:
        """The hashes so far: all of them, unless they take longer than these seconds."""
        self._thread.join(seconds)
        return frozenset(list(self._found))

    def stop(self) -> None:
        """End the thread after the image that it reads."""
        self._stopped.set()
        self._thread.join()


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

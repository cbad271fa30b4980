"""The same image twice: exactly, nearly, or as frames of one sequence.

An image is reduced to a fingerprint of 16 × 16 grey pixels minus their own blur; two fingerprints are compared by their
correlation. On the datasets we tried, unrelated images stay below 0.85, and an image saved as JPEG of quality 50 at
half its size, shifted by three pixels or cropped by 1 % a side stays above 0.92. Where all images of a dataset are
alike (the bright disc of an eye), their mean fingerprint is subtracted and the rest must agree, too.
"""

import re
from array import array
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from segcore.data.doctor.record import Step
from segcore.data.statistics import pixel_digest

SIDE = 16
"""Side of a fingerprint in pixels."""
_COARSE = 8
ALIKE = 0.9
"""Correlation of two fingerprints above which two images are nearly the same."""
_ALIKE_REST = 0.85
"""… and of what remains of them without the mean fingerprint."""
_ALIKE_COARSE = 0.8
_FEW = 16
"""Minimum number of images for a mean fingerprint."""
_FLAT = 2.0
"""A fingerprint with less contrast (grey levels) is meaningless: fog, a blank page."""
_BLOCK = 2048
_MAX_PAIRS = 1_000_000
"""Maximum number of pairs: a dataset of a thousand equal pages has half a million."""


def fingerprint(image: NDArray[np.uint8]) -> bytes:
    """SIDE × SIDE int8 of an image (H, W, C) uint8; all zero for an image without contrast."""
    grey = cv2.resize(np.ascontiguousarray(image[..., :3]), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = grey.reshape(SIDE, SIDE, -1).mean(axis=2).astype(np.float32)
    grey -= cv2.GaussianBlur(grey, (0, 0), 2.0)
    grey -= grey.mean()
    if float(grey.std()) < _FLAT:
        return bytes(SIDE * SIDE)
    return bytes((grey * (127.0 / np.abs(grey).max())).astype(np.int8))


def near_pairs(prints: bytearray, step: Step) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, of images that are nearly the same; ``step`` gets the number of rows done and of all.

    All ``prints``, fingerprints one after the other, are compared, 2048 rows at a time: first coarsely by 64 numbers,
    then by all 256. So memory stays bounded, and a hundred thousand images take about a minute.
    """
    whole = np.frombuffer(prints, np.int8).reshape(-1, SIDE * SIDE)
    valid = np.flatnonzero(whole.any(axis=1))
    count = len(valid)
    shared = whole[valid].mean(axis=0, dtype=np.float32) if count >= _FEW else None
    coarse = np.empty((count, _COARSE * _COARSE), np.float32)
    for begin in range(0, count, _BLOCK):
        block = whole[valid[begin : begin + _BLOCK]].astype(np.float32)
        folded = block.reshape(-1, _COARSE, 2, _COARSE, 2).mean(axis=(2, 4)).reshape(len(block), -1)
        coarse[begin : begin + _BLOCK] = _unit(folded)
    found: list[tuple[int, int]] = []
    for begin in range(0, count, _BLOCK):
        for other in range(begin, count, _BLOCK):
            likeness = coarse[begin : begin + _BLOCK] @ coarse[other : other + _BLOCK].T
            rows, columns = np.nonzero(likeness > _ALIKE_COARSE)
            rows, columns = rows + begin, columns + other
            upper = rows < columns
            left, right = valid[rows[upper]], valid[columns[upper]]
            for part in range(0, len(left), 65536):
                one, two = left[part : part + 65536], right[part : part + 65536]
                keep = _alike(whole[one], whole[two], shared)
                found += zip(one[keep].tolist(), two[keep].tolist(), strict=True)
            if len(found) >= _MAX_PAIRS:
                return found[:_MAX_PAIRS]
        step(min(begin + _BLOCK, count), count)
    return found


def _alike(one: NDArray[np.int8], two: NDArray[np.int8], shared: NDArray[np.float32] | None) -> NDArray[np.bool_]:
    first, second = one.astype(np.float32), two.astype(np.float32)
    alike = (_unit(first) * _unit(second)).sum(axis=1) > ALIKE
    if shared is not None:
        alike &= (_unit(first - shared) * _unit(second - shared)).sum(axis=1) > _ALIKE_REST
    return np.asarray(alike, bool)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6), np.float32)


def groups_of(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Connected components of the pairs; members and groups in ascending order."""
    if not pairs:
        return []
    members, edges = np.unique(np.array(pairs), return_inverse=True)
    one, two = edges.reshape(-1, 2).T
    graph = coo_array((np.ones(len(one), bool), (one, two)), shape=(len(members), len(members)))
    _, component = connected_components(graph, directed=False)
    groups: dict[int, list[int]] = {}
    for member, label in zip(members.tolist(), component.tolist(), strict=True):
        groups.setdefault(label, []).append(member)
    return list(groups.values())


_FRAME = re.compile(r"(.*?[^0-9])([0-9]{3,})")
"""sequence_000123: a name, and the number of a frame."""
_MIN_FRAMES = 5


def sequences_across(names: Sequence[str], splits: Sequence[str]) -> Iterator[tuple[str, dict[str, list[int]]]]:
    """Sequences of frames in more than one split, as (prefix, split → indices), sorted by prefix.

    A sequence is a prefix of names before a frame number, as in 0016E5_07959, shared by at least five images of each of
    two splits. A dataset in which every image has the same prefix (IMG_0001 …) has no sequences.
    """
    found: dict[str, dict[str, list[int]]] = {}
    for index, (name, split) in enumerate(zip(names, splits, strict=True)):
        match = _FRAME.fullmatch(name)
        if match is not None and split:
            found.setdefault(match.group(1), {}).setdefault(split, []).append(index)
    if len(found) < 2:
        return
    for prefix, places in sorted(found.items()):
        enough = {split: indices for split, indices in places.items() if len(indices) >= _MIN_FRAMES}
        if len(enough) > 1:
            yield prefix, enough


class Fingerprints:
    """Digests and fingerprints of images: about 400 bytes each."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.splits: list[str] = []
        self.prints = bytearray()
        self._by_digest: dict[bytes, array[int]] = {}

    def add(self, name: str, split: str, image: NDArray[np.uint8]) -> None:
        """Add an image (H, W, C)."""
        key = pixel_digest(image)
        if key in self._by_digest:
            self._by_digest[key].append(len(self.names))
            self.prints += bytes(SIDE * SIDE)  # one of equal images suffices
        else:
            self._by_digest[key] = array("l", [len(self.names)])
            self.prints += fingerprint(image)
        self.names.append(name)
        self.splits.append(split)

    def equal(self) -> Iterator[list[int]]:
        """Groups of indices of images whose pixels are equal."""
        return (list(same) for same in self._by_digest.values() if len(same) > 1)

"""The same picture twice: exactly, nearly, or as frames of one sequence.

Exactly: equal pixels. Nearly: equal after what saving, shrinking, cropping a little and brightening do. A picture is
reduced to 16 × 16 grey pixels minus their own blur, which leaves the arrangement of light and dark and takes out
brightness and shading; two such fingerprints are compared by their correlation. On the datasets we tried, pictures
with nothing in common stay below 0.85, and a picture saved as JPEG of quality 50 at half its size, shifted by three
pixels or cropped by 1 % a side stays above 0.92. Where all pictures of a dataset look alike (the bright disc of an
eye), that shared look is subtracted first and the rest must agree too.
"""

import hashlib
import re
from array import array
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 16
"""Pixels of a side of a fingerprint."""
_COARSE = 8
ALIKE = 0.9
"""Correlation of two fingerprints from which on two pictures are nearly the same."""
_ALIKE_REST = 0.85
"""… and of what remains of them without the look that all pictures share."""
_ALIKE_COARSE = 0.8
_FEW = 16
"""Among fewer pictures nothing is known of a shared look."""
_FLAT = 2.0
"""A fingerprint of less contrast (grey levels) tells nothing: fog, a blank page."""
_BLOCK = 2048
_MAX_PAIRS = 1_000_000
"""No more pairs are told: a dataset of a thousand equal pages has half a million."""


def digest(image: NDArray[np.uint8]) -> bytes:
    """32 hex digits and the shape: equal for equal pixels."""
    return hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest() + str(image.shape).encode()


def fingerprint(image: NDArray[np.uint8]) -> bytes:
    """SIDE × SIDE int8 of an image (H, W, C) uint8; all zero for a picture without contrast."""
    grey = cv2.resize(np.ascontiguousarray(image[..., :3]), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = grey.reshape(SIDE, SIDE, -1).mean(axis=2).astype(np.float32)
    grey -= cv2.GaussianBlur(grey, (0, 0), 2.0)
    grey -= grey.mean()
    if float(grey.std()) < _FLAT:
        return bytes(SIDE * SIDE)
    return (grey * (127.0 / np.abs(grey).max())).astype(np.int8).tobytes()


def near_pairs(prints: bytearray, step: Callable[[int, int], bool]) -> list[tuple[int, int]] | None:
    """Pairs (i, j), i < j, of pictures that are nearly the same.

    Everyone is compared with everyone, 2048 rows at a time: first coarsely by 64 numbers, then by all 256. So memory
    stays bounded, and a hundred thousand pictures take about a minute.

    Args:
        prints: the fingerprints, one after the other.
        step: told (rows done, rows); True gives up.
    """
    whole = np.frombuffer(prints, np.int8).reshape(-1, SIDE * SIDE)
    told = np.flatnonzero(whole.any(axis=1))
    count = len(told)
    shared = whole[told].mean(axis=0, dtype=np.float32) if count >= _FEW else None
    coarse = np.empty((count, _COARSE * _COARSE), np.float32)
    for begin in range(0, count, _BLOCK):
        block = whole[told[begin : begin + _BLOCK]].astype(np.float32)
        folded = block.reshape(-1, _COARSE, 2, _COARSE, 2).mean(axis=(2, 4)).reshape(len(block), -1)
        coarse[begin : begin + _BLOCK] = _unit(folded)
    found: list[tuple[int, int]] = []
    for begin in range(0, count, _BLOCK):
        for other in range(begin, count, _BLOCK):
            likeness = coarse[begin : begin + _BLOCK] @ coarse[other : other + _BLOCK].T
            rows, columns = np.nonzero(likeness > _ALIKE_COARSE)
            rows, columns = rows + begin, columns + other
            upper = rows < columns
            left, right = told[rows[upper]], told[columns[upper]]
            for part in range(0, len(left), 65536):
                one, two = left[part : part + 65536], right[part : part + 65536]
                keep = _alike(whole[one], whole[two], shared)
                found += zip(one[keep].tolist(), two[keep].tolist(), strict=True)
            if len(found) >= _MAX_PAIRS:
                return found[:_MAX_PAIRS]
        if step(min(begin + _BLOCK, count), count):
            return None
    return found


def _alike(one: NDArray[np.int8], two: NDArray[np.int8], shared: NDArray[np.float32] | None) -> NDArray[np.bool_]:
    first, second = one.astype(np.float32), two.astype(np.float32)
    alike = (_unit(first) * _unit(second)).sum(axis=1) > ALIKE
    if shared is not None:
        alike &= (_unit(first - shared) * _unit(second - shared)).sum(axis=1) > _ALIKE_REST
    return np.asarray(alike, bool)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def groups_of(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Pairs → groups: what is like a member belongs to the group. Members and groups in ascending order."""
    leader: dict[int, int] = {}

    def find(member: int) -> int:
        leader.setdefault(member, member)
        while leader[member] != member:
            leader[member] = leader[leader[member]]
            member = leader[member]
        return member

    for one, two in pairs:
        first, second = find(one), find(two)
        leader[max(first, second)] = min(first, second)
    members: dict[int, list[int]] = {}
    for member in sorted(leader):
        members.setdefault(find(member), []).append(member)
    return list(members.values())


_FRAME = re.compile(r"(.*?[^0-9])([0-9]{3,})")
"""sequence_000123: a name, and the number of a frame."""
_MIN_FRAMES = 5


def sequences_across(names: Sequence[str], splits: Sequence[str]) -> Iterator[tuple[str, dict[str, list[int]]]]:
    """Sequences of frames, by their names, that stand in more than one split.

    A sequence is a beginning of names that ends in a frame number, as in 0016E5_07959, shared by at least five images
    of each of two splits. A dataset in which every image has the same beginning (IMG_0001 …) is none of sequences.

    Args:
        names: of the images.
        splits: which split each is in, "" for none.

    Yields:
        (beginning, split → indices), in the order of the names.
    """
    found: dict[str, dict[str, list[int]]] = {}
    for index, (name, split) in enumerate(zip(names, splits, strict=True)):
        match = _FRAME.fullmatch(name)
        if match is not None and split:
            found.setdefault(match.group(1), {}).setdefault(split, []).append(index)
    if len(found) < 2:
        return
    for beginning, places in sorted(found.items()):
        enough = {split: indices for split, indices in places.items() if len(indices) >= _MIN_FRAMES}
        if len(enough) > 1:
            yield beginning, enough


class Pictures:
    """Digests and fingerprints of the pictures seen so far: about 400 bytes each."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.splits: list[str] = []
        self.prints = bytearray()
        self._by_digest: dict[bytes, array[int]] = {}

    def add(self, name: str, split: str, image: NDArray[np.uint8]) -> None:
        """Remember a picture (H, W, C)."""
        key = digest(image)
        if key in self._by_digest:
            self._by_digest[key].append(len(self.names))
            self.prints += bytes(SIDE * SIDE)  # one of equal pictures speaks for all
        else:
            self._by_digest[key] = array("l", [len(self.names)])
            self.prints += fingerprint(image)
        self.names.append(name)
        self.splits.append(split)

    def equal(self) -> Iterator[list[int]]:
        """Groups of pictures whose pixels are equal."""
        return (list(same) for same in self._by_digest.values() if len(same) > 1)

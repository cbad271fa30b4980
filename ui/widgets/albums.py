"""The uploads of all visitors, in the server's memory: each visitor's album has a token that is part of the address.

So a reload shows the same photos, and only those who have the address can see them. An album leaves when it was not
used for some hours, or when all albums together take too much memory.
"""

import secrets
import threading
import time
from dataclasses import dataclass, field

from segcore.checkpoint import CheckpointCard
from segcore.types import Image, LabelMap
from ui import cache

KEPT_HOURS = 4
"""Hours after the last use at which an album is forgotten."""

MAX_TOTAL_BYTES = 10**9
"""Of all albums together; the one that was not used for the longest time leaves first."""


@dataclass(frozen=True)
class OwnPhoto:
    """A photo of the visitor, still encoded: ten decoded phone photos would take half a gigabyte."""

    image_id: str  # sha256 of the data
    name: str  # of the file on the visitor's system. Text, never HTML or Markdown
    data: bytes

    def decoded(self, card: CheckpointCard | None = None) -> Image:
        """The pixels, from the cache, as the network of a card reads them. Raises BadImage."""
        return cache.image(self.image_id, self.name, self.data, card.value_range if card else None)


@dataclass(eq=False)
class Album:
    """The photos of one visitor and what belongs to them, by image_id in the order of their arrival."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))  # 128 random bits
    photos: dict[str, OwnPhoto] = field(default_factory=dict)
    truths: dict[str, LabelMap] = field(default_factory=dict)
    numberings: dict[str, dict[int, str]] = field(default_factory=dict)  # value in the ground truth → class, "" ignored
    used: float = field(default_factory=time.monotonic)

    @property
    def size(self) -> int:
        """Bytes of the encoded photos and of the ground truth."""
        return sum(len(photo.data) for photo in self.photos.values()) + sum(
            truth.nbytes for truth in self.truths.values()
        )


_albums: dict[str, Album] = {}
_lock = threading.Lock()


def keep(album: Album) -> None:
    """Keep an album for visits with its token, as the one that was used last."""
    with _lock:
        album.used = time.monotonic()
        _albums.pop(album.token, None)
        _albums[album.token] = album
        _sweep()


def find(token: str) -> Album | None:
    """The album of a token; None if there is none, or it has been forgotten."""
    with _lock:
        _sweep()
        return _albums.get(token)


def _sweep() -> None:
    """Forget old albums, then the least recently used until the rest fits."""
    oldest = time.monotonic() - KEPT_HOURS * 3600
    for token in [token for token, album in _albums.items() if album.used < oldest]:
        del _albums[token]
    total = sum(album.size for album in _albums.values())
    while total > MAX_TOTAL_BYTES and len(_albums) > 1:
        total -= _albums.pop(next(iter(_albums))).size

"""A store in memory that knows how much it holds: the longest unused things leave first."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedStore(Generic[T]):
    """Things by key, up to a number of bytes. Safe between threads.

    Counting entries would not do: the prediction of a phone photo takes a hundred times the memory of a small one.

    Args:
        max_bytes: how much all things together may take. One that is larger than that is kept alone.
        size_of: bytes of one thing.
    """

    def __init__(self, max_bytes: int, size_of: Callable[[T], int]) -> None:
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._bytes = 0
        self._things: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._things)

    def get(self, key: str) -> T | None:
        """The thing of this key, or None if it was never here or had to leave."""
        with self._lock:
            thing = self._things.get(key)
            if thing is not None:
                self._things.move_to_end(key)
            return thing

    def put(self, key: str, thing: T) -> None:
        """Keep a thing; whatever stood under this key is replaced."""
        with self._lock:
            before = self._things.pop(key, None)
            self._bytes += self._size_of(thing) - (0 if before is None else self._size_of(before))
            self._things[key] = thing
            while self._bytes > self._max_bytes and len(self._things) > 1:
                _, oldest = self._things.popitem(last=False)
                self._bytes -= self._size_of(oldest)

"""An LRU cache in memory that is bounded by the size of its values."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedStore(Generic[T]):
    """Values by key, up to a total size, mostly in bytes; the least recently used leave first. Thread-safe.

    A number of entries would be no bound: the prediction of a phone photo takes a hundred times the memory of a small
    one. A value of more than ``max_size`` is kept alone.
    """

    def __init__(self, max_size: int, size_of: Callable[[T], int]) -> None:
        self._max_size = max_size
        self._size_of = size_of
        self._size = 0
        self._values: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str) -> T | None:
        """The value of a key; None if it was never stored or has been evicted."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: str, value: T) -> None:
        """Store a value; the earlier value of the key is replaced."""
        with self._lock:
            before = self._values.pop(key, None)
            self._size += self._size_of(value) - (0 if before is None else self._size_of(before))
            self._values[key] = value
            while self._size > self._max_size and len(self._values) > 1:
                _, oldest = self._values.popitem(last=False)
                self._size -= self._size_of(oldest)

"""Caches in memory that share one budget, counted in bytes."""

import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any, Generic, NamedTuple, TypeVar

from ui.process_memory import cache_budget

T = TypeVar("T")
_Key = tuple[int, Hashable]


class _Entry(NamedTuple):
    value: Any
    size: int
    used: float  # time.monotonic()


class Budget:
    """The total size that the values of several stores may have; the least recently used leave first. Thread-safe.

    A value of more than ``most`` is kept alone.
    """

    def __init__(self, most: int) -> None:
        self.evicted = 0
        """The size of all values that ever left for others or because nobody used them."""
        self._most = most
        self._size = 0
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """The size of all values."""
        return self._size

    def get(self, key: _Key) -> Any:
        """The value of a key; None if it was never stored or has been evicted."""
        with self._lock:
            entry = self._entries.pop(key, None)
            if entry is None:
                return None
            self._entries[key] = entry._replace(used=time.monotonic())
            return entry.value

    def put(self, key: _Key, value: Any, size: int) -> None:
        """Store a value; the earlier value of the key is replaced."""
        with self._lock:
            if key in self._entries:
                self._size -= self._entries.pop(key).size
            self._entries[key] = _Entry(value, size, time.monotonic())
            self._size += size
            while self._size > self._most and len(self._entries) > 1:
                self._evict(next(iter(self._entries)))

    def evict_unused(self, seconds: float) -> None:
        """Evict the values that were not used for this long."""
        with self._lock:
            oldest = time.monotonic() - seconds
            for key in [key for key, entry in self._entries.items() if entry.used < oldest]:
                self._evict(key)

    def _evict(self, key: _Key) -> None:
        size = self._entries.pop(key).size
        self._size -= size
        self.evicted += size


SHARED = Budget(cache_budget())
"""Of all caches of the server."""


class BoundedStore(Generic[T]):
    """The values of one kind by key, within a budget.

    A number of entries would be no bound: the prediction of a phone photo takes a hundred times the memory of a small
    one.
    """

    def __init__(self, size_of: Callable[[T], int], budget: Budget = SHARED) -> None:
        self._size_of = size_of
        self._budget = budget
        self._making: dict[Hashable, tuple[threading.RLock, int]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """The value of a key; None if it was never stored or has been evicted."""
        value: T | None = self._budget.get((id(self), key))
        return value

    def put(self, key: Hashable, value: T) -> None:
        """Store a value; the earlier value of the key is replaced."""
        self._budget.put((id(self), key), value, self._size_of(value))

    def get_or_make(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made if there is none: once, also where several threads request it. Errors pass."""
        found = self.get(key)
        if found is None:
            with self._only_one(key):
                found = self.get(key)
                if found is None:
                    found = make()
                    self.put(key, found)
        return found

    @contextmanager
    def _only_one(self, key: Hashable) -> Iterator[None]:
        """Hold the lock of a key, which exists as long as a thread holds it or waits for it."""
        with self._lock:
            lock, users = self._making.get(key, (threading.RLock(), 0))
            self._making[key] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                users = self._making[key][1] - 1
                self._making[key] = lock, users
                if not users:
                    del self._making[key]


def size_in_bytes(value: object) -> int:
    """Memory of a value with all that it refers to: arrays, tensors, texts, containers and objects of them.

    Classes, functions and modules are not counted, nor what a library holds outside Python.
    """
    total, seen, todo = 0, set[int](), [value]
    while todo:
        item = todo.pop()
        if id(item) in seen or isinstance(item, type | FunctionType | ModuleType):
            continue
        seen.add(id(item))
        nbytes = getattr(item, "nbytes", None)  # of arrays and tensors; Python's size of a view has no data
        total += max(sys.getsizeof(item), nbytes if isinstance(nbytes, int) else 0)
        if isinstance(item, Mapping):
            todo += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple | set | frozenset):
            todo += item
        else:
            todo += getattr(item, "__dict__", {}).values()
    return total

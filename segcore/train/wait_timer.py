"""How long a loop waits for what it loops over: for a training, whether preparing data holds it up."""

import time
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Waited(Iterator[Item], Generic[Item]):
    """Passes items on and adds up how long their taker waited for them.

    Attributes:
        seconds: waited so far, for the end of the items too.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)
        self.seconds = 0.0

    def __next__(self) -> Item:
        began = time.perf_counter()
        try:
            return next(self._items)
        finally:
            self.seconds += time.perf_counter() - began

"""The store never holds more than it was allowed, whatever is put in."""

import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ui.bounded_store import BoundedStore, Budget, size_in_bytes


def test_the_longest_unused_leaves_first() -> None:
    store = BoundedStore[bytes](len, Budget(10))
    store.put("a", b"....")
    store.put("b", b"....")
    store.get("a")
    store.put("c", b"....")
    assert store.get("b") is None
    assert store.get("a") == store.get("c") == b"...."


def test_replacing_frees_what_was_there() -> None:
    store = BoundedStore[bytes](len, Budget(10))
    store.put("a", b"." * 9)
    store.put("a", b".")
    store.put("b", b"." * 9)
    assert store.get("a") == b"." and store.get("b") == b"." * 9


def test_one_that_is_too_large_is_kept_alone() -> None:
    store = BoundedStore[bytes](len, Budget(10))
    store.put("a", b".")
    store.put("big", b"." * 99)
    assert store.get("a") is None
    assert store.get("big") is not None


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=12))))
def test_the_bound_holds_and_the_last_is_there(puts: list[tuple[str, bytes]]) -> None:
    store = BoundedStore[bytes](len, Budget(20))
    for key, data in puts:
        store.put(key, data)
        assert store.get(key) == data
        kept = [store.get(name) for name in "abcdef"]
        assert sum(len(thing) for thing in kept if thing is not None) <= 20


def test_threads_do_not_disturb_each_other() -> None:
    store = BoundedStore[bytes](len, Budget(50))

    def work(name: str) -> None:
        for turn in range(300):
            store.put(f"{name}{turn % 7}", b"." * (turn % 11))
            store.get(f"{name}{turn % 5}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [store.get(f"{name}{turn}") for name in "abcd" for turn in range(7)]
    assert sum(len(thing) for thing in kept if thing is not None) <= 50


def test_stores_share_a_budget_and_not_their_keys() -> None:
    budget = Budget(10)
    photos, masks = BoundedStore[bytes](len, budget), BoundedStore[bytes](len, budget)
    photos.put("a", b"1234")
    masks.put("a", b"12345")
    assert (photos.get("a"), masks.get("a"), budget.size) == (b"1234", b"12345", 9)
    masks.put("b", b"12")
    assert photos.get("a") is None
    assert (budget.size, budget.evicted) == (7, 4)


def test_what_nobody_uses_is_evicted() -> None:
    budget = Budget(100)
    store = BoundedStore[bytes](len, budget)
    store.put("old", b"....")
    time.sleep(0.05)
    store.put("new", b"..")
    budget.evict_unused(0.04)
    assert store.get("old") is None
    assert (store.get("new"), budget.size, budget.evicted) == (b"..", 2, 4)


def test_a_value_is_made_once_for_all_that_wait() -> None:
    store = BoundedStore[str](len, Budget(100))
    made, found = [], []

    def make() -> str:
        time.sleep(0.05)
        made.append(1)
        return "made"

    threads = [threading.Thread(target=lambda: found.append(store.get_or_make("a", make))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, found) == ([1], ["made"] * 4)


def test_an_error_is_not_kept_and_the_next_may_try() -> None:
    store = BoundedStore[str](len, Budget(100))
    with pytest.raises(ZeroDivisionError):
        store.get_or_make("a", lambda: str(1 // 0))
    assert store.get_or_make("a", lambda: "made") == "made"


def test_sizes_count_arrays_and_tensors_in_objects_once() -> None:
    array = np.zeros(10_000)
    network = torch.nn.Linear(100, 100)
    assert 80_000 < size_in_bytes({"one": array, "same": [array]}) < 82_000
    assert size_in_bytes(array[:5_000]) >= 40_000
    assert 40_400 < size_in_bytes(network) < 80_000

"""The store never holds more than it was allowed, whatever is put in."""

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from ui.bounded_store import BoundedStore


def test_the_longest_unused_leaves_first() -> None:
    store: BoundedStore[bytes] = BoundedStore(10, len)
    store.put("a", b"....")
    store.put("b", b"....")
    store.get("a")
    store.put("c", b"....")
    assert store.get("b") is None
    assert store.get("a") == store.get("c") == b"...."


def test_replacing_frees_what_was_there() -> None:
    store: BoundedStore[bytes] = BoundedStore(10, len)
    store.put("a", b"." * 9)
    store.put("a", b".")
    store.put("b", b"." * 9)
    assert len(store) == 2


def test_one_that_is_too_large_is_kept_alone() -> None:
    store: BoundedStore[bytes] = BoundedStore(10, len)
    store.put("a", b".")
    store.put("big", b"." * 99)
    assert store.get("a") is None
    assert store.get("big") is not None


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=12))))
def test_the_bound_holds_and_the_last_is_there(puts: list[tuple[str, bytes]]) -> None:
    store: BoundedStore[bytes] = BoundedStore(20, len)
    for key, data in puts:
        store.put(key, data)
        assert store.get(key) == data
        kept = [store.get(name) for name in "abcdef"]
        assert sum(len(thing) for thing in kept if thing is not None) <= 20


def test_threads_do_not_disturb_each_other() -> None:
    store: BoundedStore[bytes] = BoundedStore(50, len)

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

"""Peak memory of a block: an array that is made and dropped inside is seen."""

import gc
import time

import numpy as np

from segcore.train.memory import machine_memory, peak_memory


def test_what_a_block_holds_for_a_moment_counts() -> None:
    gc.collect()  # or the garbage of earlier tests goes while the block is measured
    with peak_memory("cpu") as memory:
        held = np.ones(64 * 2**20, np.uint8)
        patience = time.monotonic() + 10
        while memory.peak < 60 * 2**20 and time.monotonic() < patience:  # on a busy machine nobody looks for a while
            time.sleep(0.02)
        del held
    assert 60 * 2**20 < memory.peak < 200 * 2**20
    assert memory.kind == "resident"


def test_free_is_part_of_all() -> None:
    free, total = machine_memory()
    assert 0 < free <= total

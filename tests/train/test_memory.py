"""Peak memory of a block: an array that is made and dropped inside is seen."""

import subprocess
import sys

from segcore.train.checks.memory import machine_memory

A_MOMENT = """
import time, numpy as np
from segcore.train.checks.memory import peak_memory
with peak_memory("cpu") as memory:
    held = np.ones(64 * 2**20, np.uint8)
    patience = time.monotonic() + 10
    while memory.peak < 60 * 2**20 and time.monotonic() < patience:  # on a busy machine nobody looks for a while
        time.sleep(0.02)
    del held
print(memory.kind, memory.peak)
"""


def test_what_a_block_holds_for_a_moment_counts() -> None:
    """In a process of its own: one that has done much before may have so much to spare that it need not grow."""
    said = subprocess.run([sys.executable, "-c", A_MOMENT], capture_output=True, text=True, check=True).stdout
    kind, peak = said.split()
    assert kind == "resident"
    assert 60 * 2**20 < int(peak) < 200 * 2**20


def test_free_is_part_of_all() -> None:
    free, total = machine_memory()
    assert 0 < free <= total

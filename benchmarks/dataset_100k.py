"""Time and memory of listing and reading a dataset of many small files.

    python -m benchmarks.dataset_100k [COUNT]

Writes COUNT (100,000) pairs of PNG of 16 x 16 pixels to a temporary folder, opens them as a dataset, and computes its
statistics (class shares, sizes, objects) over all of them, as the Data page does. Peak memory is that of a separate
process; that of the imports is printed too.
"""

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from segcore.pictures import encode

SIDE = 16


@lru_cache(maxsize=100)
def _pair(number: int) -> tuple[bytes, bytes]:
    """An image of noise and a mask with a square, as PNG."""
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[2 : 4 + number % 10, 3:9] = 1
    return encode(np.random.default_rng(number).integers(0, 256, (SIDE, SIDE, 3), np.uint8)), encode(labels)


def make_files(root: Path, count: int, *, distinct: int) -> None:
    """Write ``count`` pairs of image and mask, among them ``distinct`` different ones."""
    for kind in ("images", "masks"):
        (root / kind).mkdir()
    for number in range(count):
        image, mask = _pair(number % distinct)
        (root / "images" / f"{number:06d}.png").write_bytes(image)
        (root / "masks" / f"{number:06d}.png").write_bytes(mask)
    (root / "classes.json").write_text(json.dumps({"classes": ["background", "square"]}))


def peak_mb() -> float:
    """Largest resident memory of this process so far, in megabytes (Linux counts in kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measure(root: Path, count: int, answer: Connection) -> None:
    """Send seconds and megabytes of each stage; runs in a separate process."""
    from segcore.data import open_dataset  # noqa: PLC0415 - so that the imports are measured
    from segcore.data.statistics import measure_split  # noqa: PLC0415

    rows = [("imports", 0.0, peak_mb())]
    start = time.perf_counter()
    dataset = open_dataset(root)
    rows.append(("list and pair", time.perf_counter() - start, peak_mb()))
    start = time.perf_counter()
    facts = measure_split(dataset, lambda: None, most=None, objects=True, digests=False)
    rows.append(("read all: shares, sizes, objects", time.perf_counter() - start, peak_mb()))
    assert facts.looked_at == count, "every file was read"
    answer.send(rows)


def main() -> None:
    """Print one table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        make_files(root, count, distinct=100)
        spawn = multiprocessing.get_context("spawn")
        here, there = spawn.Pipe()
        process = spawn.Process(target=measure, args=(root, count, there))
        process.start()
        rows = here.recv()
        process.join()
    print(f"{count:,} pairs of {SIDE} x {SIDE} pixels\n\n| stage | seconds | peak memory |\n| --- | ---: | ---: |")
    for stage, seconds, peak in rows:
        print(f"| {stage} | {seconds:.1f} | {peak:,.0f} MB |")


if __name__ == "__main__":
    main()

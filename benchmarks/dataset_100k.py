"""Time and memory of listing, reading and checking a dataset of many small files.

    python -m benchmarks.dataset_100k [COUNT]

Writes COUNT (100,000) pairs of PNG of 16 x 16 pixels to a temporary folder, all images different, opens them as a
dataset, computes its statistics over all of them as the Data page does, and lets the doctor compare all with all.
Peak memory is that of a separate process; that of the imports is printed too.
"""

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.tables import print_head, print_row
from segcore.pictures import encode

SIDE = 16
T = TypeVar("T")


def make_files(root: Path, count: int) -> None:
    """Write ``count`` pairs: an image of noise, and a mask with a square."""
    for kind in ("images", "masks"):
        (root / kind).mkdir()
    for number in range(count):
        labels = np.zeros((SIDE, SIDE), np.uint8)
        labels[2 : 4 + number % 10, 3:9] = 1
        image = np.random.default_rng(number).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        (root / "images" / f"{number:06d}.png").write_bytes(encode(image))
        (root / "masks" / f"{number:06d}.png").write_bytes(encode(labels))
    (root / "classes.json").write_text(json.dumps({"classes": ["background", "square"]}))


def peak_mb() -> float:
    """Largest resident memory of this process so far, in megabytes (Linux counts in kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def measure(root: Path, count: int) -> list[tuple[str, float, float]]:
    """Title, seconds and megabytes of each stage."""
    from segcore.data import check_dataset, open_dataset  # noqa: PLC0415 - so that the imports are measured
    from segcore.data.statistics import measure_split  # noqa: PLC0415

    rows = [("imports", 0.0, peak_mb())]

    def stage(title: str, call: Callable[[], T]) -> T:
        start = time.perf_counter()
        result = call()
        rows.append((title, time.perf_counter() - start, peak_mb()))
        return result

    dataset = stage("list and pair", lambda: open_dataset(root))
    facts = stage(
        "read all: shares, sizes, objects",
        lambda: measure_split(dataset, lambda: None, most=None, objects=True, digests=False),
    )
    assert facts.looked_at == count, "every file was read"
    findings = stage("check all: the doctor", lambda: check_dataset(root))
    assert not findings, "every pair is sound"
    return rows


def main() -> None:
    """Print one table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder), count)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            rows = pool.submit(measure, Path(folder), count).result()
    print(f"{count:,} pairs of {SIDE} x {SIDE} pixels\n")
    print_head("stage", "seconds", "peak memory")
    for stage, seconds, peak in rows:
        print_row(stage, f"{seconds:.1f}", f"{peak:,.0f} MB")


if __name__ == "__main__":
    main()

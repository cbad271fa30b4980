"""The doctor on a dataset of many small files: how long the check takes, and how much memory.

    python -m benchmarks.doctor_100k [COUNT]

Writes COUNT (100,000) pairs of PNG of 16 x 16 pixels to a temporary folder, all images different, so that everyone has
to be compared with everyone, and checks them. Memory is what the check adds to that of the imports.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from segcore.data import check_dataset
from segcore.pictures import encode

SIDE = 16


def make_files(root: Path, count: int) -> None:
    """Pairs of noise and a square."""
    rng = np.random.default_rng(0)
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[2:9, 3:9] = 1
    mask = encode(labels)
    for kind in ("images", "masks"):
        (root / kind).mkdir()
    for number in range(count):
        noise = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        (root / "images" / f"{number:06d}.png").write_bytes(encode(noise))
        (root / "masks" / f"{number:06d}.png").write_bytes(mask)
    (root / "classes.json").write_text(json.dumps({"classes": ["background", "square"]}))


def peak_mb() -> float:
    """Largest resident memory of this process so far, in megabytes (Linux counts in kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main(count: int) -> None:
    """Make the files, check them, and print seconds and megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder), count)
        before, start, reports = peak_mb(), time.perf_counter(), 0

        def step(_done: int, _total: int) -> bool:
            nonlocal reports
            reports += 1
            return False

        findings = check_dataset(folder, step)
        seconds = time.perf_counter() - start
        print(f"{count:,} pairs: {seconds:.1f} s, {peak_mb() - before:.0f} MB more than the imports' {before:.0f} MB")
        print(f"{reports:,} progress reports; findings: {[finding.name for finding in findings]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

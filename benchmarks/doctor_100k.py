"""The doctor on a dataset of many small files: how long the check takes, and how much memory.

    python -m benchmarks.doctor_100k [COUNT]

Writes COUNT (100,000) pairs of PNG of 16 x 16 pixels to a temporary folder, all images different, so that each has to
be compared with all, and checks them. Memory is what the check adds to that of the imports.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.dataset_100k import make_files, peak_mb
from segcore.data import check_dataset


def main(count: int) -> None:
    """Make the files, check them, and print seconds and megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder), count, distinct=count)
        before, start, reports = peak_mb(), time.perf_counter(), 0

        def step(_done: int, _total: int) -> None:
            nonlocal reports
            reports += 1

        findings = check_dataset(folder, step)
        seconds = time.perf_counter() - start
        print(f"{count:,} pairs: {seconds:.1f} s, {peak_mb() - before:.0f} MB more than the imports' {before:.0f} MB")
        print(f"{reports:,} progress reports; findings: {[finding.name for finding in findings]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

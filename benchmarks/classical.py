"""How long the methods without a network take, and how well their regions keep to borders.

    python -m benchmarks.classical

Medians of five on scikit-image's astronaut, at the size at which the dashboard looks at photos and at 512 x 512, in one
process; and the oracle assignment (an upper bound, see segcore.classical.oracle) on synthetic shapes.
"""

import statistics
import time

import cv2
import numpy as np
import skimage

from segcore.classical import METHODS, settings_of
from segcore.data import open_dataset
from segcore.evaluation import evaluate_method
from segcore.inference.classical_predictions import WORKING_SIDE

SIDES = (WORKING_SIDE, 512)
DATA, SPLIT = "shapes:40:96", "val"


def main() -> None:
    """Print one table."""
    photo = np.asarray(skimage.data.astronaut(), np.uint8)
    dataset = open_dataset(DATA, SPLIT)
    head = " | ".join(f"{side} px" for side in SIDES)
    print(f"| method | {head} | oracle mIoU, {DATA} {SPLIT} | regions |\n| --- | {'---: | ' * (len(SIDES) + 2)}")
    for name, method in METHODS.items():
        cells = []
        for side in SIDES:
            small = np.asarray(cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
            seconds = []
            for _ in range(5):
                start = time.perf_counter()
                method.run(small, **settings_of(method))
                seconds.append(time.perf_counter() - start)
            cells.append(f"{1000 * statistics.median(seconds):.0f} ms")
        report = evaluate_method(name, dataset, assign="oracle")
        regions = report.note.rpartition("here ")[2].partition(" ")[0]
        print(f"| {method.title} | {' | '.join(cells)} | {report.scores.miou:.3f} | {regions} |")


if __name__ == "__main__":
    main()

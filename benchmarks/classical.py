"""Times of the methods without a network, and how well their regions follow borders.

    python -m benchmarks.classical

Medians of five on scikit-image's astronaut, at the working size of the dashboard and at 512 x 512, in one
process; and the oracle assignment (an upper bound, see segcore.classical.oracle) on synthetic shapes.
"""

from functools import partial

import cv2
import numpy as np
import skimage

from benchmarks.speed import median_ms
from benchmarks.tables import print_head, print_row
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
    print_head("method", *(f"{side} px" for side in SIDES), f"oracle mIoU, {DATA} {SPLIT}", "regions")
    for name, method in METHODS.items():
        cells = []
        for side in SIDES:
            small = np.asarray(cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
            cells.append(f"{median_ms(partial(method.run, small, **settings_of(method)), repeats=5):.0f} ms")
        report = evaluate_method(name, dataset, assign="oracle")
        regions = report.note.rpartition("here ")[2].partition(" ")[0]
        print_row(method.title, *cells, f"{report.scores.miou:.3f}", regions)


if __name__ == "__main__":
    main()

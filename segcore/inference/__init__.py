"""From a photo to a Prediction, and from Predictions to files.

predictor.py   Predictor: resize or cut into tiles, normalise, run, bring back to the photo's size
engines.py     what runs the network: torch, or OpenVINO on the CPU
tiling.py      windows over an image too large for one pass, blended where they overlap
decision.py    class probabilities → labels, confidence, runner-up, uncertainty
classical.py   Otsu's threshold and GrabCut, which need no network at all
results.py     class table, PNG, COCO JSON, CSV, zip
"""

from segcore.inference.classical import CLASSICAL, Rectangle, grabcut, otsu
from segcore.inference.engines import ENGINES
from segcore.inference.predictor import MAX_SIDE, MIN_SIDE, Predictor
from segcore.inference.results import (
    ClassRow,
    class_table,
    coco_json,
    colour_png,
    csv_table,
    label_png,
    maps_png,
    overlay_png,
    safe_stem,
    uncertainty_png,
)

__all__ = [
    "CLASSICAL",
    "ENGINES",
    "MAX_SIDE",
    "MIN_SIDE",
    "ClassRow",
    "Predictor",
    "Rectangle",
    "class_table",
    "coco_json",
    "colour_png",
    "csv_table",
    "grabcut",
    "label_png",
    "maps_png",
    "otsu",
    "overlay_png",
    "safe_stem",
    "uncertainty_png",
]

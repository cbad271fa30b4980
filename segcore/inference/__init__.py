"""From a photo to a Prediction, and from Predictions to files.

predictor.py   Predictor: resize or cut into tiles, normalise, run, bring back to the photo's size
engines.py     what runs the network: torch, or OpenVINO on the CPU
tiling.py      windows over an image too large for one pass, blended where they overlap
decision.py    class probabilities → labels, confidence, runner-up, uncertainty
classical.py   what needs no network at all: the methods of segcore.classical, answering as a network does
results.py     class table, PNG, COCO JSON, CSV, zip
"""

from segcore.inference.classical_predictions import find_regions, segment_classically
from segcore.inference.engines import ENGINES
from segcore.inference.prediction_files import (
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
from segcore.inference.predictor import MAX_SIDE, MIN_SIDE, Predictor

__all__ = [
    "ENGINES",
    "MAX_SIDE",
    "MIN_SIDE",
    "ClassRow",
    "Predictor",
    "class_table",
    "coco_json",
    "colour_png",
    "csv_table",
    "find_regions",
    "label_png",
    "maps_png",
    "overlay_png",
    "safe_stem",
    "segment_classically",
    "uncertainty_png",
]

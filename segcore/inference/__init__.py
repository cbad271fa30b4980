"""From a photo to a Prediction, and from Predictions to files.

    predictor.py              Predictor: resize, normalise, run in tiles, resize back
    engines.py                the engine that runs the network: torch, or OpenVINO on the CPU
    tiling.py                 overlapping tiles of large images, blended
    decision.py               class probabilities → labels, confidence, runner-up, uncertainty
    classical_predictions.py  Predictions of the methods of segcore.classical, without a network
    prediction_files.py       class table, PNG, COCO JSON, CSV

At most one inference runs at a time in a process: ``INFERENCE_LOCK``.
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
from segcore.inference.predictor import INFERENCE_LOCK, MAX_SIDE, MIN_SIDE, Predictor

__all__ = [
    "ENGINES",
    "INFERENCE_LOCK",
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

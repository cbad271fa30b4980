"""From a photo to a Prediction, and from Predictions to files.

At most one inference runs at a time in a process: ``INFERENCE_LOCK``.
"""

from segcore.inference.batch_files import BatchFiles
from segcore.inference.classical_predictions import find_regions, segment_classically
from segcore.inference.coco_files import coco_json
from segcore.inference.opening import open_predictor
from segcore.inference.polygons import TOLERANCE_PX, cutout_png, polygon_json, yolo_classes, yolo_text
from segcore.inference.prediction_files import (
    class_table,
    colour_png,
    csv_table,
    full_labels,
    full_prediction,
    label_png,
    maps_png,
    overlay_png,
    safe_stem,
    uncertainty_png,
)
from segcore.inference.predictor import INFERENCE_LOCK, MAX_SIDE, MIN_SIDE, Predictor
from segcore.inference.result_folder import ResultFolder, result_names
from segcore.inference.speed import Speed, estimated_seconds, note_speed
from segcore.inference.tiling import OnTile

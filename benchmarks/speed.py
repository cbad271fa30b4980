"""Times of a prediction and of a training step on this machine: ``make bench``.

Prints the two tables of results.md. Times are medians after a warm-up; run it on an otherwise idle machine.
"""

import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import skimage.data
import torch

from benchmarks.tables import machine, print_head, print_row, seconds
from segcore.checkpoint import find_checkpoint, load_checkpoint
from segcore.errors import SegcoreError
from segcore.inference import Predictor
from segcore.losses import build_loss
from segcore.models import build_model
from segcore.train import make_config
from segcore.train.compute_mode import ComputeMode, seconds_per_step

REPEATS = 10
PHOTO_SIDES = (288, 576, 1152)
TRAINED: dict[str, dict[str, Any]] = {
    "unet": {"width": 32},
    "unet, ResNet-18": {"encoder": "resnet18"},
    "deeplabv3plus": {"encoder": "mobilenet_v2"},
    "lraspp": {},
}


def median_ms(call: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median time of a call in milliseconds; the first call is not counted."""
    call()
    return statistics.median(seconds(call) for _ in range(repeats)) * 1000


def prediction_times() -> None:
    """The everyday checkpoint on one photo, by engine and working size."""
    photo = skimage.data.astronaut()
    print_head("engine", *(f"{side} px" for side in PHOTO_SIDES))
    for engine in ("torch", "openvino"):
        try:
            predictor = Predictor(load_checkpoint(find_checkpoint("everyday")), engine=engine)
        except SegcoreError as error:
            print_row(engine, error)
            continue
        cells = [median_ms(partial(predictor, photo, working_side=side)) for side in PHOTO_SIDES]
        print_row(predictor.engine, *(f"{cell:.0f} ms" for cell in cells))


def training_times() -> None:
    """A training step of 4 crops of 256 px, by precision and memory layout."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    choices = [ComputeMode(device, precision, last, {}) for precision in ("32", "bf16") for last in (False, True)]
    names = {"32": "float32", "bf16": "bf16"}
    print_head("model", *(f"{names[each.precision]}{', channels last' * each.channels_last}" for each in choices))
    for title, options in TRAINED.items():
        name = make_config({"model": title.partition(",")[0], "options": options}).model
        loss = build_loss("cross_entropy", num_classes=11)
        cells = [
            seconds_per_step(speed, build_model(name, num_classes=11, **options), loss, (4, 3, 256, 256)) * 1000
            for speed in choices
        ]
        print_row(title, *(f"{cell:.0f} ms" for cell in cells))


if __name__ == "__main__":
    print(f"{machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}\n")
    print("Prediction, `everyday`, a 512 x 512 photo, by the longer side of the network's input:\n")
    prediction_times()
    print("\nTraining step, 4 crops of 256 x 256, 11 classes, cross entropy:\n")
    training_times()

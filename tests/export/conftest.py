"""A run as a worker leaves it, with hostile names in every place that a stranger can write, and pictures of samples."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from segcore.checkpoint import CheckpointCard, save_checkpoint
from segcore.models import build_model
from segcore.palette import default_colours
from segcore.runs import Run, new_run
from segcore.train import make_config
from segcore.train.review import validation_data

HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x.png> {{ 7*7 }} “&amp;”"
CLASSES = ["background", HOSTILE, "never"]
COLOURS = [[40, 40, 40], [230, 159, 0], [86, 180, 233]]
EPOCHS = 3
STEPS = 4
IOU = [[0.5, 0.1, None], [0.8, 0.4, None], [0.7, 0.3, None]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has an empty home of its own, and texts that are missing raise."""
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SEGCORE_STRICT_TEXT", "1")
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    """Three epochs; the second one is the best."""
    spec = make_config({"data": ["shapes:6:32"], "epochs": EPOCHS, "title": HOSTILE, "learning_rate": 0.02}).to_json()
    made = new_run(spec, name="told")
    made.emit("state", state="starting")
    made.emit(
        "setup",
        classes=CLASSES,
        colours=COLOURS,
        steps_per_epoch=STEPS,
        train_images=5,
        val_images=2,
        parameters=1234,
        device="cpu",
        device_name=HOSTILE,
        versions={"segcore": "0.1.0", "torch": "2.15.0"},
    )
    made.emit("state", state="running")
    for epoch in range(EPOCHS):
        for step in range(epoch * STEPS, (epoch + 1) * STEPS):
            made.emit("step", epoch=epoch, step=step, loss=3.5 / (step + 1), rate=0.01, gradient_norm=step + 0.25)
            made.emit("meter", gpus=[{"memory_mb": 100 + step}], cpu=0.5, name=HOSTILE)
        emit_validation(made, epoch)
        emit_samples(made, epoch)
    return made


def emit_validation(run: Run, epoch: int) -> None:
    iou = IOU[epoch]
    run.emit(
        "val",
        epoch=epoch,
        step=(epoch + 1) * STEPS,
        loss=1.2345 / (epoch + 1),
        train_seconds=2.0,
        images=5,
        miou=(iou[0] + iou[1]) / 2,
        pixel_accuracy=0.875,
        mean_dice=0.625,
        mean_accuracy=0.5,
        frequency_weighted_iou=0.75,
        iou=iou,
        dice=[0.9, 0.2, None],
        precision=[0.81, 0.22, None],
        recall=[0.83, 0.24, None],
        support=[700, 300, 0],
        pixels=1000,
        averaged_over=2,
        counts=[[650, 50, 0], [75, 225, 0], [0, 0, 0]],
        convention="Counted so.",
    )


def emit_samples(run: Run, epoch: int) -> None:
    """One sample of 40 x 30 pixels: left background, right the class."""
    truth = np.zeros((30, 40), np.uint8)
    truth[:, 20:] = 1
    labels = np.zeros_like(truth)
    labels[:, 40 - 5 * (epoch + 1) :] = 1
    pictures = {"image-0.jpg": np.full((30, 40, 3), 120, np.uint8), "truth-0.png": truth}
    pictures[f"{epoch:04d}-labels-0.png"] = labels
    for name, pixels in pictures.items():
        (run.samples_dir / name).write_bytes(cv2.imencode(Path(name).suffix, pixels)[1].tobytes())
    sample = {"sample": 0, "index": 0, "name": HOSTILE, "pixel_accuracy": float((labels == truth).mean())}
    names = {"image": "image-0.jpg", "truth": "truth-0.png", "labels": f"{epoch:04d}-labels-0.png"}
    run.emit("sample", epoch=epoch, samples=[sample | names])


@pytest.fixture
def ended(run: Run) -> Run:
    """The same, finished, with weights and the names of its worst images."""
    with_weights(run)
    images = [
        {"index": index, "name": validation_data(run)[index].name, "miou": 0.1 + index / 8, "loss": 2.0 - index / 4}
        for index in range(2)
    ]
    run.emit("worst", epoch=EPOCHS - 1, images=images)
    run.emit("state", state="finished")
    return run


def with_weights(run: Run) -> None:
    classes = validation_data(run).classes
    card = CheckpointCard(
        name="last",
        title="Tiny",
        architecture="unet",
        options={"width": 4},
        classes=classes,
        colours=default_colours(classes),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )
    save_checkpoint(run.checkpoint_path("last"), build_model("unet", num_classes=len(classes), width=4), card)

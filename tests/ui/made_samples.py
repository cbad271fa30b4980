"""Runs that kept pictures of every epoch, as a worker would leave them, with everything known: no network was asked."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segcore.runs import Run, new_run
from segcore.types import IGNORE

Bytes = NDArray[np.uint8]

CLASSES = ("background", "<b>disc</b>", "square")  # the second is no markup
COLOURS = ((40, 40, 40), (230, 159, 0), (86, 180, 233))
SIZES = ((48, 64), (60, 60), (40, 80))
"""(height, width) of the samples."""
STEPS = 10
"""An epoch."""


@dataclass
class MadeStory:
    """A run, and what its pictures hold.

    Attributes:
        run: the folder.
        truths: one a sample, (H, W), IGNORE at the top.
        labels: by epoch, one a sample, (H, W).
    """

    run: Run
    classes: Sequence[str] = CLASSES
    seed: int = 0
    truths: list[Bytes] = field(default_factory=list)
    labels: dict[int, list[Bytes]] = field(default_factory=dict)

    def add_epoch(self, epoch: int, *, luck: int = 0) -> None:
        """Write what a worker writes at an epoch's end. Another ``luck`` gives other labels."""
        rng = np.random.default_rng((self.seed, epoch, luck))
        self.labels[epoch] = [guess(truth, epoch, len(self.classes), rng) for truth in self.truths]
        counts = self.counts(epoch)
        union = counts.sum(0) + counts.sum(1) - counts.diagonal()
        iou = [float(tp / all_) if all_ else None for tp, all_ in zip(counts.diagonal(), union, strict=True)]
        known = [value for value in iou if value is not None]
        scores = {"miou": float(np.mean(known)), "pixel_accuracy": counts.trace() / counts.sum(), "mean_dice": 0.5}
        step = STEPS * (epoch + 1)
        for number in range(step - STEPS, step):
            self.run.emit("step", epoch=epoch, step=number, loss=1 / (1 + number), gradient_norm=1.0, rate=0.1)
        self.run.emit("val", epoch=epoch, step=step, loss=1 / (1 + epoch), iou=iou, counts=counts, **scores)
        self.run.emit("sample", epoch=epoch, samples=self._write(epoch))

    def counts(self, epoch: int) -> NDArray[np.int64]:
        """(K, K), rows the truth, of the samples: they are all the validation images there are."""
        table = np.zeros((len(self.classes), len(self.classes)), np.int64)
        for truth, labels in zip(self.truths, self.labels[epoch], strict=True):
            np.add.at(table, (truth[truth != IGNORE], labels[truth != IGNORE]), 1)
        return table

    def _write(self, epoch: int) -> list[dict[str, Any]]:
        rows = []
        for number, (truth, labels) in enumerate(zip(self.truths, self.labels[epoch], strict=True)):
            names = {"image": f"image-{number}.jpg", "truth": f"truth-{number}.png"}
            names |= {kind: f"{epoch:04d}-{kind}-{number}.png" for kind in ("labels", "confidence")}
            pictures = {"image": photo(truth.shape), "truth": truth, "labels": labels, "confidence": labels * 40 + 100}
            for kind, pixels in pictures.items():
                (self.run.samples_dir / names[kind]).write_bytes(encoded(pixels, names[kind]))
            right = float((labels == truth)[truth != IGNORE].mean())
            rows.append({"sample": number, "index": number, "name": f"val-{number}", "pixel_accuracy": right, **names})
        return rows


def made_story(
    name: str,
    *,
    epochs: int = 5,
    state: str = "finished",
    classes: Sequence[str] = CLASSES,
    seed: int = 0,
    truth_seed: int = 0,
    root: Path | None = None,
) -> MadeStory:
    """A run with pictures of three samples. The same ``truth_seed`` gives the same samples."""
    run = new_run({"model": "unet", "data": ["shapes"], "epochs": 9, "samples": 3}, name=name, root=root)
    run.emit("state", state="starting")
    run.emit("setup", classes=classes, colours=COLOURS[: len(classes)], steps_per_epoch=STEPS, device="cpu")
    run.emit("state", state="running")
    story = MadeStory(run, classes, seed, [made_truth(nth, len(classes), truth_seed) for nth in range(len(SIZES))])
    for epoch in range(epochs):
        story.add_epoch(epoch)
    if state != "running":
        run.emit("state", state=state)
    return story


def made_truth(number: int, num_classes: int, seed: int) -> Bytes:
    """Squares of every class but the background; the uppermost rows are not labelled."""
    height, width = SIZES[number]
    truth = np.zeros((height, width), np.uint8)
    rng = np.random.default_rng((seed, number))
    for label in range(1, num_classes):
        row, col = rng.integers(8, height - 16), rng.integers(0, width - 16)
        truth[row : row + 14, col : col + 14] = label
    truth[:4] = IGNORE
    return truth


def guess(truth: Bytes, epoch: int, num_classes: int, rng: np.random.Generator) -> Bytes:
    """Labels that get better: pixels are drawn at random, fewer in every epoch."""
    labels = np.where(truth == IGNORE, 0, truth)
    drawn = rng.random(truth.shape) < 0.6 / (epoch + 1)
    return np.where(drawn, rng.integers(0, num_classes, truth.shape), labels).astype(np.uint8)


def photo(shape: tuple[int, ...]) -> Bytes:
    """(H, W, 3): a slope of greys."""
    ramp = np.linspace(60, 150, shape[1], dtype=np.uint8)
    return np.broadcast_to(ramp[None, :, None], (*shape, 3)).copy()


def encoded(pixels: Bytes, name: str) -> bytes:
    """A .png or a .jpg."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG" if name.endswith(".png") else "JPEG")
    return file.getvalue()

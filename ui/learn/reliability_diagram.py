"""Reliability of a network on synthetic images, clean and with noise."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcore.checkpoint import list_checkpoints
from segcore.data import corrupt, open_dataset, sample_photos
from segcore.explain.logits import reliability
from segcore.explain.network import as_pixels
from segcore.explain.scene import SPLIT, Scene
from segcore.metrics import Reliability
from ui.learn import scenes
from ui.learn.lesson import lesson_texts
from ui.text import plain
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine

IMAGES = "shapes:12:96"  # spec of the images: their number, and their side in pixels
NOISE = ("gaussian_noise", 4)  # kind and severity of `segcore.data.corrupt`
FEW = 20  # a bin with fewer pixels is not drawn: its accuracy is not reliable

text = lesson_texts("logits")


@dataclass(frozen=True, eq=False)
class CalibrationLogits:
    """Logits of a network for images with ground truth."""

    truth: NDArray[np.uint8]  # (N, h, w)
    clean: Tensor  # (N, K, h, w)
    noisy: Tensor  # (N, K, h, w)


def tested_scene(world: Scene) -> Scene | None:
    """Return this scene if its network knows the synthetic shapes, else one of the first network that does."""
    if world.is_truth:
        return world
    classes = open_dataset(IMAGES, SPLIT).classes
    fit = [ref.name for ref, card in list_checkpoints() if card.classes == classes]
    return scenes.scene(fit[0], sample_photos.FIRST) if fit else None


def logits_of(world: Scene) -> CalibrationLogits:
    """Run the network of a scene on the images; cache it."""
    dataset = open_dataset(IMAGES, SPLIT)
    samples = [dataset[index] for index in range(len(dataset))]
    noisy = [corrupt(each.image, each.labels, *NOISE, seed=index)[0] for index, each in enumerate(samples)]
    with world.lock, torch.no_grad():
        clean_z, noisy_z = (world.network.logits(as_pixels(each)) for each in ([s.image for s in samples], noisy))
    return CalibrationLogits(np.stack([each.labels for each in samples]), clean_z, noisy_z)


def diagrams(logits: CalibrationLogits, temperature: float) -> tuple[Reliability, Reliability]:
    """Return the reliability on clean and on noisy images at a temperature; cache it."""
    return (reliability(logits.clean, logits.truth, temperature), reliability(logits.noisy, logits.truth, temperature))


def draw(clean: Reliability | None, noisy: Reliability | None, network: str) -> None:
    """Draw the accuracy of a network over its confidence on clean and noisy images; without data, how to get it."""
    st.markdown(f"**{text('reliability')}**")
    if clean is None or noisy is None:
        st.info(text("no_exam"))
        return
    shown = [ChartLine(text("ideal"), [0, 1], [0, 1], "#888888", dash="dot")]
    for name, diagram, colour, dash, symbol in (
        ("clean", clean, "#2a7fb8", "solid", "circle"),
        ("noisy", noisy, "#d9822b", "dash", "square"),
    ):
        there = [index for index, pixels in enumerate(diagram.pixels) if pixels >= FEW]
        x, y = ([values[index] for index in there] for values in (diagram.confidence, diagram.accuracy))
        shown.append(ChartLine(text(f"on.{name}"), x, y, colour, dash=dash, symbol=symbol))
    ece = text("ece", clean=f"{clean.ece:.3f}", noisy=f"{noisy.ece:.3f}")
    line_chart.show(
        shown, key="learn.logits.reliability", x=text("confidence"), y=text("right"), alt=ece,
        x_axis={"range": [0, 1.02]}, y_axis={"range": [-0.03, 1.03]},
    )  # fmt: skip
    st.caption(f"{ece} {text('exam', network=plain(network), few=FEW)}")

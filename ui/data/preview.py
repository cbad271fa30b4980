"""Augmented versions of an image and its mask, by the transform that training uses."""

from html import escape

import numpy as np
import streamlit as st
import torch

from segcore.data import Sample, SegDataset, TrainTransform, resize_image
from segcore.palette import overlay
from segcore.pictures import as_rgb, encode
from segcore.train import TrainConfig, make_config
from segcore.train.training_data import normalisation_for
from segcore.types import RGB
from ui import blobs, state
from ui.text import t
from ui.widgets import forms, view_tabs
from ui.widgets.presets import PRESETS

SEEDS = 8


def show(dataset: SegDataset, name: str) -> None:
    """Draw the choice of a configuration and of an image, and the same image under several seeds."""
    st.caption(t("data.preview.about"))
    sources = (["form"] if state.widget("train.model") is not None else []) + list(PRESETS)
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        source = view_tabs.select(
            t("data.preview.source"),
            sources,
            lambda each: t("data.preview.form") if each == "form" else t(f"train.preset.{each}"),
            key="data.preview.source",
        )
    with right:
        number = st.number_input(t("data.preview.image", count=len(dataset)), 1, len(dataset), key="data.preview.image")
    config = make_config(forms.values() if source == "form" else dict(PRESETS[source]))
    _figures(dataset, int(number) - 1, config, name)


def _figures(dataset: SegDataset, index: int, config: TrainConfig, name: str) -> None:
    sample = dataset[index]
    normalisation = normalisation_for(dataset.in_channels)
    transform = TrainTransform(config.size, config.augmentation, normalisation, config.working_side)
    donors = dataset if config.augmentation.copy_paste else None
    figures = [_figure(as_rgb(sample.image), sample, dataset, f"{name} {index} original", t("data.preview.original"))]
    for seed in range(SEEDS):
        image, target = transform(sample, (seed, index), donors)
        rgb = as_rgb(_bytes(image, transform))
        varied = Sample(rgb, target.numpy().astype(np.uint8), sample.name)
        key = f"{name} {index} {seed} {config.size} {config.augmentation} {config.working_side}"
        figures.append(_figure(rgb, varied, dataset, key, t("data.preview.seed", seed=seed)))
    st.html(f'<div class="seg-pictures">{"".join(figures)}</div>')


def _figure(rgb: RGB, sample: Sample, dataset: SegDataset, key: str, caption: str) -> str:
    """Image and overlay, one above the other."""
    both = np.vstack([rgb, overlay(rgb, sample.labels, dataset.colours, opacity=0.6)])

    def make() -> bytes:
        height, width = both.shape[:2]
        scale = min(1.0, 320 / width)
        return encode(resize_image(both, (round(scale * height), round(scale * width))), "jpg", quality=88)

    url = blobs.publish(f"augmented {key}", make, "image/jpeg")
    text = escape(caption, quote=True)
    return f'<figure><img src="{url}" alt="{text}"><figcaption>{text}</figcaption></figure>'


def _bytes(image: torch.Tensor, transform: TrainTransform) -> np.ndarray:
    """A normalised image (C, h, w) as uint8 (h, w, C)."""
    mean = torch.tensor(transform.normalisation.mean)[:, None, None]
    std = torch.tensor(transform.normalisation.std)[:, None, None]
    return ((image * std + mean).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()

"""Images of samples with a mask, or with their errors."""

from collections.abc import Sequence

import cv2
import numpy as np

from segcore.export.sections import Figure, FigureRow
from segcore.formatting import score
from segcore.palette import overlay
from segcore.pictures import thumbnail
from segcore.text import Translator
from segcore.types import IGNORE, RGB, Colour, LabelMap

SIDE = 288
"""Longer side of an image in a report, in pixels; columns are about 170 CSS pixels wide."""
OPACITY = 0.6
WRONG: Colour = (230, 159, 0)
"""Orange, as in the mask viewer."""


def masked(rgb: RGB, labels: LabelMap, colours: Sequence[Colour]) -> RGB:
    """The image (H, W, 3) with the labels (H, W) overlaid in their colours."""
    return overlay(rgb, labels, colours, opacity=OPACITY)


def wrong_pixels(rgb: RGB, labels: LabelMap, truth: LabelMap) -> RGB:
    """The image in grey, with every incorrectly predicted pixel in orange; ignored pixels stay grey."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) // 2 + 64
    shown = np.repeat(np.asarray(grey, np.uint8)[..., None], 3, axis=2)
    shown[(labels != truth) & (truth != IGNORE)] = WRONG
    return shown


def compared_head(t: Translator) -> list[str]:
    """The titles of the images of `compared_images`."""
    return [t("report.photo"), t("report.truth"), t("report.prediction"), t("report.wrong")]


def compared_images(rgb: RGB, truth: LabelMap, labels: LabelMap, colours: Sequence[Colour]) -> list[RGB]:
    """The image, its ground truth, its prediction and its wrong pixels."""
    return [rgb, masked(rgb, truth, colours), masked(rgb, labels, colours), wrong_pixels(rgb, labels, truth)]


def compared_row(
    name: str, miou: float | None, loss: float | None, images: Sequence[RGB], t: Translator, *, note: str = ""
) -> FigureRow:
    """The row of a sample, with the first images of `compared_images`; the note stands below the prediction."""
    title = f"{name} · mIoU {score(miou)} · {t('report.loss')} {score(loss)}"
    return figure_row(title, name, images, compared_head(t), ("", "", note, ""))


def figure_row(title: str, name: str, images: Sequence[RGB], head: Sequence[str], captions: Sequence[str]) -> FigureRow:
    """Images (H, W, 3) of the sample ``name`` below the heads of their columns, which may be more."""
    figures = [
        Figure(thumbnail(rgb, SIDE), f"{name}: {column}", caption)
        for rgb, column, caption in zip(images, head, captions, strict=False)
    ]
    return FigureRow(title, figures)

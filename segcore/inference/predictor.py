"""Predictor: one network, any photo.

The path of a photo: bring it to the size at which the network was taught to look → fill up to a multiple of 32 →
normalise with the numbers of the checkpoint → cut into windows if large → engine → class probabilities → back to the
photo's own size → the most probable class of each pixel, how sure, and what else it might be.
"""

import threading
import time

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.checkpoint import Checkpoint
from segcore.data import resize_image
from segcore.data import working_size as working_size_of
from segcore.errors import BadConfig, BadImage
from segcore.inference.decision import decide
from segcore.inference.engines import make_engine
from segcore.inference.tiling import TILE, probability_bands, window_count
from segcore.models import MODELS
from segcore.types import RGB, LabelMap, Prediction

STRIDE = 32
"""The deepest map of every network here has one position for 32 x 32 pixels."""

MIN_SIDE, MAX_SIDE = 32, 8192
"""What ``working_side`` may be, in pixels."""

_GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in the brightness of ITU-R BT.601."""

_one_at_a_time = threading.BoundedSemaphore(1)
"""Several at once share the same cores: nobody is served sooner, and memory adds up."""


class Predictor:
    """Segment photos with one checkpoint. Safe to share between threads; calls wait for each other.

    Args:
        checkpoint: as loaded. Its model belongs to the predictor from now on: it may move to another device.
        engine: "auto", "torch" or "openvino"; see ``engines.make_engine``.
        device: "auto", "cpu", "cuda", "mps".
        working_side: instead of the card's; see ``CheckpointCard.working_side``.
        precision: "32", "bf16" or "16"; see ``engines.PRECISIONS``.

    Attributes:
        card: of the checkpoint.
        engine: name of the engine that was chosen, for people.
        engine_note: why "auto" did not choose the fastest engine; empty when it did.

    Raises:
        BadConfig: an unknown engine, device or precision, or a working side out of range.
        NotAvailable: an engine or device that was asked for by name is not here.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        engine: str = "auto",
        device: str = "auto",
        working_side: int | None = None,
        precision: str = "32",
    ) -> None:
        self.card = checkpoint.card
        self._working_side = _checked(working_side) or self.card.working_side
        model_card = MODELS.get(self.card.architecture)
        self._min_side = max(STRIDE, model_card.min_size if model_card else STRIDE)
        mean, std = (np.array(numbers, np.float32) for numbers in (self.card.mean, self.card.std))
        self._scale, self._shift = 1 / (255 * std), -mean / std  # (x / 255 - mean) / std = x * scale + shift
        with _one_at_a_time:
            self._engine, self.engine_note = make_engine(checkpoint, engine, device, precision)
        self.engine = self._engine.name

    def __call__(self, rgb: RGB, *, working_side: int | None = None, asked: LabelMap | None = None) -> Prediction:
        """Segment one photo.

        Args:
            rgb: (H, W, 3) uint8, H and W at least 1; (H, W, C) for a network that looks at C channels other than 1
                and 3, such as RGB with depth.
            working_side: for this photo only, instead of the predictor's.
            asked: (H, W) labels whose probability is wanted too, such as the truth; see ``Prediction.asked``.

        Raises:
            BadConfig: ``working_side`` is out of range.
            BadImage: a photo for a network that looks at other channels.
            ValueError: not such an image of at least one pixel, or ``asked`` has another size.
        """
        if asked is not None and asked.shape != rgb.shape[:2]:
            raise ValueError(f"asked is {asked.shape}, the image {rgb.shape[:2]}: (height, width) must be equal.")
        channels = 3 if self.card.in_channels == 1 else self.card.in_channels
        if rgb.ndim == 3 and rgb.shape[2] == 3 != channels:
            raise BadImage(
                "“{name}” looks at images of {channels} channels; a photo has 3 (1 if grey). Choose another "
                "checkpoint for photos.",
                name=self.card.name,
                channels=channels,
            )
        if rgb.ndim != 3 or rgb.shape[2] != channels or rgb.dtype != np.uint8 or rgb.size == 0:
            raise ValueError(f"an image is (H, W, {channels}) uint8, not {rgb.shape} {rgb.dtype}")
        side = _checked(working_side) or self._working_side
        size = (rgb.shape[0], rgb.shape[1])
        with _one_at_a_time:
            start = time.perf_counter()
            working_size = working_size_of(size, side)
            padded = _pad(resize_image(rgb, working_size), self._min_side)
            bands = probability_bands(self._look, padded, self.card.num_classes)
            width = working_size[1]  # what was filled up below and on the right is not looked at
            maps = decide((band[:, :, :width] for band in bands), working_size, size, asked)
            seconds = time.perf_counter() - start
        return Prediction(
            labels=maps.labels,
            confidence=maps.confidence,
            runner_up=maps.runner_up,
            uncertainty=maps.uncertainty,
            classes=self.card.classes,
            colours=self.card.colours,
            seconds=seconds,
            working_size=working_size,
            tiles=window_count((padded.shape[0], padded.shape[1])),
            engine=self.engine,
            asked=maps.asked,
        )

    def _look(self, window: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The network on one window (h, w, C) uint8: probabilities (K, h, w)."""
        pixels = window.astype(np.float32)
        if self.card.in_channels == 1:
            pixels = (pixels @ _GREY)[..., None]
        pixels = pixels * self._scale + self._shift
        return self._engine(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]))


def _checked(side: int | None) -> int | None:
    if side is not None and not MIN_SIDE <= side <= MAX_SIDE:
        raise BadConfig(
            "The working side is {side} pixels; it may be {least} to {most}.", side=side, least=MIN_SIDE, most=MAX_SIDE
        )
    return side


def _pad(rgb: RGB, min_side: int) -> RGB:
    """Fill up below and on the right with the mirrored image, to a multiple of STRIDE.

    A mirror looks like more of the same photo; a flat colour would be an object of its own, and would shift the mean
    that networks with image pooling take over everything. A side that will be cut into windows stays as it is.
    """
    below, right = (
        0 if length > TILE else max(min_side, -(-length // STRIDE) * STRIDE) - length for length in rgb.shape[:2]
    )
    if below == right == 0:
        return rgb
    return np.asarray(cv2.copyMakeBorder(rgb, 0, below, 0, right, cv2.BORDER_REFLECT_101), np.uint8)

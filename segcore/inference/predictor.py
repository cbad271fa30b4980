"""Predictor: segments any photo with one checkpoint.

A photo is resized to the network's working size → padded to a multiple of 32 → normalised with the numbers of the
checkpoint → cut into tiles if large → run by the engine → class probabilities → resized to the photo's size → the most
probable class of each pixel, its confidence, and the runner-up.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.data.transforms.resizing import resize_image
from segcore.data.transforms.resizing import working_size as working_size_of
from segcore.errors import BadConfig, BadImage
from segcore.inference.conversions import Conversion
from segcore.inference.decision import decide
from segcore.inference.openvino_engine import OpenVinoEngine
from segcore.inference.speed import Speed
from segcore.inference.tiling import TILE, OnTile, network_pixels, probability_bands, tile_count
from segcore.types import RGB, LabelMap, Prediction

if TYPE_CHECKING:
    from segcore.checkpoint import Checkpoint  # imports torch

STRIDE = 32
"""Pixels per position of the last encoder map of every network here; inputs are padded to a multiple."""

MIN_SIDE, MAX_SIDE = 32, 8192
"""Range of ``working_side`` in pixels."""

_GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in the brightness of ITU-R BT.601."""

INFERENCE_LOCK = threading.RLock()
"""Held while a network is loaded into an engine or runs: several at once share the cores, so none is faster, and their
memory adds up. A photo in tiles releases it after every tile, so that small photos need not wait for minutes."""

_TILED_LOCK = threading.Lock()
"""Held during a photo in tiles: the memory of only one of them at a time. Taken before INFERENCE_LOCK, never after."""


@dataclass
class _Clock:
    """Seconds of one prediction in the network, and waiting for it."""

    network: float = 0.0
    waiting: float = 0.0


class Predictor:
    """Segment photos with one checkpoint. Safe to share between threads; calls wait for each other.

    The predictor owns a checkpoint's model and may move it to another device. Engine, device, precision and identity
    are those of ``engines.make_engine`` and mean nothing for a conversion; ``working_side`` overrides the card's. The
    attribute ``engine`` is the chosen engine's name for people; ``engine_note`` states why "auto" did not choose the
    fastest, and is empty when it did. ``speed`` is that of the last photo, None before the first.

    Raises:
        BadConfig: unknown engine, device or precision, or a working side out of range.
        NotAvailable: the requested engine or device is not on this computer.
    """

    def __init__(
        self,
        network: "Checkpoint | Conversion",
        *,
        engine: str = "auto",
        device: str = "auto",
        working_side: int | None = None,
        precision: str = "32",
        identity: str = "",
    ) -> None:
        self.card = network.card
        self._working_side = _checked(working_side) or self.card.working_side
        mean, std = (np.array(numbers, np.float32) for numbers in (self.card.mean, self.card.std))
        self._scale, self._shift = 1 / (255 * std), -mean / std  # (x / 255 - mean) / std = x * scale + shift
        self._engine: Callable[[NDArray[np.float32]], NDArray[np.float32]]
        with INFERENCE_LOCK:
            if isinstance(network, Conversion):
                self._engine, self.engine_note, self.engine = OpenVinoEngine(network.folder), "", OpenVinoEngine.name
            else:
                from segcore.inference.engines import make_engine  # noqa: PLC0415 - needs torch, a conversion does not

                self._engine, self.engine_note = make_engine(network, engine, device, precision, identity)
                self.engine = self._engine.name
        self.speed: Speed | None = None

    def __call__(
        self,
        rgb: RGB,
        *,
        working_side: int | None = None,
        asked: LabelMap | None = None,
        on_tile: OnTile | None = None,
    ) -> Prediction:
        """Segment one photo.

        Args:
            rgb: (H, W, 3) uint8, H and W at least 1; (H, W, C) for a network with C input channels other than 1 and 3,
                such as RGB with depth.
            working_side: for this photo only, overrides the predictor's.
            asked: (H, W) labels whose probability is requested too, such as the ground truth; see
                ``Prediction.asked``.
            on_tile: called with the progress, see ``tiling.OnTile``; what it raises ends the prediction.

        Raises:
            BadConfig: ``working_side`` is out of range.
            BadImage: a photo for a network with other input channels.
            ValueError: not such an image, or ``asked`` has another size.
        """
        if asked is not None and asked.shape != rgb.shape[:2]:
            raise ValueError(f"asked is {asked.shape}, the image {rgb.shape[:2]}: (height, width) must be equal.")
        self._check_channels(rgb)
        side = _checked(working_side) or self._working_side
        size = (rgb.shape[0], rgb.shape[1])
        working_size = working_size_of(size, side)
        with INFERENCE_LOCK if max(working_size) <= TILE else _TILED_LOCK:
            start, clock = time.perf_counter(), _Clock()
            padded = _pad(resize_image(rgb, working_size))
            run = partial(self._timed, clock)
            bands = probability_bands(run, padded, self.card.num_classes, on_tile=on_tile)
            width = working_size[1]  # without the padding on the right; ``decide`` ignores that below
            maps = decide((band[:, :, :width] for band in bands), working_size, size, asked)
            seconds = time.perf_counter() - start - clock.waiting
        padded_size = (padded.shape[0], padded.shape[1])
        labelled = size[0] * size[1] * self.card.num_classes
        self.speed = Speed.of(clock.network, network_pixels(padded_size), seconds, labelled)
        return Prediction(
            **vars(maps),
            classes=self.card.classes,
            colours=self.card.colours,
            seconds=seconds,
            working_size=working_size,
            tiles=tile_count(padded_size),
            engine=self.engine,
        )

    def _check_channels(self, rgb: RGB) -> None:
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

    def _probabilities(self, tile: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Map one tile (h, w, C) uint8 to class probabilities (K, h, w)."""
        pixels = tile.astype(np.float32)
        if self.card.in_channels == 1:
            pixels = (pixels @ _GREY)[..., None]
        pixels = pixels * self._scale + self._shift
        return self._engine(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]))

    def _timed(self, clock: _Clock, tile: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`_probabilities` under the lock, with the times of both added to a clock."""
        begun = time.perf_counter()
        with INFERENCE_LOCK:
            start = time.perf_counter()
            probs = self._probabilities(tile)
        clock.waiting += start - begun
        clock.network += time.perf_counter() - start
        return probs


def _checked(side: int | None) -> int | None:
    if side is not None and not MIN_SIDE <= side <= MAX_SIDE:
        raise BadConfig(
            "The working side is {side} pixels; it may be {least} to {most}.", side=side, least=MIN_SIDE, most=MAX_SIDE
        )
    return side


def _pad(rgb: RGB) -> RGB:
    """Pad below and on the right with the mirrored image to a multiple of STRIDE, unless the side will be tiled.

    A constant colour would look like an object, and would shift the mean of networks with image pooling.
    """
    below, right = (0 if length > TILE else -(-length // STRIDE) * STRIDE - length for length in rgb.shape[:2])
    if below == right == 0:
        return rgb
    return np.asarray(cv2.copyMakeBorder(rgb, 0, below, 0, right, cv2.BORDER_REFLECT_101), np.uint8)

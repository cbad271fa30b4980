"""Predictions of methods without a network, at the photo's own size.

Photos are resized to a small working size, so that every method takes at most a second. A method that separates an
object from its background returns a share of the object, which is resized like probabilities. Regions have no names:
they are numbered by size, "#1" the largest, and have confidence 1.
"""

import time
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.classical import Rectangle, areas_between, method_of, settings_of
from segcore.data import working_size as working_size_of
from segcore.inference.decision import PredictionMaps, decide
from segcore.palette import default_colours
from segcore.types import RGB, LabelMap, Prediction

WORKING_SIDE = 384
"""Longer side in pixels to which larger photos are resized; GrabCut takes about half a second at this size."""

MOST_REGIONS = 250
"""Maximum number of regions with a class of their own in a Prediction; all smaller ones share the last, "…"."""

Size = tuple[int, int]


def segment_classically(
    rgb: RGB,
    name: str,
    settings: Mapping[str, int] | None = None,
    rectangle: Rectangle | None = None,
    *,
    asked: LabelMap | None = None,
) -> Prediction:
    """Return the prediction of a method of ``segcore.classical.METHODS`` for a photo (H, W, 3) uint8 of any size.

    Parameters not in ``settings`` have their defaults. ``rectangle`` is around the object, for methods that take one;
    everything outside is background. ``asked`` (H, W) are labels whose share is requested too, for methods with
    classes; see ``Prediction.asked``.

    Raises:
        BadConfig: unknown method or parameter, or the rectangle contains no pixel of the photo.
        ValueError: not an RGB photo of at least one pixel.
    """
    start = time.perf_counter()
    method = method_of(name)
    answer, size, working_size = _answer(rgb, name, settings, rectangle)
    if method.answers == "regions":
        numbers = np.minimum(_upsampled(answer, size), MOST_REGIONS).astype(np.uint8)
        classes = tuple(f"#{number}" for number in range(1, min(int(answer.max()), MOST_REGIONS - 1) + 2))
        classes += ("…",) if answer.max() >= MOST_REGIONS else ()
        ones, zeros = np.ones(size, np.float32), np.zeros(size, np.float32)
        maps = PredictionMaps(labels=numbers, confidence=ones, runner_up=numbers.copy(), uncertainty=zeros, asked=None)
    else:
        classes = method.classes
        maps = decide([np.stack([1 - answer, answer])], working_size, size, asked)
    return Prediction(
        **vars(maps),
        classes=classes,
        colours=default_colours(classes),
        seconds=time.perf_counter() - start,
        working_size=working_size,
        tiles=1,
        engine=method.title,
    )


def find_regions(rgb: RGB, name: str, settings: Mapping[str, int] | None = None) -> NDArray[np.int32]:
    """Return the regions of a method at the photo's own size; arguments and errors as for ``segment_classically``.

    They are numbered 0 … n - 1. For an object and its background these are the two; for edges, the areas that they
    enclose.
    """
    answer, size, _ = _answer(rgb, name, settings, None)
    answers = method_of(name).answers
    if answers == "object":
        answer = (answer > 0.5).astype(np.int32)
    elif answers == "edges":
        answer = areas_between(answer)
    return _upsampled(answer, size)


def _answer(
    rgb: RGB, name: str, settings: Mapping[str, int] | None, rectangle: Rectangle | None
) -> tuple[NDArray[Any], Size, Size]:
    """Run a method on the resized photo; return its answer, the photo's size and the working size."""
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
        raise ValueError(f"an image is (H, W, 3) uint8, not {rgb.shape} {rgb.dtype}")
    method = method_of(name)
    wanted = settings_of(method, settings)
    size = (rgb.shape[0], rgb.shape[1])
    working_size = size if max(size) <= WORKING_SIDE else working_size_of(size, WORKING_SIDE)
    small = np.asarray(cv2.resize(rgb, working_size[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    if rectangle is None or not method.takes_rectangle:
        return method.run(small, **wanted), size, working_size
    return method.run(small, **wanted, inside=rectangle.inside(size, working_size)), size, working_size


def _upsampled(regions: NDArray[np.int32], size: Size) -> NDArray[np.int32]:
    """Resize to the photo's size by nearest neighbour, which creates no new regions."""
    if regions.shape == size:
        return regions
    return np.asarray(cv2.resize(regions, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT), np.int32)

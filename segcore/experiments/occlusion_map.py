"""Job: the occlusion map of one image, which takes a hundred and more predictions."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from segcore.checkpoint import load_checkpoint
from segcore.explain.downsampling import upsample_nearest
from segcore.explain.network import Network
from segcore.explain.private_copy import private_copy
from segcore.explain.saliency import Heat, Target, occlusion
from segcore.job_context import JobContext
from segcore.pictures import decode_rgb, encode
from segcore.types import RGB

EVERY = 4
"""The result has one number per EVERY rows and columns; the occluding squares are coarser still."""


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Occlude the image part by part.

    Settings: ``checkpoint``, a file; ``picture``, the preprocessed image as PNG in base64, because the learner's photo
    is in no file; ``class_id`` of the logit; ``pixel``, [row, col], or null for all pixels predicted as the class.

    Returns:
        ``{"heat": rows of numbers}``, one for EVERY pixels.

    Raises:
        BadCheckpoint: the file is missing or broken.
    """
    job.progress(0, None, doing="loading")
    checkpoint = load_checkpoint(settings["checkpoint"])
    network = Network.of(private_copy(checkpoint.model), checkpoint.card)
    image = from_text(settings["picture"])
    class_id, pixel = int(settings["class_id"]), settings["pixel"]
    if pixel is None:
        where = network.labels([image])[0] == class_id
    else:
        where = np.zeros(image.shape[:2], bool)
        where[pixel[0], pixel[1]] = True
    job.began()
    heat = occlusion(network, image, Target(class_id, where), progress=job.reporter("hiding"))
    return {"heat": np.round(heat[::EVERY, ::EVERY], 4).tolist()}


def heat_of(answer: Mapping[str, Any], size: tuple[int, int]) -> Heat:
    """The result of the job at the size of the image."""
    coarse = np.array(answer["heat"], np.float32)
    return upsample_nearest(coarse, EVERY)[: size[0], : size[1]]


def as_text(image: RGB) -> str:
    """An image as PNG in base64."""
    return base64.b64encode(encode(image)).decode()


def from_text(text: str) -> RGB:
    """The image of `as_text`."""
    return decode_rgb(base64.b64decode(text))

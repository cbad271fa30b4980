"""Colour jitter as one matrix, and what lenses, sensors and cameras do to images."""

import cv2
import numpy as np

from segcore.data.transforms.augmentation import Augmentation
from segcore.data.transforms.resizing import with_channels
from segcore.data.transforms.warping import Matrix
from segcore.pictures import decode_grey, decode_rgb, encode
from segcore.types import Pixels

_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def recolour(image: Pixels, augmentation: Augmentation, rng: np.random.Generator) -> Pixels:
    """Vary brightness and contrast of an image (H, W, C); of RGB also saturation, hue and greyness."""
    brightness = 1 + rng.uniform(-1, 1) * augmentation.brightness
    contrast = 1 + rng.uniform(-1, 1) * augmentation.contrast
    saturation = 1 + rng.uniform(-1, 1) * augmentation.saturation
    turn = rng.uniform(-1, 1) * augmentation.hue
    if rng.random() < augmentation.grayscale:
        saturation = 0.0
    channels = image.shape[2]
    mean = float(np.mean(cv2.mean(image[..., :4])[: min(channels, 4)])) * brightness
    gain, offset = brightness * contrast, mean * (1 - contrast)
    if channels != 3:
        brighter = np.rint(image * np.float32(gain) + np.float32(offset))
        return np.asarray(np.clip(brighter, 0, 255), np.uint8)
    colour = gain * (saturation * _hue_turn(turn) + (1 - saturation) * np.tile(_LUMA, (3, 1)))
    matrix = np.column_stack([colour, np.full(3, offset)])
    if np.allclose(matrix, np.eye(3, 4)):
        return image
    return with_channels(cv2.transform(image, matrix), channels)


def _hue_turn(turn: float) -> Matrix:
    """Rotation of (r, g, b) about the grey axis by ``turn`` of a full circle; greys do not change (Rodrigues)."""
    cos, sin = np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    return np.asarray(cos * np.eye(3) + sin * across + (1 - cos) / 3 * np.ones((3, 3)), np.float64)


def degrade(image: Pixels, augmentation: Augmentation, rng: np.random.Generator) -> Pixels:
    """Blur, add noise, compress: in the order of a lens, a sensor and a camera."""
    if rng.random() < augmentation.blur:
        sigma = rng.uniform(0.3, 2.0)
        image = with_channels(cv2.GaussianBlur(image, (0, 0), sigma), image.shape[2])
    if augmentation.noise:
        strength = rng.uniform(0, augmentation.noise) * 255
        noisy = image + rng.standard_normal(image.shape, np.float32) * np.float32(strength)
        image = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    if rng.random() < augmentation.jpeg and image.shape[2] in (1, 3):
        quality = int(rng.integers(20, 91))
        image = jpeg_artefacts(image, quality)
    return image


def jpeg_artefacts(image: Pixels, quality: int) -> Pixels:
    """An image (H, W, C) compressed and decoded again: RGB as a whole, other channels one by one as grey."""
    if image.shape[2] == 3:
        return decode_rgb(encode(image, "jpg", quality=quality))
    bands = (image[..., band] for band in range(image.shape[2]))
    return np.dstack([decode_grey(encode(band, "jpg", quality=quality)) for band in bands])

"""From a sample to the tensors a network is fed: augmentation for training, a fixed view for evaluation.

All that moves pixels is one 3 x 3 matrix, all that changes colours is one 3 x 4 matrix. Scale, crop, rotation, tilt
and flip are multiplied together first and then the image is resampled once, bilinearly, and the labels with the
very same matrix, nearest neighbour, so that image and labels cannot part company and no label appears that was not
there. What lies outside the photo is filled with the mean colour and labelled IGNORE. Likewise brightness, contrast,
saturation, hue and grey are factors of one linear map of (r, g, b, 1).

This is also why OpenCV does that part: perspective, rotation and colour jitter of torchvision.transforms.v2 took 5 ms
for a 256 pixel crop on one thread, the two matrices take 0.3 ms. torchvision's v2 gets image and labels as a pair of
tv_tensors for the rest: conversion and normalisation, each by what it is.

Every random number comes from one generator, seeded by the caller: the same (sample, seed) gives the same tensors.

Shapes   (h, w) size of the output; C channels of the image
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from segcore.data.base import Sample, SegDataset
from segcore.palette import background_id
from segcore.pictures import decode_grey, decode_rgb, encode
from segcore.types import IGNORE, LabelMap

Matrix = NDArray[np.float64]
Pixels = NDArray[np.uint8]


class Normalisation(BaseModel):
    """Mean and standard deviation per channel, of images in 0 … 1. The default is that of ImageNet.

    One number serves all channels of an image; otherwise there is one a channel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: tuple[float, ...] = Field(default=(0.485, 0.456, 0.406), min_length=1, description="Mean of each channel")
    std: tuple[float, ...] = Field(
        default=(0.229, 0.224, 0.225), min_length=1, description="Standard deviation of each channel"
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Normalisation":
        if len(self.mean) != len(self.std):
            raise ValueError(f"mean has {len(self.mean)} numbers and std {len(self.std)}; both need one a channel")
        if min(self.std) <= 0:
            raise ValueError(f"every std must be above 0, got {min(self.std)}")
        return self

    def fill(self, channels: int) -> tuple[int, ...]:
        """The mean colour as bytes: what a network sees as zero."""
        mean = self.mean * channels if len(self.mean) == 1 else self.mean
        return tuple(round(255 * value) for value in mean)


class Augmentation(BaseModel):
    """How much training images are varied. 0 switches a kind off; all ranges are symmetric about "unchanged"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale_min: float = Field(default=0.5, gt=0, le=4, description="Smallest random resize factor")
    scale_max: float = Field(default=2.0, gt=0, le=4, description="Largest random resize factor")
    flip: float = Field(default=0.5, ge=0, le=1, description="Probability of mirroring left and right")
    rotate_degrees: float = Field(default=0.0, ge=0, le=180, description="Rotation up to this angle, either way")
    tilt: float = Field(
        default=0.0, ge=0, le=0.5, description="Perspective: corners move by up to this share of a side"
    )
    brightness: float = Field(default=0.0, ge=0, le=1, description="Brightness factor within 1 ± this")
    contrast: float = Field(default=0.0, ge=0, le=1, description="Contrast factor within 1 ± this")
    saturation: float = Field(default=0.0, ge=0, le=1, description="Saturation factor within 1 ± this")
    hue: float = Field(default=0.0, ge=0, le=0.5, description="Turn of the colour circle within ± this (0.5 is half)")
    grayscale: float = Field(default=0.0, ge=0, le=1, description="Probability of a grey image")
    blur: float = Field(default=0.0, ge=0, le=1, description="Probability of Gaussian blur, sigma 0.3 … 2 pixels")
    noise: float = Field(
        default=0.0, ge=0, le=0.5, description="Gaussian noise, standard deviation 0 … this (white = 1)"
    )
    jpeg: float = Field(default=0.0, ge=0, le=1, description="Probability of JPEG artefacts, quality 20 … 90")
    erase: float = Field(
        default=0.0, ge=0, le=1, description="Probability of a hidden rectangle; its labels are ignored"
    )
    class_aware_crop: float = Field(
        default=0.0, ge=0, le=1, description="Probability that the crop holds a pixel of one of the smaller classes"
    )
    copy_paste: float = Field(
        default=0.0, ge=0, le=1, description="Probability of objects pasted from another training image"
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Augmentation":
        if self.scale_min > self.scale_max:
            raise ValueError(f"scale_min ({self.scale_min}) must not exceed scale_max ({self.scale_max})")
        return self

    @classmethod
    def none(cls) -> "Augmentation":
        """Nothing is varied but the place of the crop."""
        return cls(scale_min=1, scale_max=1, flip=0)


@dataclass(frozen=True)
class TrainTransform:
    """A random crop of a sample, varied and normalised.

    Attributes:
        size: (h, w) of the output, or one number for a square.
        augmentation: what is varied.
        normalisation: of the output.
        working_side: pixels of the longer side of the image at scale 1; None keeps the image's own resolution.
    """

    size: int | tuple[int, int]
    augmentation: Augmentation = field(default_factory=Augmentation)
    normalisation: Normalisation = field(default_factory=Normalisation)
    working_side: int | None = None

    def __call__(
        self, sample: Sample, seed: int | Sequence[int], donors: SegDataset | None = None
    ) -> tuple[Tensor, Tensor]:
        """Vary one sample.

        Args:
            sample: to be varied; not changed.
            seed: one number or several, such as (seed, epoch, index).
            donors: where copy-paste takes objects from; None switches it off.

        Returns:
            image (C, h, w) float32, normalised, and target (h, w) int64.
        """
        rng = np.random.default_rng(seed)
        size = (self.size, self.size) if isinstance(self.size, int) else self.size
        image, labels = self._crop(sample, size, rng)
        if donors is not None and rng.random() < self.augmentation.copy_paste:
            donor = donors[int(rng.integers(len(donors)))]
            background = background_id(donors.classes)
            image, labels = paste(image, labels, donor, self.augmentation, rng, background=background)
        image = recolour(image, self.augmentation, rng)
        image = degrade(image, self.augmentation, rng)
        if rng.random() < self.augmentation.erase:
            image, labels = erase(image, labels, self.normalisation.fill(image.shape[2]), rng)
        return to_tensors(image, labels, self.normalisation)

    def _crop(self, sample: Sample, size: tuple[int, int], rng: np.random.Generator) -> tuple[Pixels, LabelMap]:
        scale = base_scale(sample.labels.shape, self.working_side)
        matrix = draw_warp(sample.labels, size, scale, self.augmentation, rng)
        fill = self.normalisation.fill(sample.image.shape[2])
        return warp_image(sample.image, matrix, size, fill), warp_labels(sample.labels, matrix, size)


@dataclass(frozen=True)
class EvalTransform:
    """The whole image at its working resolution, nothing random.

    Attributes:
        normalisation: of the output.
        working_side: pixels of the longer side; None keeps the image's own resolution.
    """

    normalisation: Normalisation = field(default_factory=Normalisation)
    working_side: int | None = None

    def __call__(self, sample: Sample) -> tuple[Tensor, Tensor]:
        """Image (C, h, w) float32, normalised, and target (h, w) int64, both at the working resolution."""
        size = working_size(sample.labels.shape, self.working_side)
        image = resize_image(sample.image, size)
        labels = resize_labels(sample.labels, size)
        return to_tensors(image, labels, self.normalisation)


def to_tensors(image: Pixels, labels: LabelMap, normalisation: Normalisation) -> tuple[Tensor, Tensor]:
    """(h, w, C) and (h, w) uint8 → image (C, h, w) float32, normalised, and target (h, w) int64."""
    picture = tv_tensors.Image(torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))))
    target = tv_tensors.Mask(torch.from_numpy(np.ascontiguousarray(labels)))
    finish = v2.Compose(
        [
            v2.ToDtype({tv_tensors.Image: torch.float32, tv_tensors.Mask: torch.int64}, scale=True),
            v2.Normalize(list(normalisation.mean), list(normalisation.std), inplace=True),
        ]
    )
    picture, target = finish(picture, target)
    return picture.as_subclass(Tensor), target.as_subclass(Tensor)


# --- sizes ------------------------------------------------------------------------------------------------------------


def base_scale(size: Sequence[int], working_side: int | None) -> float:
    """Factor that brings the longer side of ``size`` (h, w) to ``working_side``; 1 where that is None."""
    return 1.0 if working_side is None else working_side / max(size)


def working_size(size: Sequence[int], working_side: int | None) -> tuple[int, int]:
    """(h, w) after resizing so that the longer side is ``working_side``; never below one pixel."""
    scale = base_scale(size, working_side)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def resize_image(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize (H, W, C) to (h, w, C): averaging when made smaller, so that fine texture does not turn into moiré."""
    height, width = image.shape[:2]
    if size == (height, width):
        return image
    method = cv2.INTER_AREA if size[0] * size[1] < height * width else cv2.INTER_LINEAR
    return _with_channels(cv2.resize(image, size[::-1], interpolation=method), image.shape[2])


def resize_labels(labels: LabelMap, size: tuple[int, int]) -> LabelMap:
    """Resize (H, W) to (h, w), each pixel taking the label at its centre."""
    if size == labels.shape:
        return labels
    return cv2.resize(labels, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT).astype(np.uint8, copy=False)


# --- geometry ---------------------------------------------------------------------------------------------------------


def draw_warp(
    labels: LabelMap, size: tuple[int, int], scale: float, augmentation: Augmentation, rng: np.random.Generator
) -> Matrix:
    """Draw the matrix that takes points of the sample to points of the crop.

    Points are (x, y, 1) in pixels measured from the upper left corner of the image, so that the centre of the first
    pixel is (0.5, 0.5).

    Args:
        labels: (H, W) of the sample.
        size: (h, w) of the crop.
        scale: factor of the resize before anything is varied.
        augmentation: how much is varied.
        rng: where the randomness comes from.
    """
    height, width = labels.shape
    low, high = np.log(augmentation.scale_min), np.log(augmentation.scale_max)
    scale *= float(np.exp(rng.uniform(low, high)))  # as often half as double
    content = np.array([width, height]) * scale
    window = np.array(size[::-1], float)
    room = content - window  # negative where the image is smaller than the crop and is padded
    corner = rng.random(2) * room
    if rng.random() < augmentation.class_aware_crop:
        target = _pixel_of_a_small_class(labels, rng)
        if target is not None:  # anywhere in the middle half of the crop, as far as the image allows
            wanted = (target + 0.5) * scale - window * rng.uniform(0.25, 0.75, 2)
            corner = np.clip(wanted, np.minimum(room, 0), np.maximum(room, 0))
    matrix = _shift(-corner[0], -corner[1]) @ np.diag([scale, scale, 1.0])
    angle = np.deg2rad(rng.uniform(-1, 1) * augmentation.rotate_degrees)
    if angle:
        matrix = _about_centre(_rotation(angle), window) @ matrix
    if augmentation.tilt:
        matrix = _tilt(window, rng.uniform(-1, 1, (4, 2)) * augmentation.tilt) @ matrix
    if rng.random() < augmentation.flip:
        matrix = np.array([[-1, 0, window[0]], [0, 1, 0], [0, 0, 1.0]]) @ matrix
    return matrix


def warp_image(image: Pixels, matrix: Matrix, size: tuple[int, int], fill: Sequence[float]) -> Pixels:
    """Resample (H, W, C) → (h, w, C) bilinearly; outside the image lies ``fill``.

    Bilinear sampling sees four pixels. Where the image shrinks by more than that, it is averaged down first.
    """
    shrink = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    if shrink < 0.7:
        height, width = image.shape[:2]
        smaller = (max(1, round(height * shrink)), max(1, round(width * shrink)))
        image = resize_image(image, smaller)
        matrix = matrix @ np.diag([width / smaller[1], height / smaller[0], 1.0])
    channels = image.shape[2]
    groups = [
        _with_channels(
            cv2.warpPerspective(
                np.ascontiguousarray(image[..., start : start + 4]),  # OpenCV fills at most four channels
                _between_pixel_centres(matrix),
                size[::-1],
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=tuple(fill[start : start + 4]),
            ),
            min(4, channels - start),
        )
        for start in range(0, channels, 4)
    ]
    return groups[0] if len(groups) == 1 else np.concatenate(groups, axis=2)


def warp_labels(labels: LabelMap, matrix: Matrix, size: tuple[int, int]) -> LabelMap:
    """Resample (H, W) → (h, w), nearest neighbour; outside the image lies IGNORE."""
    return cv2.warpPerspective(
        labels,
        _between_pixel_centres(matrix),
        size[::-1],
        flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(IGNORE,),
    ).astype(np.uint8, copy=False)


def _between_pixel_centres(matrix: Matrix) -> Matrix:
    """OpenCV counts from the centre of the first pixel, we from its corner."""
    return _shift(-0.5, -0.5) @ matrix @ _shift(0.5, 0.5)


def _shift(x: float, y: float) -> Matrix:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def _rotation(angle: float) -> Matrix:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])


def _about_centre(matrix: Matrix, window: NDArray[np.float64]) -> Matrix:
    x, y = window / 2
    return _shift(x, y) @ matrix @ _shift(-x, -y)


def _tilt(window: NDArray[np.float64], moves: NDArray[np.float64]) -> Matrix:
    """The perspective that moves the four corners of the window by shares of its sides, ``moves`` (4, 2)."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * window.astype(np.float32)
    moved = corners + (moves * window / 2).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners, moved), np.float64)


def _pixel_of_a_small_class(labels: LabelMap, rng: np.random.Generator) -> NDArray[np.int64] | None:
    """(x, y) of a random pixel of a class drawn evenly from those present, or None; the largest is left out."""
    counts = np.bincount(labels.ravel(), minlength=256)
    counts[IGNORE] = 0
    counts[np.argmax(counts)] = 0
    present = np.flatnonzero(counts)
    if not present.size:
        return None
    places = np.flatnonzero(labels == rng.choice(present))
    row, column = divmod(int(rng.choice(places)), labels.shape[1])
    return np.array([column, row])


# --- colour -----------------------------------------------------------------------------------------------------------

_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def recolour(image: Pixels, augmentation: Augmentation, rng: np.random.Generator) -> Pixels:
    """Vary brightness, contrast, saturation, hue and greyness; the last three only for RGB."""
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
        return np.clip(brighter, 0, 255).astype(np.uint8)
    colour = gain * (saturation * _hue_turn(turn) + (1 - saturation) * np.tile(_LUMA, (3, 1)))
    matrix = np.column_stack([colour, np.full(3, offset)])
    if np.allclose(matrix, np.eye(3, 4)):
        return image
    return _with_channels(cv2.transform(image, matrix), channels)


def _hue_turn(turn: float) -> Matrix:
    """Rotation of (r, g, b) about the grey axis by ``turn`` of a full circle; greys stay as they are (Rodrigues)."""
    cos, sin = np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    return cos * np.eye(3) + sin * across + (1 - cos) / 3 * np.ones((3, 3))


def degrade(image: Pixels, augmentation: Augmentation, rng: np.random.Generator) -> Pixels:
    """Blur, add noise, compress: in the order in which a lens, a sensor and a camera do."""
    if rng.random() < augmentation.blur:
        sigma = rng.uniform(0.3, 2.0)
        image = _with_channels(cv2.GaussianBlur(image, (0, 0), sigma), image.shape[2])
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


# --- things in the way ------------------------------------------------------------------------------------------------


def erase(image: Pixels, labels: LabelMap, fill: Sequence[int], rng: np.random.Generator) -> tuple[Pixels, LabelMap]:
    """Hide a rectangle of 2 … 20 % of the area behind one colour.

    Its labels become IGNORE: the network is not asked for what nobody could see, but must do without that context.
    """
    height, width = labels.shape
    area, aspect = rng.uniform(0.02, 0.2), np.exp(rng.uniform(np.log(0.4), np.log(2.5)))
    tall = min(height, max(1, round(height * np.sqrt(area * aspect))))
    wide = min(width, max(1, round(width * np.sqrt(area / aspect))))
    top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    image, labels = image.copy(), labels.copy()
    image[top : top + tall, left : left + wide] = fill
    labels[top : top + tall, left : left + wide] = IGNORE
    return image, labels


def paste(
    image: Pixels,
    labels: LabelMap,
    donor: Sample,
    augmentation: Augmentation,
    rng: np.random.Generator,
    *,
    background: int | None,
) -> tuple[Pixels, LabelMap]:
    """Lay one object of another sample over this crop, at a random place and size.

    After Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation", CVPR 2021,
    https://arxiv.org/abs/2012.07177. Differs: we have classes, not instances, so an object is one connected piece of
    a class. The edge is feathered over about two pixels, or a hard edge would betray what was pasted.

    Args:
        image: (h, w, C) uint8.
        labels: (h, w) uint8, of ``image``.
        donor: where the object comes from.
        augmentation: its flip and rotation are applied to the object.
        rng: draws class (evenly from those present), piece (by area), size and place.
        background: the class that is never pasted, or None.

    Returns:
        New image and labels; the old ones where the donor has no object.
    """
    found = _find_object(donor.labels, background, rng)
    if found is None:
        return image, labels
    mask, label = found
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    height, width = labels.shape
    side = max(bottom - top, right - left)
    scale = min(rng.uniform(0.2, 0.9) * min(height, width) / side, 2.0)  # enlarged further it would be a blur
    mirror = -1.0 if rng.random() < augmentation.flip else 1.0
    angle = np.deg2rad(rng.uniform(-1, 1) * augmentation.rotate_degrees)
    seen = np.flatnonzero(labels != IGNORE)  # aim at the photo, not at the padding round it
    row, column = divmod(int(rng.choice(seen)) if seen.size else int(rng.integers(labels.size)), width)
    matrix = (
        _shift(column + 0.5, row + 0.5)
        @ _rotation(angle)
        @ np.diag([scale * mirror, scale, 1.0])
        @ _shift(-(left + right) / 2, -(top + bottom) / 2)
    )
    piece = np.where(mask, np.uint8(label), np.uint8(IGNORE))
    new_labels = warp_labels(piece, matrix, (height, width))
    inside = new_labels != IGNORE
    alpha = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.0)[..., None]
    object_image = warp_image(donor.image, matrix, (height, width), (0,) * image.shape[2])
    mixed = image + alpha * (object_image.astype(np.float32) - image)
    return np.rint(mixed).astype(np.uint8), np.where(inside, new_labels, labels)


def _find_object(
    labels: LabelMap, background: int | None, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], int] | None:
    """One connected piece of a class, as (H, W) bool, and the class; None where all is background or ignored."""
    counts = np.bincount(labels.ravel(), minlength=256)
    counts[IGNORE] = 0
    if background is not None:
        counts[background] = 0
    present = np.flatnonzero(counts)
    if not present.size:
        return None
    label = int(rng.choice(present))
    _, pieces, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.float64)  # piece 0 is what is not of the class
    return pieces == 1 + int(rng.choice(len(areas), p=areas / areas.sum())), label


def _with_channels(array: NDArray, channels: int) -> Pixels:
    """OpenCV drops the last axis of one-channel images; put it back."""
    return array.reshape(*array.shape[:2], channels).astype(np.uint8, copy=False)

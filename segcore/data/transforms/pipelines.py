"""The transforms of training and evaluation; (h, w) is the size of the output, C the channels of the image."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from segcore.data.base import Sample, SegDataset
from segcore.data.transforms.augmentation import Augmentation
from segcore.data.transforms.copy_paste import erase, paste
from segcore.data.transforms.normalisation import Normalisation, to_tensors
from segcore.data.transforms.recolouring import degrade, recolour
from segcore.data.transforms.resizing import base_scale, resize_image, resize_labels, working_size
from segcore.data.transforms.warping import draw_warp, warp_image, warp_labels
from segcore.palette import background_id
from segcore.types import LabelMap, Pixels


@dataclass(frozen=True)
class TrainTransform:
    """A random crop of a sample, varied and normalised, of ``size`` (h, w) or one number for a square.

    At scale 1 the longer side of the image has ``working_side`` pixels; None keeps the image's own resolution.
    """

    size: int | tuple[int, int]
    augmentation: Augmentation = field(default_factory=Augmentation)
    normalisation: Normalisation = field(default_factory=Normalisation)
    working_side: int | None = None

    def __call__(
        self, sample: Sample, seed: int | Sequence[int], donors: SegDataset | None = None
    ) -> tuple[Tensor, Tensor]:
        """Image (C, h, w) float32, normalised, and target (h, w) int64 of one sample, which is not modified.

        ``seed`` is one number or several, such as (seed, epoch, index); without ``donors`` nothing is pasted.
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
    """The whole image with its longer side at ``working_side`` pixels (None: its own resolution), nothing random."""

    normalisation: Normalisation = field(default_factory=Normalisation)
    working_side: int | None = None

    def __call__(self, sample: Sample) -> tuple[Tensor, Tensor]:
        """Image (C, h, w) float32, normalised, and target (h, w) int64, both at the working resolution."""
        size = working_size(sample.labels.shape, self.working_side)
        image = resize_image(sample.image, size)
        labels = resize_labels(sample.labels, size)
        return to_tensors(image, labels, self.normalisation)

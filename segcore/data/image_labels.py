"""CIFAR-10 as a dataset to train a classifier on: all pixels of an image have its label.

    cifar10         CIFAR-10 if it was downloaded, otherwise the synthetic stand-in; the title states which
    cifar10:2000    its first 2,000 images

It is not in DATASETS, which are for segmentation. Its batches have one label per image (``one_label`` of the loaders).
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segcore import paths
from segcore.data.base import DatasetFacts, Sample
from segcore.data.formats.cifar import TenClasses, find, open_cifar10
from segcore.data.formats.cifar_stand_in import DRAWN_CLASSES, DRAWN_COUNTS, draw_one
from segcore.errors import BadDataset
from segcore.palette import default_colours

NAME = "cifar10"


@dataclass(frozen=True, eq=False)
class LabelledImages(DatasetFacts):
    """``count`` images of a split whose label map has one value; ``read`` None is the stand-in, drawn when indexed."""

    split: str
    count: int
    read: TenClasses | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int, /) -> Sample:
        if not 0 <= index < self.count:
            raise IndexError(f"{self.name} has {self.count} images, there is no number {index}")
        if self.read is None:
            image, label = draw_one(self.split, index)
        else:
            image, label = self.read.images[index].transpose(1, 2, 0), int(self.read.labels[index])
        labels = np.full(image.shape[:2], label, np.uint8)
        return Sample(image=np.ascontiguousarray(image), labels=labels, name=f"{self.split}-{index:05d}")


def has_image_labels(spec: str) -> bool:
    """Whether a spec names images with one class each, which have no masks."""
    return spec.partition(":")[0] == NAME


def open_labelled_images(spec: str, split: str = "train", *, root: Path | None = None) -> LabelledImages:
    """Open the split "train" or "test"; ``root`` None is the folder of ``python -m segcore data get cifar10``.

    Raises:
        BadDataset: no such spec or split.
        MissingData: ``root`` has no CIFAR-10.
    """
    name, colon, text = spec.partition(":")
    if name != NAME or (colon and not (text.isdecimal() and int(text) > 0)):
        raise BadDataset(
            '"{spec}" names no labelled images; expected {name}, or {name}:2000 for the first 2,000 of it.',
            spec=spec,
            name=NAME,
        )
    if split not in DRAWN_COUNTS:
        raise BadDataset('CIFAR-10 has no split "{split}"; it has train and test.', split=split)
    wanted = int(text) if text else None
    if root is None and find(paths.data_dir() / NAME) is None:
        most = DRAWN_COUNTS[split]
        return LabelledImages(
            name=f"{NAME}-drawn",
            title=f"Ten synthetic shapes ({split}), a stand-in for CIFAR-10",
            classes=DRAWN_CLASSES,
            colours=default_colours(DRAWN_CLASSES),
            licence="CC0 1.0 (generated)",
            shippable=True,
            split=split,
            count=most if wanted is None else min(wanted, most),
        )
    read = open_cifar10(split, root=root, count=wanted)
    return LabelledImages(
        name=NAME,
        title=f"CIFAR-10 ({split})",
        classes=read.classes,
        colours=default_colours(read.classes),
        split=split,
        count=len(read.labels),
        read=read,
    )

"""CIFAR-10 as a dataset to train a classifier on: all pixels of an image have its label.

    cifar10         CIFAR-10 if it was downloaded, otherwise the synthetic stand-in; the title states which
    cifar10:2000    its first 2,000 images

It is not in DATASETS, which are for segmentation. Its batches have one label per image (``one_label`` of the loaders).
"""

from functools import partial
from typing import Any

import numpy as np

from segcore.data.formats.cifar import TenClasses, find, open_cifar10
from segcore.data.formats.cifar_stand_in import DRAWN_CLASSES, DRAWN_COUNTS, draw_one
from segcore.data.formats.item_dataset import ItemDataset, numbered_dataset
from segcore.errors import BadDataset
from segcore.palette import default_colours
from segcore.types import LabelMap, Pixels

NAME = "cifar10"


def has_image_labels(spec: str) -> bool:
    """Whether a spec names images with one class each, which have no masks."""
    return spec.partition(":")[0] == NAME


def open_labelled_images(spec: str, split: str = "train") -> ItemDataset[int]:
    """Open the split "train" or "test": every label map has one value.

    Raises:
        BadDataset: no such spec or split.
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
    facts: dict[str, Any]
    classes: tuple[str, ...]
    if find() is None:
        stored, classes = None, DRAWN_CLASSES
        count = min(wanted or DRAWN_COUNTS[split], DRAWN_COUNTS[split])
        facts = {
            "name": f"{NAME}-drawn",
            "title": f"Ten synthetic shapes ({split}), a stand-in for CIFAR-10",
            "licence": "CC0 1.0 (generated)",
            "shippable": True,
        }
    else:
        stored = open_cifar10(split, count=wanted)
        classes, count = stored.classes, len(stored.labels)
        facts = {"name": NAME, "title": f"CIFAR-10 ({split})"}
    facts |= {"classes": classes, "colours": default_colours(classes)}
    return numbered_dataset(facts, split, count, partial(_read, split, stored))


def _read(split: str, stored: TenClasses | None, index: int) -> tuple[Pixels, LabelMap]:
    """Image (32, 32, 3) and labels (32, 32) of one value; without ``stored`` images they are drawn."""
    if stored is None:
        image, label = draw_one(split, index)
    else:
        image, label = stored.images[index].transpose(1, 2, 0), int(stored.labels[index])
    return np.ascontiguousarray(image), np.full(image.shape[:2], label, np.uint8)

"""The range of values that becomes 0 … 255 in the images of a dataset, for those of more than 8 bits."""

from pathlib import Path

import numpy as np

from segcore.data.base import SegDataset
from segcore.data.formats.folder import ReadFolderItem
from segcore.data.formats.item_dataset import ItemDataset
from segcore.data.image_bands import folder_scale
from segcore.data.image_depth import ValueRange
from segcore.data.views import View

_MOST_FOLDERS = 16
"""Maximum number of folders of a dataset that are looked at, evenly spread."""


def dataset_range(dataset: SegDataset) -> ValueRange | None:
    """The one range of all images of more than 8 bits; None without such images, or where their ranges differ."""
    ranges = {each for source in _sources(dataset) for each in _ranges(source)} - {None}
    return ranges.pop() if len(ranges) == 1 else None


def _sources(dataset: SegDataset) -> list[SegDataset]:
    """The datasets that read the samples."""
    if not isinstance(dataset, View):
        return [dataset]
    return [inner for source in dataset.sources for inner in _sources(source)]


def _ranges(dataset: SegDataset) -> set[ValueRange | None]:
    if not isinstance(dataset, ItemDataset):
        return set()
    images = [item.image for item in dataset.items if isinstance(getattr(item, "image", None), Path)]
    places = list({(image.parent, image.suffix.lower()): image for image in images}.values())
    chosen = np.unique(np.linspace(0, len(places) - 1, min(len(places), _MOST_FOLDERS)).round().astype(int))
    found = {folder_scale(places[index]) for index in chosen}
    stated = dataset.read.classes.value_range if isinstance(dataset.read, ReadFolderItem) else None
    return {ValueRange(*stated)} if stated is not None and found - {None} else found

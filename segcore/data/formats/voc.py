"""Pascal VOC: 20 kinds of objects and the background, annotated by hand, with an ignored border around objects.

    JPEGImages/2007_000032.jpg              photos, most without a mask
    SegmentationClass/2007_000032.png       palette PNG: the index is the class, 255 the border and difficult objects
    ImageSets/Segmentation/train.txt        names of a split; also val.txt, trainval.txt
    SegmentationClassAug/  train_aug.txt    optional: the masks of SBD (see sbd.py) as grey PNG, a common arrangement;
                                            the list may also be called trainaug.txt

labelme, CVAT and others write users' own sets in this layout, with a list of class names (see voc_names.py). Such a set
keeps its names; without a list its classes are numbered. Pascal VOC itself is recognised by the names of its photos.

Everingham et al., "The Pascal Visual Object Classes Challenge: A Retrospective", IJCV 2015,
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/
"""

import re
from pathlib import Path

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats import voc_names
from segcore.data.formats.item_dataset import (
    ItemDataset,
    Pair,
    ReadPair,
    folder_facts,
    image_dataset,
    published_facts,
)
from segcore.data.formats.mask_values import value_table
from segcore.data.formats.name_lists import list_files, read_name_list
from segcore.data.formats.pairing import files_by_key
from segcore.data.formats.split_folders import choose_list, layout_of_splits, visible_files
from segcore.data.splits import TEST
from segcore.errors import BadDataset
from segcore.types import IGNORE, Colour

CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip

AUGMENTED = "train_aug"
"""The split whose masks are in SegmentationClassAug/; it has ``train`` and most of SBD, and no image of ``val``."""

_PHOTO_OF_VOC = re.compile(r"\d{4}_\d{6}|\d{6}")
"""2007_000032; in VOC 2007 only the number."""
NESTED = ("VOCdevkit/VOC2012", "VOC2012", "TrainVal/VOCdevkit/VOC2011", "VOCdevkit/VOC2007")


def voc_colour(label: int) -> Colour:
    """The colour of a class in VOC's palette: bits 0, 3, 6 … of the label from the top of red, and so on."""
    channels = [0, 0, 0]
    for bit in range(8):
        for channel in range(3):
            channels[channel] |= ((label >> (3 * bit + channel)) & 1) << (7 - bit)
    return (channels[0], channels[1], channels[2])


COLOURS = tuple(voc_colour(label) for label in range(len(CLASSES)))
VALUES = value_table({label: label for label in range(len(CLASSES))} | {IGNORE: IGNORE})


def lists(root: Path) -> dict[str, Path]:
    """Split → the list of its names, or "" → the masks where there are no lists; {} for another layout."""
    masks = root / "SegmentationClass"
    if not (masks.is_dir() and (root / "JPEGImages").is_dir()):
        return {}
    files = list_files(root / "ImageSets" / "Segmentation")
    if TEST in files and not any((masks / f"{stem}.png").exists() for stem in read_name_list(files[TEST])[:5]):
        del files[TEST]  # the masks of its challenge were never published
    return files or {"": masks}


def open_voc(root: Path, split: str | None) -> ItemDataset[Pair]:
    """Open a split; None is trainval, or every mask that is in no list of test images."""
    known = lists(root)
    split = choose_list(root, split, known, "trainval")
    masks = root / ("SegmentationClassAug" if split == AUGMENTED else "SegmentationClass")
    stems = _stems(known, split, [path.stem for path in visible_files(masks, ".png")])
    if not stems:
        raise BadDataset("{root} names no image with a mask. Unpack the whole archive again.", root=root)
    names_file = voc_names.names_file(root)
    if names_file is None and all(_PHOTO_OF_VOC.fullmatch(stem) for stem in stems[:100]):
        pairs = [Pair(root / "JPEGImages" / f"{stem}.jpg", masks / f"{stem}.png") for stem in stems]
        return image_dataset(published_facts(CARD, split), pairs, ReadPair(VALUES))
    photos = files_by_key(root / "JPEGImages")
    pairs = [Pair(photos.get(stem, [root / "JPEGImages" / f"{stem}.jpg"])[0], masks / f"{stem}.png") for stem in stems]
    every = visible_files(root / "SegmentationClass", ".png")
    own = voc_names.numbered(root, every) if names_file is None else voc_names.read_names(names_file)
    facts = folder_facts(root, split, own.classes) | {"colours": own.colours}
    return image_dataset(facts, pairs, own.read, notes=own.notes)


def _stems(known: dict[str, Path], split: str | None, masked: list[str]) -> list[str]:
    """The names of a split, or of every mask but those of the test split."""
    if split:
        return read_name_list(known[split], masked)
    tested = set(read_name_list(known[TEST], masked)) if TEST in known else set()
    return [stem for stem in masked if stem not in tested] or masked


CARD = DatasetCard(
    name="voc",
    title="Pascal VOC 2012",
    summary="2,913 everyday photos with 20 kinds of objects and the background.",
    splits=("train", "val", "trainval", AUGMENTED),
    layout=layout_of_splits("JPEGImages/, SegmentationClass/ and ImageSets/Segmentation/", lists, open_voc, NESTED),
    classes=CLASSES,
    colours=COLOURS,
    licence="photos under the terms of Flickr, for research",
    homepage="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
)

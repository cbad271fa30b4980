"""Pascal VOC: 20 kinds of objects and the background, annotated by hand, with an ignored border around objects.

    JPEGImages/2007_000032.jpg              photos, most without a mask
    SegmentationClass/2007_000032.png       palette PNG: the index is the class, 255 the border and difficult objects
    ImageSets/Segmentation/train.txt        names of a split; also val.txt, trainval.txt
    SegmentationClassAug/  train_aug.txt    optional: the masks of SBD (see sbd.py) as grey PNG, a common arrangement;
                                            the list may also be called trainaug.txt

Everingham et al., "The Pascal Visual Object Classes Challenge: A Retrospective", IJCV 2015,
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/
"""

from pathlib import Path

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.item_dataset import ItemDataset, Pair, ReadPair, image_dataset, published_facts
from segcore.data.formats.mask_values import value_table
from segcore.data.formats.split_folders import choose_list, find_splits, layout_of_splits, read_name_list, visible_files
from segcore.errors import BadDataset
from segcore.types import IGNORE, Colour

CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip

AUGMENTED = "train_aug"
"""The split whose masks are in SegmentationClassAug/; it has ``train`` and most of SBD, and no image of ``val``."""

_LISTS = {"train": ("train",), "val": ("val",), "trainval": ("trainval",), AUGMENTED: (AUGMENTED, "trainaug")}
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
    files = {path.stem: path for path in visible_files(root / "ImageSets" / "Segmentation", ".txt")}
    return find_splits(_LISTS, files.get) or {"": masks}


def open_voc(root: Path, split: str | None) -> ItemDataset[Pair]:
    """Open a split; None is trainval, or every mask where it has no list."""
    known = lists(root)
    split = choose_list(root, split, known, "trainval")
    masks = root / ("SegmentationClassAug" if split == AUGMENTED else "SegmentationClass")
    if split is None:
        stems = [path.stem for path in visible_files(masks, ".png")]
    else:
        stems = [Path(word).stem for word in read_name_list(known[split])]
    if not stems:
        raise BadDataset("{root} names no image with a mask. Unpack the whole archive again.", root=root)
    pairs = [Pair(root / "JPEGImages" / f"{stem}.jpg", masks / f"{stem}.png") for stem in stems]
    return image_dataset(published_facts(CARD, split), pairs, ReadPair(VALUES))


CARD = DatasetCard(
    name="voc",
    title="Pascal VOC 2012",
    summary="2,913 everyday photos with 20 kinds of objects and the background.",
    splits=tuple(_LISTS),
    layout=layout_of_splits("JPEGImages/, SegmentationClass/ and ImageSets/Segmentation/", lists, open_voc, NESTED),
    classes=CLASSES,
    colours=COLOURS,
    licence="photos under the terms of Flickr, for research",
    homepage="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
)

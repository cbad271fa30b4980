"""Cityscapes, fine annotations: streets of fifty cities, 2048 x 1024 pixels.

    leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png
    gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png        one of 34 ids a pixel
                        …_gtFine_labelTrainIds.png                     made by cityscapesScripts; used without labelIds
                        …_gtFine_color.png, …_instanceIds.png, …_polygons.json      not read

Of the 34 ids, 19 are used in training and evaluation, the *train ids*; all others are ignored. The test split has no
labels.

Cordts et al., "The Cityscapes Dataset for Semantic Urban Scene Understanding", CVPR 2016,
https://arxiv.org/abs/1604.01685; ids and colours: cityscapesscripts/helpers/labels.py (MIT)
"""

from pathlib import Path

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.item_dataset import ItemDataset, Pair, ReadPair, published_facts
from segcore.data.formats.mask_values import value_table
from segcore.data.formats.split_folders import find_splits, first_names, folder_names, layout_of_splits
from segcore.data.splits import TEST, choose_splits, split_meant
from segcore.errors import BadDataset
from segcore.types import IGNORE, Colour

_TRAINED: dict[int, tuple[str, Colour]] = {
    7: ("road", (128, 64, 128)),
    8: ("sidewalk", (244, 35, 232)),
    11: ("building", (70, 70, 70)),
    12: ("wall", (102, 102, 156)),
    13: ("fence", (190, 153, 153)),
    17: ("pole", (153, 153, 153)),
    19: ("traffic light", (250, 170, 30)),
    20: ("traffic sign", (220, 220, 0)),
    21: ("vegetation", (107, 142, 35)),
    22: ("terrain", (152, 251, 152)),
    23: ("sky", (70, 130, 180)),
    24: ("person", (220, 20, 60)),
    25: ("rider", (255, 0, 0)),
    26: ("car", (0, 0, 142)),
    27: ("truck", (0, 0, 70)),
    28: ("bus", (0, 60, 100)),
    31: ("train", (0, 80, 100)),
    32: ("motorcycle", (0, 0, 230)),
    33: ("bicycle", (119, 11, 32)),
}
"""Label id → class, in the order of the train ids."""

CLASSES = tuple(name for name, _ in _TRAINED.values())
COLOURS = tuple(colour for _, colour in _TRAINED.values())
LABEL_IDS = value_table(
    dict.fromkeys((*range(34), 255), IGNORE) | {value: label for label, value in enumerate(_TRAINED)}
)
"""Label id → train id. 255 is the licence plate's id, -1, in eight bits."""
TRAIN_IDS = value_table({label: label for label in range(len(CLASSES))} | {IGNORE: IGNORE})

_IMAGE = "_leftImg8bit.png"
_KINDS = {"_gtFine_labelIds.png": LABEL_IDS, "_gtFine_labelTrainIds.png": TRAIN_IDS}


def open_cityscapes(root: Path, split: str | None) -> ItemDataset[Pair]:
    """Open a split; None is train and val."""
    places = _places(root)
    images = [
        image for name in choose_splits(root, split, places) for image in sorted(places[name].glob(f"*/*{_IMAGE}"))
    ]
    if not images:
        raise BadDataset(
            "{folder} holds no photo named CITY/…{ending}. Unpack leftImg8bit again.",
            folder=root / "leftImg8bit",
            ending=_IMAGE,
        )
    lost = {kind: [image.name for image in images if not _mask_of(root, image, kind).is_file()] for kind in _KINDS}
    kind = min(_KINDS, key=lambda kind: len(lost[kind]))
    if lost[kind]:
        raise BadDataset(
            "In {folder} these photos have no …{ending}: {names}. Unpack gtFine_trainvaltest.zip again.",
            folder=root / "gtFine",
            ending=kind,
            names=first_names(lost[kind]),
        )
    return ItemDataset(
        **published_facts(CARD, split),
        names=tuple(image.name.removesuffix(_IMAGE) for image in images),
        items=tuple(Pair(image, _mask_of(root, image, kind)) for image in images),
        read=ReadPair(_KINDS[kind]),
    )


def _mask_of(root: Path, image: Path, kind: str) -> Path:
    place = image.relative_to(root / "leftImg8bit")
    return root / "gtFine" / place.with_name(place.name.removesuffix(_IMAGE) + kind)


def _places(root: Path) -> dict[str, Path]:
    """Split → its photos, if it also has labels; "" → all photos where no split has both; {} for another layout."""
    photos, labels = root / "leftImg8bit", root / "gtFine"
    if not (photos.is_dir() and labels.is_dir()):
        return {}
    names = [name for name in folder_names(labels) if split_meant(name) != TEST]  # its labels are empty
    return find_splits(names, lambda name: photos / name if (photos / name).is_dir() else None) or {"": photos}


CARD = DatasetCard(
    name="cityscapes",
    title="Cityscapes",
    summary="3,475 street scenes of 2048 × 1024 pixels with 19 classes (fine annotations).",
    splits=("train", "val"),
    layout=layout_of_splits("leftImg8bit/ and gtFine/", _places, open_cityscapes, nested=("cityscapes",)),
    classes=CLASSES,
    colours=COLOURS,
    licence="Cityscapes terms of use: research and teaching only, no redistribution",
    shippable=False,
    homepage="https://www.cityscapes-dataset.com/",
    by_hand="Its publisher gives it only to people with an account: register at https://www.cityscapes-dataset.com/, "
    "download leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip, unpack both into one folder, and use "
    "cityscapes:FOLDER.",
)

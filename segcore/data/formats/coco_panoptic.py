"""COCO's panoptic annotations: every pixel has a class, of things (person, car) and of stuff (sky, grass).

    annotations/panoptic_train2017.json      which segment of which photo has which category
    annotations/panoptic_train2017/000000000009.png      segment id = R + 256 G + 65536 B; 0 is unlabelled: IGNORE
    train2017/000000000009.jpg

Kirillov et al., "Panoptic Segmentation", CVPR 2019, https://arxiv.org/abs/1801.00868;
format: https://cocodataset.org/#format-data
"""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import MAX_CLASSES
from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats.coco import SPLITS, distinct, load_json, photo_folder, split_of
from segcore.data.formats.listed import ListedDataset, Pair, Pixels, read_both, wanted_splits
from segcore.data.images import decode
from segcore.errors import BadDataset, UnknownLabel
from segcore.palette import default_colours
from segcore.types import IGNORE, Colour, LabelMap


class Segmented(NamedTuple):
    """A photo, its PNG of segments, and which segment has which class; a crowd's is IGNORE."""

    pair: Pair
    labels: tuple[tuple[int, int], ...]


class Panoptic(NamedTuple):
    """What a panoptic JSON says: classes, colours, and per photo its file, its PNG's and segment → class."""

    classes: tuple[str, ...]
    colours: tuple[Colour, ...]
    photos: tuple[tuple[str, str, tuple[tuple[int, int], ...]], ...]


def find(folder: Path) -> Path | None:
    """The folder with annotations/panoptic_*.json."""
    for root in (folder, folder / "coco"):
        if _json_files(root):
            return root
    return None


def splits(root: Path) -> tuple[str, ...]:
    """Of the JSON files that are there."""
    return tuple(_json_files(root))


def open_panoptic(root: Path, split: str | None) -> ListedDataset[Segmented]:
    """Open a split; None is all but the test split.

    Raises:
        BadDataset: no such split, a JSON of another kind, or photos that are missing.
    """
    files = _json_files(root)
    wanted = wanted_splits(root, split, files)
    read = [(files[name], _read_json(files[name], files[name].stat().st_mtime_ns)) for name in wanted]
    classes = read[0][1].classes
    items: list[Segmented] = []
    for path, contents in read:
        if contents.classes != classes:
            raise BadDataset(
                "{path} has other categories than {other}. All splits need the same list.", path=path, other=read[0][0]
            )
        if contents.photos:
            folder, segments = photo_folder(path, contents.photos[0][0]), path.with_suffix("")
            items += [Segmented(Pair(folder / photo, segments / png), found) for photo, png, found in contents.photos]
    if not items:
        raise BadDataset("{other} names no photo. Download the annotations again.", other=read[0][0])
    return ListedDataset(
        name="coco_panoptic",
        title=f"{CARD.title} ({split})" if split else CARD.title,
        classes=classes,
        colours=read[0][1].colours,
        licence=CARD.licence,
        shippable=None,
        names=tuple(item.pair.image.stem for item in items),
        items=tuple(items),
        read=ReadSegmented(),
    )


@dataclass(frozen=True)
class ReadSegmented:
    """Read a photo and its segments, and give every segment its class."""

    def __call__(self, item: Segmented) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W)."""
        image, ids = read_both(item.pair, decode, _segment_ids)
        found, places = np.unique(ids, return_inverse=True)
        label_of = {0: IGNORE} | dict(item.labels)
        strange = [int(segment) for segment in found if int(segment) not in label_of]
        if strange:
            raise UnknownLabel(
                "{name} holds the segments {segments}, which its JSON does not name. PNG and JSON are from different "
                "downloads; get both again.",
                name=item.pair.mask.name,
                segments=str(strange[:8]),
                file=item.pair.mask,
                values=strange,
            )
        table = np.array([label_of[int(segment)] for segment in found], np.uint8)
        return image, table[places.reshape(ids.shape)]


def _segment_ids(path: Path) -> NDArray[np.int32]:
    colours = decode(path).astype(np.int32)
    return colours[..., 0] | (colours[..., 1] << 8) | (colours[..., 2] << 16)


@functools.lru_cache(maxsize=2)
def _read_json(path: Path, _mtime_ns: int) -> Panoptic:
    contents = load_json(path)
    try:
        categories = sorted(contents["categories"], key=lambda category: category["id"])
        label_of = {category["id"]: label for label, category in enumerate(categories)}
        classes = tuple(distinct([str(category["name"]) for category in categories]))
        given = [category.get("color") for category in categories]
        name_of = {photo["id"]: str(photo["file_name"]) for photo in contents["images"]}
        photos = tuple(
            (
                name_of[note["image_id"]],
                str(note["file_name"]),
                tuple(
                    (int(part["id"]), IGNORE if part.get("iscrowd") else label_of[part["category_id"]])
                    for part in note["segments_info"]
                ),
            )
            for note in contents["annotations"]
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadDataset(
            "{path} is no panoptic COCO JSON: {error} is missing or wrong. Expected images, categories and "
            "annotations with file_name and segments_info (id, category_id).",
            path=path,
            error=error,
        ) from error
    if len(classes) > MAX_CLASSES:
        raise BadDataset(
            "{path} has {count} categories; at most {most} are possible here.",
            path=path,
            count=len(classes),
            most=MAX_CLASSES,
        )
    colours = tuple((int(r), int(g), int(b)) for r, g, b in given) if all(given) else default_colours(classes)
    return Panoptic(classes, colours, photos)


def _json_files(root: Path) -> dict[str, Path]:
    """Split → its JSON."""
    found = {split_of(path.stem): path for path in sorted((root / "annotations").glob("panoptic_*.json"))}
    return {split: found[split] for split in SPLITS if split in found}


CARD = DatasetCard(
    name="coco_panoptic",
    title="COCO panoptic",
    summary="COCO's panoptic annotations: 133 classes of things and stuff, every pixel labelled.",
    splits=("train", "val"),
    layout=Layout("annotations/panoptic_train2017.json and the folder of PNG beside it", find, splits, open_panoptic),
    licence="annotations CC BY 4.0; photos under the terms of Flickr",
    homepage="https://cocodataset.org/#download",
    by_hand="Download the 2017 photos and the 2017 Panoptic Train/Val annotations from "
    "https://cocodataset.org/#download, unpack all into one folder, and use coco_panoptic:FOLDER.",
)

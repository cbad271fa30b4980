"""COCO's panoptic annotations: every pixel has a class, of things (person, car) and of stuff (sky, grass).

    annotations/panoptic_train2017.json      the category of every segment of every photo
    annotations/panoptic_train2017/000000000009.png      segment id = R + 256 G + 65536 B; 0 is unlabelled: IGNORE
    train2017/000000000009.jpg

Kirillov et al., "Panoptic Segmentation", CVPR 2019, https://arxiv.org/abs/1801.00868;
format: https://cocodataset.org/#format-data
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats import coco_files, coco_json
from segcore.data.formats.coco_photos import relative_name
from segcore.data.formats.item_dataset import ItemDataset, image_dataset, published_facts, read_pair
from segcore.data.formats.split_folders import layout_of_splits
from segcore.data.images import decode
from segcore.errors import BadDataset, Message, UnknownLabel
from segcore.palette import default_colours
from segcore.types import IGNORE, LabelMap, Pixels


@dataclass(frozen=True)
class Segmented(coco_json.JsonPhoto):
    """A photo, its PNG of segments, and segment → class; that of a crowd is IGNORE."""

    mask: Path
    labels: Mapping[int, int]


def open_panoptic(root: Path, split: str | None) -> ItemDataset[Segmented]:
    """Open a split; None is all but the test split."""
    first, contents = coco_json.open_files(root, split, _json_files(root), _read_json)
    if not contents.photos:
        raise BadDataset("{other} names no photo. Download the annotations again.", other=first)
    facts = published_facts(CARD, split) | {"classes": contents.classes, "colours": contents.colours}
    return image_dataset(facts, contents.photos, _read, notes=contents.notes)


def _read(item: Segmented) -> tuple[Pixels, LabelMap]:
    """Image (H, W, 3) and labels (H, W)."""
    image, ids = read_pair(item.image, item.mask, _segment_ids)
    found, places = np.unique(ids, return_inverse=True)
    label_of = {0: IGNORE, **item.labels}
    unknown = [segment for segment in found.tolist() if segment not in label_of]
    if unknown:
        raise UnknownLabel(
            "{name} holds the segments {segments}, which its JSON does not name. PNG and JSON are from different "
            "downloads; get both again.",
            name=item.mask.name,
            segments=str(unknown[:8]),
            file=item.mask,
            values=unknown,
        )
    table = np.array([label_of[segment] for segment in found.tolist()], np.uint8)
    return image, table[places.reshape(ids.shape)]


def _segment_ids(path: Path) -> NDArray[np.int32]:
    colours = decode(path).astype(np.int32)
    return colours[..., 0] | (colours[..., 1] << 8) | (colours[..., 2] << 16)


@coco_json.read_once
def _read_json(path: Path) -> coco_json.Contents[Segmented]:
    contents = coco_json.load_json(path)
    try:
        categories = coco_json.read_categories(path, contents)
        label_of = {key: label for label, key in enumerate(categories)}
        classes = tuple(coco_json.distinct([str(category["name"]) for category in categories.values()]))
        given = [category.get("color") for category in categories.values()]
        name_of = {
            coco_json.key_of(photo["id"]): relative_name(path, photo["file_name"]) for photo in contents["images"]
        }
        notes = [note for note in contents["annotations"] if coco_json.key_of(note["image_id"]) in name_of]
        photos = tuple(
            Segmented(
                name_of[coco_json.key_of(note["image_id"])],
                path.with_suffix("") / relative_name(path, note["file_name"]),
                {
                    int(part["id"]): IGNORE if part.get("iscrowd") else label_of[coco_json.key_of(part["category_id"])]
                    for part in note["segments_info"]
                },
            )
            for note in notes
        )
        lost = _lost(path, len(name_of) - len(photos), len(contents["annotations"]) - len(notes))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadDataset(
            "{path} is no panoptic COCO JSON: {error} is missing or wrong. Expected images, categories and "
            "annotations with file_name and segments_info (id, category_id).",
            path=path,
            error=error,
        ) from error
    coco_json.refuse_many_categories(path, len(classes))
    known = [(int(each[0]), int(each[1]), int(each[2])) for each in given if each]
    colours = tuple(known) if len(known) == len(classes) else default_colours(classes)
    return coco_json.Contents(classes, colours, photos, lost)


def _lost(path: Path, images: int, annotations: int) -> tuple[Message, ...]:
    """Notes about images without an annotation, and annotations without an image."""
    notes = []
    if images > 0:
        notes.append(
            Message("{path}: {count} images have no annotation; they were left out.", path=path.name, count=images)
        )
    if annotations > 0:
        notes.append(
            Message(
                "{path}: {count} annotations belong to images that the file does not list; they were left out.",
                path=path.name,
                count=annotations,
            )
        )
    return tuple(notes)


def _json_files(root: Path) -> dict[str, coco_files.JsonFile]:
    """Split → its JSON."""
    return coco_files.json_files(root, "panoptic")


CARD = DatasetCard(
    name="coco_panoptic",
    title="COCO panoptic",
    summary="COCO's panoptic annotations: 133 classes of things and stuff, every pixel labelled.",
    splits=("train", "val"),
    layout=layout_of_splits(
        "annotations/panoptic_train2017.json and the folder of PNG beside it",
        _json_files,
        open_panoptic,
        nested=("coco",),
    ),
    licence="annotations CC BY 4.0; photos under the terms of Flickr",
    homepage="https://cocodataset.org/#download",
    by_hand="Download the 2017 photos and the 2017 Panoptic Train/Val annotations from "
    "https://cocodataset.org/#download, unpack all into one folder, and use coco_panoptic:FOLDER.",
)

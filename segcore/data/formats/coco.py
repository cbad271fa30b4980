"""COCO's instance annotations as class labels: COCO itself, and exports of Label Studio, CVAT, Roboflow and others.

    annotations/instances_train2017.json  train2017/000000000009.jpg      images/train2017/ or images/ will do as well
    train/_annotations.coco.json  train/000000000009.jpg                  Roboflow; also valid, test

Objects may overlap; a pixel has the class of the smallest object that covers it, because a small object is more often
in front of a large one than behind it. Crowds are IGNORE where no single object is annotated. Class 0 is the
background; the others are the categories in the order of their ids (1 … 90 with gaps in COCO, so 80 classes).

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, https://arxiv.org/abs/1405.0312;
format: https://cocodataset.org/#format-data
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from segcore.data.base import MAX_CLASSES
from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats import coco_json
from segcore.data.formats.item_dataset import ItemDataset, folder_facts, image_dataset, published_facts
from segcore.data.formats.polygons import Mask, decode_rle, fill_polygons
from segcore.data.formats.split_folders import layout_of_splits
from segcore.data.image_files import size_text
from segcore.data.images import decode
from segcore.errors import BadDataset, MissingData
from segcore.palette import default_colours
from segcore.types import IGNORE, LabelMap, Pixels

_ROBOFLOW = "_annotations.coco.json"
_ROBOFLOW_FOLDERS = {"train": "train", "val": "valid", "test": "test"}


class Annotation(NamedTuple):
    """One object: its class, its polygons or run lengths as in the file, and whether it is a crowd."""

    label: int
    segmentation: Any
    crowd: bool


@dataclass(frozen=True)
class Photo(coco_json.JsonPhoto):
    """A photo, its size (H, W) in the JSON, and its objects."""

    size: tuple[int, int]
    annotations: tuple[Annotation, ...]


def open_coco(root: Path, split: str | None) -> ItemDataset[Photo]:
    """Open a split; None is all but the test split."""
    first, contents = coco_json.open_files(root, split, _json_files(root), _read_instances)
    if not contents.photos:
        raise BadDataset("{other} names no photo. Export the annotations again, with the images.", other=first)
    classes = contents.classes
    is_coco = len(classes) == 81 and classes[1:3] == ("person", "bicycle")
    facts = published_facts(CARD, split) if is_coco else folder_facts(root, split, classes)
    facts |= {"name": CARD.name, "classes": classes, "colours": contents.colours}
    return image_dataset(facts, contents.photos, _read)


def _read(photo: Photo) -> tuple[Pixels, LabelMap]:
    """Image (H, W, 3) and labels (H, W)."""
    if not photo.image.is_file():
        raise MissingData("{file} is named by the JSON but is not there.", file=photo.image)
    image = decode(photo.image)
    if image.shape[:2] != photo.size:
        raise BadDataset(
            "{name} is {size} pixels, but its JSON states {expected_size}. Use the photos that were annotated, not "
            "resized copies.",
            name=photo.image.name,
            size=size_text(image.shape),
            expected_size=size_text(photo.size),
        )
    return image, paint(photo.annotations, photo.size)


def paint(annotations: Iterable[Annotation], size: tuple[int, int]) -> LabelMap:
    """Labels (H, W) from objects: first crowds, then over them single objects from the largest to the smallest."""
    masks = [(note, raster(note.segmentation, size)) for note in annotations]
    masks.sort(key=lambda each: (not each[0].crowd, -int(each[1].sum())))
    labels = np.zeros(size, np.uint8)
    for note, mask in masks:
        labels[mask] = IGNORE if note.crowd else note.label
    return labels


def raster(segmentation: Any, size: tuple[int, int]) -> Mask:
    """(H, W) bool from polygons [[x, y, x, y …], …] or run lengths; BadDataset for all else, and for another size."""
    if isinstance(segmentation, dict):
        mask = decode_rle(segmentation)
        if mask.shape != size:
            raise BadDataset(
                "A run-length mask is {size}, its image {image_size}.",
                size=size_text(mask.shape),
                image_size=size_text(size),
            )
        return mask
    try:
        corners = [np.asarray(polygon, np.float64).reshape(-1, 2) for polygon in segmentation]
    except (TypeError, ValueError) as error:
        raise BadDataset("A polygon is no list of x, y, x, y …: {polygon}", polygon=str(segmentation)[:60]) from error
    return fill_polygons([polygon for polygon in corners if len(polygon) >= 3], size)


@coco_json.read_once
def _read_instances(path: Path) -> coco_json.Contents[Photo]:
    contents = coco_json.load_json(path)
    try:
        categories = coco_json.read_categories(contents)
        label_of = {category["id"]: label for label, category in enumerate(categories, 1)}
        classes = ("background", *coco_json.distinct([str(category["name"]) for category in categories]))
        found: dict[Any, list[Annotation]] = {photo["id"]: [] for photo in contents["images"]}
        for note in contents["annotations"]:
            if note.get("segmentation") and note["image_id"] in found:  # boxes alone have no mask
                crowd = bool(note.get("iscrowd"))
                found[note["image_id"]].append(Annotation(label_of[note["category_id"]], note["segmentation"], crowd))
        photos = tuple(
            Photo(Path(str(photo["file_name"])), (int(photo["height"]), int(photo["width"])), tuple(found[photo["id"]]))
            for photo in contents["images"]
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadDataset(
            "{path} is no COCO JSON of instances: {error} is missing or wrong. Expected images (id, file_name, "
            "height, width), categories (id, name) and annotations (image_id, category_id, segmentation).",
            path=path,
            error=error,
        ) from error
    coco_json.refuse_many_categories(path, len(classes) - 1, MAX_CLASSES - 1)
    return coco_json.Contents(classes, default_colours(classes), photos)


def _json_files(root: Path) -> dict[str, Path]:
    """Split → its JSON."""
    beside = {split: root / folder / _ROBOFLOW for split, folder in _ROBOFLOW_FOLDERS.items()}
    files = beside | coco_json.json_files(root, "instances")
    return {split: path for split, path in files.items() if path.is_file()}


CARD = DatasetCard(
    name="coco",
    title="COCO instances",
    summary="A COCO JSON of objects, of COCO 2017 (118,287 photos, 80 classes) or your own, as class labels.",
    splits=coco_json.SPLITS,
    layout=layout_of_splits(
        "annotations/instances_train2017.json (or instances_train.json, _val …), or train/_annotations.coco.json",
        _json_files,
        open_coco,
        nested=("coco",),
    ),
    licence="annotations CC BY 4.0; photos under the terms of Flickr",
    homepage="https://cocodataset.org/#download",
    by_hand="Download 2017 Train images, 2017 Val images and the 2017 Train/Val annotations (20 GB) from "
    "https://cocodataset.org/#download, unpack all into one folder, and use coco:FOLDER.",
)

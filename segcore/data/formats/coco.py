"""COCO's instance annotations as class labels: COCO itself, and exports of Label Studio, CVAT, Roboflow and others.

    annotations/instances_train2017.json  train2017/000000000009.jpg      images/train2017/ or images/ will do as well
    annotations/instances_default.json    images/default/a.jpg            CVAT; instances_Train.json as well
    result.json                           images/a.jpg                    Label Studio; a single JSON of any name
    train/_annotations.coco.json          train/a.jpg                     Roboflow; also valid, test, or no split

Objects may overlap; a pixel has the class of the smallest object that covers it, because a small object is more often
in front of a large one than behind it. Crowds are IGNORE where no single object is annotated. Class 0 is the
background; the others are the categories in the order of their ids (1 … 90 with gaps in COCO, so 80 classes). A
category 0 that only groups the others, as Roboflow writes one, is no class.

Annotations without a polygon or mask (boxes), or of images or categories that the file does not list, are left out and
counted in the dataset's notes; a split in which none is left cannot be opened. Ids match by value, 7 and "7" alike.
Where the JSON states the size of a photo as it is stored, and its EXIF mark turns it on its side, labels are rotated
with the photo.

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, https://arxiv.org/abs/1405.0312;
format: https://cocodataset.org/#format-data
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import PIL.Image

from segcore.data.base import MAX_CLASSES
from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats import coco_json
from segcore.data.formats.coco_annotations import Fault, fault_of, left_out, raster, refuse_nothing_left
from segcore.data.formats.coco_files import JsonFile, instance_files
from segcore.data.formats.coco_photos import relative_name
from segcore.data.formats.item_dataset import ItemDataset, folder_facts, image_dataset, published_facts
from segcore.data.formats.split_folders import layout_of_splits
from segcore.data.image_files import orientation_to_apply, size_text, upright
from segcore.data.images import decode
from segcore.data.splits import SPLITS
from segcore.errors import BadDataset, Message, MissingData
from segcore.palette import default_colours
from segcore.types import IGNORE, LabelMap, Pixels


class Annotation(NamedTuple):
    """One object: its class, its polygons or run lengths as in the file, whether it is a crowd, and its id."""

    label: int
    segmentation: Any
    crowd: bool
    id: Any = None


@dataclass(frozen=True)
class Photo(coco_json.JsonPhoto):
    """A photo, its size (H, W) in the JSON (None where it states none), its objects, and the name of the JSON."""

    size: tuple[int, int] | None
    annotations: tuple[Annotation, ...]
    source: str


def open_coco(root: Path, split: str | None) -> ItemDataset[Photo]:
    """Open a split; None is all but the test split."""
    files = instance_files(root)
    first, contents = coco_json.open_files(root, split, files, _read_instances)
    if not contents.photos:
        raise BadDataset("{other} names no photo. Export the annotations again, with the images.", other=first)
    if contents.unused and not any(map(_uses_first, files.values())):
        contents = _without_unused(contents)
    classes = contents.classes
    is_coco = len(classes) == 81 and classes[1:3] == ("person", "bicycle")
    facts = published_facts(CARD, split) if is_coco else folder_facts(root, split, classes)
    facts |= {"name": CARD.name, "classes": classes, "colours": contents.colours}
    return image_dataset(facts, contents.photos, _read, notes=contents.notes)


def _uses_first(path: JsonFile) -> bool:
    """Whether annotations of a file have its first category; a file that is refused does not count."""
    try:
        return isinstance(path, Path) and not _read_instances(path).unused
    except BadDataset:
        return False


def _without_unused(contents: coco_json.Contents[Photo]) -> coco_json.Contents[Photo]:
    """The same without its first category, which no annotation has."""
    classes = ("background", *contents.classes[2:])
    photos = tuple(
        replace(photo, annotations=tuple(note._replace(label=note.label - 1) for note in photo.annotations))
        for photo in contents.photos
    )
    note = Message(
        'The category "{name}" (id 0) only groups the others and has no annotation, so it is not a class here.',
        name=contents.unused,
    )
    return coco_json.Contents(classes, default_colours(classes), photos, (*contents.notes, note))


def _read(photo: Photo) -> tuple[Pixels, LabelMap]:
    """Image (H, W, 3) and labels (H, W)."""
    if not photo.image.is_file():
        raise MissingData("{file} is named by the JSON but is not there.", file=photo.image)
    image = decode(photo.image)
    size = (image.shape[0], image.shape[1])
    stated = photo.size or size
    orientation = 1 if stated == size else orientation_to_apply(photo.image, size, stated)
    if stated != size and orientation == 1:
        raise BadDataset(
            "{name} is {size} pixels, but its JSON states {expected_size}. Use the photos that were annotated, not "
            "resized copies.",
            name=photo.image.name,
            size=size_text(size),
            expected_size=size_text(stated),
        )
    try:
        labels = PIL.Image.fromarray(paint(photo.annotations, stated))
        return image, np.array(upright(labels, orientation))  # a copy: Pillow's cannot be written to
    except _BadAnnotation as error:
        raise BadDataset(
            "{file}, annotation {id} of {image}: {problem}",
            file=photo.source,
            id=error.facts["id"],
            image=photo.image.name,
            problem=error,
            kind="bad_annotation",
        ) from error


class _BadAnnotation(BadDataset):
    """An annotation that makes no mask; fact ``id``."""


def paint(annotations: Iterable[Annotation], size: tuple[int, int]) -> LabelMap:
    """Labels (H, W) from objects: first crowds, then over them single objects from the largest to the smallest.

    Raises:
        BadDataset: an annotation that makes no mask of this size.
    """
    masks = []
    for note in annotations:
        try:
            masks.append((note, raster(note.segmentation, size)))
        except BadDataset as error:
            raise _BadAnnotation(error.message, id=note.id) from error
    masks.sort(key=lambda each: (not each[0].crowd, -int(each[1].sum())))
    labels = np.zeros(size, np.uint8)
    for note, mask in masks:
        labels[mask] = IGNORE if note.crowd else note.label
    return labels


@coco_json.read_once
def _read_instances(path: Path) -> coco_json.Contents[Photo]:
    contents = coco_json.load_json(path)
    try:
        categories = coco_json.read_categories(path, contents)
        classes = ("background", *coco_json.distinct([str(category["name"]) for category in categories.values()]))
        label_of = {key: label for label, key in enumerate(categories, 1)}
        photos, notes = _photos(path, contents["images"])
        found: dict[str, list[Annotation]] = {key: [] for key in photos}
        faults: Counter[Fault] = Counter()
        for note in contents["annotations"]:
            image, label = coco_json.key_of(note["image_id"]), label_of.get(coco_json.key_of(note["category_id"]))
            segmentation = note.get("segmentation")
            fault = "image" if image not in found else "category" if label is None else fault_of(segmentation)
            if fault:
                faults[fault] += 1
            else:
                assert label is not None, "an unknown category is a fault"
                found[image].append(Annotation(label, segmentation, bool(note.get("iscrowd")), note.get("id")))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadDataset(
            "{path} is no COCO JSON of instances: {error} is missing or wrong. Expected images (id, file_name, "
            "height, width), categories (id, name) and annotations (image_id, category_id, segmentation).",
            path=path,
            error=error,
        ) from error
    coco_json.refuse_many_categories(path, len(classes) - 1, MAX_CLASSES - 1)
    used = [note for notes_of_photo in found.values() for note in notes_of_photo]
    crowds = sum(note.crowd for note in used)
    refuse_nothing_left(path, faults, crowds, len(contents["annotations"]))
    unused = _grouping(categories, {note.label for note in used})
    merged = _merged(path, photos, found)
    notes += left_out(path, faults, len(contents["annotations"]))
    return coco_json.Contents(classes, default_colours(classes), merged, tuple(notes), unused)


def _photos(
    path: Path, images: list[dict[str, Any]]
) -> tuple[dict[str, tuple[Path, tuple[int, int] | None]], list[Message]]:
    """Id → file and size (H, W) of a photo; BadDataset where two photos have one id."""
    photos: dict[str, tuple[Path, tuple[int, int] | None]] = {}
    for image in images:
        key, name = coco_json.key_of(image["id"]), relative_name(path, image["file_name"])
        size = (int(image["height"]), int(image["width"])) if image.get("height") and image.get("width") else None
        if key in photos and photos[key] != (name, size):
            raise BadDataset(
                "{path} gives the id {id} to two images, {one} and {other}, so it is unknown which of them an "
                "annotation belongs to. Export the annotations again, or number the images anew.",
                path=path,
                id=key,
                one=photos[key][0],
                other=name,
            )
        photos[key] = (name, size)
    twice = len(images) - len({name for name, _ in photos.values()})
    note = Message(
        "{path}: {count} images are listed more than once; their annotations were put together.",
        path=path.name,
        count=twice,
    )
    return photos, [note] if twice else []


def _merged(
    path: Path, photos: Mapping[str, tuple[Path, tuple[int, int] | None]], found: Mapping[str, list[Annotation]]
) -> tuple[Photo, ...]:
    """One photo for each file, with the annotations of all ids that it has."""
    merged: dict[Path, Photo] = {}
    for key, (name, size) in photos.items():
        annotations = tuple(found[key])
        known = merged.get(name)
        if known is None:
            merged[name] = Photo(name, size, annotations, path.name)
        elif known.size == size:
            merged[name] = replace(known, annotations=known.annotations + annotations)
        else:
            raise BadDataset(
                "{path} lists {name} twice, with different sizes. Keep the entry of the photo that is there.",
                path=path,
                name=name,
            )
    return tuple(merged.values())


def _grouping(categories: Mapping[str, Mapping[str, Any]], used: set[int]) -> str:
    """The name of a category 0 above all others, as Roboflow writes it, unless it has annotations; else ""."""
    keys = list(categories)
    if len(keys) < 2 or keys[0] != "0" or 1 in used:
        return ""
    root, others = categories[keys[0]], [categories[key] for key in keys[1:]]
    above = [str(each.get("supercategory") or "none").lower() for each in (root, *others)]
    return str(root["name"]) if above[0] == "none" and "none" not in above[1:] else ""


CARD = DatasetCard(
    name="coco",
    title="COCO instances",
    summary="A COCO JSON of objects, of COCO 2017 (118,287 photos, 80 classes) or your own, as class labels.",
    splits=SPLITS,
    layout=layout_of_splits(
        "annotations/instances_train2017.json (or instances_train.json, _val …), train/_annotations.coco.json, or one "
        "JSON with images, annotations and categories",
        instance_files,
        open_coco,
        nested=("coco",),
    ),
    licence="annotations CC BY 4.0; photos under the terms of Flickr",
    homepage="https://cocodataset.org/#download",
    by_hand="Download 2017 Train images, 2017 Val images and the 2017 Train/Val annotations (20 GB) from "
    "https://cocodataset.org/#download, unpack all into one folder, and use coco:FOLDER.",
)

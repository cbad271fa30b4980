"""COCO's JSON of instances, as labels: COCO itself, and what Label Studio, CVAT, Roboflow and others export.

    annotations/instances_train2017.json  train2017/000000000009.jpg      images/train2017/ or images/ will do as well
    train/_annotations.coco.json  train/000000000009.jpg                  Roboflow; also valid, test

Objects may overlap; a pixel gets the class of the smallest object that covers it, since a small one lies in front of a
large one more often than behind it. Crowds are IGNORE where no single object is marked. Class 0 is the background, the
others are the categories in the order of their ids (1 … 90 with gaps in COCO, so 80 classes).

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, https://arxiv.org/abs/1405.0312;
format: https://cocodataset.org/#format-data
"""

import functools
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from segcore.data.base import MAX_CLASSES
from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats.listed import ListedDataset, Pixels, some, wanted_splits
from segcore.data.formats.polygons import Mask, decode_rle, fill_polygons
from segcore.data.images import decode
from segcore.errors import BadDataset, MissingData
from segcore.palette import default_colours
from segcore.types import IGNORE, LabelMap

SPLITS = ("train", "val", "test")
_ROBOFLOW = "_annotations.coco.json"
_ROBOFLOW_FOLDERS = {"train": "train", "val": "valid", "test": "test"}


class Annotation(NamedTuple):
    """One object: its class, its outline or run lengths as the file has them, and whether it is a crowd."""

    label: int
    segmentation: Any
    crowd: bool


class Photo(NamedTuple):
    """A photo, its size (H, W) by the JSON, and its objects."""

    path: Path
    size: tuple[int, int]
    annotations: tuple[Annotation, ...]


class Instances(NamedTuple):
    """What a JSON of instances says: class names, and file name → size and objects."""

    classes: tuple[str, ...]
    photos: tuple[tuple[str, tuple[int, int], tuple[Annotation, ...]], ...]


def find(folder: Path) -> Path | None:
    """The folder with annotations/instances_*.json, or with train/_annotations.coco.json."""
    for root in (folder, folder / "coco"):
        if _json_files(root):
            return root
    return None


def splits(root: Path) -> tuple[str, ...]:
    """Of the JSON files that are there."""
    return tuple(_json_files(root))


def open_coco(root: Path, split: str | None) -> ListedDataset[Photo]:
    """Open a split; None is all but the test split.

    Raises:
        BadDataset: no such split, a JSON of another kind, or photos that are missing.
    """
    files = _json_files(root)
    wanted = wanted_splits(root, split, files)
    read = [(files[name], read_instances(files[name])) for name in wanted]
    classes = read[0][1].classes
    photos: list[Photo] = []
    for path, contents in read:
        if contents.classes != classes:
            raise BadDataset(
                "{path} has other categories than {other}. All splits need the same list.", path=path, other=read[0][0]
            )
        if contents.photos:
            folder = photo_folder(path, contents.photos[0][0])
            photos += [Photo(folder / name, size, found) for name, size, found in contents.photos]
    if not photos:
        raise BadDataset("{other} names no photo. Export the annotations again, with the images.", other=read[0][0])
    is_coco = len(classes) == 81 and classes[1:3] == ("person", "bicycle")
    return ListedDataset(
        name="coco",
        title=(CARD.title if is_coco else root.resolve().name) + (f" ({split})" if split else ""),
        classes=classes,
        colours=default_colours(classes),
        licence=CARD.licence if is_coco else "",
        shippable=None,
        names=tuple(photo.path.stem for photo in photos),
        items=tuple(photos),
        read=ReadPhoto(),
    )


@dataclass(frozen=True)
class ReadPhoto:
    """Read a photo and paint its objects, the largest first."""

    def __call__(self, photo: Photo) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W)."""
        if not photo.path.is_file():
            raise MissingData("{file} is named by the JSON but is not there.", file=photo.path)
        image = decode(photo.path)
        if image.shape[:2] != photo.size:
            raise BadDataset(
                "{name} is {width} × {height} pixels, but its JSON says {expected_width} × {expected_height}. Use "
                "the photos that were annotated, not resized copies.",
                name=photo.path.name,
                width=image.shape[1],
                height=image.shape[0],
                expected_width=photo.size[1],
                expected_height=photo.size[0],
            )
        return image, paint(photo.annotations, photo.size)


def paint(annotations: Iterable[Annotation], size: tuple[int, int]) -> LabelMap:
    """Labels (H, W) from objects: crowds below, then single objects from the largest to the smallest."""
    masks = [(note, raster(note.segmentation, size)) for note in annotations]
    masks.sort(key=lambda each: (not each[0].crowd, -int(each[1].sum())))
    labels = np.zeros(size, np.uint8)
    for note, mask in masks:
        labels[mask] = IGNORE if note.crowd else note.label
    return labels


def raster(segmentation: Any, size: tuple[int, int]) -> Mask:
    """(H, W) bool from a ``segmentation``: polygons [[x, y, x, y …], …] or run lengths.

    Raises:
        BadDataset: it is neither, or of another size.
    """
    if isinstance(segmentation, dict):
        mask = decode_rle(segmentation)
        if mask.shape != size:
            raise BadDataset(
                "A run-length mask is {width} × {height}, its image {expected_width} × {expected_height}.",
                width=mask.shape[1],
                height=mask.shape[0],
                expected_width=size[1],
                expected_height=size[0],
            )
        return mask
    try:
        corners = [np.asarray(polygon, np.float64).reshape(-1, 2) for polygon in segmentation]
    except (TypeError, ValueError) as error:
        raise BadDataset("An outline is no list of x, y, x, y …: {outline}", outline=str(segmentation)[:60]) from error
    return fill_polygons([polygon for polygon in corners if len(polygon) >= 3], size)


def read_instances(path: Path) -> Instances:
    """Read a JSON of instances; the same unchanged file is read once (COCO's own has 450 MB).

    Raises:
        BadDataset: it is none.
    """
    facts = path.stat()
    return _read_instances(path, facts.st_mtime_ns, facts.st_size)


@functools.lru_cache(maxsize=2)
def _read_instances(path: Path, _mtime_ns: int, _size: int) -> Instances:
    contents = load_json(path)
    try:
        categories = sorted(contents["categories"], key=lambda category: category["id"])
        label_of = {category["id"]: label for label, category in enumerate(categories, 1)}
        classes = ("background", *distinct([str(category["name"]) for category in categories]))
        found: dict[Any, list[Annotation]] = {photo["id"]: [] for photo in contents["images"]}
        for note in contents["annotations"]:
            if note.get("segmentation") and note["image_id"] in found:  # boxes alone say nothing about pixels
                crowd = bool(note.get("iscrowd"))
                found[note["image_id"]].append(Annotation(label_of[note["category_id"]], note["segmentation"], crowd))
        photos = tuple(
            (str(photo["file_name"]), (int(photo["height"]), int(photo["width"])), tuple(found[photo["id"]]))
            for photo in contents["images"]
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadDataset(
            "{path} is no COCO JSON of instances: {error} is missing or wrong. Expected images (id, file_name, "
            "height, width), categories (id, name) and annotations (image_id, category_id, segmentation).",
            path=path,
            error=error,
        ) from error
    if len(classes) > MAX_CLASSES:
        raise BadDataset(
            "{path} has {count} categories; at most {most} are possible here.",
            path=path,
            count=len(classes) - 1,
            most=MAX_CLASSES - 1,
        )
    return Instances(classes, photos)


def load_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        BadDataset: no JSON, or no object.
    """
    try:
        contents = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadDataset(
            "{path} is no valid JSON ({error}). Download or export it again.", path=path, error=error
        ) from error
    if not isinstance(contents, dict):
        raise BadDataset("{path} holds a list where an object was expected. Export it as COCO JSON again.", path=path)
    return contents


def distinct(names: list[str]) -> list[str]:
    """The names, a repeated one with a number: Roboflow's exports often hold a class twice."""
    seen: dict[str, int] = {"background": 1}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return result


def photo_folder(json_path: Path, first: str) -> Path:
    """Where the photos of a JSON lie, by the file name of the first.

    Raises:
        MissingData: nowhere that is looked.
    """
    root = json_path.parent.parent if json_path.parent.name == "annotations" else json_path.parent
    part = json_path.stem.partition("_")[2]  # instances_train2017 → train2017
    folders = [root / part, root / "images" / part, root / "images", root, json_path.parent]
    for folder in folders:
        if (folder / first).is_file():
            return folder
    looked = some([str(folder / first) for folder in dict.fromkeys(folders)])
    raise MissingData(
        "The photos of {path} are not there. Looked for {looked}. Unpack them beside it.",
        path=json_path,
        looked=looked,
    )


def split_of(stem: str) -> str | None:
    """instances_val2017 → val."""
    found = re.fullmatch(r"\w+?_(train|val|valid|test)(?:20\d\d)?", stem)
    return None if found is None else {"valid": "val"}.get(found[1], found[1])


def _json_files(root: Path) -> dict[str, Path]:
    """Split → its JSON."""
    listed = {split_of(path.stem): path for path in sorted((root / "annotations").glob("instances_*.json"))}
    beside = {split: root / folder / _ROBOFLOW for split, folder in _ROBOFLOW_FOLDERS.items()}
    files = {split: listed.get(split) or beside[split] for split in SPLITS}
    return {split: path for split, path in files.items() if path.is_file()}


CARD = DatasetCard(
    name="coco",
    title="COCO instances",
    summary="A COCO JSON of objects, of COCO 2017 (118,287 photos, 80 classes) or your own, as class labels.",
    splits=SPLITS,
    layout=Layout(
        "annotations/instances_train2017.json (or instances_train.json, _val …), or train/_annotations.coco.json",
        find,
        splits,
        open_coco,
    ),
    licence="annotations CC BY 4.0; photos under the terms of Flickr",
    homepage="https://cocodataset.org/#download",
    by_hand="Download 2017 Train images, 2017 Val images and the 2017 Train/Val annotations (20 GB) from "
    "https://cocodataset.org/#download, unpack all into one folder, and use coco:FOLDER.",
)

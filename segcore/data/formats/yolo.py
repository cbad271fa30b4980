"""YOLO's text files of polygons (Ultralytics' format for segmentation), as labels.

    data.yaml                       names: the classes; train:, val: and test: the folders of images
    images/train/NAME.jpg           labels/train/NAME.txt: "CLASS x y x y …" a line, x and y as shares of the sides
    train/images/…  train/labels/…  the same the other way round, as Roboflow exports it

Class 0 is the background, the others are those of data.yaml. Where polygons overlap, the smallest one counts. As the
format defines it, a photo without a text file is all background. Polygons are filled by COCO's rule (see polygons.py),
so that one polygon makes the same mask whichever format it is exported to, and neighbours do not overlap; Ultralytics
itself draws the boundary as well, half a pixel further out.

Lines of four numbers are boxes, which have no mask: they are left out and counted in the dataset's notes; a split of
boxes only cannot be opened. Corners outside the photo by a twentieth of its side at most are clipped at its edge; other
coordinates outside 0 … 1 raise an error, which recognises pixels.

Format: https://docs.ultralytics.com/datasets/segment/.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.coco_json import distinct
from segcore.data.formats.item_dataset import ItemDataset, Pair, folder_facts, image_dataset
from segcore.data.formats.polygons import fill_polygons
from segcore.data.formats.split_folders import (
    find_splits,
    first_names,
    folder_names,
    layout_of_splits,
    visible_files,
)
from segcore.data.formats.yolo_files import count_boxes, read_lines, read_names, read_numbers
from segcore.data.image_files import PHOTO_SUFFIXES
from segcore.data.images import decode
from segcore.data.splits import choose_splits
from segcore.errors import BadDataset, UnknownLabel
from segcore.types import LabelMap, Pixels


def open_yolo(root: Path, split: str | None) -> ItemDataset[Pair]:
    """Open a split; None is all but the test split."""
    path = _yaml_of(root)
    if path is None:
        raise BadDataset(
            "{root} has no .yaml file with names:, so its classes are unknown. Copy data.yaml there.", root=root
        )
    classes = ("background", *distinct(read_names(path)))
    places = _places(root)
    pairs = [
        Pair(image, labels / f"{image.stem}.txt")
        for images, labels in (places[name] for name in choose_splits(root, split, places))
        for image in visible_files(images, *PHOTO_SUFFIXES)
    ]
    if not pairs:
        raise BadDataset("{root} holds no image. Export the dataset again, with its images.", root=root)
    notes = count_boxes([pair.mask for pair in pairs], root)
    read = ReadPolygons(classes, read_numbers(path))
    return image_dataset(folder_facts(root, split, classes), pairs, read, notes=notes)


@dataclass(frozen=True)
class ReadPolygons:
    """Read a photo and fill its polygons, the largest first.

    ``classes`` include the background; ``numbers`` are those of the others in the text files.
    """

    classes: tuple[str, ...]
    numbers: tuple[int, ...]

    def __call__(self, pair: Pair) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W)."""
        image = decode(pair.image)
        height, width = image.shape[:2]
        labels = np.zeros((height, width), np.uint8)
        filled = [
            (label, fill_polygons([corners * (width, height)], (height, width)))
            for label, corners in self._polygons(pair.mask, (height, width))
        ]
        for label, mask in sorted(filled, key=lambda each: -int(each[1].sum())):
            labels[mask] = label
        return image, labels

    def _polygons(self, path: Path, size: tuple[int, int]) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Label and corners (N, 2), as shares of width and height, of every line but boxes; ``size`` is (H, W)."""
        for line in read_lines(path):
            index, corners = line.polygon(size)
            if index not in self.numbers:
                raise UnknownLabel(
                    "{name}, line {line}, names class {id}, but data.yaml has the classes {known}. Correct one of the "
                    "two.",
                    name=path.name,
                    line=line.number,
                    id=index,
                    known=self._known_numbers(),
                    file=path,
                    values=[index],
                    classes=list(self.classes),
                )
            if not line.is_box:
                yield self.numbers.index(index) + 1, corners

    def _known_numbers(self) -> str:
        first, last = self.numbers[0], self.numbers[-1]
        contiguous = last - first == len(self.numbers) - 1
        return f"{first} … {last}" if contiguous else first_names(list(map(str, self.numbers)), 12)


def _yaml_of(root: Path) -> Path | None:
    """The first .yaml with names."""
    files = visible_files(root, ".yaml", ".yml")
    return next((path for path in files if re.search(r"^names\s*:", path.read_text("utf-8", "replace"), re.M)), None)


def _places(root: Path) -> dict[str, tuple[Path, Path]]:
    """Split, or "" without splits → folders of images and of labels; {} without a data.yaml."""
    if _yaml_of(root) is None:
        return {}

    def place(name: str) -> tuple[Path, Path] | None:
        either_way = (
            (root / "images" / name, root / "labels" / name),
            (root / name / "images", root / name / "labels"),
        )
        return next((each for each in either_way if each[0].is_dir() and each[1].is_dir()), None)

    whole = place("")
    return find_splits(folder_names(root, root / "images"), place) or ({} if whole is None else {"": whole})


CARD = DatasetCard(
    name="yolo",
    title="YOLO polygons",
    summary="Text files of polygons with a data.yaml, as written by Ultralytics, Roboflow, CVAT and Label Studio.",
    splits=("train", "val", "test"),
    layout=layout_of_splits(
        "data.yaml with names:, images/train/ and labels/train/ (or train/images/ …)", _places, open_yolo
    ),
)

"""YOLO's text files of polygons (Ultralytics' format for segmentation), as labels.

    data.yaml                       names: the classes; train:, val: and test: the folders of images
    images/train/NAME.jpg           labels/train/NAME.txt: "CLASS x y x y …" a line, x and y as shares of the sides
    train/images/…  train/labels/…  the same the other way round, as Roboflow exports it

Class 0 is the background, the others are those of data.yaml. Where polygons overlap, the smallest one counts. As the
format defines it, a photo without a text file is all background. Lines of four numbers are boxes, which have no mask:
they raise an error.

Format: https://docs.ultralytics.com/datasets/segment/. `read_names` knows the usual forms of data.yaml, so that no YAML
library is needed.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segcore.data.base import MAX_CLASSES
from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.coco_json import distinct
from segcore.data.formats.item_dataset import ItemDataset, Pair, folder_facts, image_dataset
from segcore.data.formats.polygons import fill_polygons
from segcore.data.formats.split_folders import find_splits, folder_names, layout_of_splits, visible_files
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
    return image_dataset(folder_facts(root, split, classes), pairs, ReadPolygons(classes))


@dataclass(frozen=True)
class ReadPolygons:
    """Read a photo and fill its polygons, the largest first; ``classes`` include the background."""

    classes: tuple[str, ...]

    def __call__(self, pair: Pair) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W)."""
        image = decode(pair.image)
        height, width = image.shape[:2]
        labels = np.zeros((height, width), np.uint8)
        filled = [
            (label, fill_polygons([corners * (width, height)], (height, width)))
            for label, corners in self._polygons(pair.mask)
        ]
        for label, mask in sorted(filled, key=lambda each: -int(each[1].sum())):
            labels[mask] = label
        return image, labels

    def _polygons(self, path: Path) -> Iterator[tuple[int, np.ndarray]]:
        """Label and corners (N, 2), as shares of width and height, of every line."""
        if not path.exists():
            return
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            words = line.split()
            if not words:
                continue
            try:
                index, numbers = int(words[0]), [float(word) for word in words[1:]]
            except ValueError:
                raise _bad_line(path, number, line) from None
            if not 0 <= index < len(self.classes) - 1:
                raise UnknownLabel(
                    "{name}, line {line}, names class {id}, but data.yaml has the classes 0 … {last}. Correct one of "
                    "the two.",
                    name=path.name,
                    line=number,
                    id=index,
                    last=len(self.classes) - 2,
                    file=path,
                    values=[index],
                    classes=list(self.classes),
                )
            if len(numbers) < 6 or len(numbers) % 2:
                raise _bad_line(path, number, line)
            yield index + 1, np.clip(np.array(numbers).reshape(-1, 2), 0, 1)


def _bad_line(path: Path, number: int, line: str) -> BadDataset:
    return BadDataset(
        '{name}, line {line}: "{text}" is no polygon; expected a class and at least three corners x y, as shares of '
        "the sides. Four numbers are a box, from which no mask can be made: export for segmentation.",
        name=path.name,
        line=number,
        text=line[:60],
    )


def read_names(path: Path) -> list[str]:
    """The classes of a data.yaml: ``names: [a, b]``, ``names: {0: a}``, or lines ``- a`` or ``0: a`` below it.

    BadDataset where there are none, or in another form.
    """
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    start = next((number for number, line in enumerate(lines) if re.match(r"names\s*:", line)), None)
    names: list[str] = []
    if start is not None:
        inline = lines[start].partition(":")[2].strip()
        rest = "\n".join(lines[start + 1 :])
        names = (
            _inline_names(inline + "\n" + rest) if inline[:1] in ("[", "{") else list(_names_below(lines[start + 1 :]))
        )
    if not names or not all(names) or len(names) > MAX_CLASSES - 1:
        raise BadDataset(
            "{path} names {count} classes under names:; expected 1 to {most}, as names: [leaf, stem] or one a line "
            "as 0: leaf.",
            path=path,
            count=len(names),
            most=MAX_CLASSES - 1,
        )
    return names


def _inline_names(text: str) -> list[str]:
    closing = text.find({"[": "]", "{": "}"}[text[0]])
    words = [word.strip() for word in text[1:closing].replace("\n", " ").split(",") if word.strip()]
    return [_unquoted(word.partition(":")[2] if text[0] == "{" else word) for word in words] if closing > 0 else []


def _names_below(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = re.match(r"\s*-\s+(.+)$|\s+\d+\s*:\s*(.+)$", line)
        if found is None:
            return
        yield _unquoted(found[1] or found[2])


def _unquoted(word: str) -> str:
    word = re.sub(r"\s+#.*$", "", word).strip()
    if word[:1] in ("'", '"'):
        try:
            return str(ast.literal_eval(word))
        except (SyntaxError, ValueError):
            return word.strip("'\"")
    return word


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

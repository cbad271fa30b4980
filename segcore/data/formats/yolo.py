"""YOLO's text files of outlines (Ultralytics' format for segmentation), as labels.

    data.yaml                       names: the classes; train:, val: and test: the folders of images
    images/train/NAME.jpg           labels/train/NAME.txt: "CLASS x y x y …" a line, x and y as shares of the sides
    train/images/…  train/labels/…  the same the other way round, as Roboflow exports it

Class 0 is the background, the others are those of data.yaml. Where outlines overlap the smallest one counts. A photo
without a text file shows nothing but background, as the format has it. Lines of four numbers are boxes, which say
nothing about pixels: they are refused.

Format: https://docs.ultralytics.com/datasets/segment/. data.yaml is read by a reader of our own that knows the few
forms in which such files are written, so that no YAML library is needed.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segcore.data.base import MAX_CLASSES
from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats.coco import distinct
from segcore.data.formats.listed import ListedDataset, Pair, Pixels, visible, wanted_splits
from segcore.data.formats.polygons import fill_polygons
from segcore.data.images import decode
from segcore.errors import BadDataset, UnknownLabel
from segcore.palette import default_colours
from segcore.types import LabelMap

_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
_FOLDERS = {"train": ("train", "train2017"), "val": ("val", "valid", "val2017"), "test": ("test", "test2017")}


def find(folder: Path) -> Path | None:
    """The folder with a .yaml that names classes, and images/ with labels/."""
    return folder if _yaml_of(folder) is not None and _places(folder) else None


def splits(root: Path) -> tuple[str, ...]:
    """Of the folders that are there."""
    return tuple(split for split in _places(root) if split)


def open_yolo(root: Path, split: str | None) -> ListedDataset[Pair]:
    """Open a split; None is all but the test split.

    Raises:
        BadDataset: no such split, no image, or a data.yaml without names.
    """
    path = _yaml_of(root)
    if path is None:
        raise BadDataset(
            "{root} has no .yaml file with names:, so its classes are unknown. Copy data.yaml there.", root=root
        )
    classes = ("background", *distinct(read_names(path)))
    places = _places(root)
    wanted = wanted_splits(root, split, places)
    pairs = [
        Pair(image, labels / f"{image.stem}.txt")
        for images, labels in (places[name] for name in wanted)
        for image in visible(images, *_SUFFIXES)
    ]
    if not pairs:
        raise BadDataset("{root} holds no image. Export the dataset again, with its images.", root=root)
    title = root.resolve().name
    return ListedDataset(
        name=title,
        title=f"{title} ({split})" if split else title,
        classes=classes,
        colours=default_colours(classes),
        licence="",
        shippable=None,
        names=tuple(pair.image.stem for pair in pairs),
        items=tuple(pairs),
        read=ReadOutlines(classes),
    )


@dataclass(frozen=True)
class ReadOutlines:
    """Read a photo and fill its outlines, the largest first.

    Attributes:
        classes: with the background.
    """

    classes: tuple[str, ...]

    def __call__(self, pair: Pair) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W)."""
        image = decode(pair.image)
        height, width = image.shape[:2]
        labels = np.zeros((height, width), np.uint8)
        filled = [
            (label, fill_polygons([corners * (width, height)], (height, width)))
            for label, corners in self._outlines(pair.mask)
        ]
        for label, mask in sorted(filled, key=lambda each: -int(each[1].sum())):
            labels[mask] = label
        return image, labels

    def _outlines(self, path: Path) -> Iterator[tuple[int, np.ndarray]]:
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
        '{name}, line {line}: "{text}" is no outline; expected a class and at least three corners x y, as shares of '
        "the sides. Four numbers are a box, from which no mask can be made: export for segmentation.",
        name=path.name,
        line=number,
        text=line[:60],
    )


def read_names(path: Path) -> list[str]:
    """The classes of a data.yaml: ``names: [a, b]``, ``names: {0: a}``, or one a line below, ``- a`` or ``0: a``.

    Raises:
        BadDataset: there are none, or they are written in another way.
    """
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    start = next((number for number, line in enumerate(lines) if re.match(r"names\s*:", line)), None)
    names: list[str] = []
    if start is not None:
        inline = lines[start].partition(":")[2].strip()
        rest = "\n".join(lines[start + 1 :])
        names = _inline_names(inline + "\n" + rest) if inline[:1] in ("[", "{") else list(_listed(lines[start + 1 :]))
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


def _listed(lines: list[str]) -> Iterator[str]:
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
    """The first .yaml that has names."""
    files = visible(root, ".yaml", ".yml")
    return next((path for path in files if re.search(r"^names\s*:", path.read_text("utf-8", "replace"), re.M)), None)


def _places(root: Path) -> dict[str, tuple[Path, Path]]:
    """Split, or "" where there are none → folders of images and of labels."""
    found: dict[str, tuple[Path, Path]] = {}
    for split, names in _FOLDERS.items():
        for name in names:
            for images, labels in (
                (root / "images" / name, root / "labels" / name),
                (root / name / "images", root / name / "labels"),
            ):
                if images.is_dir() and labels.is_dir():
                    found.setdefault(split, (images, labels))
    if not found and (root / "images").is_dir() and (root / "labels").is_dir():
        return {"": (root / "images", root / "labels")}
    return found


CARD = DatasetCard(
    name="yolo",
    title="YOLO outlines",
    summary="Text files of outlines with a data.yaml, as Ultralytics, Roboflow, CVAT and Label Studio write them.",
    splits=("train", "val", "test"),
    layout=Layout(
        "data.yaml with names:, images/train/ and labels/train/ (or train/images/ …)", find, splits, open_yolo
    ),
)

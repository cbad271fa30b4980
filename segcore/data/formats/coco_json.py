"""JSON files in COCO's format: what instances and panoptic annotations share."""

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from segcore.data.base import MAX_CLASSES
from segcore.data.formats.split_folders import first_names
from segcore.data.splits import choose_splits
from segcore.errors import BadDataset, MissingData
from segcore.types import Colour

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class JsonPhoto:
    """A photo of an annotation file; ``image`` is relative to the folder of photos until `open_files` finds that."""

    image: Path


AnyPhoto = TypeVar("AnyPhoto", bound=JsonPhoto)


@dataclass(frozen=True)
class Contents(Generic[AnyPhoto]):
    """The contents of an annotation file: K classes in the order of the ids, one colour each, and photos."""

    classes: tuple[str, ...]
    colours: tuple[Colour, ...]
    photos: tuple[AnyPhoto, ...]


def open_files(
    root: Path, split: str | None, files: Mapping[str, Path], read: Callable[[Path], Contents[AnyPhoto]]
) -> tuple[Path, Contents[AnyPhoto]]:
    """The first annotation file of a split (None: all but the test split), and the contents of all, by ``read``.

    Raises:
        BadDataset: no such split, or files with different categories.
        MissingData: the photos are not there.
    """
    first, *others = (files[name] for name in choose_splits(root, split, files))
    whole = read(first)
    photos: list[AnyPhoto] = []
    for path in (first, *others):
        contents = read(path)
        if contents.classes != whole.classes:
            raise BadDataset(
                "{path} has other categories than {other}. All splits need the same list.", path=path, other=first
            )
        if contents.photos:
            folder = photo_folder(path, contents.photos[0].image)
            photos += [replace(photo, image=folder / photo.image) for photo in contents.photos]
    return first, replace(whole, photos=tuple(photos))


def read_once(read: Callable[[Path], Contents[AnyPhoto]]) -> Callable[[Path], Contents[AnyPhoto]]:
    """``read``, which reads an unchanged file once: COCO's own has 450 MB."""
    remembered = functools.lru_cache(maxsize=2)(lambda path, _mtime_ns, _size: read(path))

    @functools.wraps(read)
    def reader(path: Path) -> Contents[AnyPhoto]:
        facts = path.stat()
        return remembered(path, facts.st_mtime_ns, facts.st_size)

    return reader


def read_categories(contents: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The categories of a JSON in the order of their ids."""
    return sorted(contents["categories"], key=lambda category: category["id"])


def refuse_many_categories(path: Path, count: int, most: int = MAX_CLASSES) -> None:
    """Raise BadDataset where a file has more categories than a label map can hold."""
    if count > most:
        raise BadDataset(
            "{path} has {count} categories; at most {most} are possible here.", path=path, count=count, most=most
        )


def load_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; BadDataset where there is none."""
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
    """The names, with a number after a repeated one: Roboflow's exports often contain a class twice."""
    seen: dict[str, int] = {"background": 1}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return result


def photo_folder(json_path: Path, first: str | Path) -> Path:
    """The folder of the photos of an annotation file, by the file name of its first photo; else MissingData."""
    root = json_path.parent.parent if json_path.parent.name == "annotations" else json_path.parent
    part = json_path.stem.partition("_")[2]  # instances_train2017 → train2017
    folders = [root / part, root / "images" / part, root / "images", root, json_path.parent]
    for folder in folders:
        if (folder / first).is_file():
            return folder
    looked = first_names([str(folder / first) for folder in dict.fromkeys(folders)])
    raise MissingData(
        "The photos of {path} are not there. Looked for {looked}. Unpack them beside it.", path=json_path, looked=looked
    )


def json_files(root: Path, kind: str) -> dict[str, Path]:
    """Split → its file of annotations of a kind, "instances" or "panoptic", as instances_val2017.json."""
    found = {}
    for path in sorted((root / "annotations").glob(f"{kind}_*.json")):
        match = re.fullmatch(rf"{kind}_(train|val|test)(?:id)?(?:20\d\d)?", path.stem)  # also "valid"
        if match:
            found[match[1]] = path
    return {split: found[split] for split in SPLITS if split in found}

"""JSON files in COCO's format: what instances and panoptic annotations share."""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from segcore.data.base import MAX_CLASSES
from segcore.data.formats.coco_files import JsonFile
from segcore.data.formats.coco_photos import locate_photos
from segcore.data.splits import choose_splits
from segcore.errors import BadDataset, Message
from segcore.types import Colour


@dataclass(frozen=True)
class JsonPhoto:
    """A photo of an annotation file; ``image`` is as in the file until `open_files` finds the photo."""

    image: Path


AnyPhoto = TypeVar("AnyPhoto", bound=JsonPhoto)


@dataclass(frozen=True)
class Contents(Generic[AnyPhoto]):
    """The contents of an annotation file: K classes in the order of the ids, one colour each, and photos.

    Attributes:
        notes: what was left out or interpreted.
        unused: the category that only groups the others and has no annotation; it is the first class. "" for none.
    """

    classes: tuple[str, ...]
    colours: tuple[Colour, ...]
    photos: tuple[AnyPhoto, ...]
    notes: tuple[Message, ...] = ()
    unused: str = ""


def open_files(
    root: Path, split: str | None, files: Mapping[str, JsonFile], read: Callable[[Path], Contents[AnyPhoto]]
) -> tuple[Path, Contents[AnyPhoto]]:
    """The first annotation file of a split (None: all but the test split), and the contents of all, by ``read``.

    Raises:
        BadDataset: no such split, two files for one, or files with different categories.
        MissingData: the photos are not there.
    """
    chosen: list[Path] = []
    for name in choose_splits(root, split, files):
        place = files[name]
        if isinstance(place, BadDataset):
            raise place
        chosen.append(place)
    first, *others = chosen
    whole = read(first)
    photos: list[AnyPhoto] = []
    notes: list[Message] = []
    for path in (first, *others):
        contents = read(path)
        if contents.classes != whole.classes:
            raise BadDataset(
                "{path} has other categories than {other}. All splits need the same list.", path=path, other=first
            )
        notes += contents.notes
        if contents.photos:
            places, more = locate_photos(path, [photo.image for photo in contents.photos])
            photos += [replace(photo, image=place) for photo, place in zip(contents.photos, places, strict=True)]
            notes += more
    return first, replace(whole, photos=tuple(photos), notes=tuple(notes))


def key_of(number: object) -> str:
    """An id, by which 7, 7.0 and "7" are the same."""
    return str(int(number)) if isinstance(number, float) and number.is_integer() else str(number).strip()


def read_once(read: Callable[[Path], Contents[AnyPhoto]]) -> Callable[[Path], Contents[AnyPhoto]]:
    """``read``, which reads an unchanged file once: COCO's own has 450 MB."""
    remembered = functools.lru_cache(maxsize=2)(lambda path, _mtime_ns, _size: read(path))

    @functools.wraps(read)
    def reader(path: Path) -> Contents[AnyPhoto]:
        facts = path.stat()
        return remembered(path, facts.st_mtime_ns, facts.st_size)

    return reader


def read_categories(path: Path, contents: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Id → category, in the order of the ids; BadDataset where two have one id."""
    categories = {key_of(category["id"]): category for category in contents["categories"]}
    if len(categories) < len(contents["categories"]):
        ids = [key_of(category["id"]) for category in contents["categories"]]
        twice = next(key for key in ids if ids.count(key) > 1)
        raise BadDataset(
            "{path} has two categories with the id {id}. Every category needs its own.", path=path, id=twice
        )
    return dict(sorted(categories.items(), key=lambda each: _order(each[0])))


def _order(key: str) -> tuple[int, int, str]:
    return (0, int(key), "") if key.removeprefix("-").isdecimal() else (1, 0, key)


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

"""The photos that a COCO JSON names, on disk: by their whole names, else by their file names alone."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from segcore.data.formats.coco_files import split_in
from segcore.data.formats.split_folders import first_names
from segcore.errors import BadDataset, Message, MissingData

_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
_TRIED = 50
"""Photos of a file by which the folder of all is found: the first ones may be missing."""
_UPLOAD = re.compile(r"[0-9a-f]{8}-(?=.)")
"""What Label Studio puts in front of the name of an uploaded file."""


def relative_name(json_path: Path, name: object) -> Path:
    """The ``file_name`` of a JSON as a path within the dataset; BadDataset where it leads out of it."""
    text = str(name)
    inner = PurePosixPath(text.replace("\\", "/"))
    if inner.is_absolute() or PureWindowsPath(text).drive or ".." in inner.parts or not inner.name or "\0" in text:
        raise BadDataset(
            '{path} names the file "{name}", which is not within the dataset. Expected a path relative to the photos, '
            "as images/a.jpg; correct file_name.",
            path=json_path,
            name=text[:200],
        )
    return Path(inner)


def locate_photos(json_path: Path, names: Sequence[Path]) -> tuple[list[Path], list[Message]]:
    """The files of the photos that a JSON names, and a note where their names differ from those in the JSON.

    A photo that is not there gets the path where it was expected.

    Raises:
        MissingData: none of the photos is there.
        BadDataset: several files have the name of a photo, or several photos belong to one file.
    """
    root = json_path.parent.parent if json_path.parent.name.lower().startswith("annotation") else json_path.parent
    folders = list(dict.fromkeys(_folders(json_path, root)))
    for name in names[:_TRIED]:
        for folder in folders:
            if (folder / name).is_file():
                return [folder / each for each in names], []
    found = _by_file_name(json_path, root, names)
    if found is None:
        raise MissingData(
            "The photos of {path} are not there. Looked for {looked}. Unpack them beside it.",
            path=json_path,
            looked=first_names([str(folder / names[0]) for folder in folders]),
        )
    return found


def _folders(json_path: Path, root: Path) -> Iterable[Path]:
    """Where photos may lie, the most specific folder first."""
    part = json_path.stem.partition("_")[2]  # instances_train2017 → train2017
    split = split_in(json_path.stem)
    for base in (root, root / "images"):
        yield from (base / name for name in (part, json_path.stem) if name)
    for base in (root, root / "images"):
        if split and base.is_dir():
            yield from sorted(path for path in base.iterdir() if path.is_dir() and split_in(path.name) == split)
    yield from (root / name for name in ("images", "data", "imgs", "photos", ""))
    yield from (json_path.parent / name for name in ("images", "data", ""))


def _by_file_name(json_path: Path, root: Path, names: Sequence[Path]) -> tuple[list[Path], list[Message]] | None:
    """As `locate_photos`, wherever in the dataset the photos lie; None where none of them is there."""
    known: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in _SUFFIXES and not any(part.startswith(".") for part in path.relative_to(root).parts):
            for alias in {path.name, _UPLOAD.sub("", path.name, count=1)}:
                known.setdefault(alias, []).append(path)
    found = []
    for name in names:
        places = known.get(name.name) or known.get(_UPLOAD.sub("", name.name, count=1), [])
        if len(places) > 1:
            places = [path for path in places if split_in(path.parent.name) == split_in(json_path.stem)]
            _require_one(json_path, name, places)
        found.append(places[0] if places else root / name)
    there = [path for path in found if path.is_file()]
    if not there:
        return None
    if len(set(there)) < len(there):
        twice = next(path for path in there if there.count(path) > 1)
        raise BadDataset(
            "Several photos of {path} would be the file {file}. Put the photos into the folders that the JSON names.",
            path=json_path,
            file=twice,
        )
    note = Message(
        "{path}: the photos are not in the folders or under the names that it states ({stated}); they were found by "
        "their file names, as {found}.",
        path=json_path.name,
        stated=names[0],
        found=there[0].relative_to(root),
    )
    return found, [note]


def _require_one(json_path: Path, name: Path, places: list[Path]) -> None:
    if len(places) != 1:
        raise BadDataset(
            "{path} names the photo {name}, and several files have that name. Put the photos into the folders that the "
            "JSON names.",
            path=json_path,
            name=name,
        )

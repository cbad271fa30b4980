"""Where the JSON files of a folder in COCO's format are, and the split of each."""

import functools
import mmap
import re
from collections.abc import Iterator
from pathlib import Path

from segcore.data.formats.split_folders import visible_files
from segcore.data.splits import SPLITS, split_meant
from segcore.errors import BadDataset

UNSPLIT = "default"
"""The split of a file that is named after none, where others are: CVAT calls it so, too."""

_ROBOFLOW = "_annotations.coco.json"
JsonFile = Path | BadDataset
"""The annotations of a split, or why it is not known which file has them."""

_FOLDERS = ("annotations", "annotation", "")
_MOST_FILES = 20
"""A folder with more JSON files holds one for each photo, as labelme writes them, and no COCO JSON."""


def split_in(name: str) -> str:
    """The split that the name of a file or folder states, as instances_Train2017 does; "" for none or several."""
    meant = split_meant(name)
    found = {meant} if meant else {split_meant(word) for word in re.findall("[a-z]+", name.lower())} - {None}
    return (found.pop() or "") if len(found) == 1 else ""


def json_files(root: Path, kind: str) -> dict[str, JsonFile]:
    """Split → its file of annotations of a kind, "instances" or "panoptic", as instances_val2017.json."""
    names = [path for path in visible_files(root / "annotations", ".json") if path.stem.lower().startswith(f"{kind}_")]
    return _by_split(root, names)


def instance_files(root: Path) -> dict[str, JsonFile]:
    """Split, or "" without splits → its JSON of instances; {} where there is none.

    Files with COCO's or Roboflow's names come first. Otherwise every JSON with images, annotations and categories that
    lies in the folder, in annotations/ or in a split's folder; a single one needs no particular name.
    """
    named = _by_split(root, list(_roboflow(root))) | json_files(root, "instances")
    if named:
        return named
    found = [path for folder in _FOLDERS for path in _coco_files(root / folder)]
    if len(found) > 1 and not any(split_in(path.stem) for path in found):
        return {}
    inside = [path for folder in _split_folders(root) for path in _first_coco(folder)]
    return _by_split(root, found or inside)


def undecided_files(root: Path) -> list[Path]:
    """Several files of instances whose names state no split, so that `instance_files` takes none of them."""
    found = [path for folder in _FOLDERS for path in _coco_files(root / folder)]
    return found if len(found) > 1 and not instance_files(root) else []


def _by_split(root: Path, files: list[Path]) -> dict[str, JsonFile]:
    found: dict[str, Path] = {}
    refused: dict[str, BadDataset] = {}
    for path in files:
        inner = path.relative_to(root)
        split = next(filter(None, map(split_in, inner.parts[:-1])), split_in(path.stem))
        other = found.setdefault(split, path)
        if other != path:
            refused[split] = BadDataset(
                "{one} and {other} both are annotations of one split ({split}). Keep one of them, or name them after "
                "their splits: train.json, val.json, test.json.",
                one=other.relative_to(root),
                other=path.relative_to(root),
                split=split or UNSPLIT,
            )
    chosen: dict[str, JsonFile] = {**found, **refused}
    if len(chosen) > 1 and "" in chosen:
        chosen[UNSPLIT] = chosen.pop("")
    return {split: chosen[split] for split in (*SPLITS, UNSPLIT, "") if split in chosen}


def _split_folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and split_in(path.name)) if root.is_dir() else []


def _roboflow(root: Path) -> Iterator[Path]:
    for folder in (root, *_split_folders(root)):
        if (folder / _ROBOFLOW).is_file():
            yield folder / _ROBOFLOW


def _first_coco(folder: Path) -> list[Path]:
    return _coco_files(folder)[:1] or _coco_files(folder / "annotations")[:1]


def _coco_files(folder: Path) -> list[Path]:
    files = visible_files(folder, ".json")
    return [path for path in files if _holds_instances(path)] if len(files) <= _MOST_FILES else []


def _holds_instances(path: Path) -> bool:
    try:
        facts = path.stat()
        return _has_keys(path, facts.st_mtime_ns, facts.st_size)
    except (OSError, ValueError):  # gone, or empty
        return False


@functools.lru_cache(maxsize=256)
def _has_keys(path: Path, _mtime_ns: int, _size: int) -> bool:
    """Whether a file names the lists of COCO's instances; COCO's own has 450 MB, so it is not parsed."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        needed = all(text.find(key) >= 0 for key in (b'"images"', b'"annotations"', b'"categories"', b'"file_name"'))
        return needed and text.find(b'"segments_info"') < 0

"""The files of a folder with images/, masks/ and classes.json: its splits, and which files belong together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from segcore.data.formats.name_lists import list_files, read_name_list
from segcore.data.formats.pairing import Files, files_by_key, is_junk, key_of, pair_files, require_pairs
from segcore.data.formats.split_folders import first_names
from segcore.data.splits import TEST, by_split, canonical, choose_splits, named_splits, split_meant
from segcore.errors import BadDataset, MissingData


@dataclass(frozen=True)
class Part:
    """A folder of images and one of masks in ``root``, and the keys of the images to take (None: all)."""

    root: Path
    names: tuple[str, ...] | None = None
    folders: tuple[str, str] = ("images", "masks")

    @property
    def images(self) -> Path:
        """The folder of images."""
        return self.root / self.folders[0]

    @property
    def masks(self) -> Path:
        """The folder of masks."""
        return self.root / self.folders[1]


class FolderItem(NamedTuple):
    """The files of a sample: image, mask, and one file for every further channel."""

    image: Path
    mask: Path
    bands: tuple[Path, ...] = ()


FoldersOf = Callable[[Path], tuple[str, str] | None]
"""The names of the folders of images and of masks in a folder; None where it has none."""


def own_folders(root: Path) -> tuple[str, str] | None:
    """The folders of our own layout; masks/ may be missing, which is reported later."""
    return ("images", "masks") if (root / "images").is_dir() else None


def split_sources(root: Path, folders_of: FoldersOf = own_folders) -> dict[str, Path]:
    """Split → what defines it: a list in ``root``, a subfolder of images/, or a folder with images/ and masks/.

    {} where there are no splits, or no images at all.

    Raises:
        BadDataset: two names mean the same split.
    """
    if not root.is_dir():
        return {}
    here = folders_of(root)
    if here is None:
        return by_split({each.name: each for each in _subfolders(root) if folders_of(each)})
    return list_files(root) or by_split(
        {each.name: each for each in _subfolders(root / here[0]) if split_meant(each.name) is not None}
    )


def folder_splits(root: Path) -> tuple[str, ...]:
    """The splits of a folder; () where it has none."""
    return named_splits(split_sources(root))


def find_parts(root: Path, split: str | None, folders_of: FoldersOf = own_folders) -> list[Part]:
    """The folders with images of the dataset (None), or of a split by any of its names.

    Raises:
        MissingData: there is no such folder.
        BadDataset: the folder is no dataset, or has no such split.
    """
    if not root.is_dir():
        raise MissingData(
            "{file} is not a folder. Give the folder that holds images/, masks/ and classes.json.", file=root
        )
    sources, here = split_sources(root, folders_of), folders_of(root)
    if here is None and not sources:
        raise BadDataset(
            "{root} is no dataset: it has no folder images/. Expected images/, masks/ and classes.json, or "
            "subfolders such as train/ and val/ that have them.",
            root=root,
        )
    if split is None:
        return [Part(root, None, here)] if here else [_subpart(place, folders_of) for place in sources.values()]
    if here is not None and canonical(split) not in sources and (root / f"{split}.txt").is_file():
        sources = {split: root / f"{split}.txt"}  # a list of any name, when it is requested
    chosen = sources[choose_splits(root, split, sources)[0]]
    if here is None:
        return [_subpart(chosen, folders_of)]
    whole = Part(root, None, here)
    return [Part(root, _names(whole, chosen, files_by_key(whole.images)), here)]


def parts_to_open(root: Path, split: str | None, folders_of: FoldersOf = own_folders) -> list[Part]:
    """As `find_parts`; None is all but the test split, or that one where there is nothing else."""
    parts = find_parts(root, split, folders_of)
    sources = split_sources(root, folders_of) if split is None else {}
    if TEST not in sources:
        return parts
    if folders_of(root) is None:
        chosen = choose_splits(root, None, sources)
        return [_subpart(sources[name], folders_of) for name in chosen]
    (whole,) = parts
    known = files_by_key(whole.images)
    tested = set(_names(whole, sources[TEST], known))
    rest = tuple(key for key in sorted(known) if key not in tested)
    return [Part(root, rest, whole.folders)] if rest else parts


def _names(part: Part, source: Path, known: Files) -> tuple[str, ...]:
    """The keys that a list or a subfolder of images/ names."""
    if source.is_dir():
        inside = f"{key_of(source.relative_to(part.images).as_posix() + '/')}"
        return tuple(key for key in sorted(known) if key.startswith(inside))
    names = tuple(read_name_list(source, known))
    if not names:
        raise BadDataset("{path} lists no image. Write the names of its images into it, one a line.", path=source)
    return names


def _subpart(place: Path, folders_of: FoldersOf) -> Part:
    return Part(place, None, folders_of(place) or ("images", "masks"))


def _subfolders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.is_dir() and not is_junk(each.name))


class PartItems(NamedTuple):
    """The samples of a part by key, and the files in its folders that are no images."""

    items: Mapping[str, FolderItem]
    skipped: tuple[Path, ...]


def part_items(part: Part, stack: Sequence[str]) -> PartItems:
    """Image, mask and files of further channels, from the subfolders ``stack``, of every image of a part.

    Raises:
        BadDataset: two files of the same name, images without a mask, masks without an image, listed names without an
            image, or missing files of a further channel.
    """
    found = pair_files(part.images, part.masks)
    absent = [key for key in part.names or () if key not in found.images]
    if absent:
        raise BadDataset(
            "The split of {folder} lists images that are not in images/: {names}.",
            folder=part.root,
            names=first_names(absent),
        )
    keys = require_pairs(found, part.root, names=part.names)
    bands = _stacked_files(part.root, keys, stack)
    items = {
        key: FolderItem(found.images[key][0], found.masks[key][0], files)
        for key, files in zip(keys, bands, strict=True)
    }
    return PartItems(items, found.skipped)


def _stacked_files(root: Path, keys: Sequence[str], stack: Sequence[str]) -> list[tuple[Path, ...]]:
    """The files of further channels of every key."""
    known = [files_by_key(root / name) for name in stack]
    for name, files in zip(stack, known, strict=True):
        lost = [key for key in keys if key not in files]
        if lost:
            raise BadDataset(
                "classes.json stacks {name}/ behind the images, but {folder} has nothing for {names}. Add these "
                "files, or take {name} out of stack.",
                name=name,
                folder=root / name,
                names=first_names(lost),
            )
    return [tuple(files[key][0] for files in known) for key in keys]

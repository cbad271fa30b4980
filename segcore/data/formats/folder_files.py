"""The files of a folder with images/, masks/ and classes.json: its splits, and which files belong together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from segcore.data.formats.split_folders import first_names, visible_files
from segcore.data.image_files import PHOTO_SUFFIXES
from segcore.errors import BadDataset, Message, MissingData, joined

IMAGE_SUFFIXES = frozenset(PHOTO_SUFFIXES)
SPLIT_NAMES = ("train", "training", "val", "valid", "validation", "test", "testing", "trainval")
"""Text files of these names list a split."""


@dataclass(frozen=True)
class Part:
    """One folder with images/ and masks/, and the names to take from it (None: all)."""

    root: Path
    names: tuple[str, ...] | None = None


class FolderItem(NamedTuple):
    """The files of a sample: image, mask, and one file for every further channel."""

    image: Path
    mask: Path
    bands: tuple[Path, ...] = ()


def folder_splits(root: Path) -> tuple[str, ...]:
    """The splits of a folder, which are subfolders or text files; () where it has none."""
    if (root / "images").is_dir():
        return tuple(sorted(path.stem for path in root.glob("*.txt") if path.stem in SPLIT_NAMES))
    return tuple(sorted(path.name for path in root.glob("*/") if (path / "images").is_dir()))


def find_parts(root: Path, split: str | None) -> list[Part]:
    """The folders with ``images/`` of the dataset or of a split.

    Raises:
        MissingData: there is no such folder.
        BadDataset: the folder is no dataset, or has no such split.
    """
    if not root.is_dir():
        raise MissingData(
            "{file} is not a folder. Give the folder that holds images/, masks/ and classes.json.", file=root
        )
    known = folder_splits(root)
    flat = (root / "images").is_dir()
    if not flat and not known:
        raise BadDataset(
            "{root} is no dataset: it has no folder images/. Expected images/, masks/ and classes.json, or "
            "subfolders such as train/ and val/ that have them.",
            root=root,
        )
    if split is None:
        return [Part(root)] if flat else [Part(root / name) for name in known]
    if flat and (root / f"{split}.txt").is_file():
        lines = (root / f"{split}.txt").read_text(encoding="utf-8").splitlines()
        return [Part(root, tuple(_listed_name(line) for line in lines if line.strip()))]
    if not flat and split in known:
        return [Part(root / split)]
    raise BadDataset(
        '{root} has no split "{split}"; it has {known}. Choose one of these, or write the names of its images into '
        "{file}.",
        root=root,
        split=split,
        known=known or Message("none"),
        file=root / f"{split}.txt",
    )


def files_by_stem(folder: Path) -> dict[str, list[Path]]:
    """Image files of a folder by their name without extension, sorted; {} where there is no folder."""
    found: dict[str, list[Path]] = {}
    for path in visible_files(folder, *IMAGE_SUFFIXES):
        found.setdefault(path.stem, []).append(path)
    return found


def part_items(part: Part, stack: Sequence[str]) -> list[FolderItem]:
    """Every image of a part with its mask and its files of further channels, from the subfolders ``stack``.

    Raises:
        BadDataset: two files of the same name, images without a mask, masks without an image, listed names without an
            image, or missing files of a further channel.
    """
    images, masks = files_by_stem(part.root / "images"), files_by_stem(part.root / "masks")
    for kind, files in (("images", images), ("masks", masks)):
        for same in files.values():
            if len(same) > 1:
                names = " and ".join(path.name for path in same)
                raise BadDataset(
                    "{folder} holds {names}, which have the same name. Keep one of them.",
                    folder=part.root / kind,
                    names=names,
                )
    stems = sorted(images) if part.names is None else list(part.names)
    absent = [stem for stem in stems if stem not in images]
    if absent:
        raise BadDataset(
            "The split of {folder} lists images that are not in images/: {names}.",
            folder=part.root,
            names=first_names(absent),
        )
    maskless = [stem for stem in stems if stem not in masks]
    imageless = [stem for stem in masks if stem not in images]
    if maskless or imageless:
        missing = [Message("images without a mask: {names}", names=first_names(maskless))] if maskless else []
        missing += [Message("masks without an image: {names}", names=first_names(imageless))] if imageless else []
        raise BadDataset(
            "In {folder} there are {problems}. A mask has its image's name. Add what is missing or move the rest "
            "elsewhere.",
            folder=part.root,
            problems=joined(missing, "; "),
        )
    bands = _stacked_files(part.root, stems, stack)
    return [FolderItem(images[stem][0], masks[stem][0], files) for stem, files in zip(stems, bands, strict=True)]


def _stacked_files(root: Path, stems: Sequence[str], stack: Sequence[str]) -> list[tuple[Path, ...]]:
    """The files of further channels of every stem."""
    known = [files_by_stem(root / name) for name in stack]
    for name, files in zip(stack, known, strict=True):
        lost = [stem for stem in stems if stem not in files]
        if lost:
            raise BadDataset(
                "classes.json stacks {name}/ behind the images, but {folder} has nothing for {names}. Add these "
                "files, or take {name} out of stack.",
                name=name,
                folder=root / name,
                names=first_names(lost),
            )
    return [tuple(files[stem][0] for files in known) for stem in stems]


def _listed_name(line: str) -> str:
    """The stem in a line of train.txt, which may have a folder and an extension."""
    entry = Path(line.strip())
    return entry.stem if entry.suffix.lower() in IMAGE_SUFFIXES else entry.name

"""Finding the files of a layout: its root, its splits, images and the masks that belong to them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from segcore.data.base import SegDataset
from segcore.data.dataset_cards import Layout
from segcore.data.formats.item_dataset import Pair
from segcore.errors import BadDataset, Message

Place = TypeVar("Place")


def find_root(folder: Path, nested: Sequence[str], is_root: Callable[[Path], object]) -> Path | None:
    """The folder itself, or a folder in it that a publisher's archive makes, where ``is_root`` is true; else None."""
    return next((root for root in (folder, *(folder / name for name in nested)) if is_root(root)), None)


def layout_of_splits(
    looks_for: str,
    places: Callable[[Path], Mapping[str, object]],
    open_split: Callable[[Path, str | None], SegDataset],
    nested: Sequence[str] = (),
) -> Layout:
    """The layout of datasets that are recognised by their splits; the root may be in a folder of ``nested``.

    ``places`` maps root → split → where its files are; "" is a dataset without splits, {} means another layout.
    """
    return Layout(
        looks_for,
        find=lambda folder: find_root(folder, nested, places),
        splits=lambda root: named_splits(places(root)),
        open=open_split,
    )


def find_splits(names: Mapping[str, Sequence[str]], find_place: Callable[[str], Place | None]) -> dict[str, Place]:
    """Split → its place. ``names`` are those its folder may have; ``find_place`` returns None where it is not there."""
    found: dict[str, Place] = {}
    for split, folders in names.items():
        place = next((place for name in folders if (place := find_place(name)) is not None), None)
        if place is not None:
            found[split] = place
    return found


def named_splits(places: Iterable[str]) -> tuple[str, ...]:
    """The splits among ``places``; "" is a dataset without splits."""
    return tuple(split for split in places if split)


def choose_splits(root: Path, split: str | None, there: Collection[str]) -> list[str]:
    """The splits to open, of those that are ``there``: the requested one; by default all but the test split.

    "" is a dataset without splits. BadDataset, which names ``root``: there is no such split.
    """
    if split is not None and split not in there:
        raise BadDataset(
            '{title} has no split "{split}"; it has {known}. Choose of these.',
            title=root,
            split=split,
            known=named_splits(there) or Message("none"),
        )
    return [split] if split else [name for name in there if name != "test"] or list(there)


def choose_list(root: Path, split: str | None, there: Collection[str], preferred: str) -> str | None:
    """The split whose list is read: the requested one, else ``preferred``; None where that has no list."""
    if split is None and preferred not in there:
        return None
    return choose_splits(root, split or preferred, there)[0]


def visible_files(folder: Path, *suffixes: str) -> list[Path]:
    """Files with one of the suffixes, sorted by name, without hidden ones (macOS leaves ``._NAME`` behind)."""
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith(".")
    )


def match_masks(images: Sequence[Path], masks: Sequence[Path], endings: Sequence[str]) -> tuple[list[Pair], list[str]]:
    """Images with their masks, and the names of images without a mask.

    ``endings`` may follow the image's stem in the stem of its mask; the first match is taken.
    """
    by_stem = {path.stem: path for path in masks}
    pairs, unmatched = [], []
    for image in images:
        mask = next((by_stem[image.stem + end] for end in endings if image.stem + end in by_stem), None)
        if mask is None:
            unmatched.append(image.name)
        else:
            pairs.append(Pair(image, mask))
    return pairs, unmatched


def read_name_list(path: Path) -> list[str]:
    """The first word of every line of a split list but comments (#); BadDataset where the file is no text."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadDataset("{path} is no list of names: {error}. Get the file again.", path=path, error=error) from error
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def first_names(names: Sequence[str], limit: int = 5) -> str:
    """The first names, and their number where there are more."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} … ({len(names)} in all)"

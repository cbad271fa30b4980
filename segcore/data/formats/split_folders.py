"""Finding the files of a layout: its root and its splits. pairing.py matches images and masks."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from segcore.data.base import SegDataset
from segcore.data.dataset_cards import Layout
from segcore.data.splits import by_split, choose_splits, named_splits, split_meant

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


def find_splits(names: Iterable[str], find_place: Callable[[str], Place | None]) -> dict[str, Place]:
    """Split → its place, for the names of folders that mean one; ``find_place`` returns None for other folders.

    Raises:
        BadDataset: two names mean the same split.
    """
    meant = dict.fromkeys(name for name in names if split_meant(name) is not None)
    return by_split({name: place for name in meant if (place := find_place(name)) is not None})


def folder_names(*folders: Path) -> list[str]:
    """The names of the folders in some folders, sorted, each once."""
    inner = {each.name for folder in folders if folder.is_dir() for each in folder.iterdir() if each.is_dir()}
    return sorted(inner)


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


def first_names(names: Sequence[str], limit: int = 5) -> str:
    """The first names, and their number where there are more."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} … ({len(names)} in all)"

"""Which datasets are known by name, and what a spec means.

A spec says where data is, on the command line and in a configuration:

    shapes            drawn; shapes:200:64 draws 200 pictures of 64 pixels
    FOLDER            recognised by what lies in it, or in the one folder that an archive made in it
    voc:FOLDER        read as this layout and no other
    voc               what ``python -m segcore data get voc`` fetched; but a folder of that name right here comes first
    voc:FOLDER#val    one split, wherever a whole dataset is expected; also voc#val
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from segcore import paths
from segcore.data import shapes
from segcore.data.base import SegDataset
from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats import (
    binary_masks,
    camvid,
    cityscapes,
    coco,
    coco_panoptic,
    folder,
    instances_folder,
    pets,
    sbd,
    voc,
    yolo,
)
from segcore.errors import BadDataset, Message, MissingData, joined

DATASETS: Mapping[str, DatasetCard] = {
    card.name: card
    for card in (
        shapes.CARD,
        folder.CARD,
        binary_masks.CARD,
        voc.CARD,
        sbd.CARD,
        cityscapes.CARD,
        camvid.CARD,
        pets.CARD,
        coco.CARD,
        coco_panoptic.CARD,
        instances_folder.CARD,
        yolo.CARD,
    )
}

_DEEPEST = 3
"""So many folders that hold nothing but one folder are entered."""


@dataclass(frozen=True)
class Recognised:
    """What a folder is.

    Attributes:
        card: of the layout.
        root: the folder that has it: the one that was asked about, or one below.
    """

    card: DatasetCard
    root: Path


@dataclass(frozen=True)
class _Place:
    """What a spec means: a card, how to open a split and to name the splits of it, and the split that it names."""

    card: DatasetCard
    open: Callable[[str | None], SegDataset]
    splits: Callable[[], tuple[str, ...]]
    split: str | None


def open_dataset(spec: str | Path, split: str | None = None) -> SegDataset:
    """Open a dataset by its registered name or by its folder.

    Args:
        spec: see the head of this file. A folder that has the name of a drawn dataset is reached as ``"./shapes"``.
        split: a split by name, such as "train". None takes the split that the spec names; else all of a folder in
            our own layout, the training split of what is drawn, and of other layouts all but the test split.

    Raises:
        MissingData: there is no such dataset.
        BadDataset: it has no such split, or nobody recognises it.
    """
    place = _locate(spec)
    if place.split is not None and split not in (None, place.split):
        raise BadDataset(
            '{spec} names the split "{named}", but "{split}" is asked for. Leave out one of them.',
            spec=spec,
            named=place.split,
            split=split,
        )
    return place.open(split or place.split)


def dataset_splits(spec: str | Path) -> tuple[str, ...]:
    """The splits a dataset names; () where it has none, or where the spec names the one it means."""
    place = _locate(spec)
    return () if place.split is not None else place.splits()


def dataset_card(spec: str | Path) -> DatasetCard:
    """The facts of the dataset, or of the layout, that a spec means. Raises as ``open_dataset``."""
    return _locate(spec).card


def dataset_folder(spec: str | Path) -> Path | None:
    """The folder that a spec means, whether or not it is there; None for what is drawn."""
    card, rest, _ = _parts(spec)
    if card is None:
        return Path(rest).expanduser()
    return None if card.layout is None else _folder_of(card, rest)


def full_spec(spec: str) -> str:
    """The same dataset, named so that it is found from any working folder; a mistake stays as it was typed."""
    card, rest, split = _parts(spec)
    if card is not None and card.layout is None:
        return spec
    path = Path(rest).expanduser() if card is None else _folder_of(card, rest)
    if not path.exists():
        return spec
    prefix = "" if card is None else f"{card.name}:"
    return f"{prefix}{path.resolve()}{f'#{split}' if split else ''}"


def named_datasets() -> tuple[str, ...]:
    """The names that can be used as they are: what is drawn, and what was fetched."""
    return tuple(
        card.name for card in DATASETS.values() if card.layout is None or (paths.data_dir() / card.name).is_dir()
    )


def stored_datasets() -> list[Path]:
    """The folders of what was uploaded or fetched, by name; those of fetched datasets have a registered name."""
    place = paths.data_dir()
    return sorted(path for path in place.iterdir() if path.is_dir() and path.name[0] != ".") if place.is_dir() else []


def recognise(place: Path) -> Recognised:
    """Find out which layout a folder has.

    Raises:
        MissingData: there is no such folder.
        BadDataset: none of the known ones, or more than one; the sentence names what was looked for.
    """
    if not place.is_dir():
        if place.exists():
            raise MissingData("{file} is a file. Give the folder that holds the images.", file=place)
        raise MissingData("{file} is not there. Give the folder that holds the images.", file=place)
    root = place
    for _ in range(_DEEPEST):
        found = _layouts_of(root)
        if len(found) == 1:
            return found[0]
        if found:
            names = [each.card.name for each in found]
            raise BadDataset(
                "{root} can be read as {layouts}. Say which is meant: {choices}.",
                root=root,
                layouts=" and as ".join(names),
                choices=" or ".join(f"{name}:{place}" for name in names),
                kinds=names,
            )
        if folder.looks_meant(root):  # then its own sentence about what is missing helps more
            return Recognised(folder.CARD, root)
        inside = [each for each in root.iterdir() if not each.name.startswith((".", "__MACOSX"))]
        if len(inside) != 1 or not inside[0].is_dir():
            break
        root = inside[0]
    looked = [
        Message("  {name}: {layout}", name=card.name, layout=Message(card.layout.looks_for))
        for card in DATASETS.values()
        if card.layout is not None
    ]
    raise BadDataset(
        "{place} is no dataset of a known layout. It was looked for\n{layouts}\nMove the files so, or give the folder "
        "that directly holds them.",
        place=place,
        layouts=joined(looked),
    )


def _layouts_of(root: Path) -> list[Recognised]:
    found = [
        Recognised(card, there)
        for card in DATASETS.values()
        if card.layout is not None and (there := card.layout.find(root)) is not None
    ]
    return [each for each in found if each.card is folder.CARD] or found  # classes.json is meant for us


def _locate(spec: str | Path) -> _Place:
    card, rest, split = _parts(spec)
    if card is None:
        place = Path(rest).expanduser()
        if not place.exists():
            raise MissingData(
                "There is no dataset {file}: no folder of that path, and known by name are {known}.",
                known=list(DATASETS),
                file=spec,
            )
        found = recognise(place)
        card, root = found.card, found.root
    elif card.open is not None:
        return _Place(card, partial(card.open, rest), lambda: card.splits, split)
    else:
        root = _root_of(card, rest)
    if card.layout is None:
        raise ValueError(f"the card of {card.name} has neither a layout nor a way to be drawn")
    return _Place(card, partial(card.layout.open, root), partial(card.layout.splits, root), split)


def _root_of(card: DatasetCard, rest: str) -> Path:
    """The folder with the layout that was asked for."""
    path = _folder_of(card, rest)
    if card.layout is None or not path.is_dir():
        raise MissingData(_how_to_get(card, rest, path), file=str(path))
    root = card.layout.find(path) or _in_the_only_folder(card.layout, path)
    if root is None:
        raise BadDataset(
            "{path} does not look like {name}: it was looked for {layout}. {advice}",
            path=path,
            name=card.name,
            layout=Message(card.layout.looks_for),
            advice=Message(card.by_hand or "Give the folder that directly holds these."),
        )
    return root


def _parts(spec: str | Path) -> tuple[DatasetCard | None, str, str | None]:
    """(card or None, options or path, split or None) of a spec. Only behind a name does # mean a split."""
    if not isinstance(spec, str):
        return None, os.fspath(spec), None
    words, _, split = spec.rpartition("#")
    if not words or "/" in split or os.sep in split:
        words, split = spec, ""
    name, _, rest = words.partition(":")
    card = DATASETS.get(name)
    if card is None or (card.layout is not None and spec == name and Path(name).is_dir()):
        return None, spec, None  # somebody's own folder, of whatever layout
    return card, rest, split or None


def _folder_of(card: DatasetCard, rest: str) -> Path:
    if rest:
        return Path(rest).expanduser()
    return paths.data_dir() / card.name


def _in_the_only_folder(layout: Layout, path: Path) -> Path | None:
    """The layout in the one folder that an archive made in ``path``."""
    inside = [each for each in path.iterdir() if each.is_dir() and not each.name.startswith((".", "__MACOSX"))]
    return layout.find(inside[0]) if len(inside) == 1 else None


def _how_to_get(card: DatasetCard, rest: str, path: Path) -> str:
    if rest:
        looks_for = Message(card.layout.looks_for if card.layout else "")
        return Message(
            "{title}: {path} is not a folder. Give the folder that holds {layout}.",
            title=card.title,
            path=path,
            layout=looks_for,
        )
    if card.by_hand:
        return Message("{title} is not on this computer. {by_hand}", title=card.title, by_hand=Message(card.by_hand))
    if not card.homepage:
        return Message("“{name}” is a way to read a folder: give it one, as {name}:FOLDER.", name=card.name)
    return Message(
        "{title} is not on this computer. Fetch it: python -m segcore data get {name}. Or, where you have it "
        "already, say {name}:FOLDER.",
        title=card.title,
        name=card.name,
    )

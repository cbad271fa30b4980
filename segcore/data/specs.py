"""Opening a dataset by its spec.

A spec names data on the command line and in a configuration:

    shapes            synthetic; shapes:200:64 is 200 images of 64 pixels
    FOLDER            its layout is recognised by its files, or by those of the one folder in it
    voc:FOLDER        opened with this layout
    voc               the download of ``python -m segcore data get voc``, unless a folder of that name is right here
    voc:FOLDER#val    one split, wherever a whole dataset is expected; also voc#val
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from segcore import paths
from segcore.data.base import SegDataset
from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.pairing import is_junk
from segcore.data.recognition import Recognised, recognise
from segcore.data.registry import DATASETS
from segcore.data.splits import TEST, canonical, distinct_splits
from segcore.data.splitting import sample_names
from segcore.errors import BadClasses, BadDataset, Message, MissingData, SegcoreError


@dataclass(frozen=True)
class Located:
    """A parsed spec.

    The card, functions that open a split and list the splits, the split in the spec or None, and the root of the layout
    that its card found; None for synthetic data.
    """

    card: DatasetCard
    open: Callable[[str | None], SegDataset]
    splits: Callable[[], tuple[str, ...]]
    split: str | None
    root: Path | None


def open_dataset(spec: str | Path, split: str | None = None) -> SegDataset:
    """Open a dataset by its registered name or by its folder.

    ``split`` may be any usual name of a split, such as "valid". None takes the split in the spec; without one, the
    training split of a synthetic dataset, and all but the test split of a folder.

    Raises:
        MissingData: there is no such dataset.
        BadDataset: it has no such split, or its layout is unknown.
    """
    place = locate(spec)
    if place.split is not None and split is not None and canonical(split) != canonical(place.split):
        raise BadDataset(
            '{spec} names the split "{named}", but "{split}" is requested. Leave out one of them.',
            spec=spec,
            named=place.split,
            split=split,
        )
    wanted = split or place.split
    if wanted and canonical(wanted) != wanted and wanted not in place.splits():
        wanted = canonical(wanted)
    return place.open(wanted)


def dataset_splits(spec: str | Path) -> tuple[str, ...]:
    """The splits of a dataset; () where it has none, or where the spec names one."""
    place = locate(spec)
    return () if place.split is not None else place.splits()


def open_splits(spec: str | Path) -> tuple[dict[str, SegDataset], dict[str, SegcoreError]]:
    """Split → dataset, for every split but those that repeat others; and split → error, for those that are refused.

    "" is a dataset without splits; where only the test images are named, it has the others. A split whose classes are
    not those of the first is refused, too. Raises as `open_dataset` where no split can be opened.
    """
    named = distinct_splits(dataset_splits(spec))
    parts: dict[str, SegDataset] = {}
    refused: dict[str, SegcoreError] = {}
    for split in named if set(named) - {TEST} else ("", *named):
        try:
            part = open_dataset(spec, split or None)
            _require_same_classes(part, next(iter(parts.values()), part))
        except SegcoreError as error:
            refused[split] = error
        else:
            parts[split] = part
    if not parts:
        raise next(iter(refused.values()))
    if parts.keys() == {"", TEST} and sample_names(parts[""]) == sample_names(parts[TEST]):
        del parts[""]
    return parts, refused


def _require_same_classes(part: SegDataset, first: SegDataset) -> None:
    if part.classes != first.classes:
        raise BadClasses(
            "{one} has the classes {classes}, but {other} has {other_classes}. All splits need the same list.",
            one=part.title,
            classes=part.classes,
            other=first.title,
            other_classes=first.classes,
        )


def dataset_card(spec: str | Path) -> DatasetCard:
    """The card of the dataset or layout of a spec. Raises as `open_dataset`."""
    return locate(spec).card


def dataset_folder(spec: str | Path) -> Path | None:
    """The folder of a spec, whether or not it exists; None for a synthetic dataset."""
    card, rest, _ = _parts(spec)
    return None if card is not None and card.layout is None else _folder_of(card, rest)


def full_spec(spec: str) -> str:
    """The spec with an absolute path; a spec whose folder does not exist is returned unchanged."""
    card, rest, split = _parts(spec)
    if card is not None and card.layout is None:
        return spec
    path = _folder_of(card, rest)
    if not path.exists():
        return spec
    prefix = "" if card is None else f"{card.name}:"
    return f"{prefix}{path.resolve()}{f'#{split}' if split else ''}"


def locate(spec: str | Path) -> Located:
    """Find the dataset of a spec without opening it. Raises as `open_dataset`."""
    card, rest, split = _parts(spec)
    if card is not None and card.open is not None:
        return Located(card, partial(card.open, rest), lambda: card.splits, split, None)
    path = _folder_of(card, rest)
    if card is None and not path.exists():
        raise MissingData(
            "There is no dataset {file}: no folder of that path, and known by name are {known}.",
            known=list(DATASETS),
            file=spec,
        )
    found = recognise(path) if card is None else Recognised(card, _root_of(card, rest, path))
    layout = found.card.layout
    assert layout is not None, "a card without a layout can be opened by itself"
    open_split, splits = partial(layout.open, found.root), partial(layout.splits, found.root)
    return Located(found.card, open_split, splits, split, found.root)


def _root_of(card: DatasetCard, rest: str, path: Path) -> Path:
    """The root of the card's layout in the folder ``path`` of a spec, or in its only folder."""
    assert card.layout is not None, "only files have a root"
    if not path.is_dir():
        raise MissingData(_how_to_get(card, rest, path), file=path)
    inside = [each for each in path.iterdir() if each.is_dir() and not is_junk(each.name)]
    root = card.layout.find(path) or (card.layout.find(inside[0]) if len(inside) == 1 else None)
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
    """(card or None, options or path, split or None) of a spec; # means a split only after a name."""
    if not isinstance(spec, str):
        return None, os.fspath(spec), None
    words, _, split = spec.rpartition("#")
    if not words or "/" in split or os.sep in split:
        words, split = spec, ""
    name, _, rest = words.partition(":")
    card = DATASETS.get(name)
    if card is None or (card.layout is not None and spec == name and Path(name).is_dir()):
        return None, spec, None  # a user's folder, of any layout
    return card, rest, split or None


def _folder_of(card: DatasetCard | None, rest: str) -> Path:
    return Path(rest).expanduser() if rest or card is None else paths.data_dir() / card.name


def _how_to_get(card: DatasetCard, rest: str, path: Path) -> str:
    if rest:
        return Message(
            "{title}: {path} is not a folder. Give the folder that holds {layout}.",
            title=card.title,
            path=path,
            layout=Message(card.layout.looks_for if card.layout else ""),
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

"""Which layout a folder has."""

from dataclasses import dataclass
from pathlib import Path

from segcore.data.dataset_cards import DatasetCard
from segcore.data.foreign_formats import foreign_folder
from segcore.data.formats import folder
from segcore.data.formats.coco_files import undecided_files
from segcore.data.formats.pairing import is_junk
from segcore.data.formats.split_folders import first_names
from segcore.data.registry import DATASETS
from segcore.errors import BadDataset, Message, MissingData, joined

_MAX_NESTING = 3
"""Maximum number of nested folders, each the only content of the one above, that are searched."""


@dataclass(frozen=True)
class Recognised:
    """The card of a layout, and the folder that has it: the given one, or one below."""

    card: DatasetCard
    root: Path


def recognise(place: Path) -> Recognised:
    """The layout of a folder.

    Raises:
        MissingData: there is no such folder.
        BadDataset: no layout matches, or more than one; the text lists the layouts.
    """
    if not place.is_dir():
        if place.exists():
            raise MissingData("{file} is a file. Give the folder that holds the images.", file=place)
        raise MissingData("{file} is not there. Give the folder that holds the images.", file=place)
    root = place
    for _ in range(_MAX_NESTING):
        found = _layouts_of(root)
        if len(found) > 1:
            raise _ambiguous(place, root, [each.card.name for each in found])
        if found:
            return found[0]
        if folder.resembles(root) and not (root / "masks").is_dir():
            _refuse_foreign(place, root)
        if folder.resembles(root):  # then its own error, which names the missing file, helps more
            return Recognised(folder.CARD, root)
        inside = [each for each in root.iterdir() if not is_junk(each.name)]
        if len(inside) != 1 or not inside[0].is_dir():
            break
        root = inside[0]
    _refuse_foreign(place, place)
    raise _unknown_layout(place)


def _layouts_of(root: Path) -> list[Recognised]:
    found = [
        Recognised(card, there)
        for card in DATASETS.values()
        if card.layout is not None and (there := card.layout.find(root)) is not None
    ]
    return [each for each in found if each.card is folder.CARD] or found  # a classes.json decides


def _ambiguous(place: Path, root: Path, names: list[str]) -> BadDataset:
    return BadDataset(
        "{root} can be read as {layouts}. Say which is meant: {choices}.",
        root=root,
        layouts=" and as ".join(names),
        choices=" or ".join(f"{name}:{place}" for name in names),
        kinds=names,
    )


def _refuse_foreign(place: Path, root: Path) -> None:
    """Raise BadDataset where a folder that has no layout holds files of a format with a name."""
    undecided = undecided_files(root)
    if undecided:
        raise BadDataset(
            "{place} holds several COCO files, {names}, and their names do not state which split each is. Name them "
            "train.json, val.json and test.json, or keep one.",
            place=place,
            names=first_names([path.name for path in undecided]),
            foreign=True,
        )
    found = foreign_folder(root)
    if found is not None:
        raise BadDataset(
            "{place} is no dataset of a known layout. It holds {title}, as {example}. {advice}",
            place=place,
            title=found.format.title,
            example=found.example.relative_to(place),
            advice=found.format.advice,
            foreign=True,
        )


def _unknown_layout(place: Path) -> BadDataset:
    looked = [
        Message("  {name}: {layout}", name=card.name, layout=Message(card.layout.looks_for))
        for card in DATASETS.values()
        if card.layout is not None
    ]
    return BadDataset(
        "{place} is no dataset of a known layout. It was looked for\n{layouts}\nMove the files so, or give the folder "
        "that directly holds them.",
        place=place,
        layouts=joined(looked),
    )

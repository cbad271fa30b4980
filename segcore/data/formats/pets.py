"""Oxford-IIIT Pet: 37 breeds of cats and dogs, with a trimap each.

    images/Abyssinian_100.jpg
    annotations/trimaps/Abyssinian_100.png      1 pet, 2 background, 3 border: nobody decides about it, so IGNORE
    annotations/trainval.txt  test.txt          "Abyssinian_100 1 1 1": name, breed, species (1 cat, 2 dog), number
    annotations/list.txt                        the same for all; not read

The archive also holds ``._NAME.png`` files of macOS and a few ``.mat`` files beside the photos; they are passed over.
Where the lists are missing the species comes from the name: the publisher writes breeds of cats with a capital.

Parkhi et al., "Cats and Dogs", CVPR 2012, https://www.robots.ox.ac.uk/~vgg/data/pets/
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats.listed import (
    ListedDataset,
    Pair,
    Pixels,
    no_such_split,
    read_both,
    refuse_strange,
    value_table,
    visible,
)
from segcore.data.images import decode, read_labels
from segcore.errors import BadDataset
from segcore.palette import default_colours
from segcore.types import IGNORE, LabelMap

CLASSES = ("background", "cat", "dog")
_NESTED = ("oxford-iiit-pet",)
_TRIMAPS = Path("annotations") / "trimaps"


class Pet(NamedTuple):
    """A photo, its trimap, and the id of the species in CLASSES."""

    pair: Pair
    species: int


def find(folder: Path) -> Path | None:
    """The folder with images/ and annotations/trimaps/."""
    for root in (folder, *(folder / nested for nested in _NESTED)):
        if (root / "images").is_dir() and (root / _TRIMAPS).is_dir():
            return root
    return None


def splits(root: Path) -> tuple[str, ...]:
    """Of those lists that are there."""
    return tuple(split for split in CARD.splits if _list_of(root, split).is_file())


def open_pets(root: Path, split: str | None) -> ListedDataset[Pet]:
    """Open a split; None is trainval, or every trimap where there are no lists.

    Raises:
        BadDataset: no such split, or a list that is none.
    """
    if split is None and "trainval" in splits(root):
        split = "trainval"
    if split is None:
        species = {path.stem: 1 if path.stem[0].isupper() else 2 for path in visible(root / _TRIMAPS, ".png")}
    elif split in splits(root):
        species = _listed_species(_list_of(root, split))
    else:
        raise no_such_split(str(root), split, splits(root))
    if not species:
        raise BadDataset("{folder} holds no trimap. Unpack annotations.tar.gz again.", folder=root / _TRIMAPS)
    return ListedDataset(
        name="pets",
        title=f"{CARD.title} ({split})" if split else CARD.title,
        classes=CLASSES,
        colours=CARD.colours,
        licence=CARD.licence,
        shippable=CARD.shippable,
        names=tuple(species),
        items=tuple(
            Pet(Pair(root / "images" / f"{stem}.jpg", root / _TRIMAPS / f"{stem}.png"), kind)
            for stem, kind in species.items()
        ),
        read=ReadPet(),
    )


@dataclass(frozen=True)
class ReadPet:
    """Read a photo and its trimap; the pet gets the class of its species."""

    def __call__(self, pet: Pet) -> tuple[Pixels, LabelMap]:
        """Image (H, W, 3) and labels (H, W)."""
        image, trimap = read_both(pet.pair, decode, read_labels)
        labels = value_table({1: pet.species, 2: 0, 3: IGNORE})[trimap]
        refuse_strange(pet.pair.mask, trimap, labels)
        return image, labels


def _listed_species(path: Path) -> dict[str, int]:
    species: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 4 or words[2] not in ("1", "2"):
            raise BadDataset(
                '{path}, line {line}: "{text}" is not NAME BREED SPECIES NUMBER with species 1 (cat) or 2 (dog). '
                "Unpack annotations.tar.gz again.",
                path=path,
                line=number,
                text=line[:60],
            )
        species[words[0]] = int(words[2])
    return species


def _list_of(root: Path, split: str) -> Path:
    return root / "annotations" / f"{split}.txt"


CARD = DatasetCard(
    name="pets",
    title="Oxford-IIIT Pet",
    summary="7,349 photos of cats and dogs. --classes background,pet --map cat=pet,dog=pet makes the two one class.",
    splits=("trainval", "test"),
    layout=Layout("images/ and annotations/trimaps/", find, splits, open_pets),
    classes=CLASSES,
    colours=default_colours(CLASSES),
    licence="CC BY-SA 4.0",
    shippable=True,
    homepage="https://www.robots.ox.ac.uk/~vgg/data/pets/",
)

"""Oxford-IIIT Pet: 37 breeds of cats and dogs, with a trimap for each photo.

    images/Abyssinian_100.jpg
    annotations/trimaps/Abyssinian_100.png      1 pet, 2 background, 3 border, which becomes IGNORE
    annotations/trainval.txt  test.txt          "Abyssinian_100 1 1 1": name, breed, species (1 cat, 2 dog), number
    annotations/list.txt                        the same for all; not read

The archive also holds ``._NAME.png`` files of macOS and some ``.mat`` files beside the photos; both are skipped.
Without the lists the species follows from the name: names of cat breeds begin with a capital letter.

Parkhi et al., "Cats and Dogs", CVPR 2012, https://www.robots.ox.ac.uk/~vgg/data/pets/
"""

from pathlib import Path
from typing import NamedTuple

from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats.item_dataset import ItemDataset, Pair, published_facts, read_pair
from segcore.data.formats.mask_values import refuse_unknown_values, value_table
from segcore.data.formats.split_folders import find_root, no_such_split, visible_files
from segcore.data.images import decode, read_labels
from segcore.errors import BadDataset
from segcore.palette import default_colours
from segcore.types import IGNORE, LabelMap, Pixels

CLASSES = ("background", "cat", "dog")
_TRIMAPS = Path("annotations") / "trimaps"


class Pet(NamedTuple):
    """A photo, its trimap, and the id of the species in CLASSES."""

    pair: Pair
    species: int


def find(folder: Path) -> Path | None:
    """The folder with images/ and annotations/trimaps/."""
    return find_root(
        folder, ("oxford-iiit-pet",), lambda root: (root / "images").is_dir() and (root / _TRIMAPS).is_dir()
    )


def splits(root: Path) -> tuple[str, ...]:
    """The splits that have a list."""
    return tuple(split for split in CARD.splits if _list_of(root, split).is_file())


def open_pets(root: Path, split: str | None) -> ItemDataset[Pet]:
    """Open a split; None is trainval, or every trimap where there are no lists.

    Raises:
        BadDataset: no such split, or a list in another format.
    """
    if split is None and "trainval" in splits(root):
        split = "trainval"
    if split is None:
        species = {path.stem: 1 if path.stem[0].isupper() else 2 for path in visible_files(root / _TRIMAPS, ".png")}
    elif split in splits(root):
        species = _listed_species(_list_of(root, split))
    else:
        raise no_such_split(str(root), split, splits(root))
    if not species:
        raise BadDataset("{folder} holds no trimap. Unpack annotations.tar.gz again.", folder=root / _TRIMAPS)
    return ItemDataset(
        **published_facts(CARD, split),
        names=tuple(species),
        items=tuple(
            Pet(Pair(root / "images" / f"{stem}.jpg", root / _TRIMAPS / f"{stem}.png"), kind)
            for stem, kind in species.items()
        ),
        read=_read,
    )


def _read(pet: Pet) -> tuple[Pixels, LabelMap]:
    """Image (H, W, 3) and labels (H, W): the pet's pixels have the class of its species."""
    image, trimap = read_pair(pet.pair, decode, read_labels)
    labels = value_table({1: pet.species, 2: 0, 3: IGNORE})[trimap]
    refuse_unknown_values(pet.pair.mask, trimap, labels)
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
    summary="7,349 photos of cats and dogs. --classes background,pet --map cat=pet,dog=pet merges the two classes.",
    splits=("trainval", "test"),
    layout=Layout("images/ and annotations/trimaps/", find, splits, open_pets),
    classes=CLASSES,
    colours=default_colours(CLASSES),
    licence="CC BY-SA 4.0",
    shippable=True,
    homepage="https://www.robots.ox.ac.uk/~vgg/data/pets/",
)

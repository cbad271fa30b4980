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

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.item_dataset import ItemDataset, Pair, ReadPair, image_dataset, published_facts
from segcore.data.formats.mask_values import value_table
from segcore.data.formats.name_lists import list_files, read_lines
from segcore.data.formats.pairing import pair_files
from segcore.data.formats.split_folders import choose_list, layout_of_splits, visible_files
from segcore.data.splits import TEST
from segcore.errors import BadDataset
from segcore.palette import default_colours
from segcore.types import IGNORE, LabelMap, Pixels

CLASSES = ("background", "cat", "dog")
_TRIMAPS = Path("annotations") / "trimaps"


class Pet(NamedTuple):
    """A photo, its trimap, and the id of the species in CLASSES."""

    image: Path
    trimap: Path
    species: int


def open_pets(root: Path, split: str | None) -> ItemDataset[Pet]:
    """Open a split; None is trainval, or every trimap that is in no list of test images."""
    lists, trimaps = _lists(root), root / _TRIMAPS
    split = choose_list(root, split, lists, "trainval")
    if split is None:
        tested = _listed_species(lists[TEST]) if TEST in lists else {}
        stems = [path.stem for path in visible_files(trimaps, ".png")]
        species = {stem: 1 if stem[0].isupper() else 2 for stem in stems if stem not in tested} or tested
    else:
        species = _listed_species(lists[split])
    if not species:
        raise BadDataset("{folder} holds no trimap. Unpack annotations.tar.gz again.", folder=trimaps)
    items = [Pet(root / "images" / f"{stem}.jpg", trimaps / f"{stem}.png", kind) for stem, kind in species.items()]
    skipped = pair_files(root / "images", trimaps, (".jpg",), (".png",)).skipped
    return image_dataset(published_facts(CARD, split), items, _read, skipped=skipped)


def _read(pet: Pet) -> tuple[Pixels, LabelMap]:
    """Image (H, W, 3) and labels (H, W): the pet's pixels have the class of its species."""
    return ReadPair(value_table({1: pet.species, 2: 0, 3: IGNORE}))(Pair(pet.image, pet.trimap))


def _listed_species(path: Path) -> dict[str, int]:
    species: dict[str, int] = {}
    for number, line in enumerate(read_lines(path), 1):
        words = line.rsplit(maxsplit=3)
        if words[0].startswith("#"):
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


def _lists(root: Path) -> dict[str, Path]:
    """Split → its list, or "" → the trimaps where there are no lists; {} for another layout."""
    if not ((root / "images").is_dir() and (root / _TRIMAPS).is_dir()):
        return {}
    found = list_files(root / "annotations")
    ordered = sorted(found, key=lambda split: split == TEST)
    return {split: found[split] for split in ordered} or {"": root / _TRIMAPS}


CARD = DatasetCard(
    name="pets",
    title="Oxford-IIIT Pet",
    summary="7,349 photos of cats and dogs. --classes background,pet --map cat=pet,dog=pet merges the two classes.",
    splits=("trainval", "test"),
    layout=layout_of_splits("images/ and annotations/trimaps/", _lists, open_pets, ("oxford-iiit-pet",)),
    classes=CLASSES,
    colours=default_colours(CLASSES),
    licence="CC BY-SA 4.0",
    shippable=True,
    homepage="https://www.robots.ox.ac.uk/~vgg/data/pets/",
)

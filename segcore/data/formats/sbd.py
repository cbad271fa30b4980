"""SBD, the Semantic Boundaries Dataset: masks for four times as many photos of Pascal VOC.

    img/2008_000002.jpg
    cls/2008_000002.mat         MATLAB: GTcls.Segmentation (H, W), the class of every pixel; no 255
    train.txt  val.txt          the lists of its authors
    train_noval.txt             optional: all photos that are not in VOC 2012's val

**Its train list contains photos of VOC's val list.** Train on ``train_noval`` to evaluate on VOC. Its file is read if
there is one; otherwise the list is computed if VOC 2012 lies next to this folder or was downloaded by this program.

Hariharan et al., "Semantic Contours from Inverse Detectors", ICCV 2011,
http://home.bharathh.info/pubs/codes/SBD/download.html
"""

from pathlib import Path

import numpy as np
import scipy.io

from segcore import paths
from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.formats import voc
from segcore.data.formats.item_dataset import ItemDataset, Pair, published_facts, read_pair
from segcore.data.formats.mask_values import refuse_unknown_values
from segcore.data.formats.split_folders import find_root, no_such_split, read_name_list, visible_files
from segcore.data.images import decode
from segcore.errors import BadDataset, BadImage
from segcore.types import LabelMap, Pixels

NOVAL = "train_noval"
_NESTED = ("benchmark_RELEASE/dataset", "dataset", "sbd")


def find(folder: Path) -> Path | None:
    """The folder with img/ and cls/."""
    return find_root(folder, _NESTED, lambda root: (root / "img").is_dir() and any((root / "cls").glob("*.mat")))


def splits(root: Path) -> tuple[str, ...]:
    """The splits that have a list, or whose list can be computed."""
    return tuple(split for split in CARD.splits if _names(root, split) is not None)


def open_sbd(root: Path, split: str | None) -> ItemDataset[Pair]:
    """Open a split; None is ``train_noval`` if its list is known, otherwise train and val together.

    Raises:
        BadDataset: no such split.
    """
    if split is None:
        split = NOVAL if _names(root, NOVAL) is not None else None
    stems = _names(root, split) if split else _union(root)
    if stems is None:
        raise no_such_split(str(root), split or "", splits(root))
    return ItemDataset(
        **published_facts(CARD, split),
        names=tuple(stems),
        items=tuple(Pair(root / "img" / f"{stem}.jpg", root / "cls" / f"{stem}.mat") for stem in stems),
        read=_read,
    )


def _read(pair: Pair) -> tuple[Pixels, LabelMap]:
    """Image (H, W, 3) and labels (H, W)."""
    image, values = read_pair(pair, decode, _read_mat)
    labels = voc.VALUES[values]
    refuse_unknown_values(pair.mask, values, labels)
    return image, labels


def _read_mat(path: Path) -> LabelMap:
    """``GTcls.Segmentation`` of a MATLAB file (version 5: plain arrays, no code)."""
    try:
        contents = scipy.io.loadmat(path, variable_names=["GTcls"])
        values = contents["GTcls"]["Segmentation"][0, 0]
        return np.ascontiguousarray(values, np.uint8)
    except Exception as error:  # missing or damaged; scipy raises many kinds
        raise BadImage(
            "{name} is no mask of SBD ({error}). Unpack the archive again.", name=path.name, error=error
        ) from error


def _names(root: Path, split: str) -> list[str] | None:
    if (root / f"{split}.txt").is_file():
        return read_name_list(root / f"{split}.txt")
    held_out = _voc_val(root)
    if split != NOVAL or held_out is None:
        return None
    return [stem for stem in _union(root) if stem not in held_out]


def _union(root: Path) -> list[str]:
    """Train and val, or every mask where there are no lists."""
    lists = [root / f"{split}.txt" for split in ("train", "val") if (root / f"{split}.txt").is_file()]
    if lists:
        return [stem for path in lists for stem in read_name_list(path)]
    stems = [path.stem for path in visible_files(root / "cls", ".mat")]
    if not stems:
        raise BadDataset("{folder} holds no .mat file. Unpack the archive again.", folder=root / "cls")
    return stems


def _voc_val(root: Path) -> set[str] | None:
    """The names of VOC 2012's validation photos, if VOC lies nearby or was downloaded."""
    for folder in (root, *list(root.parents)[:3], paths.data_dir() / "voc"):
        found = voc.find(folder)
        if found is not None and "val" in voc.splits(found):
            return set(read_name_list(found / "ImageSets" / "Segmentation" / "val.txt"))
    return None


CARD = DatasetCard(
    name="sbd",
    title="SBD",
    summary="Masks of VOC's 21 classes for 11,355 photos of VOC. Its train list holds photos of VOC's val list: train "
    "on sbd#train_noval to evaluate on VOC.",
    splits=("train", "val", NOVAL),
    layout=Layout("img/ and cls/ with .mat files", find, splits, open_sbd),
    classes=voc.CLASSES,
    colours=voc.COLOURS,
    licence="photos under the terms of Flickr, for research",
    homepage="http://home.bharathh.info/pubs/codes/SBD/download.html",
)

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
from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats import voc
from segcore.data.formats.item_dataset import ItemDataset, Pair, ReadPair, image_dataset, published_facts
from segcore.data.formats.name_lists import list_files, read_name_list
from segcore.data.formats.split_folders import choose_list, find_root, layout_of_splits, visible_files
from segcore.errors import BadImage
from segcore.types import LabelMap

NOVAL = "train_noval"


def open_sbd(root: Path, split: str | None) -> ItemDataset[Pair]:
    """Open a split; None is ``train_noval`` if its list is known, otherwise train and val together."""
    lists = _lists(root)
    split = choose_list(root, split, lists, NOVAL)
    pairs = [Pair(root / "img" / f"{stem}.jpg", root / "cls" / f"{stem}.mat") for stem in lists[split or ""]]
    return image_dataset(published_facts(CARD, split), pairs, ReadPair(voc.VALUES, _read_mat))


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


def _lists(root: Path) -> dict[str, list[str]]:
    """Split → its names, "" → those of train and val, or of every mask where there are no lists; {}: another layout."""
    masks = visible_files(root / "cls", ".mat")
    if not masks or not (root / "img").is_dir():
        return {}
    stems = {path.stem for path in masks}
    lists = {split: read_name_list(path, stems) for split, path in list_files(root).items()}
    both = [*lists.get("train", ()), *lists.get("val", ())] or [path.stem for path in masks]
    held_out = _voc_val(root)
    if held_out is not None:
        lists.setdefault(NOVAL, [stem for stem in both if stem not in held_out])
    return lists | {"": both}


def _voc_val(root: Path) -> set[str] | None:
    """The names of VOC 2012's validation photos, if VOC lies nearby or was downloaded."""
    for folder in (root, *list(root.parents)[:3], paths.data_dir() / "voc"):
        found = find_root(folder, voc.NESTED, voc.lists)
        val = voc.lists(found).get("val") if found else None
        if val is not None:
            return set(read_name_list(val))
    return None


CARD = DatasetCard(
    name="sbd",
    title="SBD",
    summary="Masks of VOC's 21 classes for 11,355 photos of VOC. Its train list holds photos of VOC's val list: train "
    "on sbd#train_noval to evaluate on VOC.",
    splits=("train", "val", NOVAL),
    layout=layout_of_splits(
        "img/ and cls/ with .mat files", _lists, open_sbd, nested=("benchmark_RELEASE/dataset", "dataset", "sbd")
    ),
    classes=voc.CLASSES,
    colours=voc.COLOURS,
    licence="photos under the terms of Flickr, for research",
    homepage="http://home.bharathh.info/pubs/codes/SBD/download.html",
)

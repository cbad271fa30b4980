"""Images and masks that were uploaded as single files become a folder dataset."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from segcore import paths
from segcore.data.archive import safe_name
from segcore.data.images import decode, read_labels
from segcore.errors import BadDataset
from segcore.types import IGNORE

ENDINGS = ("", "_mask", "_masks", "_label", "_labels", "_seg", "_gt", "-mask", "-label", "-gt")
"""What a mask's name may have after the image's name."""
_NAMED = 5


def save_pairs(images: Mapping[str, bytes], masks: Mapping[str, bytes], name: str) -> Path:
    """Write images and their masks, by file name, into a new folder of the datasets, and return it.

    A mask belongs to the image of the same name, or of that name with one of ENDINGS. Masks of ids get a
    ``classes.json`` with numbered names; masks of only 0 and 255 mean background and foreground.

    Raises:
        BadDataset: nothing to pair, or files without a counterpart; nothing is kept then.
        BadImage: a file cannot be read.
    """
    pairs = _paired(images, masks)
    parent = paths.data_dir()
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=".arriving-") as scratch:
        root = Path(scratch) / "whole"
        values: set[int] = set()
        for inner in ("images", "masks"):
            (root / inner).mkdir(parents=True)
        for image, mask in pairs:
            decode(images[image], image)
            values |= set(np.unique(read_labels(masks[mask], mask)).tolist())
            stem = Path(image).stem
            (root / "images" / f"{stem}{Path(image).suffix.lower()}").write_bytes(images[image])
            (root / "masks" / f"{stem}{Path(mask).suffix.lower()}").write_bytes(masks[mask])
        if not values <= {0, IGNORE}:
            count = max(values - {IGNORE}) + 1
            classes = ["background", *(f"class {number}" for number in range(1, count))]
            (root / "classes.json").write_text(json.dumps({"classes": classes}), encoding="utf-8")
        target, number = parent / safe_name(name), 1
        while target.exists():
            number += 1
            target = parent / f"{safe_name(name)}-{number}"
        shutil.move(root, target)
    return target


def _paired(images: Mapping[str, bytes], masks: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Return (image, mask) by name.

    Raises:
        BadDataset: a file has no counterpart, or more than one.
    """
    by_stem: dict[str, list[str]] = {}
    for mask in masks:
        by_stem.setdefault(Path(mask).stem, []).append(mask)
    pairs, lonely = [], []
    for image in images:
        found = [each for ending in ENDINGS for each in by_stem.get(Path(image).stem + ending, ())]
        if len(found) == 1:
            pairs.append((image, found[0]))
        else:
            lonely.append(image)
    used = [mask for _, mask in pairs]
    lonely += [mask for mask in masks if used.count(mask) != 1]
    lonely += [each for each in (*images, *masks) if Path(each).name.startswith(".")]
    stems = [Path(image).stem for image in images]
    lonely += [image for image in images if stems.count(Path(image).stem) > 1]
    if lonely or not pairs:
        raise BadDataset(
            "{count} files have no counterpart of the same name: {names}. Every image needs exactly one mask, such as "
            "leaf1.jpg and leaf1.png or leaf1_mask.png.",
            count=len(set(lonely)),
            names=sorted(set(lonely))[:_NAMED] or ["no image, no mask"],
        )
    return pairs

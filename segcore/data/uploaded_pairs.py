"""Images and masks that were uploaded as single files become a folder dataset."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from segcore import paths
from segcore.advice import Advice
from segcore.data.archive import safe_name
from segcore.data.formats.binary_masks import read_binary_values
from segcore.data.formats.pairing import PairedFiles, pair_files
from segcore.data.images import NotLabels, decode, read_labels
from segcore.errors import BadDataset, Message, joined
from segcore.types import IGNORE

_NAMED = 5
_COLOURS = 8
"""Maximum number of colours that an error lists."""


def save_pairs(images: Mapping[str, bytes], masks: Mapping[str, bytes], name: str) -> Path:
    """Write images and their masks, by file name, into a new folder of the datasets, and return it.

    They are paired as in every other layout, see `segcore.data.formats.pairing`. Masks of ids get a ``classes.json``
    with numbered names; masks of only 0 and 255 mean background and foreground. Grey masks that are stored as RGB are
    saved with one channel.

    Raises:
        BadDataset: nothing to pair, files without a counterpart, or masks of colours; nothing is kept then.
        BadImage: a file cannot be read.
    """
    parent = paths.data_dir()
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=".arriving-") as scratch:
        arrived, root = Path(scratch) / "arrived", Path(scratch) / "whole"
        for inner, files in (("images", images), ("masks", masks)):
            (arrived / inner).mkdir(parents=True)
            (root / inner).mkdir(parents=True)
            for file, content in files.items():
                (arrived / inner / Path(file).name).write_bytes(content)
        found = pair_files(arrived / "images", arrived / "masks")
        _require_pairs(found)
        values = _move_pairs(found, root)
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


def _move_pairs(found: PairedFiles, root: Path) -> set[int]:
    """Move readable pairs into the folders of ``root``, and return the values of all masks."""
    values: set[int] = set()
    coloured: list[Path] = []
    for key in found.keys:
        image, mask = found.images[key][0], found.masks[key][0]
        decode(image.read_bytes(), image.name)
        image.rename(root / "images" / f"{key}{image.suffix.lower()}")
        try:
            values |= _save_mask(mask, root / "masks" / key)
        except NotLabels as error:
            if error.kind != "colour_mask":
                raise
            coloured.append(mask)
    if coloured:
        raise _colours_instead_of_ids(coloured)
    return values


def _save_mask(mask: Path, target: Path) -> set[int]:
    """Put a mask at ``target``, a path without its ending, and return its values; NotLabels as by `read_labels`."""
    try:
        values = read_labels(mask)
        mask.rename(target.with_name(f"{target.name}{mask.suffix.lower()}"))
    except NotLabels:
        values = read_binary_values(mask)
        Image.fromarray(values).save(target.with_name(f"{target.name}.png"))
    return set(np.unique(values).tolist())


def _require_pairs(found: PairedFiles) -> None:
    """Raise BadDataset where a file has no counterpart, or more than one."""
    twins = [path for same in found.twins for path in same]
    lonely = [path.name for path in (*found.maskless, *found.imageless, *found.skipped, *twins)]
    if lonely or not found.keys:
        raise BadDataset(
            "{count} files have no counterpart of the same name: {names}. Every image needs exactly one mask, such as "
            "leaf1.jpg and leaf1.png or leaf1_mask.png.",
            count=len(set(lonely)),
            names=sorted(set(lonely))[:_NAMED] or ["no image, no mask"],
        )


def _colours_instead_of_ids(masks: Sequence[Path]) -> BadDataset:
    """The doctor's advice about masks of colours, and how to follow it with an upload."""
    advice = Advice("doctor.colour_mask", "error")
    names = [path.name for path in masks[:_NAMED]] + ["…"] * (len(masks) > _NAMED)
    colours = np.unique(decode(masks[0].read_bytes(), masks[0].name).reshape(-1, 3), axis=0)
    shown = [f"({', '.join(map(str, colour))})" for colour in colours[:_COLOURS].tolist()]
    shown += ["…"] * (len(colours) > _COLOURS)
    return BadDataset(
        joined(
            [
                Message("{what} ({count}: {names}).", what=advice.message("what"), count=len(masks), names=names),
                Message("Colours of {name}: {colours}.", name=masks[0].name, colours=shown),
                advice.message("why"),
                advice.message("do"),
                Message("Upload images/, masks/ and that classes.json as one zip; the Data page repairs it."),
            ],
            " ",
        )
    )

"""The recipe of CONTRIBUTING.md: a new layout is a file of its own and its card in the registry."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

import segcore
from tests.data.sample_files import photo, save

LAYOUT = '''
"""Photos and masks side by side: NAME.jpg and NAME_gt.png."""

from pathlib import Path

from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats.item_dataset import ItemDataset, Pair, ReadPair, folder_facts
from segcore.data.formats.mask_values import value_table
from segcore.data.formats.pairing import pair_files
from segcore.data.formats.split_folders import layout_of_splits

CLASSES = ("ground", "roof")


def open_side_by_side(root: Path, split: str | None) -> ItemDataset[Pair]:
    """Open all pairs."""
    files = pair_files(root, root, (".jpg",), (".png",))
    pairs = [Pair(files.images[key][0], files.masks[key][0]) for key in files.keys]
    return ItemDataset(
        **folder_facts(root, split, CLASSES),
        names=tuple(pair.image.stem for pair in pairs),
        items=tuple(pairs),
        read=ReadPair(value_table({0: 0, 200: 1})),
    )


def _places(root: Path) -> dict[str, Path]:
    return {"": root} if any(root.glob("*_gt.png")) else {}


CARD = DatasetCard(
    name="side_by_side",
    title="Side by side",
    summary="NAME.jpg and NAME_gt.png.",
    splits=(),
    layout=layout_of_splits("NAME.jpg and NAME_gt.png", _places, open_side_by_side),
    classes=CLASSES,
    colours=((0, 0, 0), (255, 0, 0)),
)
'''

CHECK = """
import json, sys
from segcore.data import DATASETS, dataset_card, open_dataset
from segcore.cli import main

sample = open_dataset(sys.argv[1])[0]
print(json.dumps([dataset_card(sys.argv[1]).name, sample.name, sample.labels.tolist(), "side_by_side" in DATASETS]))
sys.exit(main(["data", "list"]))
"""


def test_a_layout_is_one_file_and_one_entry_of_the_registry(tmp_path: Path) -> None:
    package = tmp_path / "copy" / "segcore"
    shutil.copytree(Path(segcore.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(Path(segcore.__file__).parent.parent / "locale", tmp_path / "copy" / "locale")
    (package / "data" / "formats" / "side_by_side.py").write_text(LAYOUT, encoding="utf-8")
    registry = package / "data" / "registry.py"
    text = registry.read_text(encoding="utf-8")
    assert "    voc,\n" in text and "        voc.CARD,\n" in text
    text = text.replace("    voc,\n", "    side_by_side,\n    voc,\n")
    registry.write_text(text.replace("        voc.CARD,\n", "        side_by_side.CARD,\n        voc.CARD,\n"))

    mask = np.array([[0, 200, 200], [0, 0, 200]], np.uint8)
    save(tmp_path / "houses" / "a.jpg", photo(2, 3))
    save(tmp_path / "houses" / "a_gt.png", mask)
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(tmp_path / "houses")],
        cwd=tmp_path / "copy",
        env={**os.environ, "PYTHONPATH": str(tmp_path / "copy")},
        capture_output=True,
        text=True,
        check=True,
    )
    first, *listing = done.stdout.splitlines()
    assert json.loads(first) == ["side_by_side", "a", [[0, 1, 1], [0, 0, 1]], True]
    assert any("side_by_side" in line and "NAME_gt.png" in line for line in listing)

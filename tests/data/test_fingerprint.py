"""Whether data is still the same."""

import os
from collections.abc import Callable
from pathlib import Path

from segcore.data import mix, open_dataset, split_dataset, subset
from segcore.data.fingerprint import difference, marks, stated

MakeFolder = Callable[..., Path]


def test_added_removed_and_changed_samples(make_folder: MakeFolder) -> None:
    root = make_folder(5)
    before = marks(open_dataset(root))
    assert not difference(before, marks(open_dataset(root)))
    (root / "images" / "photo4.png").rename(root / "images" / "new.png")
    (root / "masks" / "photo4.png").rename(root / "masks" / "new.png")
    (root / "masks" / "photo0.png").write_bytes((root / "masks" / "photo1.png").read_bytes())
    found = difference(before, marks(open_dataset(root)))
    assert (found.added, found.removed, found.changed) == (1, 1, 1)
    assert stated({"train": found}) == "train: 5 images became 5 (1 added, 1 removed, 1 changed)"


def test_a_file_that_was_written_again_counts(make_folder: MakeFolder) -> None:
    root = make_folder(2)
    before = marks(open_dataset(root))
    os.utime(root / "masks" / "photo1.png", (1, 1))
    assert difference(before, marks(open_dataset(root))).changed == 1


def test_views_mixtures_and_repeats(make_folder: MakeFolder) -> None:
    dataset = mix([open_dataset(make_folder(3)), open_dataset(make_folder(3, at="other"))])
    train, val = split_dataset(dataset, 0.5, seed=1)
    assert len(marks(train)) + len(marks(val)) == 6
    assert len(marks(subset(dataset, [0, 0, 1]))) == 3
    assert not difference(marks(train), marks(train))


def test_synthetic_images_never_change() -> None:
    assert marks(open_dataset("shapes:4:32")) == marks(open_dataset("shapes:4:32"))

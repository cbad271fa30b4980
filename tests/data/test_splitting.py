"""Folds: every sample validates once, groups stay together, sizes are even."""

import json
from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from segcore.data import fold_dataset, group_keys, open_dataset, sample_names, subset
from segcore.data.base import SegDataset
from segcore.errors import BadConfig, BadDataset


def numbers(dataset: SegDataset) -> list[int]:
    return [int(name.split("-")[1]) for name in sample_names(dataset)]


@settings(deadline=None, max_examples=25, derandomize=True)
@given(count=st.integers(2, 40), folds=st.integers(2, 7), seed=st.integers(0, 9), group_count=st.integers(0, 12))
def test_every_sample_validates_exactly_once(count: int, folds: int, seed: int, group_count: int) -> None:
    data = open_dataset(f"shapes:{count}:32")
    groups = None
    if group_count:
        groups = np.random.default_rng(seed).integers(0, group_count, count).tolist()
    if (count if groups is None else len(set(groups))) < folds:
        with pytest.raises(BadDataset, match="too few for"):
            fold_dataset(data, folds, 0, seed, groups)
        return
    parts = [fold_dataset(data, folds, fold, seed, groups) for fold in range(folds)]
    held_back = [numbers(val) for _, val in parts]
    assert sorted(chain.from_iterable(held_back)) == list(range(count))
    for (train, val), names in zip(parts, held_back, strict=True):
        assert names == sorted(names) and sorted(names + numbers(train)) == list(range(count))
        if groups is not None:
            assert not {groups[n] for n in names} & {groups[n] for n in numbers(train)}
        assert len(val) > 0
    if groups is None:
        assert max(map(len, held_back)) - min(map(len, held_back)) <= 1
    assert held_back == [numbers(fold_dataset(data, folds, fold, seed, groups)[1]) for fold in range(folds)]


def test_large_and_small_groups_make_even_folds() -> None:
    data = open_dataset("shapes:12:32")
    groups = ["long"] * 6 + ["a", "b", "c", "d", "e", "f"]
    assert [len(fold_dataset(data, 2, fold, 3, groups)[1]) for fold in (0, 1)] == [6, 6]


def test_wrong_calls() -> None:
    data = open_dataset("shapes:4:32")
    for folds, fold in ((1, 0), (3, 3), (3, -1)):
        with pytest.raises(ValueError, match="counted from 0"):
            fold_dataset(data, folds, fold, 0)
    with pytest.raises(ValueError, match="2 keys for 4 samples"):
        fold_dataset(data, 2, 0, 0, groups=[1, 2])


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    for folder in ("images", "masks"):
        (tmp_path / "aerial" / folder).mkdir(parents=True)
    for name in ("tile1-a", "tile1-b", "tile2-a", "tile10-a"):
        for folder in ("images", "masks"):
            PillowImage.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "aerial" / folder / f"{name}.png")
    (tmp_path / "aerial" / "classes.json").write_text(json.dumps({"classes": ["a", "b"]}))
    return tmp_path / "aerial"


def test_groups_are_read_from_names_without_reading_images(tiles: Path) -> None:
    data = open_dataset(tiles)
    order = sample_names(data)
    for image in (tiles / "images").iterdir():
        image.write_text("no image any more")
    assert sorted(order) == ["tile1-a", "tile1-b", "tile10-a", "tile2-a"]
    assert group_keys(data, r"^tile(\d+)") == [name[4:-2] for name in order]
    assert Counter(group_keys(data, r"tile\d+")) == {"tile1": 2, "tile2": 1, "tile10": 1}
    assert sample_names(subset(data, [2, 0])) == [order[2], order[0]]
    assert group_keys(data, "(nothing)?tile") == ["tile"] * 4


def test_names_are_those_of_the_samples() -> None:
    data = open_dataset("shapes:3:32")
    assert sample_names(data) == [data[index].name for index in range(3)]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("(", "no regular expression"), ("-a$", "1 of 4 names of aerial do not match, such as tile1-b")],
)
def test_patterns_that_do_not_fit_are_told(tiles: Path, pattern: str, words: str) -> None:
    with pytest.raises(BadConfig, match=words):
        group_keys(open_dataset(tiles), pattern)

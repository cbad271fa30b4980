"""Choosing, splitting, renaming and mixing never change a picture, and labels only by the rules."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.data import (
    Sample,
    SegDataset,
    mix,
    parse_class_map,
    split_dataset,
    subset,
    with_classes,
)
from segcore.errors import BadConfig, BadDataset, Message
from segcore.palette import default_colours
from segcore.types import IGNORE, Colour


@dataclass
class Numbered:
    """Sample i is filled with i; its labels run through all classes and IGNORE."""

    count: int
    classes: tuple[str, ...] = ("background", "cat", "dog")
    name: str = "numbered"
    licence: str = "CC0"
    shippable: bool | None = True
    in_channels: int = 3
    reads: int = 0
    notes: tuple[Message, ...] = ()

    @property
    def title(self) -> str:
        return self.name

    @property
    def colours(self) -> tuple[Colour, ...]:
        return default_colours(self.classes)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int, /) -> Sample:
        self.reads += 1
        ids = [*range(len(self.classes)), IGNORE]
        labels = np.array([ids], np.uint8)
        return Sample(np.full((1, len(ids), 3), index, np.uint8), labels, f"{self.name}-{index}")


def names(dataset: SegDataset) -> list[str]:
    return [dataset[index].name for index in range(len(dataset))]


def relabelled(classes: tuple[str, ...], wanted: tuple[str, ...], mapping: Mapping[str, str]) -> list[int]:
    return with_classes(Numbered(1, classes), wanted, mapping)[0].labels[0].tolist()


# --- splits -----------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=25, derandomize=True)
@given(count=st.integers(2, 40), share=st.floats(0.01, 0.99), seed=st.integers(0, 2**32))
def test_a_split_is_a_partition_and_the_same_every_time(count: int, share: float, seed: int) -> None:
    dataset = Numbered(count)
    train, val = split_dataset(dataset, share, seed)
    assert len(train) >= 1
    assert len(val) >= 1
    assert sorted(names(train) + names(val)) == sorted(names(dataset))
    again = split_dataset(dataset, share, seed)
    assert (names(again[0]), names(again[1])) == (names(train), names(val))
    assert abs(len(val) - share * count) <= 1


def test_another_seed_splits_otherwise() -> None:
    assert len({tuple(names(split_dataset(Numbered(30), 0.3, seed)[1])) for seed in range(5)}) == 5


def test_groups_stay_together() -> None:
    groups = [index // 5 for index in range(30)]
    train, val = split_dataset(Numbered(30), 0.33, 0, groups)
    group_of = {f"numbered-{index}": group for index, group in enumerate(groups)}
    assert {group_of[name] for name in names(train)}.isdisjoint(group_of[name] for name in names(val))
    assert len(val) == 10


def test_what_cannot_be_split() -> None:
    with pytest.raises(BadDataset, match=r"has 1 independent sample\(s\)"):
        split_dataset(Numbered(1), 0.5, 0)
    with pytest.raises(BadDataset, match="independent"):
        split_dataset(Numbered(9), 0.5, 0, groups=["one drive"] * 9)
    for share in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(BadConfig, match="must lie between 0 and 1"):
            split_dataset(Numbered(9), share, 0)


def test_a_subset_has_the_samples_asked_for_in_that_order() -> None:
    assert names(subset(Numbered(5), [3, 0, 3])) == ["numbered-3", "numbered-0", "numbered-3"]
    with pytest.raises(ValueError, match="indices must be 0 … 4"):
        subset(Numbered(5), [5])


# --- classes by name --------------------------------------------------------------------------------------------------


def test_classes_are_matched_by_name_in_any_order() -> None:
    assert relabelled(("background", "cat", "dog"), ("dog", "person", "cat", "background"), {}) == [3, 2, 0, IGNORE]


def test_the_mapping_goes_before_the_name_and_the_star_comes_last() -> None:
    wanted = ("background", "person", "cat")
    assert relabelled(("background", "cat", "dog"), wanted, {"dog": "cat"}) == [0, 2, 2, IGNORE]
    assert relabelled(("background", "cat", "dog"), wanted, {"dog": "ignore"}) == [0, 2, IGNORE, IGNORE]
    assert relabelled(("background", "cat", "dog"), wanted, {"cat": "person", "*": "ignore"}) == [0, 1, IGNORE, IGNORE]
    assert relabelled(("sky", "cat", "dog"), wanted, {"*": "background"}) == [0, 2, 0, IGNORE]


def test_everything_that_does_not_fit_is_listed() -> None:
    with pytest.raises(BadDataset) as caught:
        with_classes(Numbered(1, ("sky", "cat", "cow", "hen")), ("background", "cat"), {"horse": "cat", "cow": "beast"})
    for word in ('"horse"', '"beast"', "sky, hen", '"sky=ignore"'):
        assert word in str(caught.value)


def test_colours_follow_their_classes() -> None:
    source = Numbered(1)
    chosen = with_classes(source, ("dog", "background"), {"cat": "ignore"})
    assert chosen.colours == (source.colours[2], source.colours[0])
    assert len(with_classes(source, ("background", "cat", "dog", "emu")).colours) == 4


def test_the_same_classes_give_the_dataset_itself() -> None:
    source = Numbered(1)
    assert with_classes(source, source.classes) is source


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        ("", {}),
        ("person=ignore,car=vehicle", {"person": "ignore", "car": "vehicle"}),
        (" traffic light = sign , *=ignore,", {"traffic light": "sign", "*": "ignore"}),
    ],
)
def test_class_maps_are_read(text: str, mapping: dict[str, str]) -> None:
    assert parse_class_map(text) == mapping


@pytest.mark.parametrize("text", ["person", "=ignore", "person=", "a=b,a=c"])
def test_wrong_class_maps_are_refused(text: str) -> None:
    with pytest.raises(BadConfig, match="mapp"):
        parse_class_map(text)


# --- mixing -----------------------------------------------------------------------------------------------------------


def test_a_mix_has_all_samples_and_credits_everybody() -> None:
    mixed = mix([Numbered(2, name="a"), Numbered(1, name="b", licence="CC BY", shippable=None), Numbered(1, name="c")])
    assert names(mixed) == ["a-0", "a-1", "b-0", "c-0"]
    assert mixed.name == "a+b+c"
    assert mixed.licence == "CC0; CC BY"
    assert mixed.shippable is None
    assert mix([mixed, Numbered(1, shippable=False)]).shippable is False


def test_what_does_not_match_is_not_mixed() -> None:
    with pytest.raises(BadDataset, match="has the classes background, cat, dog, but b has background, dog, cat"):
        mix([Numbered(1), Numbered(1, ("background", "dog", "cat"), name="b")])
    with pytest.raises(BadDataset, match="3 channels and b has 4"):
        mix([Numbered(1), Numbered(1, name="b", in_channels=4)])

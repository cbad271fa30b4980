"""The drawn dataset is always the same, has what it promises, and is fast."""

import numpy as np
import pytest

from segcore.data import DATASETS, dataset_splits, open_dataset
from segcore.data.balance import class_counts
from segcore.errors import BadDataset
from segcore.types import IGNORE


def test_a_picture_is_always_the_same_and_unlike_the_others() -> None:
    dataset, again = open_dataset("shapes:6"), open_dataset("shapes:50")
    images = []
    for index in (3, 0, 5):
        one, other = dataset[index], again[index]
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.labels, other.labels)
        images.append(one.image)
    images += [open_dataset("shapes", split)[0].image for split in ("val", "test")]
    for first in range(len(images)):
        for second in range(first):
            assert (images[first] != images[second]).mean() > 0.5


def test_counts_sizes_and_splits() -> None:
    assert dataset_splits("shapes:9") == ("train", "val", "test")
    assert len(open_dataset("shapes")) == 400
    assert len(open_dataset("shapes", "val")) == 100
    assert len(open_dataset("shapes:7", "val")) == 7
    sample = open_dataset("shapes:2:40")[1]
    assert sample.image.shape == (40, 40, 3)
    assert sample.image.dtype == sample.labels.dtype == np.uint8
    with pytest.raises(IndexError):
        open_dataset("shapes:2")[2]


@pytest.mark.parametrize(
    ("spec", "split"),
    [("shapes:x", None), ("shapes:0", None), ("shapes:5:8", None), ("shapes:5:96:1", None), ("shapes", "nonsense")],
)
def test_what_is_not_understood(spec: str, split: str | None) -> None:
    with pytest.raises(BadDataset, match="shapes"):
        open_dataset(spec, split)


def test_what_it_promises_is_there() -> None:
    dataset = open_dataset("shapes:150:64")
    pixels = class_counts(dataset).pixels
    share = pixels / pixels.sum()
    assert (pixels > 0).all()
    assert 0.6 < share[0] < 0.9
    assert 0.002 < share[dataset.classes.index("cross")] < 0.01
    assert share.argmin() == dataset.classes.index("cross")
    ignored = np.mean([(dataset[index].labels == IGNORE).mean() for index in range(20)])
    assert 0.01 < ignored < 0.15


def test_ignored_pixels_lie_beside_objects() -> None:
    """From every ignored pixel an object is at most three pixels away."""
    labels = open_dataset("shapes")[1].labels
    padded = np.pad(labels, 3)
    near = np.zeros(labels.shape, bool)
    for row in range(7):
        for column in range(7):
            window = padded[row : row + labels.shape[0], column : column + labels.shape[1]]
            near |= (window > 0) & (window != IGNORE)
    assert near[labels == IGNORE].mean() > 0.99


def test_colour_helps_but_does_not_give_the_class_away() -> None:
    """The mean hue tells most objects; some have any colour."""
    dataset = open_dataset("shapes:60")
    right = seen = 0
    red, green, blue = (dataset.classes.index(name) for name in ("disc", "square", "triangle"))
    for index in range(len(dataset)):
        sample = dataset[index]
        for channel, label in ((0, red), (1, green), (2, blue)):
            where = sample.labels == label
            if where.sum() > 50:
                seen += 1
                right += int(sample.image[where].mean(axis=0).argmax() == channel)
    assert 0.75 < right / seen < 0.99


def test_every_card_opens_all_its_splits() -> None:
    for name, card in DATASETS.items():
        assert card.name == name
        for split in card.splits if card.open else ():
            assert len(open_dataset(name, split)) > 0

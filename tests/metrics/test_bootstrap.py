"""Intervals against draws that really copy the images, and against what is known in advance."""

import math

import numpy as np
import pytest

from segcore.metrics import ImageCounts, bootstrap, paired_difference, scores

K = 3


def tables(seed: int, images: int = 8, skill: float = 5.0) -> np.ndarray:
    """(N, K, K); class 2 occurs in few images."""
    rng = np.random.default_rng(seed)
    made = rng.poisson(3, (images, K, K)) + (rng.poisson(skill, (images, 1, 1)) * np.eye(K, dtype=np.int64)) * 4
    made[rng.random(images) < 0.7, 2] = 0
    made[:, :2, 2] = 0
    return made


def test_by_drawing_for_real() -> None:
    counts = tables(0)
    found = bootstrap(ImageCounts.of_matrices(counts), draws=300, seed=4)
    weights = np.random.default_rng(4).multinomial(8, [1 / 8] * 8, 300)
    drawn = [scores(np.repeat(counts, row, axis=0).sum(0), ("a", "b", "c")) for row in weights]
    for interval, values in (
        (found.miou, [each.miou for each in drawn]),
        (found.mean_dice, [each.mean_dice for each in drawn]),
        (found.pixel_accuracy, [each.pixel_accuracy for each in drawn]),
        *((found.iou[c], [each.iou[c] for each in drawn]) for c in range(K)),
    ):
        assert (interval.low, interval.high) == pytest.approx(tuple(np.nanpercentile(values, [2.5, 97.5])))
    assert (found.images, found.draws, found.level) == (8, 300, 0.95)


def test_the_interval_is_as_wide_as_the_mean_is_uncertain() -> None:
    """Accuracy of images of equal size is a plain mean, whose spread is known: s / sqrt(N)."""
    rng = np.random.default_rng(1)
    right = rng.integers(300, 900, 200)
    counts = np.zeros((200, 2, 2), np.int64)
    counts[:, 0, 0], counts[:, 0, 1] = right, 1000 - right
    interval = bootstrap(ImageCounts.of_matrices(counts)).pixel_accuracy
    spread = (right / 1000).std(ddof=1) / math.sqrt(200)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * spread, rel=0.1)
    assert interval.low < right.mean() / 1000 < interval.high


def test_same_seed_same_interval() -> None:
    counts = ImageCounts.of_matrices(tables(2))
    assert bootstrap(counts, seed=1) == bootstrap(counts, seed=1) != bootstrap(counts, seed=2)
    narrow, wide = bootstrap(counts, level=0.5).miou, bootstrap(counts, level=0.99).miou
    assert wide.low < narrow.low < narrow.high < wide.high


def test_paired_difference() -> None:
    one, other = tables(3, 30), tables(3, 30)
    other[:, 0, 1] += 2  # worse on every image
    difference = paired_difference(ImageCounts.of_matrices(one), ImageCounts.of_matrices(other))
    ours, theirs = (scores(each.sum(0), ("a", "b", "c")) for each in (one, other))
    assert difference.miou == pytest.approx(ours.miou - theirs.miou)
    assert difference.iou == pytest.approx(np.subtract(ours.iou, theirs.iou))
    assert difference.share_above == 1 and 0 < difference.interval.low < difference.miou < difference.interval.high
    # The images differ far more among themselves than the two predictions do: paired is what makes it visible
    alone = bootstrap(ImageCounts.of_matrices(one)).miou
    assert difference.interval.high - difference.interval.low < (alone.high - alone.low) / 2

    same = paired_difference(ImageCounts.of_matrices(one), ImageCounts.of_matrices(one))
    assert (same.miou, same.interval.low, same.interval.high, same.share_above) == (0, 0, 0, 0.5)


def test_what_cannot_be_drawn() -> None:
    nothing = ImageCounts.of_matrices(np.zeros((0, K, K), np.int64))
    with pytest.raises(ValueError, match="no image"):
        bootstrap(nothing)
    with pytest.raises(ValueError, match="same images"):
        paired_difference(nothing, ImageCounts.of_matrices(tables(0)))
    blank = bootstrap(ImageCounts.of_matrices(np.zeros((2, K, K), np.int64)), draws=10)
    assert math.isnan(blank.miou.low) and math.isnan(blank.iou[0].high)

"""Objects by size: against loops, and on pictures small enough to count by eye."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segcore.metrics import SIZE_EDGES, SIZE_NAMES, object_counts, size_scores
from segcore.types import IGNORE

K = 3


def pieces_by_flooding(mask: NDArray[np.bool_]) -> list[set[tuple[int, int]]]:
    left = {(int(row), int(column)) for row, column in np.argwhere(mask)}
    pieces = []
    while left:
        piece, edge = set(), [left.pop()]
        while edge:
            row, column = edge.pop()
            piece.add((row, column))
            around = {(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & left
            left -= around
            edge += around
        pieces.append(piece)
    return pieces


@settings(deadline=None, max_examples=25, derandomize=True)
@given(seed=st.integers(0, 9999), size=st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_by_loops(seed: int, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    truth = np.kron(rng.integers(0, K, size), np.ones((2, 2)))[: size[0], : size[1]].astype(np.uint8)
    labels = np.where(rng.random(size) < 0.7, truth, rng.integers(0, K, size)).astype(np.uint8)
    truth[rng.random(size) < 0.1] = IGNORE
    counts = object_counts(labels, truth, K)
    expected = np.zeros((4, K, len(SIZE_NAMES)))
    for c in range(K):
        predicted = pieces_by_flooding((labels == c) & (truth != IGNORE))
        for thing in pieces_by_flooding(truth == c):
            right = sum(labels[place] == c for place in thing)
            wrong = sum(sum(truth[p] != c for p in piece) for piece in predicted if piece & thing)
            recall = right / len(thing)
            which = sum(len(thing) / truth.size >= edge for edge in SIZE_EDGES)
            expected[:, c, which] += (1, recall >= 0.5, recall, right / (len(thing) + wrong))
    np.testing.assert_allclose([counts.objects, counts.found, counts.recall, counts.iou], expected)


def test_a_picture_to_count_by_eye() -> None:
    truth = np.zeros((100, 100), np.uint8)
    truth[0:3, 0:3] = 1  # 9 pixels: tiny
    truth[10:15, 10:18] = 1  # 40: small, half found
    truth[40:90, 40:90] = 2  # 2500: large, found, with 100 wrong pixels
    labels = np.zeros_like(truth)
    labels[10:15, 10:14] = 1
    labels[40:90, 40:92] = 2
    labels[95:99, 0:4] = 1  # touches nothing
    counts = object_counts(labels, truth, K, without=(0,))
    tiny, small, medium, large = size_scores(counts)
    assert (tiny.size, tiny.objects, tiny.found, tiny.recall, tiny.iou) == ("tiny", 1, 0, 0, 0)
    assert (small.objects, small.found, small.recall, small.iou) == (1, 1, 0.5, 0.5)
    assert medium.objects == 0 and math.isnan(medium.recall)
    assert (large.objects, large.recall, large.iou) == (1, 1, 2500 / 2600)
    assert [row.objects for row in size_scores(counts, 1)] == [1, 1, 0, 0]
    assert [row.objects for row in size_scores(counts + counts)] == [2, 2, 0, 2]
    assert size_scores(counts + counts)[1].recall == 0.5


def test_an_instance_map_separates_what_touches() -> None:
    truth = np.ones((20, 20), np.uint8)
    instances = np.repeat([[7, 9]], 10, axis=1).repeat(20, axis=0)
    labels = np.ones_like(truth)
    labels[:, 10:] = 0
    together, apart = (object_counts(labels, truth, K, instances=each) for each in (None, instances))
    assert together.objects.sum() == 1 and together.found.sum() == 1
    assert apart.objects.sum() == 2 and apart.found.sum() == 1
    with pytest.raises(ValueError, match="must be equal"):
        object_counts(labels, truth, K, instances=instances[1:])

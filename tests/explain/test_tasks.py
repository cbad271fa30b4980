"""Four answers to "segment this", against counting by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.explain.mask_overlap import mask_overlap
from segcore.explain.tasks import (
    DISC,
    SIDE,
    SQUARE,
    component_at,
    connected_components,
    drop_small,
    split_touching,
    synthetic_scene,
)


@pytest.mark.parametrize("gap", [-8, -2, 0, 3, 8])
def test_what_is_drawn_has_the_truth_that_is_told(gap: int) -> None:
    drawn = synthetic_scene(gap)
    assert drawn.image.shape == (SIDE, SIDE, 3) and drawn.image.dtype == np.uint8
    assert [int(drawn.instances[32, col]) for col in (30, 62)] == [1, 2]
    np.testing.assert_array_equal(drawn.classes, np.array([0, DISC, DISC, SQUARE])[drawn.instances])
    one, two = ((drawn.instances[32] == number).nonzero()[0] for number in (1, 2))
    assert two.min() - one.max() - 1 == pytest.approx(max(gap, 0), abs=1)  # of two that overlap one lies on top
    np.testing.assert_array_equal(synthetic_scene(gap).image, drawn.image)


@pytest.mark.parametrize(("gap", "semantic"), [(-6, 2), (-2, 2), (0, 2), (3, 3), (8, 3)])
def test_classes_cannot_count_what_touches_and_instances_can(gap: int, semantic: int) -> None:
    drawn = synthetic_scene(gap)
    assert connected_components(drawn.classes).max() == semantic
    split = split_touching(drawn.classes)
    assert split.max() == 3
    for number in (1, 2, 3):
        thing = drawn.instances == number
        found = component_at(split, *(int(places[len(places) // 2]) for places in thing.nonzero()))
        assert mask_overlap(found, thing).iou > 0.9
    np.testing.assert_array_equal(split > 0, drawn.classes > 0)


def by_search(labels: np.ndarray, row: int, col: int) -> np.ndarray:
    """The piece at a pixel, pixel by pixel."""
    reached, waiting = np.zeros(labels.shape, bool), [(row, col)]
    while waiting:
        r, c = waiting.pop()
        inside = 0 <= r < labels.shape[0] and 0 <= c < labels.shape[1]
        if inside and labels[r, c] == labels[row, col] and not reached[r, c]:
            reached[r, c] = True
            waiting += [(r + i, c + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return reached


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.integers(0, 10**6))
def test_pieces_are_what_a_search_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, (7, 9)).astype(np.uint8)
    found = connected_components(labels)
    np.testing.assert_array_equal(found > 0, labels > 0)
    for number in range(1, found.max() + 1):
        row, col = (int(place[0]) for place in (found == number).nonzero())
        np.testing.assert_array_equal(found == number, by_search(labels, row, col))
        np.testing.assert_array_equal(component_at(labels, row, col), by_search(labels, row, col))
    large = drop_small(found, 3)
    sizes = [size for size in np.bincount(found.ravel())[1:] if size >= 3]
    assert large.max() == len(sizes) and np.bincount(large.ravel())[1:].tolist() == sizes


def test_overlap_counts_three_kinds_of_pixels() -> None:
    piece, thing = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    piece[:2], thing[1:] = True, True
    both = mask_overlap(piece, thing)
    assert (both.tp, both.fp, both.fn) == (4, 4, 8) and both.iou == pytest.approx(4 / 16)


def test_discs_that_are_too_far_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="gap is 9"):
        synthetic_scene(9)

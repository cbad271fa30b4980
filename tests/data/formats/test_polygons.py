"""Run lengths against pycocotools, whose format they are, and polygons, too."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segcore.data.formats.polygons import decode_rle, fill_polygons
from segcore.errors import BadDataset

coco_masks = pytest.importorskip("pycocotools.mask", reason="the oracle; in requirements-dev.txt")

MASKS = arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40)))


@settings(deadline=None, max_examples=50, derandomize=True)
@given(mask=MASKS)
def test_compressed_run_lengths_of_pycocotools_come_back(mask: np.ndarray) -> None:
    rle = coco_masks.encode(np.asfortranarray(mask, np.uint8))
    np.testing.assert_array_equal(decode_rle({"size": rle["size"], "counts": rle["counts"].decode()}), mask)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(mask=MASKS)
def test_plain_run_lengths(mask: np.ndarray) -> None:
    flat = mask.T.ravel()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat]))).tolist()
    runs = np.diff([0, *edges, flat.size]).tolist()
    np.testing.assert_array_equal(decode_rle({"size": list(mask.shape), "counts": runs}), mask)


def oracle(polygons: list[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """The mask of pycocotools, (H, W) bool."""
    parts = coco_masks.frPyObjects([polygon.ravel().tolist() for polygon in polygons], *size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of its extension, about NumPy 2
        return coco_masks.decode(coco_masks.merge(parts)).astype(bool)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    corners=arrays(np.float64, st.tuples(st.integers(3, 9), st.just(2)), elements=st.floats(-20, 60)),
    grid=st.sampled_from([0, 1, 2, 5, 10]),
)
def test_polygons_are_those_of_pycocotools(size: tuple[int, int], corners: np.ndarray, grid: int) -> None:
    corners = np.round(corners * grid) / grid if grid else corners  # halves and fifths are where roundings differ
    np.testing.assert_array_equal(fill_polygons([corners], size), oracle([corners], size))


def test_squares_have_their_area() -> None:
    for side in (1, 2, 3, 20):
        corners = np.array([[4, 3], [4 + side, 3], [4 + side, 3 + side], [4, 3 + side]])
        mask = fill_polygons([corners], (40, 50))
        assert mask[3 : 3 + side, 4 : 4 + side].all()
        assert mask.sum() == side * side


def test_neighbours_share_no_pixel() -> None:
    left, right = np.array([[0, 0], [7.3, 0], [4.1, 9], [0, 9]]), np.array([[7.3, 0], [12, 0], [12, 9], [4.1, 9]])
    together = fill_polygons([left], (9, 12)).astype(int) + fill_polygons([right], (9, 12))
    assert (together == 1).all()


def test_far_corners_do_not_overflow() -> None:
    for far in (2e8, 3e9, 1e30, 1e300):
        mask = fill_polygons([np.array([[5, 5], [far, 5], [far, 1e9], [5, 1e9]])], (20, 30))
        assert mask[5:, 5:].all()
        assert mask.sum() == 15 * 25


def test_a_corner_that_is_no_number_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="finite"):
        fill_polygons([np.array([[1, 1], [np.nan, 5], [5, 5]])], (9, 9))


def test_two_parts_are_one_object() -> None:
    parts = [np.array([[0, 0], [3, 0], [3, 3], [0, 3]]), np.array([[6, 0], [9, 0], [9, 3], [6, 3]])]
    mask = fill_polygons(parts, (4, 10))
    assert mask[1, 1]
    assert mask[1, 7]
    assert not mask[1, 4]


@pytest.mark.parametrize(
    "rle",
    [
        {"size": [2, 2], "counts": [3]},
        {"size": [2, 2], "counts": [5, -1]},
        {"size": [2, 2], "counts": "1"},
        {"size": [2, 2], "counts": "\x7f"},
        {"size": [2], "counts": [4]},
        {"size": [-2, -2], "counts": [4]},
        {"size": [0, 0], "counts": []},
        {"size": [2, 2], "counts": [float("inf")]},
        {"size": [10**6, 10**6], "counts": [10**12]},
        {"counts": [4]},
        {"size": [2, 2], "counts": None},
    ],
)
def test_what_is_no_run_length_is_a_sentence(rle: dict) -> None:
    with pytest.raises(BadDataset, match="run-length mask cannot be read"):
        decode_rle(rle)

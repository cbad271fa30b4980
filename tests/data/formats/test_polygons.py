"""Run lengths against pycocotools, whose format they are, and outlines against distances."""

import cv2
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


@settings(deadline=None, max_examples=15, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_outlines_agree_with_distances_but_for_the_edge(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(10, 24, (9, 1)) + (32, 30)
    contour = corners.astype(np.float32)
    depth = [[cv2.pointPolygonTest(contour, (x + 0.5, y + 0.5), True) for x in range(64)] for y in range(60)]
    away = np.abs(depth) > 1.5
    np.testing.assert_array_equal(fill_polygons([corners], (60, 64))[away], np.array(depth)[away] > 0)


def test_a_square_on_pixel_edges() -> None:
    mask = fill_polygons([np.array([[2, 1], [6, 1], [6, 4], [2, 4]])], (6, 8))
    assert mask[2, 3]
    assert not mask[0].any()
    assert not mask[:, 7].any()
    assert 12 <= mask.sum() <= 20, "12 pixels, and at most those that the outline runs through"


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
        {"counts": [4]},
        {"size": [2, 2], "counts": None},
    ],
)
def test_what_is_no_run_length_is_a_sentence(rle: dict) -> None:
    with pytest.raises(BadDataset, match="run-length mask cannot be read"):
        decode_rle(rle)

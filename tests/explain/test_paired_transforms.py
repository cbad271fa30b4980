"""Moves against OpenCV and against loops; ghosts against the definition."""

import cv2
import numpy as np
import pytest

from segcore.data import open_dataset
from segcore.explain.paired_transforms import TRANSFORMS, Transform, source_positions, transform_pair
from segcore.types import IGNORE

PICTURE = open_dataset("shapes:4:64", "test")[1]


@pytest.mark.parametrize("move", TRANSFORMS)
@pytest.mark.parametrize("strength", [1, 4])
def test_colours_are_those_of_opencv(move: Transform, strength: int) -> None:
    found = transform_pair(PICTURE.image, PICTURE.labels, move, strength)
    rows, cols = source_positions(move, strength, (64, 64)).astype(np.float32)
    theirs = cv2.remap(PICTURE.image, cols, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = (rows >= 0) & (rows <= 63) & (cols >= 0) & (cols <= 63)
    assert inside.mean() > 0.4
    apart = np.abs(found.image.astype(int) - theirs)[inside]
    assert apart.max() <= 8 and apart.mean() < 1, "OpenCV rounds places to 1/32 of a pixel"


@pytest.mark.parametrize("move", TRANSFORMS)
def test_labels_are_the_nearest_and_no_label_is_invented(move: Transform) -> None:
    found = transform_pair(PICTURE.image, PICTURE.labels, move, 3)
    place = source_positions(move, 3, (64, 64))
    for row in range(0, 64, 5):
        for col in range(0, 64, 3):
            r, c = np.rint(place[:, row, col] + 1e-9).astype(int)
            inside = 0 <= r < 64 and 0 <= c < 64
            middle = np.abs(place[:, row, col] - np.floor(place[:, row, col]) - 0.5).min() < 1e-6
            if not middle:
                assert found.labels[row, col] == (PICTURE.labels[r, c] if inside else IGNORE)
    assert set(np.unique(found.labels)) <= {*np.unique(PICTURE.labels), IGNORE}


def test_a_flip_exchanges_columns_and_makes_no_ghosts() -> None:
    found = transform_pair(PICTURE.image, PICTURE.labels, "flip", 5)
    np.testing.assert_array_equal(found.image, PICTURE.image[:, ::-1])
    np.testing.assert_array_equal(found.labels, PICTURE.labels[:, ::-1])
    np.testing.assert_array_equal(found.averaged, found.labels)
    assert not found.spurious.any()


@pytest.mark.parametrize("move", TRANSFORMS)
def test_ghosts_are_ids_of_no_pixel_around(move: Transform) -> None:
    found = transform_pair(PICTURE.image, PICTURE.labels, move, 2)
    np.testing.assert_allclose(found.weights.sum(axis=0), 1)
    for row in range(0, 64, 3):
        for col in range(0, 64, 3):
            around = [int(i) for i, w in zip(found.ids[:, row, col], found.weights[:, row, col], strict=True) if w > 0]
            mean = float((found.ids[:, row, col] * found.weights[:, row, col]).sum())
            assert found.averaged[row, col] == round(mean)
            assert found.spurious[row, col] == (round(mean) not in around)


def test_between_1_and_3_lies_2() -> None:
    labels = np.full((9, 9), 1, np.uint8)
    labels[:, 5:] = 3
    found = transform_pair(np.zeros((9, 9, 3), np.uint8), labels, "rotate", 3)
    assert set(np.unique(found.labels)) <= {1, 3, IGNORE}
    assert (found.averaged[found.spurious] == 2).any()


def test_a_stronger_move_moves_further() -> None:
    here = np.mgrid[:64, :64]
    for move in TRANSFORMS[1:]:
        far = [np.abs(source_positions(move, strength, (64, 64)) - here).mean() for strength in range(1, 6)]
        assert far == sorted(far) and far[0] < far[-1]

"""A label map with another numbering is recognised by its overlap with the prediction."""

import numpy as np

from segcore.metrics import best_numbering, numbering
from segcore.metrics.class_numbering import FAR_BETTER, label_values
from segcore.types import IGNORE

BACKGROUND, PERSON, CAT, DOG = range(4)


def predicted() -> np.ndarray:
    labels = np.zeros((60, 80), np.uint8)
    labels[10:50, 20:60] = DOG
    labels[12:20, 22:30] = PERSON  # a small mistake
    return labels


def truth(dog: int, background: int = 0) -> np.ndarray:
    found = np.full((60, 80), background, np.uint8)
    found[10:50, 18:60] = dog
    return found


def test_a_dog_that_is_two_is_found_to_be_three() -> None:
    as_numbered = numbering(predicted(), truth(2), 4, {0: 0, 2: 2})
    best = best_numbering(predicted(), truth(2), 4)
    assert as_numbered.ious[CAT] == 0.0
    assert best.table == {0: BACKGROUND, 2: DOG}
    assert best.ious[DOG] > 0.9 and best.mean_iou > as_numbered.mean_iou + FAR_BETTER


def test_the_right_numbering_stays() -> None:
    best = best_numbering(predicted(), truth(DOG), 4)
    assert best.table == {0: BACKGROUND, DOG: DOG}


def test_a_trimap_and_values_beyond_the_classes_are_assigned() -> None:
    trimap = truth(dog=1, background=2)
    trimap[9:11, 18:60] = 3  # the border: no class
    assert best_numbering(predicted(), trimap, 4).table == {1: DOG, 2: BACKGROUND, 3: IGNORE}
    assert best_numbering(predicted(), truth(200, background=77), 4).table == {77: BACKGROUND, 200: DOG}


def test_black_and_white_means_no_and_yes_and_else_white_is_ignored() -> None:
    assert label_values(truth(255)) == [0, 255]
    assert best_numbering(predicted(), truth(255), 4).table == {0: BACKGROUND, 255: DOG}
    both = truth(DOG)
    both[:5] = IGNORE
    assert label_values(both) == [0, DOG]
    assert best_numbering(predicted(), both, 4).table == {0: BACKGROUND, DOG: DOG}


def test_without_overlap_a_value_keeps_its_own_number_if_that_is_free() -> None:
    elsewhere = np.zeros((60, 80), np.uint8)
    elsewhere[55:, :3] = CAT
    assert best_numbering(predicted(), elsewhere, 4).table == {0: BACKGROUND, CAT: CAT}

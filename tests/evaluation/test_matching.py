"""Classes are matched by name; every rule of the matching."""

import numpy as np
import pytest

from segcore.errors import BadConfig
from segcore.evaluation import match_classes
from segcore.types import IGNORE

DATA = ("background", "car", "dog")
CHECKPOINT = ("background", "person", "dog", "vehicle")


@pytest.mark.parametrize(
    ("mapping", "ids", "ignored"),
    [
        ({}, [0, IGNORE, 2], ("car",)),
        ({"car": "vehicle"}, [0, 3, 2], ()),
        ({"car": "vehicle", "dog": "ignore"}, [0, 3, IGNORE], ("dog",)),
        ({"*": "background"}, [0, 0, 2], ()),
        ({"*": "background", "dog": "person"}, [0, 0, 1], ()),
        ({"*": "ignore"}, [0, IGNORE, 2], ("car",)),
    ],
)
def test_every_class_of_the_data_gets_its_id(mapping: dict[str, str], ids: list[int], ignored: tuple[str, ...]) -> None:
    match = match_classes(DATA, CHECKPOINT, mapping)
    truth = np.array([[0, 1, 2, IGNORE]], np.uint8)
    assert match.translate(truth).tolist() == [[*ids, IGNORE]]
    assert match.ignored_classes == ignored
    assert match.excused_classes == ()


def test_pixels_predicted_as_an_excused_class_are_left_out() -> None:
    match = match_classes(DATA, CHECKPOINT, {"person": "ignore"})
    assert match.excused_classes == ("person",)
    truth = np.array([[0, 0, 2, 2]], np.uint8)
    labels = np.array([[0, 1, 1, 0]], np.uint8)
    assert match.excuse(labels, match.translate(truth)).tolist() == [[0, IGNORE, IGNORE, 2]]
    assert truth.tolist() == [[0, 0, 2, 2]]  # the dataset's own labels stay as they are


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"cart": "vehicle"}, '"cart" is a class of neither'),
        ({"car": "vehikel"}, 'the checkpoint has no "vehikel"'),
        ({"*": "nothing"}, 'the checkpoint has no "nothing"'),
        ({"person": "dog"}, '"person=ignore" is all it can be'),
    ],
)
def test_wrong_names_are_told_with_the_right_ones(mapping: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadConfig) as told:
        match_classes(DATA, CHECKPOINT, mapping)
    assert sentence in str(told.value)
    assert "background, car, dog" in str(told.value) and "background, person, dog, vehicle" in str(told.value)


def test_all_wrong_names_are_told_at_once() -> None:
    with pytest.raises(BadConfig, match=r'"cart".*"truck"'):
        match_classes(DATA, CHECKPOINT, {"cart": "vehicle", "truck": "vehicle"})


def test_nothing_in_common_is_told() -> None:
    with pytest.raises(BadConfig, match=r"share no class.*sky.*sky=a"):
        match_classes(("sky", "road"), ("a", "b"))


def test_an_id_beyond_the_dataset_is_refused() -> None:
    match = match_classes(DATA, CHECKPOINT)
    with pytest.raises(ValueError, match="ids up to 9"):
        match.translate(np.array([[0, 9]], np.uint8))

"""Class weights: each formula by hand, and on CamVid the numbers that were computed independently."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segcore.data import CLASS_WEIGHTS, ClassCounts, class_counts, open_dataset, weights_from_counts
from segcore.data.balance import effective_number, inverse_log, median_frequency
from segcore.errors import BadConfig
from segcore.paths import PROJECT

CAMVID = PROJECT.parent / "shared" / "data" / "camvid" / "train"


def counts(*pixels: int) -> ClassCounts:
    """Every class is in every image."""
    array = np.array(pixels, np.int64)
    return ClassCounts(array, np.where(array > 0, array.sum(), 0))


def test_pixels_are_counted_and_ignored_ones_are_not(
    make_folder: Callable[..., Path], write_pair: Callable[..., None]
) -> None:
    root = make_folder(0, classes=["a", "b", "c"])
    write_pair(root, "one", np.array([[0, 0, 1, 255]]))
    write_pair(root, "two", np.array([[0, 0, 0, 0]]))
    found = class_counts(open_dataset(root))
    assert found.pixels.tolist() == [6, 1, 0]
    assert found.where_present.tolist() == [7, 3, 0]
    assert found.pixels.dtype == np.int64


def test_median_frequency_by_hand() -> None:
    assert median_frequency(counts(60, 30, 10)).tolist() == pytest.approx([0.5, 1.0, 3.0])
    # the third class is in a tenth of the pictures only, where it is common
    rare = ClassCounts(np.array([600, 340, 60]), np.array([1000, 1000, 100]))
    assert median_frequency(rare).tolist() == pytest.approx([1.0, 0.6 / 0.34, 1.0])


def test_inverse_log_by_hand_and_within_its_bounds() -> None:
    assert inverse_log(counts(50, 50)).tolist() == pytest.approx([1 / np.log(1.52)] * 2)
    assert inverse_log(counts(1)).tolist() == pytest.approx([1 / np.log(2.02)])
    assert inverse_log(counts(10**9, 1))[1] == pytest.approx(50.5, abs=0.01)


def test_effective_number_by_hand() -> None:
    weights = np.array([(1 - 0.9) / (1 - 0.9**n) for n in (1, 10, 100)])
    assert effective_number(counts(1, 10, 100), beta=0.9).tolist() == pytest.approx(list(weights / weights.mean()))
    assert effective_number(counts(1, 10, 100), beta=0.0).tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="beta"):
        effective_number(counts(1), beta=1.0)


@pytest.mark.parametrize("how", CLASS_WEIGHTS)
def test_rarer_classes_never_weigh_less_and_absent_ones_nothing(how: str) -> None:
    weights = weights_from_counts(counts(5_000_000, 0, 20_000, 70_000, 3), how)
    assert weights.dtype == np.float32
    assert weights[1] == 0
    assert weights[0] <= weights[3] <= weights[2] <= weights[4]
    assert np.isfinite(weights).all()
    assert weights_from_counts(counts(0, 0), how).tolist() == [0, 0]


def test_an_unknown_formula_is_refused() -> None:
    with pytest.raises(BadConfig, match="median_frequency, inverse_log, effective_number"):
        weights_from_counts(counts(1), "magic")


@pytest.mark.skipif(not CAMVID.is_dir(), reason="the shared data is not beside this clone")
def test_camvid_gives_the_numbers_computed_elsewhere() -> None:
    found = class_counts(open_dataset(CAMVID))
    share = [17.54, 24.21, 1.02, 32.96, 4.67, 10.12, 1.22, 1.17, 6.11, 0.67, 0.30]
    np.testing.assert_allclose(100 * found.pixels / found.pixels.sum(), share, atol=0.005)
    median = [0.2794, 0.2018, 4.7889, 0.1491, 1, 0.4235, 3.8464, 1.9798, 0.789, 6.3847, 8.8193]
    np.testing.assert_allclose(median_frequency(found), median, atol=0.0001)
    enet = [5.60, 4.30, 33.57, 3.34, 15.49, 8.74, 31.54, 32.01, 12.83, 38.01, 43.91]
    np.testing.assert_allclose(inverse_log(found), enet, atol=0.005)

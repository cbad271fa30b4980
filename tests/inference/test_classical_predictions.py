"""Methods without a network, answering as a network does: for any photo, at its own size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.classical import METHODS, Rectangle
from segcore.errors import BadConfig
from segcore.inference import find_regions, segment_classically
from segcore.inference.classical_predictions import MOST_REGIONS
from segcore.types import Prediction


def is_sound(prediction: Prediction, size: tuple[int, int], answers: str) -> None:
    maps = (prediction.labels, prediction.confidence, prediction.runner_up, prediction.uncertainty)
    assert {values.shape for values in maps} == {size}
    assert prediction.labels.dtype == prediction.runner_up.dtype == np.uint8
    assert prediction.confidence.dtype == prediction.uncertainty.dtype == np.float32
    assert prediction.labels.max() < len(prediction.classes) <= MOST_REGIONS + 1
    assert len(prediction.colours) == len(prediction.classes)
    if answers == "regions":
        assert (prediction.confidence == 1).all()
        assert set(np.unique(prediction.labels)) == set(range(len(prediction.classes)))
    else:
        assert (prediction.labels != prediction.runner_up).all()
        assert 0.5 - 1e-6 <= prediction.confidence.min() <= prediction.confidence.max() <= 1
        assert prediction.classes[0] == "background"


@given(
    name=st.sampled_from(list(METHODS)),
    height=st.integers(1, 24),
    width=st.integers(1, 24),
    levels=st.sampled_from([1, 2, 256]),
    corners=st.none() | st.tuples(*(st.integers(-3, 26) for _ in range(4))),
)
@settings(deadline=None, max_examples=120, derandomize=True)
def test_any_image_with_any_rectangle_is_answered_or_refused(
    name: str, height: int, width: int, levels: int, corners: tuple[int, int, int, int] | None
) -> None:
    rgb = np.random.default_rng(height * 31 + width).integers(0, levels, (height, width, 3)).astype(np.uint8)
    rectangle = None if corners is None else Rectangle(*corners)
    try:
        prediction = segment_classically(rgb, name, None, rectangle)
    except BadConfig as error:
        assert "holds no pixel" in str(error)
        assert rectangle is not None
        assert min(rectangle.bottom, height) <= max(rectangle.top, 0) or min(rectangle.right, width) <= max(
            rectangle.left, 0
        )
        return
    is_sound(prediction, (height, width), METHODS[name].answers)
    regions = find_regions(rgb, name)
    assert regions.shape == (height, width) and regions.dtype == np.int32 and regions.min() >= 0


@pytest.mark.parametrize("name", METHODS)
def test_a_large_photo_is_looked_at_small_and_answered_large(name: str) -> None:
    rng = np.random.default_rng(0)
    rgb = np.clip(rng.normal(60, 8, (300, 1000, 3)), 0, 255)
    rgb[50:250, 400:700] += 120
    rgb = rgb.astype(np.uint8)
    truth = np.zeros((300, 1000), bool)
    truth[50:250, 400:700] = True
    prediction = segment_classically(rgb, name, {"groups": 2} if name == "kmeans" else None)
    assert prediction.working_size == (115, 384)
    is_sound(prediction, (300, 1000), METHODS[name].answers)
    again = segment_classically(rgb, name, {"groups": 2} if name == "kmeans" else None)
    np.testing.assert_array_equal(prediction.labels, again.labels)
    np.testing.assert_array_equal(prediction.confidence, again.confidence)
    regions = find_regions(rgb, name)
    best = max(((regions == n) & truth).sum() / ((regions == n) | truth).sum() for n in range(regions.max() + 1))
    if name in ("otsu", "grabcut", "chan_vese", "kmeans", "grow", "canny", "watershed", "felzenszwalb"):
        assert best > 0.9  # a plain thing on plain ground is one region of nearly all of them
    else:  # a window is smaller than the thing, superpixels are many
        assert best < 0.9


def test_more_regions_than_ids_share_the_last_one() -> None:
    rgb = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    prediction = segment_classically(rgb, "felzenszwalb", {"scale": 10, "smallest": 5})
    assert find_regions(rgb, "felzenszwalb", {"scale": 10, "smallest": 5}).max() > MOST_REGIONS
    assert (prediction.classes[0], prediction.classes[-2:]) == ("#1", (f"#{MOST_REGIONS}", "…"))


def test_what_is_not_there_is_a_sentence() -> None:
    rgb = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(BadConfig, match="There is no method “magic”"):
        segment_classically(rgb, "magic")
    with pytest.raises(BadConfig, match="segments is 900; it may be 4 to 250") as both:
        segment_classically(rgb, "slic", {"segments": 900, "magic": 1})
    assert "has no parameter “magic”" in str(both.value)
    with pytest.raises(ValueError, match="uint8"):
        segment_classically(np.zeros((4, 4), np.uint8), "otsu")


def test_the_share_of_what_is_asked_for() -> None:
    rgb = np.repeat(np.random.default_rng(2).integers(0, 255, (30, 40, 1), np.uint8), 3, axis=2)
    asked = np.ones((30, 40), np.uint8)
    prediction = segment_classically(rgb, "otsu", asked=asked)
    assert prediction.asked is not None
    np.testing.assert_allclose(prediction.asked[prediction.labels == 1], prediction.confidence[prediction.labels == 1])

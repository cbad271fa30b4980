"""Otsu and GrabCut: right where they can be, and answering for any image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.filters import threshold_otsu

from segcore.errors import BadConfig
from segcore.inference import CLASSICAL, Rectangle, grabcut, otsu
from segcore.types import Prediction

CAREFULLY = settings(deadline=None, max_examples=25, derandomize=True)


def disc(size=(60, 80), background=(200, 190, 60), colour=(40, 30, 160), noise=12, seed=0):
    rows, columns = np.mgrid[: size[0], : size[1]]
    truth = (rows - size[0] / 2) ** 2 + (columns - size[1] / 2) ** 2 < (min(size) / 3.2) ** 2
    rgb = np.where(truth[..., None], colour, background).astype(float)
    rgb += np.random.default_rng(seed).normal(0, noise, rgb.shape)
    return np.clip(rgb, 0, 255).astype(np.uint8), truth


def is_sound(prediction: Prediction, size):
    assert prediction.labels.shape == prediction.confidence.shape == prediction.runner_up.shape == size
    assert prediction.uncertainty.shape == size
    assert prediction.labels.dtype == prediction.runner_up.dtype == np.uint8
    assert prediction.confidence.dtype == prediction.uncertainty.dtype == np.float32
    assert set(np.unique(prediction.labels)) <= {0, 1}
    assert (prediction.labels != prediction.runner_up).all()
    assert 0.5 - 1e-6 <= prediction.confidence.min() <= prediction.confidence.max() <= 1
    assert prediction.classes == ("background", "object")


@pytest.mark.parametrize("method", CLASSICAL.values())
@pytest.mark.parametrize("dark", [False, True])
def test_a_disc_on_a_plain_ground_is_found_whichever_is_brighter(method, dark):
    colours = ((200, 190, 60), (40, 30, 160))
    rgb, truth = disc(background=colours[dark], colour=colours[not dark])
    labels = method(rgb, None).labels == 1
    assert (labels & truth).sum() / (labels | truth).sum() > 0.95


def test_otsu_cuts_where_scikit_image_cuts():
    rgb, _ = disc(noise=30)
    grey = np.repeat(rgb[..., :1], 3, axis=2)
    labels = otsu(grey).labels
    above = grey[..., 0] > threshold_otsu(grey[..., 0])
    assert set(np.unique(labels)) == {0, 1}
    assert (labels == above).all() or (labels == ~above).all()


def test_a_rectangle_leaves_no_object_outside():
    rgb, truth = disc()
    rgb[:4] = rgb[30, 40]  # a bar of the disc's colours, outside
    for method in CLASSICAL.values():
        prediction = method(rgb, Rectangle(top=5, left=15, bottom=55, right=65))
        outside = np.ones(truth.shape, bool)
        outside[5:55, 15:65] = False
        assert not prediction.labels[outside].any()
        assert prediction.labels[30, 40] == 1


def test_grabcut_sees_colour_where_otsu_sees_only_brightness():
    """Red on green of the same brightness, with a rectangle: grey values know nothing of it."""
    rgb, truth = disc(background=(20, 128, 30), colour=(205, 30, 30), noise=10)
    rectangle = Rectangle(5, 10, 55, 70)
    iou = {}
    for name, method in CLASSICAL.items():
        labels = method(rgb, rectangle).labels == 1
        iou[name] = (labels & truth).sum() / (labels | truth).sum()
    assert iou["grabcut"] > 0.9 > iou["otsu"]


def test_less_contrast_is_less_confidence():
    clear, _ = disc(noise=25)
    faint, _ = disc(background=(130, 130, 130), colour=(105, 105, 105), noise=25)
    for method in CLASSICAL.values():
        assert method(clear, None).confidence.mean() > method(faint, None).confidence.mean()


def test_a_large_photo_is_looked_at_small_and_answered_large():
    rgb, truth = disc(size=(300, 1000))
    prediction = grabcut(rgb)
    is_sound(prediction, (300, 1000))
    assert prediction.working_size == (115, 384)
    assert ((prediction.labels == 1) == truth).mean() > 0.98


def test_the_same_photo_has_the_same_answer():
    rgb, _ = disc(noise=60)
    np.testing.assert_array_equal(grabcut(rgb).confidence, grabcut(rgb).confidence)


@CAREFULLY
@given(
    height=st.integers(1, 24),
    width=st.integers(1, 24),
    levels=st.sampled_from([1, 2, 256]),
    corners=st.none() | st.tuples(*(st.integers(-3, 26) for _ in range(4))),
)
@pytest.mark.parametrize("method", CLASSICAL.values())
def test_any_image_with_any_rectangle_is_answered_or_refused(method, height, width, levels, corners):
    rgb = np.random.default_rng(height * 31 + width).integers(0, levels, (height, width, 3)).astype(np.uint8)
    rectangle = None if corners is None else Rectangle(*corners)
    try:
        prediction = method(rgb, rectangle)
    except BadConfig as error:
        assert "holds no pixel" in str(error)
        assert rectangle is not None
        assert min(rectangle.bottom, height) <= max(rectangle.top, 0) or min(rectangle.right, width) <= max(
            rectangle.left, 0
        )
        return
    is_sound(prediction, (height, width))


@pytest.mark.parametrize("method", CLASSICAL.values())
def test_one_colour_is_background_and_nobody_is_sure(method):
    prediction = method(np.full((20, 30, 3), 90, np.uint8), None)
    assert not prediction.labels.any()
    np.testing.assert_allclose(prediction.confidence, 0.5)


def test_a_wrong_array_is_a_wrong_call():
    with pytest.raises(ValueError, match="uint8"):
        otsu(np.zeros((4, 4), np.uint8))

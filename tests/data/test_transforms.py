"""Image and labels move together, no label is invented, and the same seed gives the same tensors."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.testing import assert_close

from segcore.data import Augmentation, EvalTransform, Normalisation, Sample, TrainTransform, subset
from segcore.data.transforms import erase, recolour
from segcore.errors import Message
from segcore.palette import default_colours
from segcore.types import IGNORE, Colour

BYTES = Normalisation(mean=(0.0,), std=(1 / 255,))
"""Leaves pixel values as they are."""

STILL = Augmentation.none()
EVERYTHING = Augmentation(
    scale_min=0.3,
    scale_max=3,
    flip=0.5,
    rotate_degrees=180,
    tilt=0.4,
    brightness=0.5,
    contrast=0.5,
    saturation=0.5,
    hue=0.5,
    grayscale=0.2,
    blur=0.5,
    noise=0.1,
    jpeg=0.5,
    erase=0.5,
    class_aware_crop=0.5,
    copy_paste=0.5,
)

geometries = st.builds(
    Augmentation,
    scale_min=st.floats(0.2, 1),
    scale_max=st.floats(1, 4),
    flip=st.sampled_from([0, 1]),
    rotate_degrees=st.sampled_from([0, 10, 180]),
    tilt=st.sampled_from([0, 0.1, 0.5]),
    class_aware_crop=st.sampled_from([0, 1]),
)
"""Everything that moves pixels, and nothing that changes them."""


def ramps(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The row and the column of every pixel."""
    rows, columns = np.mgrid[:height, :width]
    return rows.astype(np.uint8), columns.astype(np.uint8)


def _well_inside(target: torch.Tensor) -> np.ndarray:
    """(h, w) bool: pixels at least three away from what was filled, and from the edge, beyond which it may begin."""
    inside = np.pad((target != IGNORE).numpy().astype(np.uint8), 3)
    return cv2.erode(inside, np.ones((7, 7), np.uint8))[3:-3, 3:-3].astype(bool)


def photo(height: int = 40, width: int = 50, channels: int = 3) -> Sample:
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 3, (4, 5), np.uint8)
    labels = np.asarray(cv2.resize(blocks, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    labels[:2] = IGNORE
    return Sample(rng.integers(0, 256, (height, width, channels), np.uint8), labels, "photo")


@dataclass
class Listed:
    """A dataset of given samples."""

    samples: list[Sample]
    classes: tuple[str, ...] = ("background", "cat", "dog")
    name: str = "listed"
    title: str = "Listed"
    licence: str = ""
    shippable: bool | None = None
    in_channels: int = 3
    notes: tuple[Message, ...] = ()

    @property
    def colours(self) -> tuple[Colour, ...]:
        return default_colours(self.classes)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int, /) -> Sample:
        return self.samples[index]


# --- geometry ---------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=25, derandomize=True)
@given(
    augmentation=geometries,
    seed=st.integers(0, 1000),
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    working_side=st.sampled_from([None, 30, 90]),
)
def test_image_and_labels_move_together_to_the_fraction_of_a_pixel(
    augmentation: Augmentation, seed: int, size: tuple[int, int], working_side: int | None
) -> None:
    """The image holds each pixel's own row and column, and so do the labels: wherever a pixel of the result comes
    from, both must name the same place."""
    rows, columns = ramps(60, 80)
    image = np.stack([rows, columns, rows], axis=2)
    transform = TrainTransform(size, augmentation.model_copy(update={"class_aware_crop": 0}), BYTES, working_side)
    for channel, labels in enumerate((rows, columns)):
        picture, target = transform(Sample(image, labels, "ramp"), seed)
        assert picture.shape == (3, *size)
        assert target.shape == size
        inside = _well_inside(target)
        apart = (picture[channel] - target).abs().numpy()[inside]
        # two roundings, and the mean over a few pixels where the image shrinks
        assert apart.max(initial=0) < 2.5
        assert apart.size == 0 or apart.mean() < 1.01


def test_neither_image_nor_labels_are_shifted_by_half_a_pixel() -> None:
    """Turned by odd angles the roundings cancel, so that what remains in the mean is a true shift."""
    rows, columns = ramps(120, 160)
    sample = Sample(np.stack([rows, columns], axis=2), columns, "ramp")
    turned = TrainTransform(90, Augmentation(scale_min=0.5, scale_max=2, rotate_degrees=180, flip=0.5), BYTES)
    for seed in range(12):
        image, target = turned(sample, seed)
        assert abs((image[1] - target).numpy()[_well_inside(target)].mean()) < 0.1


@settings(deadline=None, max_examples=25, derandomize=True)
@given(augmentation=geometries, seed=st.integers(0, 1000), side=st.integers(1, 80))
def test_no_label_appears_that_was_not_there(augmentation: Augmentation, seed: int, side: int) -> None:
    labels = np.full((30, 41), 3, np.uint8)  # 3 beside 200: any blending would give something between
    labels[10:20, 10:30] = 200
    sample = Sample(np.zeros((30, 41, 3), np.uint8), labels, "two")
    _, target = TrainTransform(side, augmentation, BYTES)(sample, seed)
    assert set(target.unique().tolist()) <= {3, 200, IGNORE}
    _, target = EvalTransform(BYTES, working_side=side)(sample)
    assert set(target.unique().tolist()) <= {3, 200}


def test_nothing_changes_when_nothing_is_asked() -> None:
    sample = photo()
    image, target = TrainTransform((40, 50), STILL, BYTES)(sample, 0)
    np.testing.assert_array_equal(image.permute(1, 2, 0).round().to(torch.uint8).numpy(), sample.image)
    np.testing.assert_array_equal(target.numpy(), sample.labels)


def test_a_flip_is_exact() -> None:
    sample = photo()
    image, target = TrainTransform((40, 50), STILL.model_copy(update={"flip": 1.0}), BYTES)(sample, 0)
    np.testing.assert_array_equal(image.permute(1, 2, 0).round().to(torch.uint8).numpy(), sample.image[:, ::-1])
    np.testing.assert_array_equal(target.numpy(), sample.labels[:, ::-1])


def test_a_crop_is_a_window_of_the_photo() -> None:
    sample = photo()
    for seed in range(10):
        image, target = TrainTransform((16, 24), STILL, BYTES)(sample, seed)
        found = cv2.matchTemplate(
            sample.image, image.permute(1, 2, 0).round().to(torch.uint8).numpy(), cv2.TM_SQDIFF_NORMED
        )
        row, column = np.unravel_index(np.argmin(found), found.shape)
        window = sample.labels[row : row + 16, column : column + 24]
        # a crop at a fraction of a pixel is blended between neighbours, its labels lie at most one pixel off
        assert (target.numpy() != window).mean() < 0.2


def test_outside_lies_the_mean_colour_and_ignore() -> None:
    sample = Sample(np.full((10, 10, 3), 255, np.uint8), np.zeros((10, 10), np.uint8), "white")
    image, target = TrainTransform(40, STILL)(sample, 3)
    assert (target == IGNORE).sum() == 40 * 40 - 100
    outside = torch.from_numpy(cv2.erode((target == IGNORE).numpy().astype(np.uint8), np.ones((3, 3)))).bool()
    assert image[:, outside].abs().max() < 0.01  # a byte's rounding, in units of the standard deviation


def test_a_working_side_makes_training_and_evaluation_look_at_the_same_size() -> None:
    sample = photo(300, 400)
    evaluated, _ = EvalTransform(working_side=200)(sample)
    trained, _ = TrainTransform((150, 200), STILL, working_side=200)(sample, 0)
    assert evaluated.shape == trained.shape == (3, 150, 200)
    assert (evaluated - trained).abs().mean() < 0.05


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_the_scale_is_that_which_was_asked(scale: float) -> None:
    labels = np.zeros((100, 100), np.uint8)
    labels[40:60, 40:60] = 1
    sample = Sample(np.zeros((100, 100, 3), np.uint8), labels, "square")
    augmentation = Augmentation(scale_min=scale, scale_max=scale, flip=0)
    _, target = TrainTransform(200, augmentation)(sample, 0)
    assert (target == 1).sum() == (20 * scale) ** 2


def test_a_class_aware_crop_holds_the_small_class() -> None:
    labels = np.zeros((200, 300), np.uint8)
    labels[150:153, 20:23] = 2
    sample = Sample(np.zeros((200, 300, 3), np.uint8), labels, "needle")

    def hits(chance: float) -> int:
        transform = TrainTransform(48, Augmentation(scale_min=0.8, scale_max=1.5, class_aware_crop=chance))
        return sum(bool((transform(sample, seed)[1] == 2).any()) for seed in range(40))

    assert hits(1.0) == 40
    assert hits(0.0) < 10


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 9])
def test_any_number_of_channels(channels: int) -> None:
    sample = photo(channels=channels)
    plain = Normalisation(mean=(0.5,), std=(0.25,))
    donors = Listed([sample], in_channels=channels)
    image, target = TrainTransform(32, EVERYTHING, plain)(sample, 0, donors)
    assert image.shape == (channels, 32, 32)
    assert target.shape == (32, 32)
    still, _ = TrainTransform((40, 50), STILL, BYTES)(sample, 0)
    np.testing.assert_array_equal(still.permute(1, 2, 0).round().to(torch.uint8).numpy(), sample.image)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1)])
def test_extreme_photos_survive(size: tuple[int, int]) -> None:
    sample = Sample(np.full((*size, 3), 9, np.uint8), np.ones(size, np.uint8), "odd")
    for seed in range(10):
        image, target = TrainTransform(32, EVERYTHING, working_side=64)(sample, seed, Listed([sample]))
        assert image.isfinite().all()
        assert set(target.unique().tolist()) <= {1, IGNORE}
    assert EvalTransform(working_side=8)(sample)[1].shape == tuple(max(1, round(side * 8 / max(size))) for side in size)


# --- randomness -------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_tensors_whatever_happened_before() -> None:
    donors = Listed([photo(), photo(60, 30)])
    transform = TrainTransform(32, EVERYTHING)
    first = [transform(donors[index % 2], (7, 0, index), donors) for index in range(12)]
    torch.manual_seed(3)
    np.random.default_rng().random()
    for index in reversed(range(12)):
        image, target = transform(donors[index % 2], (7, 0, index), donors)
        assert_close(image, first[index][0], rtol=0, atol=0)
        assert_close(target, first[index][1], rtol=0, atol=0)
    assert len({float(image.sum()) for image, _ in first}) == 12


def test_the_sample_itself_is_never_changed() -> None:
    sample, donor = photo(), photo(60, 30)
    before = [array.copy() for array in (sample.image, sample.labels, donor.image, donor.labels)]
    for seed in range(20):
        for augmentation in (EVERYTHING, STILL.model_copy(update={"erase": 1.0, "copy_paste": 1.0, "noise": 0.1})):
            TrainTransform((40, 50), augmentation)(sample, seed, Listed([donor]))
    for array, kept in zip((sample.image, sample.labels, donor.image, donor.labels), before, strict=True):
        np.testing.assert_array_equal(array, kept)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scale_max", 2.0),
        ("rotate_degrees", 90.0),
        ("tilt", 0.5),
        ("flip", 1.0),
        ("brightness", 0.8),
        ("contrast", 0.8),
        ("saturation", 0.8),
        ("hue", 0.5),
        ("grayscale", 1.0),
        ("blur", 1.0),
        ("noise", 0.3),
        ("jpeg", 1.0),
        ("erase", 1.0),
        ("copy_paste", 1.0),
    ],
)
def test_every_setting_does_something(field: str, value: float) -> None:
    sample, donors = photo(), Listed([photo(60, 30)])
    changed = STILL.model_copy(update={field: value})
    plain, _ = TrainTransform((40, 50), STILL)(sample, 1, donors)
    varied, _ = TrainTransform((40, 50), changed)(sample, 1, donors)
    assert (plain - varied).abs().mean() > 0.001


# --- colour -----------------------------------------------------------------------------------------------------------


def test_hue_and_saturation_leave_greys_alone() -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    for seed in range(10):
        turned = recolour(grey, STILL.model_copy(update={"hue": 0.5, "saturation": 1.0}), np.random.default_rng(seed))
        assert np.abs(turned.astype(int) - grey).max() <= 1


def test_a_grey_image_has_the_luma_of_the_colours() -> None:
    image = photo().image
    grey = recolour(image, STILL.model_copy(update={"grayscale": 1.0}), np.random.default_rng(0))
    expected = image @ np.array([0.299, 0.587, 0.114])
    assert np.abs(grey - expected[..., None]).max() <= 1


def test_contrast_keeps_the_mean_and_brightness_scales_it() -> None:
    image = np.random.default_rng(0).integers(90, 160, (30, 30, 3), np.uint8)
    for seed in range(5):
        rng = np.random.default_rng
        assert recolour(image, STILL.model_copy(update={"contrast": 0.5}), rng(seed)).mean() == pytest.approx(
            image.mean(), abs=0.5
        )
        brighter = recolour(image, STILL.model_copy(update={"brightness": 0.5}), rng(seed)).astype(float)
        factor = brighter.mean() / image.mean()
        assert 0.5 <= factor <= 1.5
        assert np.abs(brighter - np.clip(image * factor, 0, 255)).max() < 2


# --- things in the way ------------------------------------------------------------------------------------------------


def test_what_is_erased_is_ignored_and_has_one_colour() -> None:
    for seed in range(20):
        labels = np.ones((50, 80), np.uint8)
        image = np.random.default_rng(1).integers(50, 256, (50, 80, 3), np.uint8)
        hidden, target = erase(image, labels, (1, 2, 3), np.random.default_rng(seed))
        gone = target == IGNORE
        assert 0.015 < gone.mean() < 0.23
        assert (hidden[gone] == (1, 2, 3)).all()
        np.testing.assert_array_equal(hidden[~gone], image[~gone])


def test_a_pasted_object_comes_with_its_labels() -> None:
    labels = np.zeros((60, 60), np.uint8)
    labels[20:50, 10:40] = 2
    donor_image = np.zeros((60, 60, 3), np.uint8)
    donor_image[labels == 2] = 250
    donors = Listed([Sample(donor_image, labels, "bright square")])
    plain = Sample(np.full((50, 50, 3), 10, np.uint8), np.zeros((50, 50), np.uint8), "dark")
    transform = TrainTransform(50, STILL.model_copy(update={"copy_paste": 1.0}), BYTES)
    sizes = set()
    for seed in range(20):
        image, target = transform(plain, seed, donors)
        assert set(target.unique().tolist()) <= {0, 2}
        pasted = (target == 2).numpy()
        assert pasted.any()
        sizes.add(int(pasted.sum()))
        core = cv2.erode(pasted.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
        far = ~cv2.dilate(pasted.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
        assert (image[0].numpy()[core] > 200).all()
        assert np.abs(image[0].numpy()[far] - 10).max(initial=0) < 1
    assert len(sizes) > 5


def test_background_and_ignored_pixels_are_never_pasted() -> None:
    labels = np.zeros((30, 30), np.uint8)
    labels[5:15] = IGNORE
    donors = Listed([Sample(np.full((30, 30, 3), 255, np.uint8), labels, "empty")])
    plain = Sample(np.zeros((30, 30, 3), np.uint8), np.ones((30, 30), np.uint8), "dark")
    transform = TrainTransform(30, STILL.model_copy(update={"copy_paste": 1.0}), BYTES)
    for seed in range(10):
        image, target = transform(plain, seed, donors)
        assert float(image.max()) == 0
        assert (target == 1).all()
    streets = Listed([donors[0]], classes=("sky", "road"))  # here class 0 is a class like any other
    assert any((transform(plain, seed, streets)[1] == 0).any() for seed in range(10))


# --- evaluation and settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "working_side", "expected"),
    [((40, 50), None, (40, 50)), ((40, 50), 25, (20, 25)), ((40, 50), 100, (80, 100))],
)
def test_evaluation_sees_the_whole_image(
    size: tuple[int, int], working_side: int | None, expected: tuple[int, int]
) -> None:
    image, target = EvalTransform(working_side=working_side)(photo(*size))
    assert image.dtype == torch.float32
    assert target.dtype == torch.int64
    assert image.shape == (3, *expected)
    assert target.shape == expected


def test_normalisation_is_that_of_the_formula() -> None:
    image, _ = EvalTransform(Normalisation(mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7)))(photo())
    expected = (photo().image / 255 - [0.1, 0.2, 0.3]) / [0.5, 0.6, 0.7]
    np.testing.assert_allclose(image.permute(1, 2, 0).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize(
    "settings_of_augmentation",
    [{"scale_min": 2, "scale_max": 1}, {"flip": 1.5}, {"hue": 0.6}, {"scale_min": 0}, {"rotate": 10}],
)
def test_senseless_augmentation_is_refused(settings_of_augmentation: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Augmentation.model_validate(settings_of_augmentation)


@pytest.mark.parametrize("numbers", [{"std": (0.2,)}, {"std": (0.2, 0.0, 0.2)}, {"mean": ()}])
def test_senseless_normalisation_is_refused(numbers: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ValidationError):
        Normalisation.model_validate(numbers)


def test_every_setting_explains_itself() -> None:
    for name, information in Augmentation.model_fields.items():
        assert information.description, name
    assert len(subset(Listed([photo()]), [0])) == 1

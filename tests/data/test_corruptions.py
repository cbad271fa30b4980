"""Corruptions keep their promises at every severity: sizes, types, no new label, the same again, worse and worse."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segcore.data import CORRUPTIONS, corrupt, open_dataset
from segcore.types import IGNORE

KINDS = [
    (name, severity) for name, corruption in CORRUPTIONS.items() for severity in range(1, len(corruption.levels) + 1)
]
PHOTOMETRIC = [name for name, corruption in CORRUPTIONS.items() if not corruption.moves]


def scene(
    seed: int, size: tuple[int, int] = (40, 56), channels: int = 3
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (*size, channels)).astype(np.uint8)
    labels = rng.choice(np.array([0, 1, 3, IGNORE], np.uint8), size)
    return image, labels


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    kind=st.sampled_from(KINDS),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    channels=st.sampled_from([1, 3, 4, 6]),
    seed=st.integers(0, 99),
)
def test_promises(kind: tuple[str, int], size: tuple[int, int], channels: int, seed: int) -> None:
    image, labels = scene(seed, size, channels)
    before = image.copy(), labels.copy()
    new_image, new_labels = corrupt(image, labels, *kind, seed=seed)
    assert (new_image.shape, new_image.dtype) == (image.shape, np.uint8)
    assert (new_labels.shape, new_labels.dtype) == (labels.shape, np.uint8)
    assert set(np.unique(new_labels)) <= set(np.unique(labels)) | {IGNORE}
    again = corrupt(image, labels, *kind, seed=seed)
    assert (again[0] == new_image).all() and (again[1] == new_labels).all()
    assert (image == before[0]).all() and (labels == before[1]).all(), "the originals are left alone"
    if not CORRUPTIONS[kind[0]].moves:
        assert (new_labels == labels).all()


def photo() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    sample = open_dataset("shapes:1:96")[0]
    return sample.image, sample.labels


@pytest.mark.parametrize("name", PHOTOMETRIC)
def test_each_severity_changes_the_image_more(name: str) -> None:
    image, labels = photo()
    changes = [0.0]
    for severity in range(1, 6):
        changed = corrupt(image, labels, name, severity)[0].astype(float)
        changes.append(float(np.abs(changed - image).mean()))
    assert changes == sorted(changes) and changes[1] > 0.2 and changes[-1] > 1.2 * changes[1]


@pytest.mark.parametrize("name", ["occlusion", "rotation", "tilt", "label_shift"])
def test_each_severity_leaves_less_of_the_labels(name: str) -> None:
    labels = np.zeros((96, 96), np.uint8)
    image = np.full((96, 96, 3), 80, np.uint8)
    lost = [int((corrupt(image, labels, name, severity, seed=3)[1] == IGNORE).sum()) for severity in range(1, 6)]
    assert lost == sorted(set(lost)) and lost[0] > 0


def test_what_is_hidden_stays_hidden() -> None:
    image, labels = photo()
    labels = np.zeros_like(labels)
    hidden = [corrupt(image, labels, "occlusion", severity, seed=1)[1] == IGNORE for severity in range(1, 6)]
    assert all((less & more == less).all() for less, more in pairwise(hidden))
    shares = [each.mean() for each in hidden]
    assert shares == pytest.approx(CORRUPTIONS["occlusion"].levels, abs=0.02)


@pytest.mark.parametrize("name", ["rotation", "tilt", "flip", "upside_down"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_image_and_labels_move_together(name: str, seed: int) -> None:
    """An image that is its own label map: after the move, each labelled pixel still shows its label."""
    labels = np.zeros((90, 120), np.uint8)
    labels[20:60, 30:50] = 1
    labels[50:80, 70:110] = 2
    image = np.where(labels > 0, np.uint8(200), np.uint8(0))[..., None].repeat(3, axis=2)
    severity = len(CORRUPTIONS[name].levels)
    new_image, new_labels = corrupt(image, labels, name, severity, seed=seed)
    valid = new_labels != IGNORE
    # The nearest pixel has at least a quarter of the weight in what is interpolated between four
    differs = np.abs(new_image[..., 0].astype(int) - 200 * (new_labels > 0)) > 155
    assert not (differs & valid).any()
    assert (new_labels[valid] == 1).sum() > 200 and (new_labels[valid] == 2).sum() > 200


def test_label_shift_moves_the_labels_alone() -> None:
    image, labels = photo()
    for seed in range(6):
        same, shifted = corrupt(image, labels, "label_shift", 2, seed=seed)
        assert same is image
        inner = [
            (down, right)
            for down in (-2, 0, 2)
            for right in (-2, 0, 2)
            if (shifted[4:-4, 4:-4] == np.roll(labels, (down, right), (0, 1))[4:-4, 4:-4]).all()
        ]
        assert len(inner) == 1 and inner[0] != (0, 0)


def test_levels_mean_what_they_say() -> None:
    grey = np.full((64, 64, 3), 128, np.uint8)
    labels = np.zeros((64, 64), np.uint8)
    noise = CORRUPTIONS["gaussian_noise"](grey, labels, 0.1)[0].astype(float)
    assert (noise - 128).std() / 255 == pytest.approx(0.1, rel=0.05)
    hit = CORRUPTIONS["salt_and_pepper"](grey, labels, 0.2)[0]
    assert [(hit == value).mean() for value in (0, 255)] == pytest.approx([0.1, 0.1], abs=0.015)
    assert (CORRUPTIONS["darkness"](grey, labels, 0.5)[0] == 64).all()
    assert (CORRUPTIONS["brightness"](grey, labels, 0.2)[0] == 179).all()
    red = np.zeros_like(grey)
    red[..., 0] = 100
    assert CORRUPTIONS["brightness"](red, labels, 0.2)[0][0, 0].tolist() == [151, 0, 0]
    image, truth = scene(0)
    flat = CORRUPTIONS["contrast"](image, truth, 0.1)[0]
    assert flat.std() == pytest.approx(0.1 * image.std(), rel=0.05)
    assert flat.mean() == pytest.approx(image.mean(), abs=0.5)


def test_wrong_calls() -> None:
    image, labels = scene(0)
    with pytest.raises(ValueError, match="no corruption 'rain'"):
        corrupt(image, labels, "rain", 1)
    with pytest.raises(ValueError, match=r"severity 2 of flip: expected 1 … 1"):
        corrupt(image, labels, "flip", 2)
    with pytest.raises(ValueError, match=r"expected \(H, W, C\)"):
        corrupt(image, labels[1:], "blur", 1)

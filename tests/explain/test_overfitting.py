"""Ridge regression against a solver of least squares; folds and leaks counted; the point that the lesson makes."""

import numpy as np
import pytest
import torch

from segcore.explain import overfitting
from segcore.explain.overfitting import (
    FEATURES,
    LABELLED,
    SIDE,
    cross_validate,
    features,
    folds,
    labelled,
    patches,
    patient_images,
    solve,
)


def test_the_weights_are_those_of_least_squares_with_extra_rows() -> None:
    """λ‖w‖² is as many equations √(mλ) w = 0 more."""
    phi, target = (each.flatten(0, 1) for each in labelled(8, 7))
    for decay in (0.01, 1.0):
        m = len(phi)
        extra = np.sqrt(m * decay) * np.eye(FEATURES)
        wanted, *_ = np.linalg.lstsq(
            np.concatenate([phi.numpy(), extra]), np.concatenate([target.numpy(), np.zeros(FEATURES)]), rcond=None
        )
        weights = solve(phi.T @ phi, phi.T @ target, m, decay)
        np.testing.assert_allclose(weights.numpy(), wanted, rtol=1e-6, atol=1e-9)


def test_features_are_those_of_each_neighbourhood() -> None:
    drawn = patient_images(2, 7)
    all_of_them = features(patches(drawn.images))
    assert all_of_them.shape == (2, SIDE * SIDE, FEATURES) and (all_of_them[..., -1] == 1).all()
    moved = features(
        patches(np.roll(drawn.images, 1, axis=2))
    )  # by a column: inside, every pixel brings its features along
    before, after = (each.reshape(2, SIDE, SIDE, FEATURES) for each in (all_of_them, moved))
    np.testing.assert_allclose(after[:, :, 3:-3], before[:, :, 2:-4])


def test_a_longer_series_begins_like_a_shorter_one() -> None:
    short, long = patient_images(4, 1), patient_images(16, 1)
    np.testing.assert_array_equal(short.images, long.images[:4])
    torch.testing.assert_close(labelled(4, 1)[0], labelled(16, 1)[0][:4])
    assert not np.array_equal(short.images, patient_images(4, 1, others=True).images)


@pytest.mark.parametrize(("count", "k", "there"), [(4, 4, 2), (32, 4, 4), (256, 8, 8)])
def test_patients_stay_together_unless_they_leak(count: int, k: int, there: int) -> None:
    patient = patient_images(count, 7).patient
    fold, leaking = folds(patient, k, leak=False), folds(patient, k, leak=True)
    for each in (fold, leaking):
        assert set(each.tolist()) == set(range(there))
        sizes = np.bincount(each)
        assert sizes.max() - sizes.min() <= 2
    assert all(len(set(fold[patient == p])) == 1 for p in patient)
    assert any(len(set(leaking[patient == p])) == 2 for p in patient) or count == 4


def test_what_the_lesson_says() -> None:
    def mean(name: str, **settings: object) -> float:
        given = {"count": 32, "decay": 0.0, "k": 4, "leak": False, "seed": 7, **settings}
        return float(np.mean([getattr(fold, name) for fold in cross_validate(**given)]))  # type: ignore[arg-type]

    assert mean("train") == 1.0 and mean("val") < 0.7 and mean("new") < 0.7
    assert mean("val", leak=True) - mean("val") > 0.1, "a leak flatters"
    assert abs(mean("new", leak=True) - mean("new")) < 0.06, "and the model is no better"
    assert mean("new", decay=0.1) - mean("new") > 0.08
    assert mean("new", count=256) - mean("new") > 0.15 and mean("train", count=256) < 1
    sizes = [cross_validate(32, decay, 4, leak=False, seed=7)[0] for decay in (0.0, 0.1, 1.0)]
    assert sizes[0].size > sizes[1].size > sizes[2].size and sizes[0].misfit < sizes[1].misfit < sizes[2].misfit
    assert sizes[0].learnt == 24 and LABELLED * 24 > FEATURES


def test_the_score_is_that_of_two_loops() -> None:
    phi, target = labelled(8, 7)
    known = phi[:4].flatten(0, 1)
    weights = solve(known.T @ known, known.T @ target[:4].flatten(), len(known), 0.1)
    ious = []
    for sign in (-1, 1):
        both = either = 0
        for row, wanted in zip((phi @ weights).flatten().tolist(), target.flatten().tolist(), strict=True):
            found = (1 if row > 0 else -1) == sign
            both += found and wanted == sign
            either += found or wanted == sign
        ious.append(both / either)
    assert overfitting.miou(phi, target, weights) == pytest.approx(np.mean(ious))

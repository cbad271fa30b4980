"""What a loss makes of a prediction, against two loops, finite differences and calculus."""

import math

import numpy as np
import pytest
import torch

from segcore.explain.losses import (
    FAINT,
    NAMES,
    PERCENTS,
    PIXELS,
    REGIONS,
    SIDE,
    Region,
    best_percent,
    class_weights,
    curve,
    ground_truth_of,
    logits_of,
    loss_of,
    loss_parts,
    probabilities,
    region_of,
)


def by_hand(name: str, answer: Region, side: int, q: float) -> float:
    """The losses as their formulas say, pixel by pixel in plain Python."""
    truth, probs = ground_truth_of(side).ravel(), probabilities(region_of(answer, side), q).ravel()
    right = [p if is_object else 1 - p for is_object, p in zip(truth, probs, strict=True)]
    mean = math.fsum(-math.log(p) for p in right) / PIXELS
    dice = 0.0
    for true, p in ((truth, probs), (~truth, 1 - probs)):
        both = math.fsum(p[i] for i in range(PIXELS) if true[i])
        dice += (1 - 2 * both / (math.fsum(p) + true.sum())) / 2
    weight = float(class_weights(side)[1])
    weighted = math.fsum((weight if is_object else 1) * -math.log(p) for is_object, p in zip(truth, right, strict=True))
    return {
        "cross_entropy": mean,
        "bce": mean,  # two sigmoids that mirror each other are a softmax of two
        "weighted": weighted / (PIXELS - side**2 + weight * side**2),
        "focal": math.fsum((1 - p) ** 2 * -math.log(p) for p in right) / PIXELS,
        "mse": math.fsum((1 - p) ** 2 for p in right) / PIXELS,
        "dice": dice,
        "ce_dice": mean + dice,
    }[name]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", REGIONS)
def test_value_and_parts_are_those_reckoned_by_hand(name: str, answer: Region) -> None:
    for side, q in ((1, 0.9), (2, 0.25), (4, 0.5)):
        judged = loss_parts(name, answer, side, q)
        assert judged.value == pytest.approx(by_hand(name, answer, side, q), rel=1e-5)
        assert judged.per_pixel.mean() == pytest.approx(judged.value, rel=1e-5)
        assert curve(name, answer, side)[round(100 * q) - 1] == pytest.approx(judged.value, rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", [(0, 0), (3, 6), (4, 4)])
def test_the_gradient_is_the_slope(name: str, place: tuple[int, int]) -> None:
    step = 1e-4
    judged = loss_parts(name, "spot", 2, 0.3)
    loss, target = loss_of(name, 2, gamma=2.0), torch.from_numpy(judged.ground_truth.astype(np.int64))[None]
    values = []
    for sign in (1, -1):
        logits = logits_of(judged.probs, name)
        logits[0, 1, *place] += sign * step
        values.append(float(loss(logits, target)))
    assert judged.gradient[place] / PIXELS == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-4, abs=1e-9)


def test_cross_entropy_likes_the_share_and_dice_the_extreme() -> None:
    for side in (1, 2, 3, 4):
        assert best_percent(curve("cross_entropy", "spot", side)) == 25  # a spot of twice the side
        assert best_percent(curve("mse", "spot", side)) == 25
        assert best_percent(curve("cross_entropy", "flat", side)) == side**2
        assert best_percent(curve("weighted", "flat", side)) == 50
    assert best_percent(curve("dice", "spot", 2)) == PERCENTS[-1]
    weight = float(class_weights(2)[1])
    assert best_percent(curve("weighted", "spot", 2)) == round(100 * weight / (weight + 3))
    assert 25 < best_percent(curve("focal", "spot", 2)) < 50


def test_at_what_cross_entropy_likes_the_pulls_cancel_and_nothing_is_found() -> None:
    judged = loss_parts("cross_entropy", "spot", 2, 0.25)
    assert judged.gradient[judged.region == 1].sum() == pytest.approx(0, abs=1e-9)
    assert not judged.mask.any()
    assert (judged.accuracy, judged.iou) == (0.96, 0.0)
    bold = loss_parts("dice", "spot", 2, 0.99)
    assert (bold.accuracy, bold.iou) == (0.88, 0.25)


def test_spots_hold_what_their_names_say() -> None:
    for side in (1, 2, 3, 4):
        truth = ground_truth_of(side)
        assert truth.sum() == side**2
        assert region_of("spot", side).sum() == (2 * side) ** 2
        assert region_of("spot", side)[truth].all()
        assert region_of("shifted", side).sum() == side**2 and (region_of("shifted", side) != truth).any()
        assert region_of("flat", side).sum() == SIDE**2
        blurred = region_of("blurred", side)
        assert 0 < blurred[blurred > 0].min() < 1
    assert probabilities(np.array([[0.0, 1.0]]), 0.7).tolist() == [[FAINT, 0.7]]


@pytest.mark.parametrize("side", [0, SIDE // 2 + 1])
def test_an_object_that_does_not_fit_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match="object_side"):
        ground_truth_of(side)

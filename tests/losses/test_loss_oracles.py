"""Each loss against PyTorch's own, or against a slow version written straight from its formula."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from segcore.losses import build_loss
from segcore.losses.boundary import signed_distance
from segcore.losses.lovasz import steps_of_jaccard
from segcore.types import IGNORE

K = 4
WEIGHTS = torch.tensor([0.3, 1.0, 2.5, 4.0], dtype=torch.float64)


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    """Two images 5 x 6, float64; class 3 does not occur and some pixels are ignored."""
    generator = torch.Generator().manual_seed(3)
    logits = 2 * torch.randn(2, K, 5, 6, generator=generator, dtype=torch.float64)
    target = torch.randint(0, K - 1, (2, 5, 6), generator=generator)
    target[torch.rand(2, 5, 6, generator=generator) < 0.25] = IGNORE
    return logits, target


def valid_pixels(logits: Tensor, target: Tensor) -> list[tuple[list[float], int]]:
    """(logits of the pixel, its class) for every pixel that counts, as plain numbers."""
    flat = logits.movedim(1, -1).reshape(-1, logits.shape[1]).tolist()
    return [(values, true) for values, true in zip(flat, target.flatten().tolist(), strict=True) if true != IGNORE]


def softmax(values: list[float]) -> list[float]:
    powers = [math.exp(value) for value in values]
    return [power / sum(powers) for power in powers]


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_cross_entropy_is_pytorchs(batch: tuple[Tensor, Tensor], weights: Tensor | None, smoothing: float) -> None:
    ours = build_loss("cross_entropy", num_classes=K, class_weights=weights, label_smoothing=smoothing)
    weights = None if weights is None else weights.float().double()
    theirs = F.cross_entropy(*batch, weight=weights, ignore_index=IGNORE, label_smoothing=smoothing)
    assert torch.allclose(ours(*batch), theirs)


@pytest.mark.parametrize("weights", [[1.0] * K, [0.5, 1.0, 2.0, 4.0]])
def test_losses_over_pixels_by_slow_loops(batch: tuple[Tensor, Tensor], weights: list[float]) -> None:
    gamma, alpha = 1.5, 0.3
    sums = dict.fromkeys(("bce", "mse", "focal_softmax", "focal_sigmoid"), 0.0)
    divisor = 0.0
    for values, true in valid_pixels(*batch):
        divisor += weights[true]
        probs = softmax(values)
        sums["focal_softmax"] += weights[true] * (1 - probs[true]) ** gamma * -math.log(probs[true])
        for c in range(K):
            right = sigmoid(values[c]) if c == true else 1 - sigmoid(values[c])
            balance = alpha if c == true else 1 - alpha
            sums["mse"] += weights[true] * (probs[c] - (c == true)) ** 2 / K
            sums["bce"] += weights[true] * -math.log(right) / K
            sums["focal_sigmoid"] += weights[true] * balance * (1 - right) ** gamma * -math.log(right) / K
    options = {"focal_softmax": {"gamma": gamma}, "focal_sigmoid": {"gamma": gamma, "alpha": alpha}}
    for name, total in sums.items():
        loss = build_loss(name, num_classes=K, class_weights=torch.tensor(weights), **options.get(name, {}))
        assert loss(*batch).item() == pytest.approx(total / divisor, rel=1e-6), name


def test_focal_without_focus_is_its_parent(batch: tuple[Tensor, Tensor]) -> None:
    def value(name: str, **options: float | None) -> Tensor:
        return build_loss(name, num_classes=K, class_weights=WEIGHTS, **options)(*batch)

    assert torch.allclose(value("focal_softmax", gamma=0.0), value("cross_entropy"))
    assert torch.allclose(value("focal_sigmoid", gamma=0.0, alpha=None), value("bce"))


def test_only_the_sigmoid_focal_loss_feels_a_shift(batch: tuple[Tensor, Tensor]) -> None:
    logits, target = batch
    of_softmax, of_sigmoid = (build_loss(name, num_classes=K) for name in ("focal_softmax", "focal_sigmoid"))
    assert torch.allclose(of_softmax(logits + 3, target), of_softmax(logits, target))
    assert not torch.allclose(of_sigmoid(logits + 3, target), of_sigmoid(logits, target))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_is_finite_where_the_network_is_certain(gamma: float) -> None:
    logits = torch.tensor([[60.0, -60.0], [-60.0, 60.0]]).reshape(1, 2, 1, 2).requires_grad_()
    build_loss("focal_softmax", num_classes=2, gamma=gamma)(logits, torch.tensor([[[0, 0]]])).backward()
    assert logits.grad is not None and torch.isfinite(logits.grad).all()


def overlap_by_loops(logits: Tensor, target: Tensor, alpha: float, beta: float, smooth: float) -> dict[int, float]:
    """Tversky loss of each class that is present."""
    pixels = valid_pixels(logits, target)
    losses = {}
    for c in sorted({true for _, true in pixels}):
        hit = imagined = missed = 0.0
        for values, true in pixels:
            prob = softmax(values)[c]
            if true == c:
                hit, missed = hit + prob, missed + 1 - prob
            else:
                imagined += prob
        losses[c] = 1 - (hit + smooth) / (hit + alpha * imagined + beta * missed + smooth)
    return losses


@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_dice_and_tversky_by_slow_loops(batch: tuple[Tensor, Tensor], smooth: float) -> None:
    # (2 TP + s) / (2 TP + FP + FN + s) is Tversky with α = β = 1/2 and s / 2
    per_class = overlap_by_loops(*batch, alpha=0.5, beta=0.5, smooth=smooth / 2)
    assert len(per_class) == K - 1
    dice = build_loss("dice", num_classes=K, smooth=smooth)
    assert dice(*batch).item() == pytest.approx(sum(per_class.values()) / len(per_class))

    per_class = overlap_by_loops(*batch, alpha=0.2, beta=0.9, smooth=smooth)
    tversky = build_loss("tversky", num_classes=K, class_weights=WEIGHTS, alpha=0.2, beta=0.9, smooth=smooth)
    weights = {c: float(WEIGHTS[c]) for c in per_class}
    expected = sum(weights[c] * loss for c, loss in per_class.items()) / sum(weights.values())
    assert tversky(*batch).item() == pytest.approx(expected, rel=1e-6)


def test_dice_charges_the_full_price_for_an_all_wrong_prediction() -> None:
    logits = torch.full((1, K, 8, 8), -50.0)
    logits[:, 1] = 50.0
    target = torch.zeros(1, 8, 8, dtype=torch.int64)
    assert build_loss("dice", num_classes=K)(logits, target).item() == pytest.approx(1.0)


def test_dice_hears_small_classes() -> None:
    """One class flattened into the others would make Dice 1 − mean p of the true class, here 0.01."""
    target = torch.zeros(1, 10, 10, dtype=torch.int64)
    target[0, 0, 0] = 1
    logits = torch.zeros(1, 2, 10, 10)
    logits[:, 0] = 50.0  # class 1 is overlooked
    assert build_loss("dice", num_classes=2)(logits, target).item() == pytest.approx((1 + (1 - 198 / 199)) / 2)


def test_ce_dice_is_the_sum_of_its_parts(batch: tuple[Tensor, Tensor]) -> None:
    both = build_loss(
        "ce_dice", num_classes=K, class_weights=WEIGHTS, ce_weight=0.7, dice_weight=3.0, label_smoothing=0.1, smooth=2.0
    )
    parts = 0.7 * build_loss("cross_entropy", num_classes=K, class_weights=WEIGHTS, label_smoothing=0.1)(
        *batch
    ) + 3.0 * build_loss("dice", num_classes=K, smooth=2.0)(*batch)
    assert torch.allclose(both(*batch), parts)


def jaccard_loss(wrong: set[int], true: set[int]) -> float:
    """1 − IoU when exactly the pixels in ``wrong`` are wrong: missed ones leave, imagined ones join."""
    return 1 - len(true - wrong) / len(true | wrong)


def test_lovasz_by_its_definition(batch: tuple[Tensor, Tensor]) -> None:
    pixels = valid_pixels(*batch)
    losses = []
    for c in sorted({true for _, true in pixels}):
        true = {i for i, (_, label) in enumerate(pixels) if label == c}
        errors = [abs((label == c) - softmax(values)[c]) for values, label in pixels]
        order = sorted(range(len(pixels)), key=lambda i: -errors[i])
        losses.append(
            sum(
                errors[pixel] * (jaccard_loss(set(order[: rank + 1]), true) - jaccard_loss(set(order[:rank]), true))
                for rank, pixel in enumerate(order)
            )
        )
    assert build_loss("lovasz", num_classes=K)(*batch).item() == pytest.approx(sum(losses) / len(losses))


@settings(deadline=None, max_examples=25, derandomize=True)
@given(data=st.data(), pixels=st.integers(1, 30))
def test_lovasz_of_hard_decisions_is_one_minus_iou(data: st.DataObject, pixels: int) -> None:
    labels = st.lists(st.integers(0, 2), min_size=pixels, max_size=pixels)
    truth, found = torch.tensor(data.draw(labels)), torch.tensor(data.draw(labels))
    logits = torch.full((1, 3, 1, pixels), -100.0).scatter_(1, found.reshape(1, 1, 1, pixels), 100.0)
    ious = [
        ((found == c) & (truth == c)).sum().item() / ((found == c) | (truth == c)).sum().item() for c in truth.unique()
    ]
    loss = build_loss("lovasz", num_classes=3)(logits, truth.reshape(1, 1, pixels))
    assert loss.item() == pytest.approx(1 - sum(ious) / len(ious), abs=1e-5)


def test_lovasz_steps_keep_their_digits_on_a_large_map() -> None:
    generator = torch.Generator().manual_seed(0)
    errors = torch.rand(500_000, generator=generator)
    truth = torch.rand(500_000, generator=generator) < 0.3
    steps = steps_of_jaccard(errors, truth, torch.ones_like(truth))
    exact = steps_of_jaccard(errors.double(), truth, torch.ones_like(truth))
    assert (steps >= 0).all()
    assert torch.allclose(steps.double(), exact, rtol=1e-5, atol=0)
    assert steps.double().sum().item() == pytest.approx(1.0, abs=1e-5)


def ohem_by_loops(logits: Tensor, target: Tensor, thresh: float, min_kept: float) -> float:
    surprises = sorted(
        (-math.log(softmax(values)[true]) for values, true in valid_pixels(logits, target)), reverse=True
    )
    below = [surprise for surprise in surprises if surprise > -math.log(thresh)]
    kept = max(below, surprises[: math.ceil(min_kept * len(surprises))], key=len)
    return sum(kept) / len(kept)


@pytest.mark.parametrize(("thresh", "min_kept"), [(0.7, 0.1), (0.01, 0.5), (0.3, 0.0), (0.5, 1.0)])
def test_ohem_by_slow_loops(batch: tuple[Tensor, Tensor], thresh: float, min_kept: float) -> None:
    loss = build_loss("ohem", num_classes=K, thresh=thresh, min_kept=min_kept)
    assert loss(*batch).item() == pytest.approx(ohem_by_loops(*batch, thresh, min_kept))


def test_ohem_that_keeps_all_is_cross_entropy(batch: tuple[Tensor, Tensor]) -> None:
    everything = build_loss("ohem", num_classes=K, class_weights=WEIGHTS, min_kept=1.0)
    assert torch.allclose(everything(*batch), build_loss("cross_entropy", num_classes=K, class_weights=WEIGHTS)(*batch))


def test_ohem_without_hard_pixels_or_a_minimum_is_zero() -> None:
    logits = torch.tensor([9.0, -9.0]).reshape(1, 2, 1, 1).expand(1, 2, 4, 4)
    assert build_loss("ohem", num_classes=2, min_kept=0.0)(logits, torch.zeros(1, 4, 4, dtype=torch.int64)) == 0


@pytest.mark.parametrize("seed", range(3))
def test_signed_distance_by_scipy(seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, 3, (9, 13)).astype(np.uint8)
    labels[4:6] = IGNORE
    inside, outside = labels == 1, (labels != 1) & (labels != IGNORE)
    expected = np.where(outside, distance_transform_edt(~inside), 0)
    expected -= np.where(inside, distance_transform_edt(~outside) - 1, 0)
    assert signed_distance(labels, 1) == pytest.approx(expected, abs=1e-5)


def test_signed_distance_of_a_stripe() -> None:
    labels = np.array([[0, 0, 0, 1, 1, 1, 1, 1, 0]], np.uint8)
    assert signed_distance(labels, 1).tolist() == [[3, 2, 1, 0, -1, -2, -1, 0, 1]]
    assert (signed_distance(np.ones((3, 4), np.uint8), 1) == 0).all()


def test_boundary_is_cross_entropy_plus_distances(batch: tuple[Tensor, Tensor]) -> None:
    logits, target = batch
    probs = logits.softmax(1).numpy()
    labels = target.numpy().astype(np.uint8)
    total = sum((signed_distance(image, c) * probs[n, c]).sum() for n, image in enumerate(labels) for c in range(K - 1))
    expected = build_loss("cross_entropy", num_classes=K)(*batch).item() + 0.05 * total / (labels != IGNORE).sum()
    assert build_loss("boundary", num_classes=K, boundary_weight=0.05)(*batch).item() == pytest.approx(expected)


def test_boundary_charges_far_mistakes_more() -> None:
    target = torch.zeros(1, 5, 20, dtype=torch.int64)
    target[..., :3] = 1
    right = torch.nn.functional.one_hot(target, 2).movedim(-1, 1).float() * 10
    near, far = right.clone(), right.clone()
    near[..., 3] = right[..., 3].flip(1)
    far[..., 19] = right[..., 19].flip(1)
    boundary, cross_entropy = (build_loss(name, num_classes=2) for name in ("boundary", "cross_entropy"))
    assert torch.allclose(cross_entropy(near, target), cross_entropy(far, target))
    assert boundary(near, target) < boundary(far, target)

"""Every loss of the table keeps the same promises."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from segcore.errors import BadConfig
from segcore.losses import LOSSES, Loss, build_loss, loss_options, mean_of
from segcore.types import IGNORE

PIXEL_LOSSES = ("cross_entropy", "bce", "mse", "focal_softmax", "focal_sigmoid", "boundary")
"""Losses that are a mean over pixels, whichever batch the pixels came in."""

every_loss = pytest.mark.parametrize("name", LOSSES)


def batch(
    n: int = 2, k: int = 3, h: int = 7, w: int = 5, *, ignored: float = 0.2, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Random float64 logits and a target, a share of it ignored."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(n, k, h, w, generator=generator, dtype=torch.float64)
    target = torch.randint(0, k, (n, h, w), generator=generator)
    target[torch.rand(n, h, w, generator=generator) < ignored] = IGNORE
    return logits, target


@every_loss
def test_half_precision_is_computed_in_float32(name: str) -> None:
    logits, target = batch()
    for half in (torch.float16, torch.bfloat16):
        given_half = logits.to(half).requires_grad_()
        loss = build_loss(name, num_classes=3)
        value = loss(given_half, target)
        assert value.dtype == torch.float32
        assert torch.allclose(value, loss(given_half.detach().float(), target))
        value.backward()
        assert given_half.grad is not None and given_half.grad.dtype == half


@every_loss
def test_autocast_changes_nothing(name: str) -> None:
    logits, target = batch()
    loss = build_loss(name, num_classes=3, class_weights=torch.tensor([1.0, 2.0, 0.5]))
    with torch.autocast("cpu", torch.bfloat16):
        inside = loss(logits.float(), target)
    assert inside == loss(logits.float(), target)


@every_loss
def test_a_large_half_precision_map_does_not_overflow(name: str) -> None:
    logits = torch.zeros(1, 2, 300, 300, dtype=torch.float16, requires_grad=True)
    target = torch.zeros(1, 300, 300, dtype=torch.int64)
    target[:, 150:] = 1
    build_loss(name, num_classes=2)(logits, target).backward()
    assert logits.grad is not None and torch.isfinite(logits.grad).all()


@every_loss
@pytest.mark.parametrize("n", [0, 2])
def test_a_batch_without_a_valid_pixel_costs_nothing(name: str, n: int) -> None:
    logits, target = batch(n)
    logits = logits.float().requires_grad_()
    loss = build_loss(name, num_classes=3, class_weights=torch.tensor([1.0, 2.0, 0.5]))
    value = loss(logits, torch.full_like(target, IGNORE))
    value.backward()
    assert value == 0
    assert logits.grad is not None and (logits.grad == 0).all()


@every_loss
def test_ignored_pixels_do_not_matter(name: str) -> None:
    logits, target = batch(ignored=0.4)
    elsewhere = logits + 50 * torch.randn(logits.shape, dtype=torch.float64) * (target == IGNORE)[:, None]
    loss = build_loss(name, num_classes=3)
    logits.requires_grad_()
    value = loss(logits, target)
    value.backward()
    assert torch.allclose(value, loss(elsewhere, target))
    assert logits.grad is not None
    assert (logits.grad.movedim(1, -1)[target == IGNORE] == 0).all()
    assert (logits.grad.movedim(1, -1)[target != IGNORE] != 0).any()


@every_loss
def test_gradient_is_the_slope(name: str) -> None:
    logits, target = batch(1, 3, 3, 4)
    loss = build_loss(name, num_classes=3, class_weights=torch.tensor([1.0, 2.0, 0.5]))
    assert torch.autograd.gradcheck(lambda x: loss(x, target), logits.requires_grad_())


@every_loss
def test_following_the_gradient_finds_the_truth(name: str) -> None:
    logits, target = batch(1, 4, 6, 6)
    logits = torch.zeros_like(logits).requires_grad_()
    loss = build_loss(name, num_classes=4)
    optimiser = torch.optim.Adam([logits], lr=0.2)
    for _ in range(60):
        optimiser.zero_grad()
        loss(logits, target).backward()
        optimiser.step()
    valid = target != IGNORE
    assert (logits.argmax(1)[valid] == target[valid]).all()


@every_loss
@settings(deadline=None, max_examples=15, derandomize=True)
@given(
    n=st.integers(1, 2),
    k=st.integers(1, 4),
    h=st.integers(1, 9),
    w=st.integers(1, 9),
    ignored=st.sampled_from([0.0, 0.5, 1.0]),
    size=st.sampled_from([0.0, 1.0, 200.0]),
    weighted=st.booleans(),
    seed=st.integers(0, 9),
)
def test_any_shape_gives_a_finite_loss_and_gradient(
    name: str, n: int, k: int, h: int, w: int, ignored: float, size: float, weighted: bool, seed: int
) -> None:
    logits, target = batch(n, k, h, w, ignored=ignored, seed=seed)
    logits = (logits.float() * size).requires_grad_()
    value = build_loss(name, num_classes=k, class_weights=torch.arange(k) + 0.5 if weighted else None)(logits, target)
    value.backward()
    assert value.shape == () and torch.isfinite(value)
    assert logits.grad is not None and torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("name", PIXEL_LOSSES)
@pytest.mark.parametrize("weights", [None, torch.tensor([0.2, 3.0, 1.0])])
def test_terms_of_two_halves_add_up_to_the_whole(name: str, weights: Tensor | None) -> None:
    logits, target = batch(4)
    target[0, 1:] = IGNORE  # the halves have very different numbers of valid pixels
    loss = build_loss(name, num_classes=3, class_weights=weights)
    whole = loss(logits, target)
    halves = [loss.terms(logits[part], target[part]) for part in (slice(0, 2), slice(2, 4))]
    added = [
        first._replace(total=first.total + second.total, weight=first.weight + second.weight)
        for first, second in zip(*halves, strict=True)
    ]
    assert torch.allclose(mean_of(added), whole)
    mean_of_means = (mean_of(halves[0]) + mean_of(halves[1])) / 2
    assert not torch.allclose(mean_of_means, whole)


@every_loss
def test_a_better_prediction_costs_less(name: str) -> None:
    _, target = batch(2, 3, 8, 8)
    right = torch.zeros(2, 3, 8, 8).scatter_(1, (target % IGNORE)[:, None], 4.0)
    loss = build_loss(name, num_classes=3)
    assert loss(right, target) < loss(torch.zeros_like(right), target) < loss(-right, target)


@every_loss
def test_channels_last_and_uint8_targets_are_the_same(name: str) -> None:
    logits, target = batch()
    loss = build_loss(name, num_classes=3)
    other = loss(logits.to(memory_format=torch.channels_last), target.to(torch.uint8))
    assert torch.allclose(other, loss(logits, target))


@every_loss
def test_class_weights_move_with_the_loss_and_stay_out_of_its_state(name: str) -> None:
    loss = build_loss(name, num_classes=2, class_weights=torch.tensor([1.0, 2.0]))
    assert {buffer.device.type for buffer in loss.to("meta").buffers()} == {"meta"}
    assert loss.state_dict() == {}


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"ce_dice", "boundary"}))  # their second term has no weights
def test_a_class_of_weight_zero_does_not_pull(name: str) -> None:
    logits, target = batch(1, 2, 4, 4, ignored=0)
    logits.requires_grad_()
    value = build_loss(name, num_classes=2, class_weights=torch.tensor([1.0, 0.0]))(logits, torch.ones_like(target))
    value.backward()
    assert value == 0
    assert logits.grad is not None and (logits.grad == 0).all()


@every_loss
def test_cards_are_complete(name: str) -> None:
    card = LOSSES[name]
    assert card.name == name and card.title and card.summary.endswith(".")
    assert card.paper == "" or card.paper.startswith("https://")
    options: dict[str, Any] = loss_options(name)
    assert build_loss(name, num_classes=2, **options).num_classes == 2


def test_unknown_names_and_options_are_told() -> None:
    with pytest.raises(BadConfig, match=r"no loss called 'cross'.*cross_entropy, dice"):
        build_loss("cross", num_classes=2)
    with pytest.raises(BadConfig, match=r"no option 'gama'.*gamma"):
        build_loss("focal_softmax", num_classes=2, gama=2.0)
    with pytest.raises(BadConfig, match=r"no option 'gamma'.*none"):
        build_loss("mse", num_classes=2, gamma=2.0)


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("cross_entropy", "label_smoothing", 1.5),
        ("ce_dice", "dice_weight", -1),
        ("focal_softmax", "gamma", "two"),
        ("focal_sigmoid", "alpha", 25),
        ("tversky", "beta", float("nan")),
        ("ohem", "thresh", True),
        ("boundary", "boundary_weight", None),
    ],
)
def test_values_out_of_range_are_told(name: str, option: str, value: Any) -> None:
    with pytest.raises(BadConfig, match=f"{name}: {option} is .*expected a number from 0"):
        build_loss(name, num_classes=2, **{option: value})


@pytest.mark.parametrize("weights", [torch.ones(3), torch.tensor([1.0, -1.0]), torch.tensor([1.0, float("nan")])])
def test_wrong_class_weights_are_refused(weights: Tensor) -> None:
    with pytest.raises(ValueError, match="class_weights"):
        build_loss("cross_entropy", num_classes=2, class_weights=weights)


@pytest.mark.parametrize(
    ("logits", "target"), [((2, 3, 4, 4), (2, 4, 5)), ((2, 2, 4, 4), (2, 4, 4)), ((3, 4, 4), (4, 4))]
)
@every_loss
def test_wrong_shapes_are_refused(name: str, logits: tuple[int, ...], target: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        build_loss(name, num_classes=3)(torch.zeros(logits), torch.zeros(target, dtype=torch.int64))


def test_no_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="num_classes is 0"):
        build_loss("dice", num_classes=0)


def test_a_loss_is_a_module_with_terms() -> None:
    with pytest.raises(NotImplementedError):
        Loss(2).terms(torch.zeros(1, 2, 1, 1), torch.zeros(1, 1, 1, dtype=torch.int64))


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"ohem"}))  # which pixels are hard depends on the logits
@pytest.mark.parametrize("weights", [None, torch.tensor([0.2, 3.0, 0.0])])
def test_weights_are_known_before_the_forward_pass(name: str, weights: Tensor | None) -> None:
    logits, target = batch(ignored=0.4)
    target[target == 1] = 2  # one class is absent
    loss = build_loss(name, num_classes=3, class_weights=weights)
    for each in (target, torch.full_like(target, IGNORE), target.to(torch.uint8)):
        terms = loss.terms(logits.float(), each)
        assert [float(weight) for weight in loss.weights(each)] == [float(term.weight) for term in terms]


def test_the_weight_of_hard_pixels_is_that_of_the_valid_ones() -> None:
    logits, target = batch(ignored=0.4)
    loss = build_loss("ohem", num_classes=3, class_weights=torch.tensor([0.2, 3.0, 1.0]), min_kept=1.0)
    assert [float(weight) for weight in loss.weights(target)] == [float(loss.terms(logits.float(), target)[0].weight)]

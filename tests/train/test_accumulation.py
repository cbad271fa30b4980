"""One step over accumulated batches is one step over a single large batch."""

import pytest
import torch

from segcore.data import Batch
from segcore.losses import LOSSES, Term, build_loss, mean_of
from segcore.train import build, make_config
from segcore.train.step import train_step
from segcore.types import IGNORE
from tests.train.small import SMALL

WEIGHTS = torch.tensor([0.2, 3.0, 1.0, 0.5, 2.0, 0.1])
SUMS_OVER_PIXELS = ("cross_entropy", "bce", "mse", "focal_softmax", "focal_sigmoid", "boundary")


def parts_of(**changes):
    """GroupNorm, because the statistics of BatchNorm depend on the batch."""
    norm = {"options": {"width": 4, "depth": 2, "norm": "group"}, "optimiser": "sgd", "learning_rate": 0.1}
    parts = build(make_config(SMALL | norm | {"aux_weight": 0.4} | changes))
    parts.loss = build_loss(
        parts.config.loss, num_classes=len(parts.classes), class_weights=WEIGHTS, **parts.config.loss_options
    )
    parts.model.train()
    return parts


def uneven_batch():
    """Four images with very different numbers of ignored pixels and classes."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(4, 3, 32, 32, generator=generator)
    targets = torch.randint(0, 4, (4, 32, 32), generator=generator)
    targets[0] = IGNORE
    targets[0, :2, :2] = 1
    targets[1][targets[1] == 1] = 0
    targets[2, 5:] = 3
    targets[3, :, 10:] = IGNORE
    return Batch(images, targets, ("a", "b", "c", "d"))


def part_of(batch, begin, end):
    return Batch(batch.images[begin:end], batch.targets[begin:end], batch.names[begin:end])


def weights_after(parts, batches):
    result = train_step(parts, batches, 0)
    return float(result.loss), {name: value.clone() for name, value in parts.net.state_dict().items()}


@pytest.mark.parametrize("clip_norm", [0.0, 0.1])
@pytest.mark.parametrize("loss", SUMS_OVER_PIXELS)
def test_a_group_of_uneven_batches_is_one_large_batch(loss, clip_norm):
    whole = uneven_batch()
    one_loss, one = weights_after(parts_of(loss=loss, clip_norm=clip_norm), [whole])
    pieces = [part_of(whole, 0, 1), part_of(whole, 1, 4)]
    group_loss, group = weights_after(parts_of(loss=loss, clip_norm=clip_norm), pieces)
    assert group_loss == pytest.approx(one_loss, rel=1e-5)
    for name in one:
        torch.testing.assert_close(group[name], one[name], atol=1e-6, rtol=1e-5)


def test_a_group_with_a_batch_without_valid_pixels():
    whole = uneven_batch()
    empty = Batch(whole.images[:1], torch.full_like(whole.targets[:1], IGNORE), ("a",))
    _, one = weights_after(parts_of(), [part_of(whole, 1, 4)])
    _, group = weights_after(parts_of(), [empty, part_of(whole, 1, 4)])
    for name in one:
        torch.testing.assert_close(group[name], one[name], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("loss", sorted(set(LOSSES) - {"ohem"}))
def test_the_loss_of_a_group_is_the_sum_of_totals_over_the_sum_of_weights(loss):
    """Dice, Tversky and Lovász too: the mean over the classes that are present, of all batches."""
    whole = uneven_batch()
    pieces = [part_of(whole, 0, 1), part_of(whole, 1, 4)]
    parts = parts_of(loss=loss)
    with torch.no_grad():
        each = [parts.loss.terms(parts.net(piece.images).logits, piece.targets) for piece in pieces]
    added = [Term(a.total + b.total, a.weight + b.weight, a.scale) for a, b in zip(*each, strict=True)]
    group_loss, _ = weights_after(parts, pieces)
    assert group_loss == pytest.approx(float(mean_of(added)), rel=1e-5)


def test_hard_pixels_count_by_the_valid_weight_of_their_batch():
    whole = uneven_batch()
    pieces = [part_of(whole, 0, 1), part_of(whole, 1, 4)]
    parts = parts_of(loss="ohem")
    with torch.no_grad():
        means = [float(parts.loss(parts.net(piece.images).logits, piece.targets)) for piece in pieces]
    valid = [float(parts.loss.weights(piece.targets)[0]) for piece in pieces]
    group_loss, _ = weights_after(parts, pieces)
    expected = sum(mean * weight for mean, weight in zip(means, valid, strict=True)) / sum(valid)
    assert group_loss == pytest.approx(expected, rel=1e-5)

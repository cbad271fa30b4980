"""One step over accumulated batches is one step over a single large batch."""

import pytest
import torch

from segcore.data import Batch, TrainTransform, open_dataset, subset, train_loader
from segcore.losses import LOSSES, build_loss
from segcore.train import build, make_config
from segcore.train.parts import steps_in_epoch
from segcore.train.step import train_step
from segcore.types import IGNORE
from tests.train.small import SMALL

WEIGHTS = torch.tensor([0.2, 3.0, 1.0, 0.5, 2.0, 0.1])


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
@pytest.mark.parametrize("loss", LOSSES)
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


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("class_weights", ["none", "median_frequency"])
def test_a_batch_of_eight_is_two_of_four_four_of_two_and_eight_of_one(loss, class_weights):
    """The gradients of a real training: class weights of the data, ignored borders, an auxiliary head."""
    one = weight_change(loss, class_weights, batch_size=8)
    for batch_size in (4, 2, 1):
        other = weight_change(loss, class_weights, batch_size=batch_size, accumulate=8 // batch_size)
        assert float((other - one).norm() / one.norm()) < 2e-5


def weight_change(loss, class_weights, **changes):
    """By how much the first step changes the weights, as one vector."""
    settings = {"options": {"width": 4, "depth": 2, "norm": "group"}, "optimiser": "sgd", "learning_rate": 0.1}
    parts = build(
        make_config(
            SMALL | settings | {"data": ["shapes:16:32"], "loss": loss, "class_weights": class_weights} | changes
        )
    )
    parts.model.train()
    before = torch.cat([parameter.detach().flatten() for parameter in parts.net.parameters()])
    train_step(parts, next(parts.train_batches(0)), 0)
    return torch.cat([parameter.detach().flatten() for parameter in parts.net.parameters()]) - before


@pytest.mark.parametrize("loss", ["dice", "ohem"])
def test_the_second_pass_has_the_dropout_of_the_first_and_leaves_batch_norm_one_update(loss):
    options = {"options": {"width": 4, "depth": 2, "dropout": 0.5}, "loss": loss, "data": ["shapes:16:32"]}
    parts = build(make_config(SMALL | options | {"batch_size": 4, "accumulate": 2}))
    parts.model.train()
    seen = []
    parts.net.register_forward_hook(lambda _module, _inputs, output: seen.append(output.logits.detach()))
    train_step(parts, next(parts.train_batches(0)), 0)
    assert len(seen) == 4
    assert torch.equal(seen[0], seen[2])
    assert torch.equal(seen[1], seen[3])
    counts = {int(value) for name, value in parts.net.state_dict().items() if name.endswith("num_batches_tracked")}
    assert counts == {2}


@pytest.mark.parametrize(
    ("images", "sizes"), [(17, [8, 8]), (13, [7, 6]), (9, [5, 4]), (8, [8]), (33, [8] * 4), (1, [1])]
)
def test_accumulated_batches_are_the_samples_of_a_large_one(images, sizes):
    """Sixteen images a step: one batch of 16, or two of 8."""
    data = subset(open_dataset("shapes:40:32"), range(images))

    def batches(**changes):
        settings = {"seed": 3, "epoch": 1, **changes}
        return [batch.names for batch in train_loader(data, TrainTransform(32), **settings)]

    large, small = batches(batch_size=16), batches(batch_size=8, accumulate=2)
    assert [len(names) for names in small] == sizes
    assert [name for names in small for name in names] == [name for names in large for name in names]
    config = make_config(SMALL | {"batch_size": 8, "accumulate": 2})
    assert steps_in_epoch(config, images) == len(large)


@pytest.mark.parametrize(("batch_size", "halved"), [(8, (4, 2)), (6, (3, 2)), (5, (1, 5)), (9, (3, 3)), (2, (1, 2))])
def test_halving_keeps_the_effective_batch(batch_size, halved):
    changes = make_config(SMALL | {"batch_size": batch_size}).halved()
    assert (changes["batch_size"], changes["accumulate"]) == halved
    assert make_config(SMALL | {"batch_size": 1}).halved() == {}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_without_a_labelled_pixel_has_loss_0(loss):
    whole = uneven_batch()
    empty = Batch(whole.images[:2], torch.full_like(whole.targets[:2], IGNORE), ("a", "b"))
    parts = parts_of(loss=loss, weight_decay=0.0)
    before = {name: value.clone() for name, value in parts.net.state_dict().items()}
    for group in ([empty], [empty, empty]):
        result = train_step(parts, group, 0)
        assert (float(result.loss), float(result.gradient_norm), bool(result.labelled)) == (0.0, 0.0, False)
    assert all(torch.equal(before[name], value) for name, value in parts.net.state_dict().items())
    assert bool(train_step(parts, [whole], 0).labelled)

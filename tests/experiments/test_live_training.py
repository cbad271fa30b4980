"""Live training: the loop, its measurements, and the short jobs that use it, with tiny budgets."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from segcore.data import open_dataset
from segcore.experiments import loss_comparison
from segcore.experiments.live_training import as_batch, counts_of, shuffled_batches, train_live
from segcore.job_context import Cancelled, JobContext
from segcore.jobs import JOBS
from segcore.losses import build_loss
from segcore.models import SegOutput


class Pixelwise(nn.Module):
    """A network of one 1x1 convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 2, 1)
        nn.init.zeros_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, image: Tensor) -> SegOutput:
        return SegOutput(self.layer(image))


def scene() -> tuple[Tensor, Tensor]:
    """A picture whose right half is bright and of class 1."""
    target = torch.zeros(4, 6, 6, dtype=torch.int64)
    target[..., 3:] = 1
    return (target[:, None].float() * 2 - 1).expand(4, 3, 6, 6), target


def trained(**options: Any) -> Any:
    model = Pixelwise()
    images, target = scene()
    broken_from = options.pop("broken_from", math.inf)
    optimiser = torch.optim.SGD(model.parameters(), lr=options.pop("rate", 0.5))
    course = train_live(
        model,
        lambda step: (images * math.nan if step >= broken_from else images, target),
        build_loss("cross_entropy", num_classes=2),
        optimiser,
        **{"steps": 5} | options,
    )
    return course, model


def test_the_first_step_is_the_gradient_reckoned_by_hand() -> None:
    course, model = trained(steps=1)
    assert course.losses == [pytest.approx(math.log(2))]
    # p - t is -1/2 for the true class; with x = ±1 the mean of (p - t) x is -1/2 for class 1, and 0 for the bias
    assert model.layer.weight[1].flatten().tolist() == pytest.approx([0.25] * 3)
    assert model.layer.bias.tolist() == pytest.approx([0, 0], abs=1e-7)  # sums of float32


def test_it_measures_before_between_and_after() -> None:
    def share(model: nn.Module) -> dict[str, float]:
        assert not model.training and not torch.is_grad_enabled()
        counts = counts_of(model, scene(), 2)
        return {"right": counts.trace() / counts.sum()}

    course, _ = trained(steps=5, every=2, measure=share)
    assert [row["step"] for row in course.rows] == [0, 2, 4, 5]
    assert [row["right"] for row in course.rows] == [0.5, 1, 1, 1]


def test_it_stops_when_told_and_when_the_loss_is_no_number() -> None:
    def stop_at_3(step: int) -> None:
        if step == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        trained(before_step=stop_at_3)
    course, _ = trained(steps=50, broken_from=3)
    assert len(course.losses) == 3 and all(map(math.isfinite, course.losses))


def test_l1_pulls_kernels_towards_zero_by_the_rate_at_every_step() -> None:
    _, plain = trained(steps=2, rate=0.1)
    _, pulled = trained(steps=2, rate=0.1, l1=0.05)
    # |w| has no slope at 0, where the first step begins; the second takes rate x l1 off
    assert (plain.layer.weight[1] - pulled.layer.weight[1]).flatten().tolist() == pytest.approx([0.005] * 3, rel=0.05)


def test_batches_are_drawn_by_seed_and_step() -> None:
    pictures = torch.arange(10.0)[:, None, None, None], torch.arange(10)[:, None, None]
    batch = shuffled_batches(pictures, 6, seed=3)
    assert all(torch.equal(one, again) for one, again in zip(batch(7), batch(7), strict=True))
    assert not torch.equal(batch(7)[1], batch(8)[1])
    assert torch.equal(batch(7)[0].flatten().long(), batch(7)[1].flatten())


def test_drawn_pictures_are_centred_and_keep_their_labels() -> None:
    dataset = open_dataset("shapes:3:32")
    images, target = as_batch(dataset, [2, 0])
    assert images.shape == (2, 3, 32, 32) and images.min() >= -1 and images.max() <= 1
    np.testing.assert_array_equal(target[0].numpy(), dataset[2].labels)
    assert images[1, 0, 0, 0] == pytest.approx(dataset[0].image[0, 0, 0] / 127.5 - 1)


def test_the_race_gives_every_loss_the_same_start(tmp_path: Any) -> None:
    said: list[dict[str, Any]] = []
    emit = lambda kind, /, **values: said.append(values)  # noqa: E731
    settings = {"size": "common", "steps": 2, "seed": 0}
    result = loss_comparison.work(settings, JobContext(tmp_path, emit))
    assert result is not None and tuple(result["courses"]) == loss_comparison.LOSSES
    starts = {tuple(course[key][0] for key in sorted(course)) for course in result["courses"].values()}
    assert len(starts) == 1, "the same weights before the first step"
    assert {course["step"][-1] for course in result["courses"].values()} == {2}
    assert 0.1 < result["share"] < 0.4
    assert said[-1]["done"] < said[-1]["total"] == 2 * len(loss_comparison.LOSSES)
    with pytest.raises(Cancelled):
        loss_comparison.work(settings, JobContext(tmp_path, emit, lambda: True))
    assert JOBS["lesson-losses"].work == "segcore.experiments.loss_comparison:work"


def test_scores_of_counts() -> None:
    scores = loss_comparison.scores_of(np.array([[90, 2], [4, 4]]))
    assert scores == {"accuracy": 0.94, "iou": 0.4, "precision": pytest.approx(4 / 6), "recall": 0.5}
    assert loss_comparison.scores_of(np.array([[9, 0], [1, 0]]))["iou"] == 0


def test_discs_are_rare_or_common() -> None:
    for size, low, high in (("rare", 0.008, 0.02), ("common", 0.12, 0.3)):
        images, target = loss_comparison.discs(40, loss_comparison.RADIUS[size], seed=1)
        assert low < float(target.float().mean()) < high
        assert images.dtype == torch.float32 and torch.equal(
            images, loss_comparison.discs(40, loss_comparison.RADIUS[size], 1)[0]
        )

"""Validation: the batches of a loader counted in one table, the loss summed before it is divided."""

import math
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from segcore.evaluation import evaluate_model
from segcore.losses import build_loss
from segcore.metrics import confusion, scores
from segcore.models.base import SegOutput
from segcore.types import IGNORE

CLASSES = ("a", "b", "c")


class TinyBatch(NamedTuple):
    images: Tensor
    targets: Tensor


class Echo(nn.Module):
    """Its logits are the image, three channels for three classes; with a dropout that evaluation must switch off."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)
        self.frozen = nn.BatchNorm2d(3).eval()

    def forward(self, x: Tensor) -> SegOutput:
        return SegOutput(logits=self.dropout(x))


@pytest.fixture
def batches() -> list[TinyBatch]:
    """Two batches of unequal size and very unequal numbers of valid pixels."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(5, 3, 6, 7, generator=generator)
    targets = torch.randint(0, 3, (5, 6, 7), generator=generator)
    targets[3:, 1:] = IGNORE
    return [TinyBatch(images[:3], targets[:3]), TinyBatch(images[3:], targets[3:])]


def test_scores_and_loss_are_those_of_all_pixels_together(batches: list[TinyBatch]) -> None:
    loss = build_loss("cross_entropy", num_classes=3, class_weights=torch.tensor([1.0, 2.0, 3.0]))
    result, value = evaluate_model(Echo(), batches, CLASSES, loss=loss)
    images = torch.cat([batch.images for batch in batches])
    targets = torch.cat([batch.targets for batch in batches])
    table = confusion(images.argmax(1).numpy().astype("uint8"), targets.numpy().astype("uint8"), 3)
    assert result == scores(table, CLASSES)
    assert value == pytest.approx(loss(images, targets).item(), rel=1e-6)
    means = [loss(batch.images, batch.targets).item() for batch in batches]
    assert value != pytest.approx(sum(means) / 2, rel=1e-3)


def test_a_loss_with_several_terms(batches: list[TinyBatch]) -> None:
    loss = build_loss("ce_dice", num_classes=3, dice_weight=2.0)
    alone = [TinyBatch(images[None], targets[None]) for images, targets in zip(*batches[0], strict=True)]
    _, value = evaluate_model(Echo(), alone[:1], CLASSES, loss=loss)
    assert value == pytest.approx(loss(*alone[0]).item(), rel=1e-6)
    _, whole = evaluate_model(Echo(), batches[:1], CLASSES, loss=loss)
    _, value = evaluate_model(Echo(), alone, CLASSES, loss=loss)
    assert whole == pytest.approx(value, rel=1e-6), "Dice is no sum over pixels, and yet independent of the batches"


def test_every_mode_is_as_before(batches: list[TinyBatch]) -> None:
    model = Echo().train()
    model.frozen.eval()
    evaluate_model(model, batches, CLASSES)
    assert model.training and model.dropout.training and not model.frozen.training


def test_the_mode_is_as_before_after_a_failure() -> None:
    model = Echo().train()
    with pytest.raises(ValueError, match="outside 0 … 2"):
        evaluate_model(model, [TinyBatch(torch.zeros(1, 3, 2, 2), torch.full((1, 2, 2), 7))], CLASSES)
    assert model.training


def test_autocast_is_used_for_the_model_and_not_for_the_loss() -> None:
    class Convolution(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 3, 1)
            self.seen: torch.dtype | None = None

        def forward(self, x: Tensor) -> SegOutput:
            logits = self.layer(x)
            self.seen = logits.dtype
            return SegOutput(logits=logits)

    model = Convolution()
    batch = TinyBatch(torch.randn(1, 3, 4, 4), torch.zeros(1, 4, 4, dtype=torch.int64))
    loss = build_loss("cross_entropy", num_classes=3)
    _, value = evaluate_model(
        model, [batch], CLASSES, loss=loss, autocast=lambda: torch.autocast("cpu", torch.bfloat16)
    )
    assert model.seen == torch.bfloat16
    assert math.isfinite(value)


def test_nothing_to_judge_has_no_score() -> None:
    batch = TinyBatch(torch.zeros(1, 3, 2, 2), torch.full((1, 2, 2), IGNORE))
    loss = build_loss("cross_entropy", num_classes=3)
    for batches in ([], [batch]):
        result, value = evaluate_model(Echo(), batches, CLASSES, loss=loss)
        assert math.isnan(result.miou) and math.isnan(value)
    result, value = evaluate_model(Echo(), [batch._replace(targets=torch.zeros(1, 2, 2, dtype=torch.int64))], CLASSES)
    assert result.miou == 1 and math.isnan(value)

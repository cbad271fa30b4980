"""Two reports on the same images."""

import json
import math

import numpy as np
import pytest

from segcore.errors import BadConfig
from segcore.evaluation import EvaluationReport, compare, evaluate_checkpoint
from segcore.types import IGNORE
from tests.evaluation.test_measure import CLASSES, Few, RedChannel, sample


def truths() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    made = [rng.integers(0, 2, (12, 12)).astype(np.uint8) for _ in range(10)]
    made[3][:4] = 2
    return made


def report(wrong: float, seed: int = 1, classes: tuple[str, ...] = CLASSES) -> EvaluationReport:
    """A share of the pixels is labelled with the next class."""
    rng = np.random.default_rng(seed)
    samples = []
    for number, truth in enumerate(truths()):
        predicted = np.where(rng.random(truth.shape) < wrong, (truth + 1) % 3, truth).astype(np.uint8)
        samples.append(sample(f"image {number}", predicted, truth))
    return evaluate_checkpoint(RedChannel(classes), Few(samples))


def test_the_better_one_wins() -> None:
    good, bad = report(0.05), report(0.4, seed=2)
    result = compare(good, bad)
    assert result.classes == CLASSES and (result.won, result.lost, result.tied) == (10, 0, 0)
    assert result.difference.miou == pytest.approx(good.scores.miou - bad.scores.miou)
    assert result.difference.iou == pytest.approx(np.subtract(good.scores.iou, bad.scores.iou))
    assert result.difference.interval.low > 0 and result.difference.share_above == 1
    assert result.same_pixels
    differences = [image.difference for image in result.images]
    assert differences == sorted(differences)
    for image, row in zip(sorted(result.images, key=lambda each: each.index), good.rows, strict=True):
        assert (image.name, image.one) == (row.name, pytest.approx(row.miou))
    back = compare(bad, good)
    assert back.lost == 10 and back.difference.miou == pytest.approx(-result.difference.miou)
    json.dumps(result.to_dict(), allow_nan=False)


def test_the_same_predictions_tie() -> None:
    result = compare(report(0.2), report(0.2))
    assert (result.won, result.lost, result.tied) == (0, 0, 10)
    assert result.difference.share_above == 0.5


def test_classes_are_matched_by_name() -> None:
    one = report(0.1)
    turned = ("cat", "background", "person")
    samples = [
        sample(f"image {n}", np.roll([1, 2, 0], 0)[truth].astype(np.uint8), truth) for n, truth in enumerate(truths())
    ]
    other = evaluate_checkpoint(RedChannel(turned), Few(samples))
    assert other.scores.miou == 1
    result = compare(one, other)
    assert result.difference.iou == pytest.approx(np.array(one.scores.iou) - 1)
    assert result.same_pixels

    knows_less = evaluate_checkpoint(RedChannel(("background", "person")), Few(_without_cats(samples)))
    some = compare(one, knows_less)
    assert some.classes == ("background", "person") and not some.same_pixels


def _without_cats(samples: list) -> list:
    return [sample(each.name, np.minimum(each.labels, 1), each.labels) for each in samples]


def test_what_cannot_be_compared_is_told() -> None:
    one = report(0.1)
    fewer = one.model_copy(update={"rows": one.rows[:5], "images": 5})
    with pytest.raises(BadConfig, match="not about the same images"):
        compare(one, fewer)
    with pytest.raises(BadConfig, match="split val, 10 images"):
        compare(one, one.model_copy(update={"split": "val"}))
    stranger = evaluate_checkpoint(
        RedChannel(("sky", "sea", "sand")),
        Few([sample(f"image {n}", truth, truth) for n, truth in enumerate(truths())]),
        mapping={"background": "sky", "person": "sea", "cat": "sand"},
    )
    with pytest.raises(BadConfig, match="no class in common"):
        compare(one, stranger)


def test_an_image_without_a_pixel_that_counts_takes_no_side() -> None:
    blank = [
        sample("blank", np.zeros((4, 4), np.uint8), np.full((4, 4), IGNORE, np.uint8)),
        sample("one", *2 * [truths()[0]]),
    ]
    reports = [evaluate_checkpoint(RedChannel(), Few(blank)) for _ in range(2)]
    result = compare(*reports)
    assert [image.name for image in result.images] == ["one"] and not math.isnan(result.difference.miou)

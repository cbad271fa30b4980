"""Methods without a network, scored: by a rule, or with the truth at hand, and never without saying which."""

import numpy as np
import pytest

from segcore.classical import METHODS, settings_of
from segcore.data import Sample, open_dataset
from segcore.data.formats.item_dataset import ItemDataset
from segcore.errors import BadConfig
from segcore.evaluation import evaluate_method
from segcore.evaluation.classical_methods import ByOracle
from segcore.text import translate
from segcore.types import IGNORE


def squares(first: str = "background") -> ItemDataset[Sample]:
    """Bright squares of two classes on dark ground, a little noise."""
    samples = []
    for number in range(4):
        rng = np.random.default_rng(number)
        labels = np.zeros((60, 80), np.uint8)
        labels[10:30, 10:35], labels[35:55, 40:70] = 1, 2
        rgb = np.where(labels[..., None] > 0, 200, 40) + rng.normal(0, 5, (60, 80, 3))
        labels[0] = IGNORE
        samples.append(Sample(np.clip(rgb, 0, 255).astype(np.uint8), labels, f"s{number}"))
    colours = ((0, 0, 0), (255, 0, 0), (0, 0, 255))
    return ItemDataset(
        name="squares",
        title="Squares",
        classes=(first, "one", "two"),
        colours=colours,
        names=tuple(sample.name for sample in samples),
        items=tuple(samples),
        read=lambda sample: (sample.image, sample.labels),
    )


def test_a_rule_knows_an_object_and_no_class() -> None:
    report = evaluate_method("otsu", squares())
    assert (report.checkpoint, report.classes) == ("otsu-rule", ("background", "object"))
    assert report.scores.iou[1] > 0.95
    assert report.note in report.convention and "Not a network" in report.note
    assert all(row.loss >= 0 for row in report.rows)
    only_one = evaluate_method("otsu", squares(), mapping={"two": "ignore"})
    assert only_one.ignored_classes == ("two",)


def test_an_oracle_names_what_it_is_given_and_says_so() -> None:
    report = evaluate_method("otsu", squares(), assign="oracle")
    assert report.checkpoint == "otsu-oracle" and report.classes == ("background", "one", "two")
    # Otsu has one region for both squares; the larger one gives it its name, the other is lost.
    assert report.scores.recall == pytest.approx((1.0, 0.0, 1.0), abs=0.05)
    assert "Upper bound" in report.note and "here 2 an image" in report.note
    finer = evaluate_method("felzenszwalb", squares())
    assert finer.checkpoint == "felzenszwalb-oracle" and finer.scores.miou > 0.95
    assert translate("zh", report.note) != report.note and "2 个区域" in translate("zh", report.note)
    assert translate("zh", evaluate_method("otsu", squares()).note) != evaluate_method("otsu", squares()).note


@pytest.mark.parametrize(
    ("name", "assign", "first", "sentence"),
    [
        ("slic", "rule", "background", "SLIC makes regions"),
        ("otsu", "rule", "sky", "has no background"),
        ("otsu", "luck", "background", "no assignment “luck”"),
        ("magic", None, "background", "no method “magic”"),
    ],
)
def test_what_cannot_be_scored_is_a_sentence(name: str, assign: str | None, first: str, sentence: str) -> None:
    with pytest.raises(BadConfig, match=sentence):
        evaluate_method(name, squares(first), assign=assign)


def test_an_oracle_that_is_not_asked_is_a_wrong_call() -> None:
    method = METHODS["slic"]
    with pytest.raises(ValueError, match="needs the ground truth"):
        ByOracle(method, settings_of(method), open_dataset("shapes:2:32"))(np.zeros((9, 9, 3), np.uint8))

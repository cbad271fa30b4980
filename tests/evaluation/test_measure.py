"""A predictor over a dataset, with small stand-ins for both."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from segcore.checkpoint import CheckpointCard
from segcore.data import Sample
from segcore.errors import BadConfig, BadDataset, BadImage
from segcore.evaluation import EvaluationOptions, SavedPredictions, evaluate_checkpoint, read_report
from segcore.metrics import boundary_counts, boundary_scores, confusion, scores
from segcore.palette import default_colours
from segcore.types import IGNORE, RGB, Colour, LabelMap, Prediction

CLASSES = ("background", "person", "cat")


class RedChannel:
    """Predicts for each pixel the number in its red channel."""

    def __init__(self, classes: tuple[str, ...] = CLASSES) -> None:
        self.card = CheckpointCard(
            name="red",
            title="Red channel",
            architecture="unet",
            in_channels=3,
            classes=classes,
            colours=default_colours(classes),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
        )

    def __call__(self, rgb: RGB, /, *, asked: LabelMap | None = None) -> Prediction:
        assert rgb.shape[2] == 3
        shape = rgb.shape[:2]
        labels = np.ascontiguousarray(rgb[..., 0])
        return Prediction(
            labels=labels,
            confidence=np.full(shape, 0.8, np.float32),
            runner_up=np.zeros(shape, np.uint8),
            uncertainty=np.zeros(shape, np.float32),
            classes=self.card.classes,
            colours=self.card.colours,
            seconds=0.0,
            working_size=shape,
            tiles=1,
            engine="red",
            asked=None if asked is None else np.where(asked == labels, np.float32(0.8), np.float32(0.1)),
        )


@dataclass
class Few:
    """Samples in a list."""

    samples: list[Sample]
    classes: tuple[str, ...] = CLASSES
    in_channels: int = 3
    name: str = "few"
    title: str = "A few"
    licence: str = ""
    shippable: bool | None = None
    colours: tuple[Colour, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int, /) -> Sample:
        return self.samples[index]


def sample(name: str, predicted: NDArray[np.uint8], truth: NDArray[np.uint8], channels: int = 3) -> Sample:
    return Sample(image=np.repeat(predicted[..., None], channels, axis=2), labels=truth, name=name)


@pytest.fixture
def few() -> Few:
    """Four images of different sizes; about two thirds of the pixels are predicted rightly, some are ignored."""
    rng = np.random.default_rng(0)
    samples = []
    for index, size in enumerate([(4, 5), (7, 3), (1, 1), (6, 6)]):
        truth = rng.integers(0, 3, size).astype(np.uint8)
        predicted = np.where(rng.random(size) < 0.5, truth, rng.integers(0, 3, size)).astype(np.uint8)
        truth[rng.random(size) < 0.2] = IGNORE
        samples.append(sample(f"image {index}", predicted, truth))
    return Few(samples)


def test_all_images_are_counted_in_one_table(few: Few) -> None:
    seen: list[tuple[int, int]] = []
    report = evaluate_checkpoint(
        RedChannel(), few, split="val", progress=lambda done, count: seen.append((done, count))
    )
    tables = [confusion(s.image[..., 0], s.labels, 3) for s in few.samples]
    assert report.scores == scores(np.sum(tables, axis=0), CLASSES)
    assert np.array(report.counts).tolist() == np.sum(tables, axis=0).tolist()
    assert [row.name for row in report.rows] == ["image 0", "image 1", "image 2", "image 3"]
    for row, table in zip(report.rows, tables, strict=True):
        assert row.miou == pytest.approx(scores(table, CLASSES).miou, nan_ok=True)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (report.checkpoint, report.data, report.split, report.images) == ("red", "few", "val", 4)
    assert report.speed.engine == "red" and report.speed.images_per_second > 0


def test_classes_are_matched_by_name_not_by_number() -> None:
    truth = np.array([[0, 1, 2, 3]], np.uint8)  # in the data: cat, sofa, background, human
    data = Few([sample("one", np.array([[2, 1, 0, 1]], np.uint8), truth)], ("cat", "sofa", "background", "human"))
    report = evaluate_checkpoint(RedChannel(), data, mapping={"human": "person"})
    assert report.scores.miou == report.scores.pixel_accuracy == 1
    assert report.scores.pixels == 3
    assert report.ignored_classes == ("sofa",) and "sofa" in report.convention
    assert report.mapping == {"human": "person"}


def test_a_class_that_the_data_never_labels_can_be_left_out() -> None:
    truth = np.array([[0, 0, 1, 1]], np.uint8)
    data = Few([sample("one", np.array([[0, 2, 1, 2]], np.uint8), truth)], ("background", "person"))
    blamed = evaluate_checkpoint(RedChannel(), data)
    assert blamed.scores.iou == (0.5, 0.5, 0.0)
    excused = evaluate_checkpoint(RedChannel(), data, mapping={"cat": "ignore"})
    assert excused.scores.iou[:2] == (1, 1) and math.isnan(excused.scores.iou[2])
    assert excused.scores.pixels == 2
    assert excused.excused_classes == ("cat",) and "predicted as cat" in excused.convention


def test_a_limit_is_spread_over_the_dataset(few: Few) -> None:
    assert [row.name for row in evaluate_checkpoint(RedChannel(), few, limit=2).rows] == ["image 0", "image 2"]
    assert evaluate_checkpoint(RedChannel(), few, limit=99).images == 4
    with pytest.raises(BadConfig, match="limit is 0"):
        evaluate_checkpoint(RedChannel(), few, limit=0)


def test_the_report_is_strict_json_and_comes_back(few: Few, tmp_path: Path) -> None:
    few.samples.append(sample("blank", np.zeros((2, 2), np.uint8), np.full((2, 2), IGNORE, np.uint8)))
    report = evaluate_checkpoint(
        RedChannel(), few, options=EvaluationOptions(outlines=True), source="few/", sha256="0f"
    )
    assert math.isnan(report.rows[-1].miou)
    plain = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert plain["rows"][-1] == {
        **{"name": "blank", "index": 4, "miou": None, "pixel_accuracy": None, "loss": None, "pixels": 0},
        "kept": False,
    }
    assert plain["scores"]["miou"] == report.scores.miou
    assert plain["counts"] == [list(row) for row in report.counts]

    report.save(tmp_path / "report.json")
    back = read_report(tmp_path / "report.json")
    assert back.to_dict() == plain
    assert math.isnan(back.rows[-1].miou) and isinstance(back.scores.iou, tuple)
    assert (back.image_counts.arrays().hits == report.image_counts.arrays().hits).all()


def test_what_is_no_report_is_told(few: Few, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    for text, words in (
        ("[1", "no JSON"),
        ("[]", "no report of this program"),
        ('{"format": 1}', "format 1, expected 2"),
        (json.dumps(evaluate_checkpoint(RedChannel(), few).to_dict() | {"images": "many"}), r"damaged report \(images"),
    ):
        file.write_text(text)
        with pytest.raises(BadConfig, match=words):
            read_report(file)
    with pytest.raises(BadConfig, match="cannot be read"):
        read_report(tmp_path / "nothing.json")


def test_everything_else_is_measured_on_the_same_pixels(few: Few) -> None:
    report = evaluate_checkpoint(RedChannel(), few, options=EvaluationOptions(outlines=True))
    pairs = [(s.image[..., 0], s.labels) for s in few.samples]
    tables = np.stack([confusion(labels, truth, 3) for labels, truth in pairs])
    assert {row.key: row.value for row in report.conventions}["dataset"] == pytest.approx(report.scores.miou)
    assert report.conventions[-1].mistake
    assert report.image_counts.arrays().truth.tolist() == tables.sum(2).tolist()
    assert report.intervals.miou.low <= report.scores.miou <= report.intervals.miou.high
    assert report.outlines is not None and report.outlines.scores == boundary_scores(
        [boundary_counts(labels, truth, 3) for labels, truth in pairs]
    )
    assert report.sizes.without == ("background",) and sum(row.objects for row in report.sizes.per_class[0]) == 0
    accuracy = report.scores.pixel_accuracy
    assert report.reliability.ece == pytest.approx(abs(accuracy - 0.8), abs=1e-6)
    for row, table in zip(report.rows, tables, strict=True):
        if row.pixels:
            expected = -(np.trace(table) * np.log(0.8) + (table.sum() - np.trace(table)) * np.log(0.1)) / table.sum()
            assert row.loss == pytest.approx(expected, abs=1e-6)
    assert evaluate_checkpoint(RedChannel(), few).outlines is None


def test_worst_images_come_first(few: Few) -> None:
    report = evaluate_checkpoint(RedChannel(), few)
    by_miou = [row.miou for row in report.worst(9)]
    assert by_miou == sorted(by_miou) and len(report.worst(2)) == 2
    losses = [row.loss for row in report.worst(9, by="loss")]
    assert losses == sorted(losses, reverse=True)


def test_predictions_are_kept_for_the_pixels_behind_a_number(few: Few, tmp_path: Path) -> None:
    report = evaluate_checkpoint(RedChannel(), few, options=EvaluationOptions(keep=tmp_path / "kept", most_kept=2))
    kept = SavedPredictions(tmp_path / "kept")
    assert kept.rows() == [0, 2] == [number for number, row in enumerate(report.rows) if row.kept]
    assert (kept.labels(0) == few.samples[0].image[..., 0]).all()
    assert (kept.ground_truth(2) == few.samples[2].labels).all()
    assert np.abs(kept.confidence(0) - 0.8 * 255).max() <= 255 / 62
    total = 0
    for true_id in range(3):
        for label in range(3):
            images = kept.images_with(true_id, label)
            assert sum(pixels for _, pixels in images) == report.counts[true_id][label]
            assert [pixels for _, pixels in images] == sorted((pixels for _, pixels in images), reverse=True)
            for row, pixels in images:
                if report.rows[row].kept:
                    assert kept.cell(row, true_id, label).sum() == pixels
                    total += pixels
    assert total == report.rows[0].pixels + report.rows[2].pixels
    with pytest.raises(BadImage, match="image 2 was not kept"):
        kept.labels(1)
    with pytest.raises(BadImage, match="gone or damaged"):
        SavedPredictions(tmp_path).images_with(0, 0)


def test_grey_images_are_shown_in_three_channels() -> None:
    ids = np.array([[0, 1]], np.uint8)
    assert evaluate_checkpoint(RedChannel(), Few([sample("grey", ids, ids, 1)], in_channels=1)).scores.miou == 1
    with pytest.raises(BadConfig, match="4 channels"):
        evaluate_checkpoint(RedChannel(), Few([sample("four", ids, ids, 4)], in_channels=4))


def test_what_cannot_be_evaluated_is_told() -> None:
    with pytest.raises(BadDataset, match="no images"):
        evaluate_checkpoint(RedChannel(), Few([]))
    with pytest.raises(BadDataset, match=r'labels of "odd" in "few" have ids up to 9'):
        evaluate_checkpoint(
            RedChannel(), Few([sample("odd", np.zeros((1, 1), np.uint8), np.full((1, 1), 9, np.uint8))])
        )

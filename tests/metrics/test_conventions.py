"""The same predictions under every convention: a worked example, and the libraries themselves."""

import importlib.util
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segcore.metrics import CONVENTIONS, ImageCounts, by_convention, confusion, labels_at_ignored, scores
from segcore.types import IGNORE

K = 5
Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def worked_example() -> list[Pair]:
    """Eight images 64 x 64 as (labels, truth). Class 4 never occurs, class 3 is rare, the last four rows are IGNORE.

    Class 1 is a square of side 30 that is predicted two rows too low and three columns too far right. Class 2, in four
    images, is found exactly, and imagined below the labelled part. Class 3 is found once, missed once, imagined once.
    """
    pairs = []
    for index in range(8):
        labels, truth = np.zeros((64, 64), np.uint8), np.zeros((64, 64), np.uint8)
        truth[20:50, 20:50] = 1
        labels[22:52, 23:53] = 1
        if index < 4:
            truth[2:12, 4:24] = labels[2:12, 4:24] = 2
            labels[60:] = 2
        if index in (0, 4):
            truth[2:7, 40:48] = 3
        if index == 0:
            labels[2:7, 40:48] = 3
        if index == 5:
            labels[2:6, 40:45] = 3
        truth[60:] = IGNORE
        pairs.append((labels, truth))
    return pairs


def counted(pairs: list[Pair], k: int = K) -> ImageCounts:
    tables = np.stack([confusion(labels, truth, k) for labels, truth in pairs])
    return ImageCounts.of_matrices(tables, np.stack([labels_at_ignored(labels, truth, k) for labels, truth in pairs]))


def values(pairs: list[Pair], k: int = K) -> dict[str, float]:
    return {score.key: score.value for score in by_convention(counted(pairs, k))}


def test_worked_example() -> None:
    pairs = worked_example()
    whole = scores(sum(confusion(labels, truth, K) for labels, truth in pairs), tuple("abcde"))
    assert np.round(whole.iou, 4).tolist()[:4] == [0.9008, 0.7241, 1.0, 0.4] and math.isnan(whole.iou[4])
    assert round(whole.pixel_accuracy, 4) == 0.9230

    found = values(pairs)
    weighted = {key: found.pop(key) for key in ("smp_weighted", "smp_weighted_imagewise")}  # not in that table
    assert weighted["smp_weighted"] == pytest.approx(whole.frequency_weighted_iou)
    assert {key: round(value, 4) for key, value in found.items() if not math.isnan(value)} == {
        "dataset": 0.7562,
        "present": 0.7562,
        "voc": 0.6050,
        "ignored_as_class_0": 0.6080,
        "torchmetrics_foreground": 0.7195,
        "torchmetrics": 0.7853,
        "smp_macro": 0.8050,
        "monai": 0.8140,
        "smp_micro": 0.8571,
        "smp_micro_imagewise": 0.8571,
        "smp_macro_imagewise": 0.8750,
        "monai_with_empty": 0.8750,
    }
    assert math.isnan(found["torchvision"]) and math.isnan(found["nnunet"])
    nnunet = next(score for score in by_convention(counted(pairs)) if score.key == "nnunet")
    assert round(float(np.nanmean(nnunet.per_class)), 4) == 0.6858
    assert found["dataset"] == pytest.approx(whole.miou)
    assert found["smp_micro"] == pytest.approx(whole.pixel_accuracy / (2 - whole.pixel_accuracy))


def random_pairs(seed: int, *, ignored: float = 0.2, k: int = K, count: int = 6) -> list[Pair]:
    """Images in which classes are often absent, from the truth, the labels or both."""
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        there = rng.choice(k, int(rng.integers(1, k)), replace=False).astype(np.uint8)
        truth = rng.choice(there, (9, 7))
        labels = np.where(rng.random((9, 7)) < 0.6, truth, rng.integers(0, k, (9, 7)) * (rng.random((9, 7)) < 0.3))
        truth[rng.random((9, 7)) < ignored] = IGNORE
        pairs.append((labels.astype(np.uint8), truth))
    return pairs


def tensors(pairs: list[Pair]) -> tuple[torch.Tensor, torch.Tensor]:
    labels, truth = (torch.from_numpy(np.stack(each)).long() for each in zip(*pairs, strict=True))
    return labels, truth


EXAMPLES = [worked_example(), *map(random_pairs, range(4))]
examples = pytest.mark.parametrize("pairs", EXAMPLES, ids=["worked", *(f"random{seed}" for seed in range(4))])


@examples
def test_against_torchmetrics(pairs: list[Pair]) -> None:
    metrics = pytest.importorskip("torchmetrics")
    segmentation = pytest.importorskip("torchmetrics.segmentation")
    labels, truth = tensors(pairs)
    found = values(pairs)
    jaccard = metrics.classification.MulticlassJaccardIndex(K, average="macro", ignore_index=IGNORE)
    assert found["dataset"] == pytest.approx(float(jaccard(labels, truth)), abs=1e-6)

    left_out = truth == IGNORE  # it knows no ignore_index
    labels, truth = labels.masked_fill(left_out, 0), truth.masked_fill(left_out, 0)
    for key, background in (("torchmetrics", True), ("torchmetrics_foreground", False)):
        metric = segmentation.MeanIoU(K, include_background=background, input_format="index")
        for one, other in zip(labels, truth, strict=True):  # image by image, or in one batch: the same
            metric.update(one[None], other[None])
        assert found[key] == pytest.approx(float(metric.compute()), abs=1e-6)


def smp_metrics() -> ModuleType:
    """The one file of the library with its metrics; the library itself would want its encoders' packages."""
    package = importlib.util.find_spec("segmentation_models_pytorch")
    if package is None or package.origin is None:
        pytest.skip("segmentation-models-pytorch is not installed")
    place = Path(package.origin).parent / "metrics" / "functional.py"
    spec = importlib.util.spec_from_file_location("smp_metrics", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@examples
def test_against_segmentation_models_pytorch(pairs: list[Pair]) -> None:
    smp = smp_metrics()
    labels, truth = tensors(pairs)
    stats = smp.get_stats(labels, truth, mode="multiclass", ignore_index=IGNORE, num_classes=K)
    found, counts = values(pairs), counted(pairs)
    weights = (counts.truth.sum(0) / counts.truth.sum()).tolist()
    for reduction in ("micro", "macro", "micro-imagewise", "macro-imagewise"):
        theirs = float(smp.iou_score(*stats, reduction=reduction))
        assert found[f"smp_{reduction.replace('-', '_')}"] == pytest.approx(theirs, abs=1e-6)
    for reduction in ("weighted", "weighted-imagewise"):
        theirs = float(smp.iou_score(*stats, reduction=reduction, class_weights=weights))
        assert found[f"smp_{reduction.replace('-', '_')}"] == pytest.approx(theirs, abs=1e-6)
    theirs = float(smp.iou_score(*stats, reduction="macro", zero_division=0.0))
    assert found["voc"] == pytest.approx(theirs, abs=1e-6)


@examples
def test_against_monai(pairs: list[Pair]) -> None:
    monai = pytest.importorskip("monai.metrics")
    labels, truth = tensors(pairs)
    found = values(pairs)
    valid = (truth != IGNORE)[:, None]  # one-hot, and nothing at all where the truth is ignored
    hot = [torch.nn.functional.one_hot(ids % IGNORE, K).movedim(-1, 1) * valid for ids in (labels, truth)]
    for key, ignore_empty in (("monai", True), ("monai_with_empty", False)):
        metric = monai.MeanIoU(include_background=True, ignore_empty=ignore_empty)
        metric(*hot)
        assert found[key] == pytest.approx(float(metric.aggregate()), abs=1e-6)


@examples
def test_against_loops_where_no_library_can_be_installed(pairs: list[Pair]) -> None:
    """VOC devkit, torchvision's references and nnU-Net, written down as their sources are."""
    found = values(pairs)
    table = sum(confusion(labels, truth, K) for labels, truth in pairs)
    voc, torchvision = [], []
    for c in range(K):
        union = int(table[c].sum() + table[:, c].sum() - table[c, c])
        voc.append(table[c, c] / (union or 1))
        torchvision.append(table[c, c] / union if union else math.nan)
    assert found["voc"] == pytest.approx(sum(voc) / K)
    assert found["torchvision"] == pytest.approx(sum(torchvision) / K, nan_ok=True)

    cases: dict[int, list[float]] = {c: [] for c in range(1, K)}
    for labels, truth in pairs:
        for c, case in cases.items():
            mine, true = (labels == c) & (truth != IGNORE), truth == c
            if (mine | true).any():
                case.append((mine & true).sum() / (mine | true).sum())
    means = [np.mean(each) if each else math.nan for each in cases.values()]
    assert found["nnunet"] == pytest.approx(np.mean(means), nan_ok=True)

    careless = [(labels, np.where(truth == IGNORE, 0, truth).astype(np.uint8)) for labels, truth in pairs]
    assert found["ignored_as_class_0"] == pytest.approx(values(careless)["dataset"])


def test_nothing_ignored_and_all_classes_everywhere_leave_two_kinds_of_mean() -> None:
    rng = np.random.default_rng(0)
    truth = np.stack([rng.permutation(np.repeat(np.arange(4), 30)).reshape(10, 12) for _ in range(3)]).astype(np.uint8)
    labels = np.where(rng.random(truth.shape) < 0.7, truth, rng.integers(0, 4, truth.shape)).astype(np.uint8)
    found = values(list(zip(labels, truth, strict=True)), 4)
    over_dataset = ("dataset", "voc", "torchvision", "smp_macro", "smp_weighted", "ignored_as_class_0")
    assert all(found[key] == pytest.approx(found["dataset"]) for key in over_dataset)
    over_images = ("torchmetrics", "smp_macro_imagewise", "monai", "monai_with_empty")
    assert all(found[key] == pytest.approx(found["monai"]) for key in over_images)
    assert found["smp_weighted_imagewise"] == pytest.approx(found["monai"] / 4)


@examples
def test_against_scikit_learn(pairs: list[Pair]) -> None:
    jaccard_score = pytest.importorskip("sklearn.metrics").jaccard_score
    truth, labels = (np.concatenate([pair[which].ravel() for pair in pairs]) for which in (1, 0))
    truth, labels = truth[truth != IGNORE], labels[truth != IGNORE]
    expected = jaccard_score(truth, labels, labels=np.unique(truth), average="macro", zero_division=0)
    assert values(pairs)["present"] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_a_class_that_only_the_prediction_has_is_no_class_of_the_data(seed: int) -> None:
    pairs = [(labels, np.where(truth == 3, np.uint8(IGNORE), truth)) for labels, truth in random_pairs(seed)]
    whole = scores(sum(confusion(labels, truth, K) for labels, truth in pairs), tuple("abcde"))
    assert values(pairs)["present"] == pytest.approx(whole.miou_of_present)
    assert values(pairs)["present"] >= values(pairs)["dataset"]


def test_an_image_without_a_pixel_that_counts() -> None:
    blank = (np.zeros((3, 3), np.uint8), np.full((3, 3), IGNORE, np.uint8))
    found = values([blank])
    assert math.isnan(found["dataset"]) and found["smp_macro"] == 1 and found["voc"] == 0
    assert math.isnan(found["monai"]) and math.isnan(found["smp_weighted"])
    with pytest.raises(ValueError, match="no image"):
        by_convention(ImageCounts.of_matrices(np.zeros((0, K, K), np.int64)))
    with pytest.raises(ValueError, match="four arrays"):
        ImageCounts.of_matrices(np.zeros((2, K, K), np.int64), np.zeros((1, K), np.int64))


def test_every_convention_says_how_it_differs() -> None:
    assert CONVENTIONS[0].key == "dataset" and not CONVENTIONS[0].why
    assert all(convention.rule and convention.why for convention in CONVENTIONS[1:])
    assert len({convention.key for convention in CONVENTIONS}) == len(CONVENTIONS)


def test_parts_can_be_stacked() -> None:
    pairs = random_pairs(9)
    parts = ImageCounts.stack(counted([pair]) for pair in pairs)
    assert len(parts) == 6 and parts.num_classes == K
    assert [score.value for score in by_convention(parts)] == pytest.approx(
        [score.value for score in by_convention(counted(pairs))], nan_ok=True
    )

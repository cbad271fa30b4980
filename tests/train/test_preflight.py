"""The check before training: what it reads, what it measures, and each rule with cases that trigger it and others."""

import errno
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from segcore.advice import Advice, by_severity
from segcore.data.statistics import SplitFacts, measure_split, shared_images
from segcore.job_context import Cancelled, JobContext
from segcore.jobs import JOBS
from segcore.runs.journal import plain_values
from segcore.runs.queue import reserve_device
from segcore.train import TrainConfig, data_folders, make_config
from segcore.train.checks import findings as rules
from segcore.train.checks import preflight
from segcore.train.checks.preflight import disk_needed, question, times, work
from segcore.train.checks.trial import Trial
from segcore.train.training_data import open_data
from tests.train.small import SMALL

GB = 10**9


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))


def check(
    tmp_path: Path, cancelled=lambda: False, **changes: Any
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    folder = tmp_path / "job"
    folder.mkdir(exist_ok=True)
    events: list[dict[str, Any]] = []
    job = JobContext(folder, lambda kind, **values: events.append(values), cancelled)
    try:
        report = work(question(make_config(SMALL | changes)), job)
    except Cancelled:
        report = None
    assert not list(folder.iterdir()), "what was written to be measured is deleted again"
    return plain_values(report), events


def kinds(report: dict[str, Any]) -> set[str]:
    return {finding["kind"] for finding in report["findings"]}


def folder_of(root: Path, masks: dict[str, np.ndarray], split: str = "", seed: int = 0) -> Path:
    """A dataset on disk: one random picture for each mask."""
    rng = np.random.default_rng(seed)
    place = root / split
    for kind in ("images", "masks"):
        (place / kind).mkdir(parents=True)
    (root / "classes.json").write_text(json.dumps({"classes": ["ground", "leaf"]}))
    for name, mask in masks.items():
        cv2.imwrite(str(place / "images" / f"{name}.png"), rng.integers(0, 255, (*mask.shape, 3), np.uint8))
        cv2.imwrite(str(place / "masks" / f"{name}.png"), mask)
    return root


def halves(side: int = 40) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    mask[: side // 2] = 1
    return mask


# --- the whole --------------------------------------------------------------------------------------------------------


def test_a_sound_training_is_measured(tmp_path: Path) -> None:
    report, events = check(tmp_path, augmentation={"class_aware_crop": 0.5})
    assert report is not None
    assert not any(finding["severity"] == "error" for finding in report["findings"])
    assert report["data"]["train"]["looked_at"] == 14
    assert report["data"]["train"]["median"] == [32, 32]
    assert sum(report["data"]["train"]["shares"]) == pytest.approx(1)
    assert report["data"]["train"]["pixels"][0] == sum(
        int((sample.labels == 0).sum()) for sample in open_data(make_config(SMALL)).train
    )
    trial = report["trial"]
    assert len(trial["compute"]) == 3 and all(seconds > 0 for seconds in trial["compute"])
    assert trial["peak"] > 0 and trial["memory_kind"] == "resident"
    assert trial["facts"]["steps_per_epoch"] == 3
    for low, likely, high in report["time"].values():
        assert 0 < low <= likely <= high
    assert report["time"]["run"][1] > 3 * report["time"]["epoch"][0]
    assert report["disk"]["needed"] > 2 * trial["checkpoint"]
    shares = [values["done"] for values in events if "done" in values]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(100)


@pytest.mark.parametrize("patience", [0, 5, 30])
def test_it_can_be_cancelled_wherever_it_is(patience: int, tmp_path: Path) -> None:
    answers = iter([False] * patience)
    report, _ = check(tmp_path, lambda: next(answers, True))
    assert report is None


def test_it_says_whom_it_waits_for_and_can_be_cancelled_then(tmp_path: Path) -> None:
    """Beside another training it would measure that one too."""
    folder, told = tmp_path / "job", []
    folder.mkdir()
    with reserve_device("cpu", "a-run", requested=lambda: None, on_wait=lambda: None) as ours:
        assert ours
        job = JobContext(
            folder,
            lambda kind, **values: told.append((values["doing"], values["detail"])),
            lambda: ("waiting", "a-run") in told,
        )
        with pytest.raises(Cancelled):
            work(question(make_config(SMALL)), job)
    assert told[-1] == ("waiting", "a-run")


def test_broken_masks_are_named_and_nothing_is_trained(tmp_path: Path) -> None:
    strange = halves()
    strange[0, 0] = 7
    data = folder_of(tmp_path / "leaves", {"one": halves(), "two": strange, "three": halves(), "four": halves()})
    config = make_config(SMALL | {"data": [str(data)]})
    assert data_folders(config) == [data]
    report, _ = check(tmp_path, data=[str(data)])
    assert report is not None and report["trial"] is None and report["time"] is None
    (finding,) = [finding for finding in report["findings"] if finding["kind"] == "broken"]
    assert finding["severity"] == "error"
    assert "two.png" in finding["text"] and "7" in finding["text"]


def test_pictures_in_both_splits_are_found(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "leaves", {f"a{index}": halves() for index in range(6)}, "train")
    folder_of(root, {f"b{index}": halves() for index in range(3)}, "val", seed=1)
    for kind in ("images", "masks"):
        shutil.copy(root / "train" / kind / "a4.png", root / "val" / kind / "copy.png")
    data = open_data(make_config(SMALL | {"data": [str(root)]}))
    train, val = (measure_split(part, lambda: False) for part in (data.train, data.val))
    assert train is not None and val is not None
    assert shared_images(train, val) == [("a4", "copy")]


def test_out_of_memory_is_a_finding_with_the_batch_halved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.00 GiB")

    monkeypatch.setattr(preflight, "try_out", hungry)
    report, _ = check(tmp_path)
    assert report is not None and report["trial"] is None
    (finding,) = [finding for finding in report["findings"] if finding["kind"] == "out_of_memory"]
    assert finding["change"] == {"batch_size": 2, "accumulate": 2}
    make_config(SMALL | finding["change"])


def test_a_full_disk_is_a_finding_and_anything_else_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(preflight, "try_out", full)
    report, _ = check(tmp_path)
    assert report is not None and "disk_full" in kinds(report)

    def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(preflight, "try_out", broken)
    with pytest.raises(RuntimeError, match="mistake"):
        check(tmp_path)


def test_the_question_forgets_only_words() -> None:
    config = make_config(SMALL)
    assert question(config) == question(make_config(SMALL | {"title": "a", "licence": "b"}))
    assert question(config) != question(make_config(SMALL | {"batch_size": 2}))
    assert "preflight" in JOBS


# --- times ------------------------------------------------------------------------------------------------------------


def trial(**changes: Any) -> Trial:
    measured = Trial(
        facts={"device": "cpu", "threads": 4, "steps_per_epoch": 10},
        build=5.0,
        load=0.4,
        compute=(1.0, 2.0, 1.5),
        val_load=0.1,
        val_compute=0.5,
        val_batches=4,
        samples=(0.25, 1000),
        save=0.75,
        checkpoint=100,
        resume=300,
        peak=GB,
        memory_kind="resident",
        memory_free=8 * GB,
        memory_total=16 * GB,
        losses=(1.0, 0.9, 0.8),
        cores=4,
        batch_norm=True,
        others_share=0.0,
    )
    return replace(measured, **changes)


def test_times_without_workers_are_sums() -> None:
    config = make_config(SMALL | {"epochs": 2})
    found = times(config, trial(), steps_per_epoch=10)
    assert found["step"] == pytest.approx((1.4 * 0.9, 1.9, 2.4 * 1.1))
    assert found["epoch"][1] == pytest.approx(10 * 1.9 + 4 * 0.6 + 1.0)
    assert found["run"][1] == pytest.approx(5 + 2 * found["epoch"][1])


@pytest.mark.parametrize(
    ("device", "load", "workers", "seconds"),
    [
        ("cuda:0", 0.4, 2, 1.0),  # loading hides behind computing
        ("cuda:0", 6.0, 2, 3.0),  # the loaders hold it up
        ("cuda:0", 6.0, 16, (1.0 + 6.0) / 4),  # more workers than cores
        ("cpu", 0.4, 2, (4 * 1.0 + 0.4) / 4),  # loaders take time from computing
    ],
)
def test_what_holds_a_step_up(device: str, load: float, workers: int, seconds: float) -> None:
    measured = trial(facts={"device": device, "threads": 4})
    assert measured.step_seconds(1.0, load, workers) == pytest.approx(seconds)


def test_disk_needed_counts_every_file() -> None:
    assert disk_needed(make_config(SMALL | {"epochs": 5}), trial()) == 2 * 100 + 300 + 300 + 5 * 1000


# --- rules ------------------------------------------------------------------------------------------------------------

CLASSES = ("ground", "leaf")


def facts(pixels: tuple[int, int] = (600, 400), images: int = 50, **changes: Any) -> SplitFacts:
    made = SplitFacts(images=images, looked_at=images, sizes=Counter({(64, 64): images}), pixels=list(pixels))
    for name, value in changes.items():
        setattr(made, name, Counter(value) if name == "sizes" else value)
    return made


def of_data(
    train: SplitFacts | None = None, val: SplitFacts | None = None, leaks: Any = (), **changes: Any
) -> set[str]:
    config = make_config(SMALL | changes)
    found = rules.about_data(config, CLASSES, train or facts(), val or facts(), list(leaks))
    return {finding.name for finding in found_checked(config, found)}


def found_checked(config: TrainConfig, found: Any) -> list[Advice]:
    """Every change leads to a sound configuration."""
    whole = config.to_json()
    findings = list(found)
    for finding in findings:
        for name, value in (finding.remedies[0].changes if finding.remedies else {}).items():
            outer, _, inner = name.partition(".")
            changed = {outer: whole[outer] | {inner: value}} if inner else {outer: value}
            make_config(whole | changed)
    return findings


@pytest.mark.parametrize(
    ("kind", "bad", "good"),
    [
        ("broken", {"train": facts(broken=["x"], broken_count=1)}, {}),
        ("no_labels", {"train": facts((0, 0))}, {}),
        ("no_labels_to_validate", {"val": facts((0, 0))}, {}),
        ("leak", {"leaks": [("a", "b")]}, {}),
        ("absent_in_training", {"train": facts((9, 0))}, {"train": facts((9, 1))}),
        ("absent_in_validation", {"val": facts((9, 0))}, {"val": facts((9, 1))}),
        ("rare", {"train": facts((999, 1))}, {"train": facts((99, 1))}),
        ("rare", {"train": facts((999, 1))}, {"train": facts((999, 1)), "class_weights": "inverse_log"}),
        ("few_to_validate", {"val": facts(images=9)}, {"val": facts(images=10)}),
        ("sampled", {"train": facts(looked_at=20)}, {}),
        ("batch_too_large", {"train": facts(images=7), "batch_size": 8}, {"train": facts(images=8), "batch_size": 8}),
        ("crop_too_large", {"size": 128}, {"size": 96}),
        ("crop_too_small", {"train": facts(sizes=[(3000, 4000)])}, {"train": facts(sizes=[(200, 200)])}),
        ("crop_too_small", {"train": facts(sizes=[(3000, 4000)])},
         {"train": facts(sizes=[(3000, 4000)]), "working_side": 96}),
    ],
)  # fmt: skip
def test_rules_over_the_data(kind: str, bad: dict[str, Any], good: dict[str, Any]) -> None:
    assert kind in of_data(**bad)
    assert kind not in of_data(**good)


def of_trial(*, has_card: bool = False, measured: dict[str, Any], **changes: Any) -> set[str]:
    config = make_config(SMALL | changes)
    return {
        each.name for each in found_checked(config, rules.about_trial(config, trial(**measured), has_card=has_card))
    }


@pytest.mark.parametrize(
    ("kind", "bad", "good"),
    [
        ("not_finite", {"measured": {"losses": (1.0, float("nan"))}}, {"measured": {}}),
        ("memory_tight", {"measured": {"peak": 7 * GB}}, {"measured": {"peak": 5 * GB}}),
        ("memory_tight", {"measured": {"peak": 4 * GB}, "devices": 2}, {"measured": {"peak": 4 * GB}}),
        ("batch_of_one", {"measured": {}, "batch_size": 1}, {"measured": {"batch_norm": False}, "batch_size": 1}),
        ("card_unused", {"measured": {}, "has_card": True}, {"measured": {}}),
        ("busy", {"measured": {"others_share": 0.5}}, {"measured": {"others_share": 0.1}}),
        ("loader_bound", {"measured": {"load": 3.0}}, {"measured": {"load": 0.1}}),
        ("loader_bound", {"measured": {"load": 3.0}}, {"measured": {"load": 3.0}, "workers": 4}),
    ],
)
def test_rules_over_the_measurements(kind: str, bad: dict[str, Any], good: dict[str, Any]) -> None:
    assert kind in of_trial(**bad)
    assert kind not in of_trial(**good)


def test_long_trainings_and_full_disks_are_told() -> None:
    assert [finding.name for finding in rules.about_time(30 * 3600)] == ["long"]
    assert not list(rules.about_time(3600))
    assert [finding.name for finding in rules.about_disk(2 * GB, GB)] == ["disk_full"]
    assert not list(rules.about_disk(GB, 2 * GB))


def test_a_batch_of_one_cannot_be_halved() -> None:
    assert make_config(SMALL | {"batch_size": 1}).halved() == {}
    assert make_config(SMALL | {"batch_size": 6, "devices": 4}).halved() == {}, "each process needs an image"
    assert make_config(SMALL | {"batch_size": 8}).halved() == {"batch_size": 4, "accumulate": 2}


def test_the_gravest_come_first() -> None:
    found = [rules.found("busy", share="1 %"), rules.found("few_to_validate", count=1), rules.found("not_finite")]
    assert [finding.severity for finding in by_severity(found)] == ["error", "warning", "note"]

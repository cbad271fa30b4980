"""Cross validation: the configurations of the folds, the runs they become, and the spread of what those say."""

import json
import math
import statistics
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from segcore.data import sample_names
from segcore.errors import BadConfig, BadRun
from segcore.runs import Run, list_runs
from segcore.train import cross_validation, make_config
from segcore.train.cross_validation import (
    cross_validations,
    fold_configs,
    read_cross_validation,
    spread,
    start_folds,
)
from segcore.train.training_data import open_data

SETTINGS = {"data": ["shapes:10:32"], "folds": 5, "epochs": 1}


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Names of the runs whose process would have been started."""
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    names: list[str] = []
    monkeypatch.setattr(cross_validation, "start", lambda run: names.append(run.name))
    return names


def test_the_folds_share_everything_but_what_validates() -> None:
    configs = fold_configs(SETTINGS)
    assert [config.fold for config in configs] == [0, 1, 2, 3, 4]
    assert len({config.model_copy(update={"fold": 0}).model_dump_json() for config in configs}) == 1
    held_back = [sample_names(open_data(config).val) for config in configs]
    assert sorted(chain.from_iterable(held_back)) == [f"train-{index:05d}" for index in range(10)]
    data = open_data(configs[2])
    assert not set(sample_names(data.train)) & set(sample_names(data.val))


def test_a_group_is_left_out_at_a_time() -> None:
    configs = fold_configs(SETTINGS | {"group_by": r"(\d)$", "data": ["shapes:12:32"]}, leave_group_out=True)
    assert len(configs) == 10
    held_back = [sample_names(open_data(config).val) for config in configs]
    assert sorted(map(len, held_back)) == [1] * 8 + [2, 2]
    assert ["train-00000", "train-00010"] in held_back


def test_groups_stay_together_without_folds_too(tmp_path: Path) -> None:
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        for number in range(30):
            PillowImage.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / kind / f"{number:02d}.png")
    (tmp_path / "classes.json").write_text(json.dumps({"classes": ["sky", "sea"]}))
    data = open_data(make_config({"data": [str(tmp_path)], "group_by": r"(\d)$", "val_share": 0.3}))
    ends = [{name[-1] for name in sample_names(part)} for part in (data.train, data.val)]
    assert not ends[0] & ends[1] and len(ends[1]) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"folds": 0}, "folds is 0; a cross validation needs at least 2"),
        ({"folds": 1}, "folds is 1"),
        ({"val_data": ["shapes:2:32"]}, "folds and val_data exclude each other"),
    ],
)
def test_what_is_no_cross_validation_is_told(changes: dict, words: str) -> None:
    with pytest.raises(BadConfig, match=words):
        fold_configs(SETTINGS | changes)
    with pytest.raises(BadConfig, match="fold is 5 of 5"):
        make_config(SETTINGS | {"fold": 5})


def test_leaving_groups_out_needs_groups() -> None:
    with pytest.raises(BadConfig, match="needs groups"):
        fold_configs(SETTINGS, leave_group_out=True)
    with pytest.raises(BadConfig, match="one dataset at a time"):
        fold_configs(SETTINGS | {"data": ["shapes:10:32", "shapes:12:32"], "group_by": r"\d$"}, leave_group_out=True)


def finish(run: Run, mious: list[float | None], state: str = "finished") -> None:
    """Write the events of a training that came to these scores."""
    run.emit("state", state="running")
    for epoch, miou in enumerate(mious):
        run.emit("val", epoch=epoch, miou=miou, iou=[miou, None], classes=["sky", "sea"])
    run.emit("state", state=state)


def test_folds_become_runs_and_their_scores_a_spread(started: list[str]) -> None:
    runs = start_folds(fold_configs(SETTINGS | {"folds": 3}), "mine")
    assert started == [run.name for run in runs] == ["mine-fold-1", "mine-fold-2", "mine-fold-3"]
    assert [run.plan["fold"] for run in runs] == [0, 1, 2]
    assert cross_validations() == ["mine"]

    finish(runs[0], [0.2, 0.6, 0.5])
    finish(runs[1], [0.1, 0.4])
    found = read_cross_validation("mine")
    assert [fold.state for fold in found.runs][:2] == ["finished", "finished"] and not found.finished
    assert [(fold.miou, fold.epoch, fold.last_miou) for fold in found.runs] == [
        (0.6, 2, 0.5),
        (0.4, 2, 0.4),
        (None, None, None),
    ]
    assert found.miou.mean == pytest.approx(0.5) and found.miou.folds == 2
    assert found.miou.deviation == pytest.approx(statistics.stdev([0.6, 0.4]))
    assert found.last_miou.mean == pytest.approx(0.45)
    assert found.iou["sky"].mean == pytest.approx(0.5) and found.iou["sea"].mean is None

    finish(runs[2], [None])
    found = read_cross_validation("mine")
    assert found.finished and found.folds == 3 and found.miou.folds == 2
    assert found.to_dict()["runs"][2]["miou"] is None


def test_a_name_is_taken_only_once() -> None:
    configs = fold_configs(SETTINGS | {"folds": 2})
    start_folds(configs, "mine")
    with pytest.raises(BadRun, match="already is a cross validation mine"):
        start_folds(configs, "mine")
    assert len(list_runs()) == 2
    with pytest.raises(BadRun, match="There are: mine"):
        read_cross_validation("min")


def test_spread_by_hand() -> None:
    assert spread([0.5, None, 0.7, math.nan, 0.6]).mean == pytest.approx(0.6)
    assert spread([0.5, None, 0.7, 0.6]).deviation == pytest.approx(0.1)
    assert (spread([0.5]).deviation, spread([]).mean, spread([None]).folds) == (None, None, 0)

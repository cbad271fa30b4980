"""train --check and lr-find: real processes once each; answers on disk for what they print."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from segcore.cli import main
from segcore.jobs import find_job
from segcore.paths import PROJECT
from segcore.runs import list_runs
from segcore.train import make_config
from segcore.train.checks import lr_finder, preflight
from segcore.train.checks.findings import found, preflight_json
from tests.jobs import stand_ins
from tests.jobs.made_jobs import made_job

SETTINGS: dict[str, Any] = {
    "options": {"width": 4, "depth": 2}, "data": ["shapes:14:32"], "size": 32, "batch_size": 4, "workers": 0,
    "device": "cpu", "precision": "32", "channels_last": "off", "epochs": 2,
}  # fmt: skip
CONFIG = make_config(SETTINGS)


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(SETTINGS))
    return str(path)


def segcore(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "segcore", *words], cwd=PROJECT, capture_output=True, text=True, check=False
    )


def test_check_measures_prints_and_starts_nothing(spec: str) -> None:
    answer = segcore("train", "--check", "--config", spec)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    for line in ("14 training images", "CLASS", "device   cpu", "step ", "epoch ", "memory ", "disk "):
        assert line in answer.stdout
    assert list_runs() == []
    assert find_job("preflight", preflight.question(CONFIG)) is not None


def test_lr_find_suggests(spec: str) -> None:
    answer = segcore("lr-find", "--config", spec, "--from", "1e-4", "--to", "10", "--steps", "30", "--json")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert 1e-4 <= found["rate"] < 10
    assert len(found["rates"]) == len(found["losses"]) == len(found["smoothed"]) <= 30


REPORT: dict[str, Any] = {
    "classes": ["ground"],
    "data": {
        split: {"images": 7, "smallest": None, "median": None, "largest": None, "shares": [0.0], "showing": [0]}
        for split in ("train", "val")
    },
    "data_use": [],
    "trial": None,
    "findings": [
        preflight_json(found("broken", count=2, total=7, first="two.png")),
        preflight_json(found("rare", {"augmentation.class_aware_crop": 0.3}, limit="0.5 %", names="leaf")),
    ],
}


def test_errors_give_exit_code_1_and_changes_can_be_typed(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    made_job("preflight", preflight.question(CONFIG), REPORT)
    assert main(["train", "--check", "--config", spec]) == 1
    told = capsys.readouterr().out
    assert "error: 2 of 7 images cannot be used" in told
    assert "--set augmentation.class_aware_crop=0.3" in told
    assert main(["train", "--check", "--config", spec, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["kind"] == "broken"


def test_no_suggestion_is_said(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    curve = {"rates": [0.1, 0.2], "losses": [1.0, 1.0], "smoothed": [1.0, 1.0], "rate": None, "rule": None}
    made_job("lr-find", lr_finder.question(CONFIG), curve)
    assert main(["lr-find", "--config", spec]) == 1
    assert "did not fall" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--steps", "3"], ["--from", "1", "--to", "0.1"]])
def test_rates_that_make_no_sense_start_no_job(words: list[str], spec: str) -> None:
    assert main(["lr-find", "--config", spec, *words]) == 2


def test_a_job_that_failed_tells_why(monkeypatch: pytest.MonkeyPatch) -> None:
    from segcore.cli.jobs import JobFailed, answer

    stand_ins.install(monkeypatch)
    with pytest.raises(JobFailed, match="no picture"):
        answer("refuses", {}, files=[], again=False)
    assert answer("adds", {"a": 1, "b": 1}, files=[], again=False)["sum"] == 2

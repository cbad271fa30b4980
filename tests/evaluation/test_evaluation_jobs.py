"""Evaluations as short jobs: the functions as the worker calls them, and once through a real process."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from segcore.errors import BadCheckpoint
from segcore.evaluation import SavedPredictions, load_robustness, report_of
from segcore.evaluation.evaluation_jobs import evaluate, robustness
from segcore.job_context import Cancelled, JobContext
from segcore.jobs import is_active, job_result, start_job
from segcore.runs.journal import plain_values
from tests.evaluation.toy_checkpoint import DATA, save_little


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    place = save_little(tmp_path / "little.safetensors").path
    return {"checkpoint": str(place), "data": DATA, "split": "val", "engine": "torch", "device": "cpu"}


class Watcher:
    """Takes the place of the worker; asks to stop after some progress."""

    def __init__(self, patience: int = 10**9) -> None:
        self.told: list[dict[str, Any]] = []
        self.patience = patience

    def emit(self, kind: str, /, **facts: Any) -> None:
        if kind == "progress":
            self.told.append(facts)

    def job(self, folder: Path) -> JobContext:
        return JobContext(folder, self.emit, lambda: len(self.told) > self.patience)


def test_evaluate(settings: dict[str, Any], tmp_path: Path) -> None:
    watcher = Watcher()
    result = evaluate(settings | {"limit": 3}, watcher.job(tmp_path / "job"))
    assert result is not None and watcher.told[-1] == {"done": 3, "total": 3, "doing": "evaluating"}
    report = report_of(json.loads(json.dumps(plain_values(result))), "the job")
    assert (report.images, report.split, report.source, report.checkpoint) == (3, "val", DATA, "little")
    assert len(report.checkpoint_sha256) == 64 and report.outlines is not None
    assert SavedPredictions(tmp_path / "job" / "predictions").rows() == [0, 1, 2]
    assert all(row.loss > 0 for row in report.rows)


def test_robustness_lays_its_card_beside_the_checkpoint(settings: dict[str, Any], tmp_path: Path) -> None:
    from segcore.checkpoint import CheckpointRef

    watcher = Watcher()
    result = robustness(settings | {"limit": 1, "kinds": ["flip", "fgsm"]}, watcher.job(tmp_path / "job"))
    assert result is not None and watcher.told[-1] == {"done": 7, "total": 7, "doing": "corrupting"}
    card = load_robustness(CheckpointRef.of(settings["checkpoint"]))
    assert card is not None and card.to_dict() == result


@pytest.mark.parametrize("work", [evaluate, robustness])
def test_a_wish_to_stop_is_granted(work: Any, settings: dict[str, Any], tmp_path: Path) -> None:
    watcher = Watcher(patience=2)
    with pytest.raises(Cancelled):
        work(settings, watcher.job(tmp_path / "job"))
    assert len(watcher.told) <= 4


def test_a_missing_checkpoint_is_a_sentence(settings: dict[str, Any], tmp_path: Path) -> None:
    watcher = Watcher()
    with pytest.raises(BadCheckpoint, match="no checkpoint called"):
        evaluate(settings | {"checkpoint": "nobody"}, watcher.job(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="signals and inherited locks are POSIX")
def test_through_a_real_process(settings: dict[str, Any]) -> None:
    run = start_job("evaluate", settings | {"limit": 1, "outlines": False})
    deadline = time.monotonic() + 60
    while is_active(run):
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)
    result = job_result(run)
    assert result is not None, run.log_path.read_text()
    assert report_of(result, "the job").images == 1 and result["outlines"] is None


def test_a_method_without_a_network_is_evaluated_too(settings: dict[str, Any], tmp_path: Path) -> None:
    asked = {"data": DATA, "split": "val", "method": "slic", "parameters": {"segments": 30}, "outlines": False}
    watcher = Watcher()
    result = evaluate(asked, watcher.job(tmp_path / "job"))
    assert result is not None and result["checkpoint"] == "slic-oracle"
    assert report_of(json.loads(json.dumps(plain_values(result))), "the job").note.startswith("Upper bound")
    assert SavedPredictions(tmp_path / "job" / "predictions").rows()

"""A run whose data has changed resumes only where the user says so."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.cli import main
from segcore.coach.failed_runs import failure_advice
from segcore.runs import run_at
from segcore.train.data_changes import accept_changed_data
from segcore.train.process.worker import run_worker
from tests.train.small import run_of


def dataset(root: Path, numbers: range) -> Path:
    for kind in ("images", "masks"):
        (root / kind).mkdir(parents=True, exist_ok=True)
    (root / "classes.json").write_text(json.dumps({"classes": ["background", "leaf"]}), encoding="utf-8")
    for number in numbers:
        random = np.random.default_rng(number)
        Image.fromarray(random.integers(0, 256, (32, 32, 3), np.uint8)).save(root / "images" / f"{number}.png")
        Image.fromarray(random.integers(0, 2, (32, 32), np.uint8)).save(root / "masks" / f"{number}.png")
    return root


@pytest.fixture
def run(tmp_path: Path):
    """A run that has done one of two epochs."""
    made = run_of(data=[str(dataset(tmp_path / "set", range(8)))], epochs=1, samples=0, val_share=0.25)
    assert run_worker(made) == "finished"
    made.amend({"epochs": 2})
    return made


def test_unchanged_data_is_no_question(run):
    assert run_worker(run, again=True) == "finished"
    uses = run.last("setup")["data_use"]
    assert "drawn at random" in uses[0]["text"]


def test_more_images_are_said_and_continued_with_on_consent(run, tmp_path, capsys):
    dataset(tmp_path / "set", range(8, 14))
    assert run_worker(run, again=True) == "failed"
    reason = run.last("state")["reason"]
    assert "has changed since it began" in reason
    assert "6 images became 10" in reason
    advice = failure_advice(run)
    assert (advice.rule, advice.remedies[0].label) == ("failure.data_changed", "changed_data")
    assert main(["runs", "resume", run.name]) == 2
    assert "--accept-changed-data" in capsys.readouterr().err
    accept_changed_data(run)
    assert run_worker(run_at(run.path), again=True) == "finished"


def test_a_mask_that_was_drawn_again_counts(run, tmp_path):
    Image.fromarray(np.ones((32, 32), np.uint8)).save(tmp_path / "set" / "masks" / "3.png")
    assert run_worker(run, again=True) == "failed"
    assert "1 changed" in run.last("state")["reason"]

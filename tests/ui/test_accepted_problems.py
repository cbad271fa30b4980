"""Problems of the data stop Train and Evaluate until they are ticked."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from segcore import paths
from segcore.jobs import start
from segcore.jobs.worker import run_job
from segcore.paths import PROJECT
from segcore.runs import Run, list_runs, new_run
from segcore.train import make_config
from tests.evaluation.toy_checkpoint import save_little

SMALL = {"options": {"width": 4, "depth": 2}, "size": 32, "batch_size": 2, "device": "cpu", "epochs": 1}


@pytest.fixture
def leaves(tmp_path: Path) -> Path:
    """Masks of 0 and 255 with two classes."""
    root = tmp_path / "leaves"
    for kind in ("images", "masks"):
        (root / kind).mkdir(parents=True)
    (root / "classes.json").write_text(json.dumps({"classes": ["background", "disc"]}), encoding="utf-8")
    for number in range(4):
        random = np.random.default_rng(number)
        Image.fromarray(random.integers(0, 256, (32, 48, 3), np.uint8)).save(root / "images" / f"{number}.png")
        Image.fromarray(255 * random.integers(0, 2, (32, 48), np.uint8)).save(root / "masks" / f"{number}.png")
    return root


def opened(page_name: str, **address: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page(f"../pages/{page_name}.py")
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def errors(page: AppTest) -> str:
    return "\n".join(box.value for box in page.error)


def test_train_starts_after_the_tick(leaves: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr("ui.train.start.start", lambda run: started.append(run.name))
    new_run(make_config({**SMALL, "data": [str(leaves)]}).to_json(), name="like")
    page = opened("train", like="like")
    page.button(key="train.start").click().run()
    assert "Masks use 0 and 255 for no and yes" in errors(page)
    assert not started
    (tick,) = [box for box in page.checkbox if box.key.startswith("train.accept.binary_255")]
    tick.check().run()
    page.button(key="train.start").click().run()
    assert not page.exception
    assert len(started) == 1
    assert len(list_runs()) == 2


def test_evaluate_starts_after_the_tick(leaves: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(run: Run, *, module: str) -> None:
        run_job(run)

    monkeypatch.setattr(start, "start", work)
    place = paths.own_checkpoints_dir()
    place.mkdir(parents=True, exist_ok=True)
    save_little(place / "little.safetensors")
    page = opened("evaluate", model="little", data=str(leaves))
    page.button(key="evaluate.job.start").click().run()
    assert "Masks use 0 and 255 for no and yes" in errors(page)
    assert "accept" not in errors(page), "the page has a tick, not an option of a command"
    (tick,) = [box for box in page.checkbox if ".accept.binary_255" in box.key]
    tick.check().run()
    page.button(key="evaluate.job.start").click().run()
    assert not page.exception
    assert not page.error


def test_a_search_for_a_rate_starts_after_the_tick(leaves: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(run: Run, *, module: str) -> None:
        run_job(run)

    monkeypatch.setattr(start, "start", work)
    new_run(make_config({**SMALL, "data": [str(leaves)]}).to_json(), name="like")
    page = opened("train", like="like")
    page.button(key="train.lr.start").click().run()
    assert "Masks use 0 and 255 for no and yes" in errors(page)
    page.button(key="train.start").click().run()
    for place in ("train.lr", "train"):  # the same tick at two places
        (tick,) = [box for box in page.checkbox if box.key.startswith(f"{place}.accept.binary_255")]
        (tick.uncheck() if tick.value else tick.check()).run()
        assert not page.exception
        assert len({box.value for box in page.checkbox if ".accept.binary_255" in box.key}) == 1

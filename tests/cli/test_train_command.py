"""train: the true worker once and once interrupted; stand-ins for the ways in which a training can end."""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from segcore.checkpoint import load_card
from segcore.cli import main, train
from segcore.cli.settings import add_setting_options, typed_settings
from segcore.paths import PROJECT
from segcore.runs import Run, list_runs, open_run, start
from segcore.train import make_config

SMALL = (
    *("--model", "unet", "--options", "width=4", "--data", "shapes:8:32", "--size", "32", "--batch-size", "2"),
    *("--workers", "0", "--device", "cpu", "--precision", "32", "--channels-last", "off", "--log-every-steps", "1"),
)
STAND_IN = """
import sys, time
from pathlib import Path
from segcore.runs import run_at
run = run_at(Path(sys.argv[1]))
with run.hold():
    run.emit("state", state="running")
    {body}
"""
TWO_EPOCHS = """
    run.emit("setup", classes=["a", "b"], train_images=1234, val_images=56, parameters=7_800_000, device="cpu",
             precision="bf16", channels_last=True)
    for epoch, miou in enumerate([0.5, 0.25]):
        for loss in (1.0, 0.5):
            run.emit("step", epoch=epoch, step=0, loss=loss)
        run.emit("val", epoch=epoch, loss=0.75, miou=miou, images=1234, train_seconds=100.0, convention="Counted so.")
        if epoch == 0:
            run.emit("best", epoch=epoch, miou=miou)
    run.checkpoint_path("best").write_text("weights")
    run.emit("state", state="finished")
"""


def stand_in(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put a few lines in the place of the worker, in a process all the same."""

    def start_stand_in(run: Run) -> int:
        return start(run, command=[sys.executable, "-c", STAND_IN.format(body=body), str(run.path)])

    monkeypatch.setattr(train, "start", start_stand_in)


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_one_epoch_with_the_true_worker(home: Path) -> None:
    words = [sys.executable, "-m", "segcore", "train", *SMALL, "--epochs", "1", "--run", "first"]
    answer = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    lines = answer.stdout.splitlines()
    run = open_run("first")
    assert lines[0] == str(run.path) == str(home / "runs" / "first")
    assert any(line.startswith("epoch 1/1   loss ") and "mIoU" in line and "images/s" in line for line in lines)
    assert lines[-1].startswith("best mIoU ")
    assert lines[-1].endswith(str(run.checkpoint_path("best")))
    assert run.status() == "finished"
    assert load_card(run.checkpoint_path("best")).architecture == "unet"
    assert run.spec["epochs"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is a POSIX signal here")
def test_ctrl_c_stops_the_true_worker_and_keeps_its_weights() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "segcore", "train", *SMALL, "--epochs", "5000"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    run = Run(Path(process.stdout.readline().strip()))
    while run.last("step") is None:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines() == [
        "Stopping within a few steps; the last weights are kept. Ctrl-C again stops at once.",
        "Stopped.",
    ]
    assert run.status() == "stopped"
    assert run.checkpoint_path("last").exists()
    assert str(run.path / "checkpoints") in out.splitlines()[-1]


def test_a_training_is_told_epoch_by_epoch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stand_in(monkeypatch, TWO_EPOCHS)
    assert main(["train", "--data", "shapes:4:32", "--epochs", "2"]) == 0
    (run,) = list_runs()
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        str(run.path),
        "1234 images to train on, 56 to validate on, 2 classes, 7.8 M parameters, "
        "cpu with precision bf16, channels last",
        "mIoU of the validation images. Counted so.",
        "epoch 1/2   loss 0.7500   validation loss 0.7500   mIoU 0.500   12.3 images/s",
        "epoch 2/2   loss 0.7500   validation loss 0.7500   mIoU 0.250   12.3 images/s",
        f"best mIoU 0.500 in epoch 1: {run.checkpoint_path('best')}",
    ]
    assert said.err == ""


def test_the_same_as_json_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stand_in(monkeypatch, TWO_EPOCHS)
    assert main(["train", "--data", "shapes:4:32", "--epochs", "2", "--run", "mine", "--json"]) == 0
    run = open_run("mine")
    first, *events, result = lines_of(capsys.readouterr().out)
    assert first == {"kind": "run", "name": "mine", "path": str(run.path)}
    assert events == run.events()[0]
    assert result["kind"] == "result"
    assert result["state"] == "finished"
    assert result["best_miou"] == 0.5
    assert result["best_checkpoint"] == str(run.checkpoint_path("best"))
    assert result["last_checkpoint"] is None


@pytest.mark.parametrize(
    ("body", "state", "sentences"),
    [
        ('run.emit("state", state="failed", reason="The loss is no number.")', "failed", ["The loss is no number."]),
        ("raise RuntimeError('out of luck')", "lost", ["process of the training died", "RuntimeError: out of luck"]),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "lost",
            ["process of the training died", "(nothing)"],
        ),
    ],
)
def test_a_training_that_ends_badly_says_so(
    body: str, state: str, sentences: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, body)
    assert main(["train", "--data", "shapes:4:32"]) == 1
    (run,) = list_runs()
    assert run.status() == state
    err = capsys.readouterr().err
    assert all(sentence in err for sentence in sentences)


def test_a_training_that_somebody_else_stopped_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, 'run.emit("state", state="stopped")')
    assert main(["train", "--data", "shapes:4:32"]) == 0
    assert capsys.readouterr().err == "Stopped.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is a POSIX signal here")
def test_a_second_ctrl_c_stops_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The stand-in does not look at the wish to stop, like a training in a very long step."""
    stand_in(
        monkeypatch,
        "try: time.sleep(60)\n    except KeyboardInterrupt: run.emit('state', state='stopped', reason='At once.')",
    )

    def press_twice() -> None:
        while not any(run.status() == "running" for run in list_runs()):
            time.sleep(0.02)
        for _ in range(2):
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)  # ignored, when the tests run in the background of a shell
    presser = threading.Thread(target=press_twice)
    presser.start()
    assert main(["train", "--data", "shapes:4:32"]) == 130
    presser.join()
    assert capsys.readouterr().err.splitlines()[-1] == "Stopped. At once."
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--data", "/nowhere/at/all"], "/nowhere/at/all"),
        (["--data", "shapes:4:32", "--run", "a b"], "cannot name a run"),
        (["--data", "shapes:4:32", "--classes", "disc"], "map"),
    ],
)
def test_mistakes_are_told_before_there_is_a_run(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.out == ""
    assert list_runs() == []


def test_a_device_that_is_not_here_is_told_before_there_is_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", "shapes:4:32", "--device", "cuda:99"]) == 1
    assert "cuda:99 is not on this machine; available: cpu" in capsys.readouterr().err
    assert list_runs() == []


def test_torchruns_words_are_understood() -> None:
    parser = argparse.ArgumentParser()
    add_setting_options(parser)
    parser.set_defaults(config=None, set=[])
    words = "--devices 4 --nnodes 2 --node-rank 1 --rdzv-endpoint machine:29500 --batch-size 8"
    config = make_config(typed_settings(parser.parse_args(words.split())))
    assert (config.devices, config.nodes, config.node_rank, config.rendezvous) == (4, 2, 1, "machine:29500")


def test_a_name_that_is_taken_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stand_in(monkeypatch, 'run.emit("state", state="finished")')
    assert main(["train", "--data", "shapes:4:32", "--run", "mine"]) == 0
    assert main(["train", "--data", "shapes:4:32", "--run", "mine"]) == 2
    assert 'already is a run "mine"' in capsys.readouterr().err


def test_detached_returns_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stand_in(monkeypatch, "while run.requested() is None: time.sleep(0.01)\n    run.emit('state', state='stopped')")
    assert main(["train", "--data", "shapes:4:32", "--detach"]) == 0
    (run,) = list_runs()
    assert capsys.readouterr().out.splitlines() == [str(run.path)]
    assert run.status() in ("starting", "running")
    run.request("stop")
    while run.status() != "stopped":
        time.sleep(0.01)

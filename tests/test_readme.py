"""What the README tells people to type works as it stands there; only the training is made short."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from segcore.cli import main
from segcore.paths import PROJECT
from segcore.runs import list_runs
from tests.browser.dashboard import free_port

TEXT = (PROJECT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line.strip(), comments=True)[3:]
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.strip().startswith("python -m segcore")
]
SEVERAL = [words for words in COMMANDS if "--devices" in words]
"""Trainings of several processes take their time to start, and some are for two machines."""
SHORT = shlex.split(
    "--epochs 1 --options width=4 depth=2 --size 32 --batch-size 2 --workers 0 --device cpu --precision 32"
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the files that the README assumes: a photo, and a dataset of leaves."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    Image.fromarray(skimage.data.chelsea()).save("photo.jpg")
    leaves = Path("my_leaves")
    for folder in ("images", "masks"):
        (leaves / folder).mkdir(parents=True)
    (leaves / "classes.json").write_text('{"classes": ["background", "leaf"]}')
    rng = np.random.default_rng(0)
    for index in range(8):
        mask = np.zeros((40, 48), np.uint8)
        mask[index : index + 20, 10:30] = 1
        noise = rng.integers(0, 60, (40, 48, 3), np.uint8)
        Image.fromarray(noise + mask[..., None] * np.uint8(120)).save(leaves / "images" / f"{index}.png")
        Image.fromarray(mask).save(leaves / "masks" / f"{index}.png")
    return tmp_path


def test_the_readme_has_the_commands_this_file_knows():
    known = ["predict", "data", "train", "evaluate", "data", "data", *["runs"] * 3]
    assert [words[0] for words in COMMANDS if words not in SEVERAL] == known
    assert [words[words.index("--nnodes") + 1] if "--nnodes" in words else "1" for words in SEVERAL] == ["1", "2", "2"]


def test_every_command_works_in_its_order(place, capsys):
    for words in COMMANDS:
        if "--help" in words or words in SEVERAL:
            continue
        runs = list_runs()
        names = {"RUN": runs[0].name, "RUN_FOLDER": str(runs[0].path)} if runs else {}
        typed = [names.get(word, word.replace("RUN_FOLDER", names.get("RUN_FOLDER", ""))) for word in words]
        assert main(typed + (SHORT if words[0] == "train" else [])) == 0, capsys.readouterr().err
    assert (place / "results" / "photo_labels.png").is_file()
    assert (place / "home" / "checkpoints" / "leaves.safetensors").is_file()


@pytest.mark.long
def test_trainings_of_several_processes_work(place):
    """With two processes a machine, and both machines on this one, in a home of its own each."""
    here = f"127.0.0.1:{free_port()}"
    processes = []
    for number, words in enumerate(SEVERAL):
        typed = [here if word == "first-machine:29500" else word for word in words]
        home = os.environ | {"SEGCORE_HOME": str(place / f"home-{number}"), "PYTHONPATH": str(PROJECT)}
        line = [sys.executable, "-m", "segcore", *typed, *SHORT, "--devices", "2", "--batch-size", "4"]
        processes.append(subprocess.Popen(line, env=home))
    assert [process.wait() for process in processes] == [0, 0, 0]
    kept = [len(list((place / f"home-{number}").glob("runs/*/checkpoints/*"))) for number in range(3)]
    assert kept == [2, 2, 0]


def test_the_python_lines_work(place):
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    lines = "\n".join(line.removeprefix("  ") for line in code.splitlines())
    names: dict = {}
    exec(compile(lines, "README.md", "exec"), names)
    assert names["prediction"].labels.shape == skimage.data.chelsea().shape[:2]
    assert names["prediction"].labels.dtype == np.uint8

"""What the README tells people to type works as it stands there; only the training is made short."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from segcore.cli import main
from segcore.paths import PROJECT
from segcore.runs import list_runs

TEXT = (PROJECT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line.strip(), comments=True)[3:]
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.strip().startswith("python -m segcore")
]
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
    assert [words[0] for words in COMMANDS] == ["predict", "data", "train", "evaluate", *["runs"] * 3]


def test_every_command_works_in_its_order(place, capsys):
    for words in COMMANDS:
        if "--help" in words:
            continue
        runs = list_runs()
        names = {"RUN": runs[0].name, "RUN_FOLDER": str(runs[0].path)} if runs else {}
        typed = [names.get(word, word.replace("RUN_FOLDER", names.get("RUN_FOLDER", ""))) for word in words]
        assert main(typed + (SHORT if words[0] == "train" else [])) == 0, capsys.readouterr().err
    assert (place / "results" / "photo_labels.png").is_file()
    assert (place / "home" / "checkpoints" / "leaves.safetensors").is_file()


def test_the_python_lines_work(place):
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    lines = "\n".join(line.removeprefix("  ") for line in code.splitlines())
    names: dict = {}
    exec(compile(lines, "README.md", "exec"), names)
    assert names["prediction"].labels.shape == skimage.data.chelsea().shape[:2]
    assert names["prediction"].labels.dtype == np.uint8

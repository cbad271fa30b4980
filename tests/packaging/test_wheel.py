"""The wheel that `pip install .` makes, in a virtual environment that holds nothing else of this project."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

from segcore.paths import PROJECT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w"]
    subprocess.run([*command, str(folder), str(PROJECT)], check=True, capture_output=True, text=True)
    (built,) = folder.glob("segcore-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """The folder of commands of an environment with the wheel; the libraries come from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    command = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install", "--no-deps", "--no-index"]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True, text=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return scripts


def run(environment: Path, *words: str, folder: Path, command: str = "segcore") -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(environment / command), *words], check=False, cwd=folder, capture_output=True, text=True, timeout=240,
        env=variables | {"SEGCORE_HOME": str(folder / "home")},
    )  # fmt: skip


def test_the_wheel_holds_the_package_its_texts_and_its_weights(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"segcore/locale/en.json", "segcore/locale/zh.json", "segcore/checkpoints/everyday.safetensors"} <= names
    assert not [name for name in names if name.startswith(("ui/", "pages/", "tests/", "home/"))]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_command_segments_a_photo(environment, tmp_path):
    Image.fromarray(skimage.data.chelsea()).save(tmp_path / "cat.jpg")
    done = run(environment, "predict", "cat.jpg", "--checkpoint", "everyday", "--out", "masks", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "masks" / "cat_labels.png") as labels:
        assert labels.size == (451, 300)


def test_the_texts_are_found(environment, tmp_path):
    code = "import segcore; from segcore.text import languages; print(segcore.__file__, *languages())"
    done = run(environment, "-c", code, folder=tmp_path, command="python")
    file, *languages = done.stdout.split()
    assert languages == ["en", "zh"], done.stderr
    assert PROJECT not in Path(file).parents


def test_serve_outside_a_checkout_says_where_to_go(environment, tmp_path):
    done = run(environment, "serve", folder=tmp_path)
    assert done.returncode == 1
    assert "is no checkout of segcore" in done.stderr
    assert "Traceback" not in done.stderr

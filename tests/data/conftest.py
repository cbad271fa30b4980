"""A small dataset folder, made anew for each test that asks for one."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MakeFolder = Callable[..., Path]
WritePair = Callable[..., None]


def _write_pair(root: Path, name: str, labels: np.ndarray, *, suffix: str = ".png", seed: int = 0) -> None:
    """A noise photo and its mask."""
    noise = np.random.default_rng(seed).integers(0, 256, (*labels.shape, 3), np.uint8)
    Image.fromarray(noise).save(root / "images" / f"{name}{suffix}")
    Image.fromarray(labels.astype(np.uint8)).save(root / "masks" / f"{name}.png")


@pytest.fixture
def write_pair() -> WritePair:
    """Call it with a folder, a name and labels; keywords: suffix and seed of the photo."""
    return _write_pair


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Call it with a number of pairs; further keywords go into classes.json."""

    def make(count: int = 4, *, at: str = "set", **facts: object) -> Path:
        root = tmp_path / at
        (root / "images").mkdir(parents=True)
        (root / "masks").mkdir()
        for index in range(count):
            labels = np.zeros((20, 30), np.uint8)
            labels[5:15, 5 : 10 + index] = 1
            labels[0, 0] = 255
            _write_pair(root, f"photo{index}", labels, seed=_number_of(at) + index)
        contents = {"classes": ["background", "cat"], "ignore_index": 255, **facts}
        (root / "classes.json").write_text(json.dumps(contents), encoding="utf-8")
        return root

    return make


def _number_of(text: str) -> int:
    """A number that differs between folders, so that no two hold the same pictures by accident."""
    return sum(text.encode()) * 1000

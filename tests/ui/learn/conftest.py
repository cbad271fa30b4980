"""A small U-Net of the drawn shapes for lessons that need one, where none is shipped."""

from pathlib import Path

import pytest
import torch

from segcore.checkpoint import CheckpointCard, list_checkpoints, save_checkpoint
from segcore.data import open_dataset
from segcore.models import build_model
from segcore.palette import default_colours


def _save_little(home: Path, name: str) -> None:
    """An untrained U-Net in the visitor's own folder."""
    torch.manual_seed(0)
    classes = open_dataset("shapes").classes
    options = {"width": 4, "depth": 4}
    card = CheckpointCard(
        name=name,
        title="Little *net*",
        architecture="unet",
        options=options,
        classes=classes,
        colours=default_colours(classes),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )
    folder = home / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    save_checkpoint(folder / f"{name}.safetensors", build_model("unet", num_classes=len(classes), **options), card)


@pytest.fixture
def little(own_home: Path) -> str:
    """The name of an untrained U-Net."""
    _save_little(own_home, "little")
    return "little"


@pytest.fixture(autouse=True)
def a_unet(own_home: Path) -> None:
    """Put one there for the lesson that needs one, unless a real one is shipped."""
    if not any(card.architecture == "unet" for _, card in list_checkpoints()):
        _save_little(own_home, "shapes")

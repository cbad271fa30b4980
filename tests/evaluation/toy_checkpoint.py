"""A little network and its file, for tests of evaluations that need a real one."""

from pathlib import Path

import torch
from torch import nn

from segcore.checkpoint import Checkpoint, CheckpointCard, CheckpointRef, save_checkpoint
from segcore.checkpoint.weights_file import load_checkpoint
from segcore.data import Normalisation, open_dataset
from segcore.models import build_model

DATA = "shapes:4:64"


def save_little(path: Path, *, seed: int = 0, in_channels: int = 3, working_side: int | None = None) -> CheckpointRef:
    """A U-Net with random weights; what it says is arbitrary but always the same."""
    torch.manual_seed(seed)
    data = open_dataset(DATA)
    model = build_model("unet", num_classes=len(data.classes), in_channels=in_channels, width=4).eval()
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1):
            nn.init.normal_(module.weight, std=2.0)  # so that it does not say one class everywhere
    normalisation = Normalisation()
    card = CheckpointCard(
        name=path.stem,
        title="Little U-Net",
        architecture="unet",
        options={"width": 4},
        in_channels=in_channels,
        classes=data.classes,
        colours=data.colours,
        mean=normalisation.mean[:in_channels],
        std=normalisation.std[:in_channels],
        working_side=working_side,
    )
    return save_checkpoint(path, model, card)


def little(path: Path) -> Checkpoint:
    """The same, loaded."""
    return load_checkpoint(save_little(path))

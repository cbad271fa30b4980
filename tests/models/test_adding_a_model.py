"""CONTRIBUTING's recipe: a model is its file and a line in the registry; everything else follows from the card."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from segcore import paths

TINY = '''"""A model of one convolution."""

from torch import Tensor, nn

from segcore.models.base import ModelCard, SegOutput
from segcore.models.blocks import conv_block, dropout_layer
from segcore.models.options import Count, Norm, Share


class Tiny(nn.Module):
    """One convolution and a classifier.

    Args:
        width: channels.
        dropout: share of the channels that is dropped in training.
        norm: "batch" or "group".
    """

    def __init__(
        self, num_classes: int, *, in_channels: int = 3, width: Count = 4, dropout: Share = 0.0, norm: Norm = "batch"
    ) -> None:
        super().__init__()
        self.conv = nn.Sequential(conv_block(in_channels, width, norm=norm), dropout_layer(dropout))
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, image: Tensor) -> SegOutput:
        """Map (N, C, H, W) to logits (N, K, H, W)."""
        return SegOutput(self.head(self.conv(image)))


CARD = ModelCard(
    name="tiny", title="Tiny", year=2026, task="semantic", build=Tiny, min_size=1, stages=("conv", "head"),
    paper="https://example.org", summary="One convolution.", examples=({}, {"width": 2, "norm": "group"}),
)
'''


def test_a_file_and_a_line_in_the_registry_are_a_model(tmp_path: Path) -> None:
    copied = shutil.copytree(paths.PROJECT / "segcore", tmp_path / "segcore", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copytree(paths.PROJECT / "tests" / "models", tmp_path / "tests" / "models")
    shutil.copy(paths.PROJECT / "pyproject.toml", tmp_path)
    (copied / "models" / "tiny.py").write_text(TINY, encoding="utf-8")
    registry = copied / "models" / "registry.py"
    text = registry.read_text(encoding="utf-8")
    text = text.replace("segnet, unet\n", "segnet, tiny, unet\n")
    text = text.replace("        unet.CARD,\n", "        unet.CARD,\n        tiny.CARD,\n")
    assert text.count("tiny") == 2
    registry.write_text(text, encoding="utf-8")
    tests = ["tests/models/test_model_contract.py", "tests/models/test_model_registry.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *tests, "-k", "tiny or table_holds"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split(" passed")[0].split()[-1]) >= 20, done.stdout

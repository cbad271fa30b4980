"""The first page is served, and photos are segmented by the command line, without torch: it takes seconds to import."""

import subprocess
import sys

import pytest

from segcore.paths import PROJECT

_BLOCKED = """
import importlib, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
for module in sys.argv[1:]:
    importlib.import_module(module)
"""


@pytest.mark.parametrize(
    "modules",
    [
        [
            "ui.server",
            "ui.api.routes",
            "ui.links",
            *(f"ui.segment.{path.stem}" for path in PROJECT.glob("ui/segment/*.py")),
        ],
        ["segcore.data", "segcore.checkpoint", "segcore.metrics", "segcore.inference", "segcore.jobs.start"],
    ],
    ids=["the Segment page", "files and inference"],
)
def test_torch_is_not_imported(modules):
    done = subprocess.run(
        [sys.executable, "-c", _BLOCKED, *modules], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

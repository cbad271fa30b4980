"""What holds for every test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def _processes_as_installed() -> Iterator[None]:
    """Processes that tests start have no torchmetrics, as those of users.

    requirements-dev.txt has it, to compare with. Fabric imports it where it is installed, which takes two seconds.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).with_name("as_installed")), prepend=os.pathsep)
        yield


@pytest.fixture(autouse=True)
def _same_threads() -> Iterator[None]:
    """A test that leaves another number of threads changes the sums, and so the last bits, of all after it."""
    before = torch.get_num_threads()
    yield
    assert torch.get_num_threads() == before

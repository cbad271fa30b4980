"""What holds for every test."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def _same_threads() -> Iterator[None]:
    """A test that leaves another number of threads changes the sums, and so the last bits, of all after it."""
    before = torch.get_num_threads()
    yield
    assert torch.get_num_threads() == before

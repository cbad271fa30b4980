"""The map of mistakes of one class."""

import numpy as np
import pytest

from segcore.metrics import PixelOutcome, confusion, error_map
from segcore.types import IGNORE


def test_every_outcome() -> None:
    truth = np.array([[1, 1, 0, 0, IGNORE, IGNORE]], np.uint8)
    labels = np.array([[1, 2, 1, 2, 1, 0]], np.uint8)
    assert [PixelOutcome(code) for code in error_map(labels, truth, 1)[0]] == [
        PixelOutcome.TRUE_POSITIVE,
        PixelOutcome.FALSE_NEGATIVE,
        PixelOutcome.FALSE_POSITIVE,
        PixelOutcome.TRUE_NEGATIVE,
        PixelOutcome.IGNORED,
        PixelOutcome.IGNORED,
    ]


def test_the_map_agrees_with_the_counts() -> None:
    rng = np.random.default_rng(0)
    labels, truth = rng.integers(0, 4, (2, 21, 17)).astype(np.uint8)
    truth[rng.random(truth.shape) < 0.2] = IGNORE
    table = confusion(labels, truth, 4)
    for c in range(4):
        outcomes = error_map(labels, truth, c)
        assert outcomes.dtype == np.uint8
        found = {outcome: int((outcomes == outcome).sum()) for outcome in PixelOutcome}
        assert found[PixelOutcome.TRUE_POSITIVE] == table[c, c]
        assert found[PixelOutcome.FALSE_POSITIVE] == table[:, c].sum() - table[c, c]
        assert found[PixelOutcome.FALSE_NEGATIVE] == table[c].sum() - table[c, c]
        assert found[PixelOutcome.IGNORED] == (truth == IGNORE).sum()
        assert sum(found.values()) == truth.size


def test_other_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="must be equal"):
        error_map(np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8), 0)

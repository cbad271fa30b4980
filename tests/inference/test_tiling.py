"""Windows: their weights add up to one everywhere, and a blended image is what one pass would give."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.inference.tiling import axis_tiles, network_pixels, probability_bands, tile_count

CAREFULLY = settings(deadline=None, max_examples=25, derandomize=True)


@CAREFULLY
@given(length=st.integers(1, 500), tile=st.integers(2, 120), data=st.data())
def test_weights_add_up_to_one_and_nobody_is_left_out(length, tile, data):
    overlap = data.draw(st.integers(0, tile - 1))
    total = np.zeros(length)
    starts = []
    for start, weights in axis_tiles(length, tile, overlap):
        assert 0 <= start <= start + len(weights) <= length
        assert (weights > 0).all()
        total[start : start + len(weights)] += weights
        starts.append(start)
    np.testing.assert_allclose(total, 1, atol=1e-5)
    assert all(0 < b - a <= tile - overlap for a, b in pairwise(starts))


def test_an_overlap_as_large_as_the_window_is_a_wrong_call():
    with pytest.raises(ValueError, match="overlap"):
        axis_tiles(100, 32, 32)


def local_look(window):
    """A network that looks at one pixel only: three channels as three classes."""
    p = window.astype(np.float32) + 1
    return np.ascontiguousarray((p / p.sum(axis=2, keepdims=True)).transpose(2, 0, 1))


@CAREFULLY
@given(height=st.integers(1, 150), width=st.integers(1, 150), tile=st.integers(8, 64), data=st.data())
def test_of_a_pointwise_network_tiles_give_what_one_pass_gives(height, width, tile, data):
    overlap = data.draw(st.integers(0, tile - 1))
    overlap = min(overlap, tile * 3 // 4)
    rgb = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)
    bands = [band.copy() for band in probability_bands(local_look, rgb, 3, tile=tile, overlap=overlap)]
    np.testing.assert_allclose(np.concatenate(bands, axis=1), local_look(rgb), atol=1e-5)


def test_windows_are_counted_as_they_are_looked_at():
    seen = []

    def look(window):
        seen.append(window.shape[:2])
        return local_look(window)

    rgb = np.zeros((100, 130, 3), np.uint8)
    for _ in probability_bands(look, rgb, 3, tile=64, overlap=16):
        pass
    assert len(seen) == tile_count((100, 130), tile=64, overlap=16) == 2 * 3
    assert set(seen) == {(64, 64)}


def test_progress_is_told_by_tile_and_what_it_raises_stops_the_work():
    rgb, told = np.zeros((100, 130, 3), np.uint8), []

    def report(done, of):
        told.append((done, of))
        if done == stop_at:
            raise KeyboardInterrupt

    for stop_at in (99, 2):
        told.clear()
        bands = probability_bands(local_look, rgb, 3, tile=64, overlap=16, on_tile=report)
        if stop_at == 99:
            list(bands)
            assert told == [(done, 6) for done in range(7)]
        else:
            with pytest.raises(KeyboardInterrupt):
                list(bands)
            assert told == [(0, 6), (1, 6), (2, 6)]
    told.clear()
    list(probability_bands(local_look, rgb[:40, :40], 3, tile=64, overlap=16, on_tile=report))
    assert told == [(0, 1), (1, 1)]


def test_the_pixels_of_a_network_count_overlaps():
    assert network_pixels((50, 60), tile=64, overlap=16) == 3000
    assert network_pixels((100, 130), tile=64, overlap=16) == 6 * 64 * 64

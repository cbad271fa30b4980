"""The best mask of whole cells against trying all masks, and the pooled maps against PyTorch's."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from segcore.explain.downsampling import (
    OBJECT_SHAPES,
    POOLINGS,
    STRIDES,
    Mask,
    ceiling,
    ceilings_by_offset,
    ceilings_by_width,
    downsample,
    draw_object,
    upsample_nearest,
)


def iou(answer: Mask, truth: Mask) -> float:
    return float((answer & truth).sum() / (answer | truth).sum())


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.integers(0, 10**6), st.sampled_from([1, 2, 4]), st.floats(0.05, 0.9))
def test_no_set_of_cells_is_better(seed: int, stride: int, share: float) -> None:
    truth = np.random.default_rng(seed).random((3 * stride, 3 * stride)) < share
    truth[0, 0] = True
    every = itertools.product((False, True), repeat=9)
    tried = (upsample_nearest(np.array(answer).reshape(3, 3), stride) for answer in every)
    best = max(iou(answer, truth) for answer in tried)
    ours = ceiling(truth, stride)
    assert ours.iou == pytest.approx(best)
    assert iou(ours.upsampled, truth) == pytest.approx(best)
    for way in POOLINGS:
        assert ceiling(truth, stride, way).iou <= best + 1e-12


@pytest.mark.parametrize("stride", STRIDES)
def test_cells_are_what_pytorch_pools(stride: int) -> None:
    truth = draw_object("wire", 5, 3)
    x = torch.tensor(truth, dtype=torch.float64)[None, None]
    theirs = {
        "mean": F.avg_pool2d(x, stride),
        "max": F.max_pool2d(x, stride),
        "pick": F.conv2d(x, torch.ones(1, 1, 1, 1, dtype=torch.float64), stride=stride),
    }
    for way in POOLINGS:
        np.testing.assert_allclose(downsample(truth, stride, way), theirs[way][0, 0].numpy())
        ours = ceiling(truth, stride, way)
        assert iou(ours.upsampled, truth) == pytest.approx(ours.iou)
        assert ours.tp + ours.fn == truth.sum() == ours.inside.sum()


def test_a_pole_at_the_edge_of_a_cell_fills_its_share_of_it() -> None:
    """3 of 16 columns are pole: a mask of whole cells has 13 columns too many."""
    assert ceiling(draw_object("pole", 3), 16).iou == 3 / 16
    assert ceiling(draw_object("pole", 24), 16).iou == 24 / 32
    assert ceiling(draw_object("pole", 3, 15), 16).iou == pytest.approx(
        2 / 17
    )  # 1 + 2 columns in two cells: only the second
    assert all(ceiling(draw_object(thing, 7, 5), 1, way).iou == 1 for thing in OBJECT_SHAPES for way in POOLINGS)


def test_stride_alone_loses_a_thin_pole_at_most_places() -> None:
    seen = [value > 0 for value in ceilings_by_offset("pole", 3, "pick", 16)]
    assert [offset for offset in range(32) if seen[offset]] == [0, 14, 15, 16, 30, 31]
    assert min(ceilings_by_offset("pole", 3, "max", 16)) > 0


def test_wider_objects_lose_less() -> None:
    found = ceilings_by_width("pole", 0, "mean", 8, range(1, 9))
    assert found == pytest.approx([width / 8 for width in range(1, 9)])


@pytest.mark.parametrize("wrong", [{"width": 0}, {"width": 25}, {"width": 3, "offset": 32}])
def test_what_does_not_fit_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        draw_object("pole", **wrong)
    with pytest.raises(ValueError, match="divides"):
        ceiling(np.zeros((8, 8), bool), 4)

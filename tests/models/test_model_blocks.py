"""The shared pieces against slower or independent ways to say the same."""

import os
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from segcore.models.blocks import (
    DeformableConv,
    PooledContext,
    conv_block,
    group_count,
    make_norm,
    resize,
    separable_block,
    upsample_small,
)
from segcore.models.unpooling import Pooled, unpool


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(7))


@given(st.integers(1, 4096))
@settings(deadline=None, max_examples=50, derandomize=True)
def test_groups_divide_the_channels_and_are_not_too_small(channels: int) -> None:
    groups = group_count(channels)
    assert channels % groups == 0
    assert 1 <= groups <= 32
    assert groups == 1 or channels // groups >= 8


def test_group_norm_keeps_something_of_a_single_position() -> None:
    assert make_norm("group", 64)(noise(1, 64, 1, 1)).std() > 0.5


def test_unknown_norm_is_a_wrong_call() -> None:
    with pytest.raises(ValueError, match="'layer'"):
        make_norm("layer", 8)  # type: ignore[arg-type]


@pytest.mark.parametrize("dilation", [1, 2, 5])
def test_padded_blocks_keep_the_size_and_unpadded_ones_lose_what_the_kernel_spans(dilation: int) -> None:
    x = noise(1, 4, 16, 19)
    assert conv_block(4, 6, dilation=dilation)(x).shape == (1, 6, 16, 19)
    assert conv_block(4, 6, dilation=dilation, pad=False)(x).shape == (1, 6, 16 - 2 * dilation, 19 - 2 * dilation)
    assert separable_block(4, 6, dilation=dilation)(x).shape == (1, 6, 16, 19)


def test_separable_convolution_has_few_weights() -> None:
    weights = sum(layer.weight.numel() for layer in separable_block(64, 128) if isinstance(layer, nn.Conv2d))
    assert weights == 9 * 64 + 64 * 128


@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("pad", [True, False])
def test_deformable_convolution_starts_as_half_an_ordinary_one(dilation: int, pad: bool) -> None:
    layer = DeformableConv(4, 6, dilation=dilation, bias=False, pad=pad)
    x = noise(2, 4, 12, 13)
    torch.testing.assert_close(layer(x), 0.5 * layer.conv(x), rtol=1e-4, atol=1e-5)


def test_deformable_taps_move_rows_before_columns() -> None:
    layer = DeformableConv(1, 1, bias=False)
    nn.init.zeros_(layer.conv.weight)
    layer.conv.weight.data[0, 0, 1, 1] = 2.0  # only the tap in the middle, undoing the weight of one half
    assert layer.where.bias is not None
    layer.where.bias.data[2 * 4] = 1.0  # the fifth tap looks one row further down
    x = noise(1, 1, 6, 5)
    torch.testing.assert_close(layer(x)[..., :-1, :], x[..., 1:, :])


@pytest.mark.parametrize("bins", [1, 2, 3, 6])
def test_pooled_context_is_the_papers_in_evaluation(bins: int) -> None:
    torch.manual_seed(1)
    context = PooledContext(5, 7, bins=bins).eval()
    context.norm.load_state_dict(
        {
            "weight": torch.rand(7) + 0.5,
            "bias": torch.randn(7),
            "running_mean": torch.randn(7),
            "running_var": torch.rand(7) + 0.5,
            "num_batches_tracked": torch.tensor(1),
        }
    )
    x = noise(2, 5, 13, 9)
    pooled_first = context.norm(context.conv(F.adaptive_avg_pool2d(x, bins))).relu()
    expected = F.interpolate(pooled_first, size=(13, 9), mode="bilinear", align_corners=False)
    torch.testing.assert_close(context(x), expected, rtol=1e-4, atol=1e-5)


def test_pooled_context_trains_one_image() -> None:
    assert PooledContext(5, 7).train()(noise(1, 5, 4, 4)).isfinite().all()


def test_upsample_small_only_touches_what_is_too_small() -> None:
    large = noise(1, 3, 40, 50)
    assert upsample_small(large, 33) is large
    assert upsample_small(noise(1, 3, 1, 50), 33).shape == (1, 3, 33, 50)
    assert resize(large, like=large) is large


@given(height=st.integers(1, 9), width=st.integers(1, 9))
@settings(deadline=None, max_examples=25, derandomize=True)
def test_unpooling_puts_every_maximum_back_and_nothing_else(height: int, width: int) -> None:
    x = noise(2, 3, height, width)
    small, indices = F.max_pool2d(x, 2, ceil_mode=True, return_indices=True)
    large = unpool(small, Pooled(indices, (height, width)))
    assert large.shape == x.shape
    for n in range(2):
        for c in range(3):
            for top in range(0, height, 2):
                for left in range(0, width, 2):
                    before = x[n, c, top : top + 2, left : left + 2]
                    after = large[n, c, top : top + 2, left : left + 2]
                    assert after.equal(torch.where(before == before.max(), before, 0.0))


def test_unpooling_is_torchs_own() -> None:
    x = noise(1, 2, 8, 6)
    small, indices = F.max_pool2d(x, 2, return_indices=True)
    assert unpool(small, Pooled(indices, (8, 6))).equal(F.max_unpool2d(small, indices, 2))


UNWRITTEN = """
import torch
from segcore.models.blocks import WideConv2d
torch.manual_seed(0)
conv = WideConv2d(256, 256, kernel_size=7, padding=3)
with torch.autocast("cpu", dtype=torch.bfloat16):
    conv(torch.randn(1, 256, 2, 2)).float().square().mean().backward()
print(float(conv.weight.grad.abs().max()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc fills freed memory with a pattern when asked")
def test_weights_that_meet_only_padding_get_no_gradient_out_of_old_memory() -> None:
    """A bfloat16 of the bytes 0xFE 0xFE is about -1.7e38: a gradient like that was never computed."""
    old_memory = {"MALLOC_PERTURB_": "1", "MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**26)}
    said = subprocess.run(
        [sys.executable, "-c", UNWRITTEN], env=os.environ | old_memory, capture_output=True, text=True, check=True
    )
    assert 0 < float(said.stdout) < 1

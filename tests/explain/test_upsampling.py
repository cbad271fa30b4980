"""Matrices of upsampling against PyTorch's own layers, and writes against a count."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from segcore.explain.upsampling import (
    METHODS,
    SIDE,
    Numbers,
    UpsamplingMethod,
    matrix,
    round_trip,
    spectrum,
    upsample,
    weights,
)


def by_pytorch(way: UpsamplingMethod, x: torch.Tensor, row: Numbers, stride: int) -> torch.Tensor:
    kernel = torch.outer(torch.tensor(row), torch.tensor(row))[None, None]
    k, n = len(row), x.shape[-1]
    match way:
        case "transposed":
            return F.conv_transpose2d(x, kernel, stride=stride)
        case "nearest":
            return F.interpolate(x, scale_factor=stride, mode="nearest")
        case "bilinear":
            return F.interpolate(x, scale_factor=stride, mode="bilinear", align_corners=False)
        case "resize":
            large = F.interpolate(x, scale_factor=stride, mode="nearest")
            return F.conv2d(F.pad(large, ((k - 1) // 2, k // 2) * 2), kernel)
        case "unpool":
            first = stride * torch.arange(n)
            return F.max_unpool2d(x, (first[:, None] * n * stride + first)[None, None], [stride, stride])


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.sampled_from(METHODS), st.integers(1, 6), st.integers(2, 4), st.integers(2, 6))
def test_every_way_is_what_pytorch_does(way: UpsamplingMethod, k: int, stride: int, n: int) -> None:
    row = weights("random", k)
    x = np.random.default_rng(n).normal(size=(n, n))
    u = matrix(way, n, row, stride)
    theirs = by_pytorch(way, torch.tensor(x)[None, None], row, stride)[0, 0].numpy()
    np.testing.assert_allclose(u @ x @ u.T, theirs, atol=1e-12)


@pytest.mark.parametrize(
    ("kernel", "stride", "most", "least"),
    [(3, 2, 4, 1), (5, 3, 4, 1), (4, 2, 4, 4), (6, 3, 4, 4), (2, 2, 1, 1), (5, 2, 9, 4), (3, 4, 1, 0)],
)
def test_writes_of_a_transposed_convolution(kernel: int, stride: int, most: int, least: int) -> None:
    found = upsample("transposed", weights("ones", kernel), stride)
    assert (found.highest, found.lowest) == (most, least)
    assert found.is_even == (kernel % stride == 0)
    count = np.zeros_like(found.output)
    for row, col in np.ndindex(SIDE, SIDE):
        count[row * stride : row * stride + kernel, col * stride : col * stride + kernel] += 1
    np.testing.assert_array_equal(found.output, count)


def test_what_is_even_has_no_wave_and_what_is_not_has_one_at_the_stride() -> None:
    for way in ("nearest", "bilinear", "resize"):
        assert upsample(way, weights("ones", 3), 2).is_even
        assert spectrum(way, weights("ones", 3), 2)[1][1:].max() < 1e-12
    assert upsample("transposed", weights("triangle", 3), 2).is_even, "weights can make up for uneven writes"
    frequencies, strength = spectrum("transposed", weights("ones", 3), 2)
    assert frequencies[1:][strength[1:].argmax()] == 0.5
    assert strength[-1] == pytest.approx((2 - 1) / (2 + 1))  # sums 2, 1, 2, 1 …: half their difference to their mean
    frequencies, strength = spectrum("unpool", weights("ones", 1), 4)
    assert set(frequencies[strength > 1e-9]) == {0.0, 0.25, 0.5}


def test_a_transposed_convolution_undoes_no_convolution() -> None:
    row, stride, n = weights("ones", 3), 2, 8
    x = np.random.default_rng(0).random((17, 17))
    trip = round_trip(x, n, "transposed", row, stride)
    kernel = torch.ones(1, 1, 3, 3, dtype=torch.float64)
    small = F.conv2d(torch.tensor(x)[None, None], kernel, stride=stride)
    back = F.conv_transpose2d(small, kernel, stride=stride)[0, 0].numpy()
    np.testing.assert_allclose(trip.back, back * x.mean() / back.mean())
    np.testing.assert_allclose(trip.small / trip.small.mean(), (small / small.mean())[0, 0].numpy())
    assert trip.lost / trip.whole > 0.3
    assert trip.lost == pytest.approx(np.sqrt(((x - trip.back) ** 2).sum()))
    with pytest.raises(ValueError, match="17 x 17"):
        round_trip(x[1:], n, "transposed", row, stride)

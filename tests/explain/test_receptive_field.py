"""Fields against autograd: what has a gradient is read, and with weights of one the gradient counts the ways."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from segcore.data import Normalisation
from segcore.explain.network import Network, as_pixels
from segcore.explain.private_copy import private_copy
from segcore.explain.receptive_field import (
    Layer,
    effective_field,
    parallel,
    path_counts,
    sequential,
    share_within,
    side_holding,
    untrained,
)
from segcore.models import build_model

LAYERS = st.lists(st.builds(Layer, st.integers(1, 5), st.integers(1, 3), st.integers(1, 4)), max_size=4)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(LAYERS)
def test_ways_are_the_gradient_of_ones(layers: list[Layer]) -> None:
    x = torch.zeros(1, 1, len(path_counts(layers)), dtype=torch.float64, requires_grad=True)
    y = x
    for layer in layers:
        y = F.conv1d(y, torch.ones(1, 1, layer.kernel).double(), stride=layer.stride, dilation=layer.dilation)
    assert y.shape[-1] == 1, "the promised field is exactly what one output needs"
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(path_counts(layers), x.grad[0, 0].numpy())


@pytest.mark.parametrize(
    ("rates", "side", "percent"), [((2, 2, 2), 13, 29), ((4, 4, 4), 25, 8), ((1, 2, 3), 13, 100), ((1, 2, 4), 15, 100)]
)
def test_dilation_leaves_holes(rates: tuple[int, ...], side: int, percent: int) -> None:
    field = sequential([Layer(dilation=rate) for rate in rates])
    x = torch.zeros(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    y = x
    for rate in rates:
        y = F.conv2d(y, torch.ones(1, 1, 3, 3).double(), dilation=rate)
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(field.ways, x.grad[0, 0].numpy())
    assert (field.side, round(100 * field.share)) == (side, percent)


def test_branches_side_by_side_are_the_gradient_of_their_sum() -> None:
    rates = (2, 4, 5)
    field = parallel([[Layer(1)], *([Layer(dilation=rate)] for rate in rates)])
    x = torch.zeros(1, 1, 11, 11, dtype=torch.float64, requires_grad=True)
    kernel = torch.ones(1, 1, 3, 3).double()
    y = x + sum(F.conv2d(x, kernel, dilation=rate, padding=rate) for rate in rates)
    y[0, 0, 5, 5].backward()
    assert x.grad is not None
    np.testing.assert_array_equal(field.ways, x.grad[0, 0].numpy())
    assert field.read == 1 + 8 * 3
    with pytest.raises(ValueError, match="middle"):
        parallel([[Layer(2)], [Layer(3)]])


def test_influence_is_autograd_and_squares_add_up() -> None:
    torch.manual_seed(0)
    model = private_copy(build_model("unet", num_classes=3, width=4, depth=2))
    network = Network(model, Normalisation(mean=(0.5,) * 3, std=(0.25,) * 3), ("a", "b", "c"))
    image = np.random.default_rng(0).integers(0, 255, (32, 40, 3), np.uint8)
    heat = effective_field(network, image, (10, 30))
    x = as_pixels([image]).requires_grad_()
    network.logits(x)[0, :, 10, 30].max().backward()
    assert x.grad is not None
    np.testing.assert_allclose(heat, x.grad[0].abs().sum(0).numpy(), rtol=1e-4, atol=1e-9)
    shares = share_within(heat, (10, 30))
    assert len(shares) == 31 and shares[-1] == pytest.approx(1)
    square = heat[7:14, 27:34]
    assert shares[3] == pytest.approx(square.sum() / heat.sum())
    half = side_holding(shares, 0.5)
    assert shares[half // 2] >= 0.5 and (half == 1 or shares[half // 2 - 1] < 0.5)
    assert share_within(np.zeros((4, 4)), (0, 0)) == [0.0] * 4 and side_holding([0.0] * 4, 0.5) == 7


def test_the_untrained_twin_is_the_same_every_time_and_touches_no_other_randomness() -> None:
    like = Network(torch.nn.Identity(), Normalisation(mean=(0.5,), std=(0.25,)), ("a", "b"), in_channels=1)
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    first, second = (untrained("unet", {"width": 4, "depth": 2}, like) for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    image = np.zeros((32, 32, 3), np.uint8)
    np.testing.assert_array_equal(effective_field(first, image, (3, 3)), effective_field(second, image, (3, 3)))

"""U-Net: the paper's numbers, its borders, and bilateral attention on its skip connections."""

import itertools
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from segcore.errors import BadConfig
from segcore.models import build_model
from segcore.models.blocks import BilateralAttention
from segcore.models.overlap_tile import mirror_for_valid, valid_sides
from segcore.models.unet import UNet


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(7))


def count(**options: Any) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build_model("unet", **options).parameters())


def test_the_papers_network_has_the_papers_weights() -> None:
    """Counted from Figure 1: weights and biases of each arrow, in the order of the figure."""

    def conv(cin: int, cout: int, side: int = 3) -> int:
        return side * side * cin * cout + cout

    down = [1, 64, 128, 256, 512, 1024]
    expected = sum(conv(a, b) + conv(b, b) for a, b in itertools.pairwise(down))
    up = [1024, 512, 256, 128, 64]
    expected += sum(conv(a, b, side=2) + conv(2 * b, b) + conv(b, b) for a, b in itertools.pairwise(up))
    expected += conv(64, 2, side=1)
    paper = {"up": "transposed", "norm": "none", "padding": "valid"}
    assert count(num_classes=2, in_channels=1, **paper) == expected == 31_030_658


def test_the_unet_of_practice_has_as_many_weights_as_others_count() -> None:
    """segmentation_models.pytorch's Unet on resnet18 with 11 classes has 14.33 million."""
    assert count(num_classes=11, encoder="resnet18") == pytest.approx(14.33e6, abs=5e3)


def test_the_papers_tile_sizes() -> None:
    assert valid_sides(388, depth=4) == (572, 388)


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("out", [1, 33, 50])
def test_valid_sides_by_walking_through_the_network(depth: int, dilation: int, out: int) -> None:
    side_in, side_out = valid_sides(out, depth=depth, dilation=dilation)
    side = side_in
    for _ in range(depth):
        side -= 4
        assert side % 2 == 0
        side //= 2
    side -= 4 * dilation
    assert side > 0
    for _ in range(depth):
        side = 2 * side - 4
    assert side == side_out >= out
    assert side_out - out < 2**depth  # and no larger than needed


@given(height=st.integers(1, 40), width=st.integers(1, 40), depth=st.integers(1, 3))
@settings(deadline=None, max_examples=25, derandomize=True)
def test_mirroring_continues_the_image_at_its_borders(height: int, width: int, depth: int) -> None:
    image = noise(1, 1, height, width)
    wide = mirror_for_valid(image, depth=depth)
    sides = [valid_sides(side, depth=depth) for side in (height, width)]
    assert wide.shape[-2:] == (sides[0][0], sides[1][0])
    top, left = ((side_in - side_out) // 2 for side_in, side_out in sides)
    assert wide[..., top : top + height, left : left + width].equal(image)
    for step in range(1, min(top, height - 1) + 1):
        assert wide[..., top - step, left : left + width].equal(image[..., step, :])


def test_valid_logits_are_aligned_with_the_image() -> None:
    """Every convolution hands on the pixel in its middle, so the whole network must hand on the image."""
    model = UNet(1, in_channels=1, width=1, depth=2, norm="none", padding="valid").eval()
    for name, parameter in model.named_parameters():
        nn.init.zeros_(parameter)
        if name.endswith("0.weight"):  # convolutions of the levels, all but the head
            parameter.data[:, 0, 1, 1] = 1.0  # channel 0 of a decoder level is the skip connection
    model.head.weight.data[:] = 1.0
    image = noise(1, 1, 21, 34).abs()
    with torch.inference_mode():
        torch.testing.assert_close(model(image).logits, image)


def test_valid_padding_treats_the_border_like_the_inside() -> None:
    """An image and its mirror image side by side: with the paper's borders the first half cannot tell."""
    torch.manual_seed(2)
    model = UNet(2, width=2, depth=1, norm="none", up="transposed", padding="valid").eval()
    image = noise(1, 3, 20, 20)
    twice = torch.cat([image, image[..., :-1].flip(-1)], dim=-1)
    with torch.inference_mode():
        torch.testing.assert_close(model(twice).logits[..., :20], model(image).logits, rtol=1e-4, atol=1e-5)


def test_bilateral_attention_without_similarity_is_a_gaussian_blur() -> None:
    attention = BilateralAttention(4, guide=6)
    nn.init.zeros_(attention.key.weight)
    x = noise(1, 4, 7, 8)
    kernel = torch.tensor([[0.25, 0.5, 0.25]]).log()
    attention.nearness.data = (kernel.T + kernel).flatten()
    padded = nn.functional.pad(x, (1, 1, 1, 1), mode="replicate")
    weights = (kernel.T + kernel).exp().expand(4, 1, 3, 3)
    torch.testing.assert_close(attention(x, noise(1, 6, 7, 8)), nn.functional.conv2d(padded, weights, groups=4))


def test_bilateral_attention_smooths_surfaces_but_not_edges() -> None:
    """Two surfaces with noise; queries and keys tell them apart: neighbours across the edge must not mix."""
    attention = BilateralAttention(1, guide=1)
    nn.init.constant_(attention.key.weight, 1.5)
    nn.init.constant_(attention.query.weight, 1.5)
    assert attention.query.bias is not None
    nn.init.zeros_(attention.query.bias)
    surface = torch.ones(1, 1, 6, 8)
    surface[..., 4:] = -1
    noisy = surface + 0.05 * noise(1, 1, 6, 8)
    with torch.inference_mode():
        cleaned = attention(noisy, surface)
    assert (cleaned - surface).abs().max() < 0.15
    assert (cleaned - surface).std() < 0.7 * (noisy - surface).std()


def test_options_that_contradict_each_other_are_refused_with_a_sentence() -> None:
    with pytest.raises(BadConfig, match="no option 'encoder_weights'"):
        build_model("unet", num_classes=2, encoder_weights="imagenet")
    for option in ({"padding": "valid"}, {"depth": 3}, {"dilation": 2}, {"deformable": True}):
        with pytest.raises(BadConfig, match=f"no option '{next(iter(option))}'"):
            build_model("unet", num_classes=2, encoder="resnet18", **option)
    with pytest.raises(BadConfig, match="norm is 'none'"):
        build_model("unet", num_classes=2, encoder="resnet18", norm="none")

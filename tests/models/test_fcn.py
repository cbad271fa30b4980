"""FCN: the paper's size, and upsampling that starts as interpolation."""

import pytest
import torch
import torch.nn.functional as F

from segcore.models import build_model
from segcore.models.fcn import LearnedUpsampling, bilinear_kernel


def test_with_4096_channels_it_has_the_papers_134_million_weights() -> None:
    with torch.device("meta"):
        model = build_model("fcn8s", num_classes=21, head_width=4096)
    assert sum(parameter.numel() for parameter in model.parameters()) == pytest.approx(134.4e6, abs=1e5)


def test_the_kernel_of_factor_two() -> None:
    assert bilinear_kernel(2)[0].tolist() == [0.0625, 0.1875, 0.1875, 0.0625]


@pytest.mark.parametrize("factor", [2, 8, 16, 32])
def test_learned_upsampling_starts_as_bilinear_interpolation_inside(factor: int) -> None:
    """At the rim it fades instead: a transposed convolution sees zeros outside."""
    x = torch.randn(1, 3, 5, 6, generator=torch.Generator().manual_seed(7))
    like = torch.empty(1, 3, 5 * factor - 1, 6 * factor)
    found = LearnedUpsampling(3, factor)(x, like=like)
    expected = F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)[..., :-1, :]
    rim = factor // 2
    assert found.shape == like.shape
    torch.testing.assert_close(found[..., rim:-rim, rim:-rim], expected[..., rim:-rim, rim:-rim])


def test_finer_variants_add_scores_of_earlier_maps() -> None:
    sizes = {32: 0, 16: 1, 8: 2}
    for finest, skips in sizes.items():
        model = build_model(f"fcn{finest}s", num_classes=3, head_width=4, encoder="mobilenet_v2")
        assert len(model.skip_scores) == skips

"""Architectures that torchvision has, too: same number of weights, and the same answer when given the same ones."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

from segcore.models import build_model
from segcore.models.deeplab import ASPP


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(7))


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def with_random_statistics(model: nn.Module) -> nn.Module:
    """Fresh BatchNorm does nothing; give it something to do, so that an order mixed up shows."""
    torch.manual_seed(11)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.8, 1.2)
            nn.init.normal_(module.bias, std=0.1)
            module.running_mean = 0.1 * torch.randn_like(module.bias)
            module.running_var = torch.rand_like(module.bias) + 0.5
    return model.eval()


def adopt(ours: nn.Module, theirs: nn.Module) -> None:
    """Copy tensors in order; only those of equal shape can meet."""
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))


def test_published_numbers_of_weights() -> None:
    """torchvision's table for 21 classes; the SegNet paper speaks of 29.45 M, the DeconvNet paper of 252 M."""
    with torch.device("meta"):
        assert count(build_model("lraspp", num_classes=21)) == 3_221_538
        for encoder, expected in (("resnet50", 42_004_074), ("resnet101", 60_996_202)):
            model = build_model("deeplabv3", num_classes=21, encoder=encoder, output_stride=8, aux=True)
            assert count(model) == expected
        assert count(build_model("segnet", num_classes=11)) == pytest.approx(29.45e6, abs=1e4)
        assert count(build_model("deconvnet", num_classes=21, middle_width=4096)) == pytest.approx(252e6, abs=5e5)


def test_deeplabv3_is_torchvisions() -> None:
    torch.manual_seed(3)
    theirs = with_random_statistics(
        torchvision.models.segmentation.deeplabv3_resnet50(
            weights=None, weights_backbone=None, num_classes=5, aux_loss=True
        )
    )
    ours = build_model("deeplabv3", num_classes=5, output_stride=8, aux=True).eval()
    adopt(ours, theirs)
    image = noise(1, 3, 65, 72)
    with torch.inference_mode():
        torch.testing.assert_close(ours(image).logits, theirs(image)["out"], rtol=1e-3, atol=1e-4)


def test_lraspp_is_torchvisions() -> None:
    torch.manual_seed(3)
    theirs = with_random_statistics(
        torchvision.models.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=5)
    )
    ours = build_model("lraspp", num_classes=5).eval()
    adopt(ours, theirs)
    # Two differences. torchvision reads the first map at stride 8, we the last ...
    theirs.backbone.return_layers = {"6": "low", "16": "high"}
    # ... and it dilates the convolution whose stride it removes as well, we only those after it.
    theirs.backbone["13"].block[1][0].dilation = (1, 1)
    theirs.backbone["13"].block[1][0].padding = (2, 2)
    image = noise(1, 3, 65, 72)
    with torch.inference_mode():
        torch.testing.assert_close(ours(image).logits, theirs(image)["out"], rtol=1e-3, atol=1e-4)


def test_atrous_rates_keep_their_reach_in_pixels() -> None:
    for output_stride, expected in ((8, [12, 24, 36]), (16, [6, 12, 18]), (32, [3, 6, 9])):
        aspp = ASPP(4, 4, output_stride=output_stride, separable=False, deformable=False, dropout=0, norm="batch")
        rates = [branch.get_submodule("0").dilation[0] for branch in list(aspp.branches)[1:4]]
        assert rates == expected

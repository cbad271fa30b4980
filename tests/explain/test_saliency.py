"""Maps against finite differences and against sums by hand; the deletion test against its definition."""

from typing import Any

import numpy as np
import pytest
import torch

from segcore.data import Normalisation, open_dataset
from segcore.explain import saliency
from segcore.explain.network import Network, as_pixels
from segcore.explain.private_copy import private_copy
from segcore.explain.saliency import SHARES, Target
from segcore.models import MODELS, build_model

DATA = open_dataset("shapes:1:64", "test")
IMAGE = DATA[0].image
WHERE = np.zeros((64, 64), bool)
WHERE[20, 30] = True


def model() -> torch.nn.Module:
    torch.manual_seed(2)
    return build_model("unet", num_classes=6, width=4, depth=2)


def network() -> Network:
    return Network(private_copy(model()), Normalisation(), DATA.classes)


def test_the_gradient_is_what_a_small_change_does() -> None:
    own = network()
    own.model.double()
    target = Target(3, WHERE)
    pixels = as_pixels([IMAGE]).double().requires_grad_()
    (slope,) = torch.autograd.grad(target.of(own.logits(pixels).double()).sum(), pixels)
    heat = saliency.gradient(network(), IMAGE, target)
    np.testing.assert_allclose(heat, slope[0].abs().amax(0).numpy(), rtol=1e-3, atol=1e-5)
    row, col = np.unravel_index(int(heat.argmax()), heat.shape)
    channel = int(slope[0, :, row, col].abs().argmax())
    up, down = pixels.detach().clone(), pixels.detach().clone()
    up[0, channel, row, col] += 1e-3
    down[0, channel, row, col] -= 1e-3
    with torch.no_grad():
        rise = float((target.of(own.logits(up)) - target.of(own.logits(down)))[0]) / 2e-3
    assert abs(rise) == pytest.approx(float(heat[row, col]), rel=0.05)


def test_the_cam_is_the_weighted_sum_of_the_maps() -> None:
    own, target = network(), Target(2, WHERE)
    cam = saliency.grad_cam(own, IMAGE, target, "up.0")
    by_hand = np.zeros(cam.coarse.shape)
    for weight, values in zip(cam.weights, cam.maps, strict=True):
        by_hand += weight * values
    np.testing.assert_allclose(cam.coarse, np.maximum(by_hand, 0), rtol=1e-3, atol=1e-7)
    assert cam.heat.shape == (64, 64) and cam.heat.min() >= 0
    assert not any(module._forward_hooks for module in own.model.modules())


def test_the_cam_of_the_last_layer_before_the_head_is_known() -> None:
    """There y is linear in the maps at one pixel: alpha is the head's weight over the number of places."""
    own = network()
    cam = saliency.grad_cam(own, IMAGE, Target(4, WHERE), "up.1")
    head = own.model.get_submodule("head").weight[4, :, 0, 0].detach().numpy()  # type: ignore[union-attr, index]
    np.testing.assert_allclose(cam.weights, head / cam.maps[0].size, rtol=1e-3)


def test_stages_are_those_that_put_out_one_map() -> None:
    own = network()
    assert saliency.stages_of(own, MODELS["unet"].stages)[:2] == ("down.0", "down.1")
    assert "down.3" not in saliency.stages_of(own, MODELS["unet"].stages)
    assert saliency.stages_of(own, ())[0].endswith("0")


def test_occlusion_finds_the_only_part_that_matters() -> None:
    class OnePixel(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> Any:
            from segcore.models import SegOutput

            bright = x[:, :1, 50:51, 10:11].expand(-1, -1, *x.shape[-2:])
            return SegOutput(torch.cat([bright, -bright], dim=1))

    image = np.zeros((64, 64, 3), np.uint8)
    image[48:53, 8:13] = 255
    heat = saliency.occlusion(Network(OnePixel(), Normalisation(), ("a", "b")), image, Target(0, WHERE), squares=8)
    assert heat[50, 10] == heat.max() > 0
    rows, cols = np.nonzero(heat)
    assert np.abs(rows - 50).max() <= 16 and np.abs(cols - 10).max() <= 16
    assert heat[5, 50] == 0


def test_removal_takes_the_hottest_first_and_nothing_else() -> None:
    heat = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)
    for share, picture in zip(SHARES[1:], saliency.without_most_salient(IMAGE, heat), strict=True):
        kept = round((1 - share) * heat.size)
        np.testing.assert_array_equal(picture.reshape(-1, 3)[:kept], IMAGE.reshape(-1, 3)[:kept])
        assert (picture.reshape(-1, 3)[kept:] != IMAGE.reshape(-1, 3)[kept:]).any()

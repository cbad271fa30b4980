"""Counted against PyTorch's own counter, fields against what changing a pixel changes."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from segcore.explain.architectures import (
    ARCHITECTURES,
    build_architecture,
    effective_side,
    options_of,
    profile,
    randomise_weights,
    record_pass,
    stages_of,
    support_box,
)
from segcore.models import build_model


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_multiply_adds_are_half_of_what_pytorch_calls_flops(family: str) -> None:
    name, _ = options_of(family, 8, 16)
    model = build_architecture(family, 8, 16)
    found = profile(model, stages_of(model, name), 64)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(1, 3, 64, 64, device="meta"))
    assert found.macs == counter.get_total_flops() / 2
    assert found.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert [block.name for block in found.blocks] == list(stages_of(model, name))
    assert all(0 < block.macs <= found.macs and block.channels > 0 for block in found.blocks if block.parameters)


def test_strides_are_what_they_are_called() -> None:
    for family, stride in (("unet", 8), ("unet", 32), ("pspnet", 8)):
        name, _ = options_of(family, 8, stride)
        model = build_architecture(family, 8, stride)
        heights = {block.height for block in profile(model, stages_of(model, name), 192).blocks}
        assert min(heights) == 192 // stride


def test_twice_the_side_is_four_times_the_work_and_no_more_parameters() -> None:
    model = build_architecture("unet", 8, 16)
    small, large = (profile(model, (), side) for side in (64, 128))
    assert (large.macs, large.map_bytes, large.parameters) == (4 * small.macs, 4 * small.map_bytes, small.parameters)


def test_a_pass_keeps_a_block_and_the_field_of_the_middle_pixel() -> None:
    torch.manual_seed(0)
    with torch.device("meta"):
        model = build_model("unet", num_classes=3, width=4, depth=1).eval().requires_grad_(False)
    randomise_weights(model.to_empty(device="cpu"))
    image = torch.randn(1, 3, 40, 40)
    found = record_pass(model, image, ("down.0", "bottleneck"))
    assert {name: maps.shape for name, maps in found.maps.items()} == {"down.0": (4, 40, 40), "bottleneck": (8, 20, 20)}
    assert 1 <= len(found.milliseconds) <= 2 and found.best_ms > 0
    with torch.no_grad():
        before = model(image).logits[0, :, 20, 20]
        for row, col in ((20, 20), (0, 0)):
            image[0, :, row, col] += 1
            changed = not torch.equal(model(image).logits[0, :, 20, 20], before)
            assert changed == bool(found.gradient[row, col])
            image[0, :, row, col] -= 1


def test_boxes_and_shares() -> None:
    gradient = np.zeros((9, 11), np.float32)
    assert support_box(gradient) == (0, 0)
    gradient[3:6, 4:7] = 1
    gradient[4, 5] = 100
    assert support_box(gradient) == (3, 3)
    assert effective_side(gradient, 0.9) == 1 and effective_side(gradient, 0.99) == 3

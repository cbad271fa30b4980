"""Hooks and gradients stay on the copy."""

import pytest
import torch

from segcore.explain.private_copy import private_copy, recorded_outputs
from segcore.models import build_model


def test_the_shared_network_is_never_touched() -> None:
    shared = build_model("unet", num_classes=3, width=4, depth=2).train()
    before = {name: value.clone() for name, value in shared.state_dict().items()}
    own = private_copy(shared)
    image = torch.randn(1, 3, 32, 32, requires_grad=True)
    with recorded_outputs(own, ["down.0", "up.0"]) as seen:
        own(image).logits.sum().backward()
    assert set(seen) == {"down.0", "up.0"}
    assert image.grad is not None
    assert shared.training and not own.training
    assert all(parameter.grad is None for parameter in shared.parameters())
    assert all(torch.equal(value, before[name]) for name, value in shared.state_dict().items())
    assert not {p.data_ptr() for p in own.parameters()} & {p.data_ptr() for p in shared.parameters()}


def test_hooks_are_gone_afterwards_even_after_an_error() -> None:
    own = private_copy(build_model("unet", num_classes=3, width=4, depth=2))
    with pytest.raises(RuntimeError), recorded_outputs(own, ["down.0"]):
        raise RuntimeError
    with pytest.raises(AttributeError), recorded_outputs(own, ["down.0", "no.such"]):
        pass
    assert not any(module._forward_hooks for module in own.modules())

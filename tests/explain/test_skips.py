"""Skips are found by what they are given; a dial at 1 changes nothing, at 0 it takes away all places."""

import numpy as np
import pytest
import torch

from segcore.data import Normalisation, open_dataset
from segcore.explain.network import Network, as_pixels
from segcore.explain.private_copy import private_copy
from segcore.explain.skips import find_skips, measure_effect, scaled_skips
from segcore.metrics import boundary_counts, boundary_scores
from segcore.models import MODELS, build_model

DATA = open_dataset("shapes:2:64", "test")
PICTURES = [DATA[index] for index in range(2)]
IMAGES, TRUTH = [p.image for p in PICTURES], [p.labels for p in PICTURES]


def network(**options: object) -> Network:
    torch.manual_seed(1)
    model = build_model("unet", num_classes=6, **{"width": 4, "depth": 3, **options})
    return Network(private_copy(model), Normalisation(), DATA.classes)


def test_skips_are_found_the_finest_first() -> None:
    found = find_skips(network().model, MODELS["unet"].stages)
    assert [(skip.stage, skip.stride, skip.channels) for skip in found] == [
        ("up.2", 1, 4),
        ("up.1", 2, 8),
        ("up.0", 4, 16),
    ]
    with_encoder = build_model("unet", num_classes=2, encoder="mobilenet_v2", width=8).eval()
    assert [skip.stride for skip in find_skips(with_encoder, MODELS["unet"].stages)] == [2, 4, 8, 16]
    assert find_skips(build_model("segnet", num_classes=2).eval(), MODELS["segnet"].stages) == ()


def test_no_hook_is_left_behind() -> None:
    model = network().model
    find_skips(model, MODELS["unet"].stages)
    with pytest.raises(ZeroDivisionError), scaled_skips(model, {"up.2": 0.0}):
        raise ZeroDivisionError
    assert not any(module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize("instead", ["mean", "zeros", "other"])
def test_a_dial_at_1_changes_nothing_and_at_0_something(instead: str) -> None:
    own = network()
    pixels = as_pixels(IMAGES)
    with torch.no_grad():
        before = own.logits(pixels)
        with scaled_skips(own.model, {"up.2": 1.0, "up.0": 1.0}, instead):  # type: ignore[arg-type]
            torch.testing.assert_close(own.logits(pixels), before)
        with scaled_skips(own.model, {"up.2": 0.0}, instead):  # type: ignore[arg-type]
            assert not torch.allclose(own.logits(pixels), before)


def test_the_mean_is_the_same_everywhere_and_the_other_is_the_other() -> None:
    own = network()
    with torch.no_grad():
        with scaled_skips(own.model, {"up.1": 1.0}) as whole:
            own.logits(as_pixels(IMAGES))
        with scaled_skips(own.model, {"up.1": 0.25}, "mean") as blended:
            own.logits(as_pixels(IMAGES))
        with scaled_skips(own.model, {"up.1": 0.0}, "other") as other:
            own.logits(as_pixels(IMAGES))
    bridge = whole["up.1"][1]
    by_hand = 0.25 * bridge + 0.75 * bridge.flatten(2).mean(2)[..., None, None]
    torch.testing.assert_close(blended["up.1"][1], by_hand)
    torch.testing.assert_close(other["up.1"][1][0], bridge[1])


def test_an_effect_is_measured_like_anything_else() -> None:
    own = network()
    found = measure_effect(own, IMAGES, TRUTH, {"up.2": 0.0})
    assert np.isclose(
        found.boundary_f,
        boundary_scores(
            [boundary_counts(labels, truth, 6) for labels, truth in zip(found.labels, TRUTH, strict=True)]
        ).mean_f,
        equal_nan=True,
    )
    hits = sum(
        int(((labels == truth) & (truth != 255)).sum()) for labels, truth in zip(found.labels, TRUTH, strict=True)
    )
    assert found.scores.pixel_accuracy == pytest.approx(hits / sum(int((truth != 255).sum()) for truth in TRUTH))
    below, over = found.maps["up.2"]
    assert over.shape == (64, 64) and below.shape == (32, 32)
    np.testing.assert_allclose(over, over[0, 0], rtol=1e-5)

"""Saving and loading: nothing is lost, and what does not fit is named tensor by tensor."""

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors import torch as safetensors_torch

from segcore.checkpoint import (
    CheckpointCard,
    CheckpointRef,
    keep_checkpoint,
    load_card,
    load_checkpoint,
    save_checkpoint,
    weights_file,
)
from segcore.checkpoint.card import CARD_KEY
from segcore.errors import BadCheckpoint
from segcore.models import MODELS, build_model
from segcore.palette import default_colours

CLASSES = ("background", "cat", "dog")
SMALL = {"unet": {"width": 4}, "segnet": {}, "lraspp": {}}


def card_of(architecture, **fields):
    defaults = {"options": SMALL.get(architecture, {}), "classes": CLASSES, "in_channels": 3}
    fields = {**defaults, **fields}
    return CheckpointCard(
        name="tiny",
        title="Tiny",
        architecture=architecture,
        colours=default_colours(fields["classes"]),
        mean=(0.5,) * fields["in_channels"],
        std=(0.2,) * fields["in_channels"],
        **fields,
    )


@pytest.fixture
def model():
    torch.manual_seed(0)
    net = build_model("unet", num_classes=3, width=4)
    net(torch.randn(2, 3, 32, 32))  # batch norm statistics that are not the initial ones
    return net


@pytest.fixture
def saved(tmp_path, model):
    return save_checkpoint(tmp_path / "deep" / "tiny.safetensors", model, card_of("unet"))


def rewrite(path: Path, change):
    """Do to a checkpoint what a careless script would: other tensors under the same card."""
    tensors, text = safetensors_torch.load_file(path), load_card(path).model_dump_json()
    change(tensors)
    safetensors_torch.save_file(tensors, path, metadata={CARD_KEY: text})


def test_round_trip_is_exact_and_in_evaluation_mode(saved, model):
    loaded = load_checkpoint(saved)
    x = torch.randn(1, 3, 40, 56)
    with torch.inference_mode():
        assert torch.equal(loaded.model(x).logits, model.eval()(x).logits)
    assert not loaded.model.training
    assert all(not p.is_meta and p.requires_grad for p in loaded.model.parameters())
    assert not any(b.is_meta for b in loaded.model.buffers())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("which", ["weight", "running_var"])
def test_weights_that_are_no_numbers_are_refused(saved, value, which):
    """One of millions; batch-norm statistics too. Otherwise every pixel would be background, with confidence 1."""
    name = next(name for name in safetensors_torch.load_file(saved.path) if name.endswith(which))

    def spoil(tensors):
        tensors[name].view(-1)[-1] = value

    rewrite(saved.path, spoil)
    with pytest.raises(BadCheckpoint, match="NaN or infinite") as caught:
        load_checkpoint(saved)
    assert name in str(caught.value)
    with pytest.raises(BadCheckpoint, match="NaN or infinite"):
        keep_checkpoint(saved.path, "mine", folder=saved.path.parent)


def test_half_is_half_the_size_and_loads_as_float32(tmp_path, saved, model):
    half = save_checkpoint(tmp_path / "half.safetensors", model, card_of("unet"), half=True)
    loaded = load_checkpoint(half)
    assert {t.dtype for t in loaded.model.state_dict().values()} == {torch.float32, torch.int64}
    numbers = sum(p.numel() for p in model.parameters())
    assert saved.size - half.size > 1.9 * numbers
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(loaded.model.state_dict()[name], tensor, rtol=1e-3, atol=1e-6)


def test_half_keeps_what_16_bits_cannot_hold(tmp_path, model):
    with torch.no_grad():
        next(b for name, b in model.named_buffers() if name.endswith("running_var")).fill_(1e6)
    half = save_checkpoint(tmp_path / "half.safetensors", model, card_of("unet"), half=True)
    assert all(t.isfinite().all() for t in load_checkpoint(half).model.state_dict().values())


def test_the_card_is_completed(saved, model):
    card = load_card(saved.path)
    assert set(card.versions) == {"segcore", "torch", "torchvision"}
    assert card.parameters == sum(p.numel() for p in model.parameters())
    assert card.created.endswith("+00:00")


def test_encoder_weights_are_never_fetched_again(tmp_path):
    model = build_model("lraspp", num_classes=3)
    card = card_of("lraspp", options={"encoder_weights": "imagenet"})
    saved = save_checkpoint(tmp_path / "a.safetensors", model, card)
    assert load_card(saved.path).options["encoder_weights"] == "none"
    # … not even when somebody writes it back into the card
    text = json.dumps({**load_card(saved.path).model_dump(), "options": {"encoder_weights": "/etc/passwd"}})
    safetensors_torch.save_file(safetensors_torch.load_file(saved.path), saved.path, metadata={CARD_KEY: text})
    load_checkpoint(saved)


@pytest.mark.parametrize("architecture", sorted(MODELS))
def test_every_architecture_can_be_built_without_memory_and_without_random_numbers(architecture):
    """Loading relies on it: shapes from the meta device, and no buffer that the file does not hold."""
    before = torch.random.get_rng_state()
    model = weights_file._empty_model(card_of(architecture, options={}))
    assert torch.equal(torch.random.get_rng_state(), before)
    stored = set(model.state_dict())
    assert all(p.is_meta for p in model.parameters())
    assert {name for name, _ in model.named_buffers()} <= stored


def test_a_class_more_or_less_is_told_tensor_by_tensor(saved):
    def other_head(tensors):
        for name in [n for n, t in tensors.items() if t.ndim and t.shape[0] == 3]:
            tensors[name] = torch.zeros(5, *tensors[name].shape[1:])

    rewrite(saved.path, other_head)
    with pytest.raises(BadCheckpoint, match=r"has 5 x .*, expected 3 x") as caught:
        load_checkpoint(saved)
    assert "tiny.safetensors" in str(caught.value)


def test_many_wrong_tensors_are_counted_not_listed(saved):
    def rename_all(tensors):
        for name in list(tensors):
            tensors[f"module.{name}"] = tensors.pop(name)

    count = 2 * len(safetensors_torch.load_file(saved.path))
    rewrite(saved.path, rename_all)
    with pytest.raises(BadCheckpoint, match=f"{count} tensors differ") as caught:
        load_checkpoint(saved)
    text = str(caught.value)
    assert text.count(": missing") + text.count(": unexpected") == 8
    assert f"and {count - 8} more" in text


def test_one_missing_one_unexpected(saved):
    def change(tensors):
        tensors["surprise"] = tensors.pop(sorted(tensors)[0])

    rewrite(saved.path, change)
    with pytest.raises(BadCheckpoint, match="2 tensors differ") as caught:
        load_checkpoint(saved)
    assert "surprise: unexpected" in str(caught.value)
    assert ": missing" in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"architecture": "transformer9000"},
        {"architecture": "torchvision/no_such_net"},
        {"options": {"width": "wide"}},
        {"options": {"no_such_option": 1}},
        {"options": {"width": -4}},
        {"options": {"width": 8000}},  # 64 GB of weights: must be found out without allocating them
        {"options": {"num_classes": 7}},
    ],
)
def test_a_card_that_cannot_be_built_is_a_sentence(saved, fields):
    text = json.dumps({**load_card(saved.path).model_dump(), **fields})
    safetensors_torch.save_file(safetensors_torch.load_file(saved.path), saved.path, metadata={CARD_KEY: text})
    with pytest.raises(BadCheckpoint, match=r"cannot build|tensors differ"):
        load_checkpoint(saved)


def test_torchvisions_networks_look_at_rgb_only(saved):
    fields = {"architecture": "torchvision/lraspp_mobilenet_v3_large", "in_channels": 1, "mean": [0.5], "std": [0.2]}
    text = json.dumps({**load_card(saved.path).model_dump(), **fields})
    safetensors_torch.save_file(safetensors_torch.load_file(saved.path), saved.path, metadata={CARD_KEY: text})
    with pytest.raises(BadCheckpoint, match="3 channels"):
        load_checkpoint(saved)


def test_saving_under_a_false_card_is_a_wrong_call(tmp_path, model):
    with pytest.raises(ValueError, match="another network"):
        save_checkpoint(tmp_path / "a.safetensors", model, card_of("unet", classes=("background", "cat")))
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_nothing_else(saved, model, monkeypatch):
    before = saved.path.read_bytes()

    def full_disk(_handle):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(saved.path, model, card_of("unet"), half=True)
    assert saved.path.read_bytes() == before
    assert [path.name for path in saved.path.parent.iterdir()] == [saved.path.name]


def test_saving_again_is_another_reference(saved, model):
    again = save_checkpoint(saved.path, model, card_of("unet"), half=True)
    assert again != saved
    assert again == CheckpointRef.of(saved.path)
    assert len({again, saved, CheckpointRef.of(saved.path)}) == 2


def test_tied_weights_can_be_saved(tmp_path, model):
    """safetensors refuses tensors that share memory; a copy each is what the file holds."""
    layers = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    twins = next((a, b) for i, a in enumerate(layers) for b in layers[i + 1 :] if a.num_features == b.num_features)
    twins[1].weight = twins[0].weight
    loaded = load_checkpoint(save_checkpoint(tmp_path / "a.safetensors", model, card_of("unet")))
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], tensor)


@pytest.mark.parametrize("half", [False, True])
def test_channels_last_weights_are_saved_contiguous(tmp_path, model, half):
    expected = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.to(memory_format=torch.channels_last)
    assert not all(parameter.is_contiguous() for parameter in model.parameters())
    loaded = load_checkpoint(save_checkpoint(tmp_path / "a.safetensors", model, card_of("unet"), half=half))
    for name, tensor in loaded.model.state_dict().items():
        assert tensor.is_contiguous()
        torch.testing.assert_close(tensor, expected[name], rtol=1e-3 if half else 0, atol=1e-4 if half else 0)

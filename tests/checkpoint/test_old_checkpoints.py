"""Checkpoints written by version 0.1 load and compute the same logits."""

from pathlib import Path

import numpy as np
import pytest
import torch

from segcore.checkpoint import load_checkpoint, save_checkpoint
from segcore.models import build_model
from tests.checkpoint.old_checkpoints import CASES, SAMPLED, image, written_by_0_1


@pytest.mark.parametrize("case", CASES)
def test_a_file_of_version_0_1_computes_the_same_logits(case: str, tmp_path: Path) -> None:
    path, expected = written_by_0_1(case, tmp_path)
    checkpoint = load_checkpoint(path)
    with torch.inference_mode():
        logits = checkpoint.model(image()).logits[0, :, SAMPLED, SAMPLED]
    np.testing.assert_allclose(logits.numpy(), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("case", [name for name in CASES if name.startswith("unet")])
def test_a_file_of_version_0_1_is_written_with_the_present_names(case: str, tmp_path: Path) -> None:
    path, _ = written_by_0_1(case, tmp_path)
    old = load_checkpoint(path)
    again = load_checkpoint(save_checkpoint(tmp_path / "again.safetensors", old.model, old.card))
    assert again.card.architecture == ("unet-encoder" if "net18" in case or "mobile" in case else "unet")
    assert not {"depth", "padding"} & set(again.card.options) or again.card.architecture == "unet"
    assert again.card.options.get("encoder") != "own"
    for name, tensor in old.model.state_dict().items():
        assert again.model.state_dict()[name].equal(tensor), name


def test_a_state_dict_of_version_0_1_loads_into_a_model() -> None:
    """As resuming a run does that version 0.1 began."""
    model = build_model("unet", num_classes=2, width=2, depth=1)
    former = {name.replace("bottleneck", "deepest").replace("upsample", "enlarge"): t for name, t in
              model.state_dict().items()}  # fmt: skip
    assert any(name.startswith("deepest") for name in former)
    build_model("unet", num_classes=2, width=2, depth=1).load_state_dict(former)

"""The step against the network: as large as said, in the direction that hurts, leaving the network alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from segcore.checkpoint.weights_file import load_checkpoint
from segcore.data import EvalTransform, Normalisation, Sample, open_dataset
from segcore.evaluation.adversarial import ATTACK_LEVELS, fgsm
from segcore.types import IGNORE
from tests.evaluation.toy_checkpoint import DATA, little, save_little


def test_no_value_changes_by_more_than_epsilon(tmp_path: Path) -> None:
    checkpoint = little(tmp_path / "little.safetensors")
    before = {name: tensor.clone() for name, tensor in checkpoint.model.state_dict().items()}
    sample = open_dataset(DATA)[0]
    for epsilon in ATTACK_LEVELS[1:4]:
        image, labels = fgsm(checkpoint, sample.image, sample.labels, epsilon)
        change = np.abs(image.astype(int) - sample.image.astype(int))
        assert change.max() == round(epsilon * 255) and (change > 0).mean() > 0.5
        assert (labels == sample.labels).all()
    assert all((before[name] == tensor).all() for name, tensor in checkpoint.model.state_dict().items())
    assert all(parameter.grad is None for parameter in checkpoint.model.parameters())


def test_the_loss_rises_far_more_than_by_noise_of_the_same_size(tmp_path: Path) -> None:
    checkpoint = little(tmp_path / "little.safetensors")
    sample = open_dataset(DATA)[1]

    def loss(image: np.ndarray) -> float:
        x, target = EvalTransform(Normalisation())(Sample(image, sample.labels, ""))
        with torch.no_grad():
            return float(F.cross_entropy(checkpoint.model(x[None]).logits, target[None], ignore_index=IGNORE))

    epsilon = ATTACK_LEVELS[2]
    sign = np.random.default_rng(0).choice([-1, 1], sample.image.shape) * round(255 * epsilon)
    noisy = np.clip(sample.image + sign, 0, 255).astype(np.uint8)
    attacked, _ = fgsm(checkpoint, sample.image, sample.labels, epsilon)
    clean = loss(sample.image)
    assert loss(attacked) - clean > 5 * abs(loss(noisy) - clean)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_attack_is_at_the_size_at_which_the_network_looks(tmp_path: Path, channels: int) -> None:
    reference = save_little(tmp_path / "small.safetensors", in_channels=channels, working_side=48)
    sample = open_dataset("shapes:1:64")[0]
    image, labels = fgsm(load_checkpoint(reference), sample.image[:40], sample.labels[:40], ATTACK_LEVELS[0])
    assert image.shape == (30, 48, 3) and labels.shape == (30, 48)


def test_where_nothing_counts_nothing_changes(tmp_path: Path) -> None:
    sample = open_dataset(DATA)[0]
    blank = np.full_like(sample.labels, IGNORE)
    image, _ = fgsm(little(tmp_path / "little.safetensors"), sample.image, blank, ATTACK_LEVELS[4])
    assert (image == sample.image).all()

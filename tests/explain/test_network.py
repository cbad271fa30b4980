"""A network in a lesson says what the predictor says, and its gradients are those of finite differences."""

import numpy as np
import torch
import torch.nn.functional as F

from segcore.checkpoint import Checkpoint, CheckpointCard
from segcore.data import EvalTransform, Normalisation, Sample, open_dataset
from segcore.evaluation.adversarial import fgsm
from segcore.explain import robustness_curves
from segcore.explain.network import Network, as_pixels
from segcore.explain.private_copy import private_copy
from segcore.inference import Predictor
from segcore.metrics import confusion
from segcore.models import build_model
from segcore.paths import PROJECT
from segcore.types import IGNORE

PICTURES = [open_dataset("shapes:3:64", "test")[index] for index in range(3)]
CLASSES = open_dataset("shapes:3:64", "test").classes


def checkpoint() -> Checkpoint:
    torch.manual_seed(3)
    model = build_model("unet", num_classes=6, width=4, depth=2).eval()
    card = CheckpointCard(
        name="little",
        title="Little",
        architecture="unet",
        options={"width": 4, "depth": 2},
        classes=CLASSES,
        colours=((0, 0, 0),) * 6,
        mean=(0.5, 0.4, 0.3),
        std=(0.2, 0.3, 0.4),
    )
    return Checkpoint(model=model, card=card, path=PROJECT / "nowhere.safetensors")


def network(of: Checkpoint) -> Network:
    return Network(private_copy(of.model), Normalisation(mean=of.card.mean, std=of.card.std), of.card.classes)


def test_labels_are_those_of_the_predictor() -> None:
    theirs = Predictor(checkpoint(), engine="torch")
    for picture, labels in zip(PICTURES, network(checkpoint()).labels([p.image for p in PICTURES]), strict=True):
        np.testing.assert_array_equal(labels, theirs(picture.image).labels)


def test_a_size_that_is_no_multiple_comes_out_as_it_went_in() -> None:
    odd = [picture.image[:45, :33] for picture in PICTURES]
    assert network(checkpoint()).logits(as_pixels(odd)).shape == (3, 6, 45, 33)


def test_the_attack_is_the_one_of_the_evaluation() -> None:
    made = checkpoint()
    images, labels = [p.image for p in PICTURES], [p.labels for p in PICTURES]
    signs = robustness_curves.gradient_signs(network(made), images, labels)
    for image, truth, sign in zip(images, labels, signs, strict=True):
        theirs, same = fgsm(made, image, truth, 4 / 255)
        assert same is truth
        ours = robustness_curves.fgsm_step(image, sign, 4 / 255)
        assert np.array_equal(ours, theirs)
        # Dividing by a positive deviation keeps the sign, so the gradient at the normalised input serves as well.
        x, target = EvalTransform(Normalisation(mean=made.card.mean, std=made.card.std))(Sample(image, truth, ""))
        x.requires_grad_()
        F.cross_entropy(made.model(x[None]).logits, target[None], ignore_index=IGNORE).backward()
        assert x.grad is not None
        step = 4 * np.sign(x.grad.permute(1, 2, 0).numpy()).astype(int)
        by_hand = np.clip(image + step, 0, 255)
        assert np.mean(ours != by_hand) < 1e-3, "a gradient of nearly 0 may fall on either side"
        assert np.abs(ours.astype(int) - image).max() <= 4


def test_where_nothing_counts_nothing_is_attacked() -> None:
    nothing = np.full((64, 64), IGNORE, np.uint8)
    (sign,) = robustness_curves.gradient_signs(network(checkpoint()), [PICTURES[0].image], [nothing])
    np.testing.assert_array_equal(robustness_curves.fgsm_step(PICTURES[0].image, sign, 0.5), PICTURES[0].image)


def test_a_curve_counts_like_two_loops() -> None:
    own = network(checkpoint())
    clean = [(p.image, p.labels) for p in PICTURES]
    dark = [(p.image // 3, p.labels) for p in PICTURES]
    found = robustness_curves.robustness_curve(own, [clean, dark])
    for place, pairs in enumerate((clean, dark)):
        masks = own.labels([image for image, _ in pairs])
        table = np.zeros((6, 6), int)
        for mask, (_, truth), kept in zip(masks, pairs, found.labels[place], strict=True):
            np.testing.assert_array_equal(mask, kept)
            table += confusion(mask, truth, 6)
        ious = []
        for k in range(6):
            union = table[k].sum() + table[:, k].sum() - table[k, k]
            expected = table[k, k] / union if union else np.nan
            np.testing.assert_allclose(found.iou[place, k], expected)
            if table[k].sum():
                ious.append(expected)
        np.testing.assert_allclose(found.miou[place], np.mean(ious))

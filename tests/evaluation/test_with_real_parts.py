"""The two evaluations with the real loader, model, predictor and dataset: where they may agree, they must."""

from pathlib import Path

import pytest
import torch

from segcore.checkpoint import CheckpointCard
from segcore.checkpoint.weights_file import Checkpoint
from segcore.data import EvalTransform, Normalisation, eval_loader, open_dataset
from segcore.evaluation import evaluate_checkpoint, evaluate_model
from segcore.inference import Predictor
from segcore.losses import build_loss
from segcore.models import build_model


@pytest.fixture
def checkpoint() -> Checkpoint:
    """An untrained little U-Net; what it says is arbitrary but always the same."""
    torch.manual_seed(0)
    data = open_dataset("shapes:3:64")
    model = build_model("unet", num_classes=len(data.classes), width=4).eval()
    normalisation = Normalisation()
    card = CheckpointCard(
        name="little",
        title="Little U-Net",
        architecture="unet",
        options={"width": 4},
        in_channels=3,
        classes=data.classes,
        colours=data.colours,
        mean=normalisation.mean,
        std=normalisation.std,
    )
    return Checkpoint(model=model, card=card, path=Path("little.safetensors"))


def test_validation_and_report_agree_on_images_that_need_no_resizing(checkpoint: Checkpoint) -> None:
    data = open_dataset("shapes:3:64")
    card = checkpoint.card
    transform = EvalTransform(Normalisation(mean=card.mean, std=card.std), working_side=None)
    batches = eval_loader(data, transform, batch_size=2, workers=0)
    loss = build_loss("ce_dice", num_classes=len(data.classes))
    validation, value = evaluate_model(checkpoint.model, batches, data.classes, loss=loss)

    report = evaluate_checkpoint(Predictor(checkpoint, engine="torch", device="cpu"), data)
    assert validation.pixels == report.scores.pixels > 0
    # Probabilities of nearly equal size may fall either way: the predictor goes through softmax
    assert report.scores.pixel_accuracy == pytest.approx(validation.pixel_accuracy, abs=2e-3)
    assert report.scores.miou == pytest.approx(validation.miou, abs=2e-3)
    assert report.scores.support == validation.support
    assert value > 0
    assert report.images == len(report.rows) == 3 and report.checkpoint == "little"

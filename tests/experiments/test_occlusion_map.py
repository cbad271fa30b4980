"""The occlusion map as a job."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from segcore.checkpoint import CheckpointCard, save_checkpoint
from segcore.data import Normalisation, open_dataset
from segcore.experiments import occlusion_map
from segcore.explain import saliency
from segcore.explain.network import Network
from segcore.explain.private_copy import private_copy
from segcore.explain.saliency import Target
from segcore.job_context import Cancelled, JobContext
from segcore.models import build_model

DATA = open_dataset("shapes:1:64", "test")
IMAGE = DATA[0].image
WHERE = np.zeros((64, 64), bool)
WHERE[20, 30] = True


def model() -> torch.nn.Module:
    torch.manual_seed(2)
    return build_model("unet", num_classes=6, width=4, depth=2)


def test_the_job_answers_what_the_function_says(tmp_path: Path) -> None:
    card = CheckpointCard(
        name="little", title="Little", architecture="unet", options={"width": 4, "depth": 2}, classes=DATA.classes,
        colours=DATA.colours, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225),
    )  # fmt: skip
    save_checkpoint(tmp_path / "little.safetensors", model(), card)
    settings = {
        "checkpoint": str(tmp_path / "little.safetensors"),
        "picture": occlusion_map.as_text(IMAGE),
        "class_id": 1,
        "pixel": [20, 30],
    }
    told: list[dict[str, Any]] = []
    job = JobContext(tmp_path, lambda kind, **more: told.append({"kind": kind, **more}))
    answer = occlusion_map.work(settings, job)
    assert answer is not None
    ours = saliency.occlusion(Network(private_copy(model()), Normalisation(), DATA.classes), IMAGE, Target(1, WHERE))
    theirs = occlusion_map.heat_of(answer, (64, 64))
    np.testing.assert_allclose(theirs[::4, ::4], ours[::4, ::4], atol=1e-3)
    assert told[-1]["done"] == told[-1]["total"] == len([each for each in told if each.get("doing") == "hiding"])
    with pytest.raises(Cancelled):
        occlusion_map.work(settings, JobContext(tmp_path, cancelled=lambda: True))
    np.testing.assert_array_equal(occlusion_map.from_text(settings["picture"]), IMAGE)

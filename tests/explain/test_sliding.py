"""Both ways of sliding give the same numbers, and the job leaves a classifier."""

import numpy as np
import pytest
import torch

from segcore.checkpoint import load_checkpoint
from segcore.data import Normalisation
from segcore.explain import sliding
from segcore.job_context import Cancelled, JobContext
from segcore.models import build_model


def test_window_by_window_and_at_once() -> None:
    torch.manual_seed(1)
    classifier = build_model("classifier", num_classes=10, width=4).eval()
    seen = sliding.mosaic(3)
    assert seen.rgb.shape == (96, 128, 3) and seen.source == "drawn" and seen.labels.shape == (3, 4)
    image = sliding.as_input(seen.rgb, Normalisation())
    found = sliding.slide(classifier, image)  # type: ignore[arg-type]
    assert found.probs.shape == (10, 17, 25) and found.windows == 425 and found.difference < 1e-4
    with torch.no_grad():
        alone = classifier(image[:, :, 8:40, 100 - 4 : 132 - 4]).logits[0, :, 0, 0].softmax(0).numpy()
    np.testing.assert_allclose(found.probs[:, 2, 24], alone, atol=1e-5)
    one = 3 * 25 * 4 * 28**2 + 4 * 25 * 8 * 10**2 + 200 * 16 + 16 * 10
    assert found.macs_windows == 425 * one and found.macs_at_once < found.macs_windows / 15
    np.testing.assert_array_equal(seen.rgb, sliding.mosaic(3).rgb)


def test_a_picture_stands_where_its_label_is() -> None:
    seen, pictures = sliding.mosaic(0), sliding.open_cifar10("test", count=1000)
    tile = seen.rgb[32:64, 96:128].transpose(2, 0, 1)
    (number,) = [index for index, image in enumerate(pictures.images) if (image == tile).all()]
    assert pictures.labels[number] == seen.labels[1, 3]


def test_the_job_leaves_a_classifier(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sliding.PICTURES, "test", 60)
    found = sliding.work({"steps": 12, "pictures": 120, "seed": 0}, JobContext(tmp_path))
    assert found is not None and found["source"] == "drawn" and found["step"] == [0, 12]
    kept = load_checkpoint(tmp_path / sliding.FILE, task="classification")
    assert kept.card.scores[0].value == found["accuracy"][-1] and "stand-in" in kept.card.title
    with pytest.raises(Cancelled):
        sliding.work({"steps": 5, "pictures": 70, "seed": 0}, JobContext(tmp_path, cancelled=lambda: True))

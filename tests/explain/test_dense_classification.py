"""Window by window and at once: the same numbers."""

import numpy as np
import torch

from segcore.data import Normalisation
from segcore.experiments.cifar_classifier import mosaic
from segcore.explain.dense_classification import as_input, classify_windows
from segcore.models import build_model


def test_window_by_window_and_at_once() -> None:
    torch.manual_seed(1)
    classifier = build_model("classifier", num_classes=10, width=4).eval()
    seen = mosaic(3)
    assert seen.rgb.shape == (96, 128, 3) and seen.source == "drawn" and seen.labels.shape == (3, 4)
    image = as_input(seen.rgb, Normalisation())
    found = classify_windows(classifier, image)  # type: ignore[arg-type]
    assert found.probs.shape == (10, 17, 25) and found.windows == 425 and found.difference < 1e-4
    with torch.no_grad():
        alone = classifier(image[:, :, 8:40, 100 - 4 : 132 - 4]).logits[0, :, 0, 0].softmax(0).numpy()
    np.testing.assert_allclose(found.probs[:, 2, 24], alone, atol=1e-5)
    one = 3 * 25 * 4 * 28**2 + 4 * 25 * 8 * 10**2 + 200 * 16 + 16 * 10
    assert found.macs_windows == 425 * one and found.macs_at_once < found.macs_windows / 15
    np.testing.assert_array_equal(seen.rgb, mosaic(3).rgb)

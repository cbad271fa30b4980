"""The classifier and its convolutions: on a larger image they say what the classifier says window by window."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.models import CLASSIFIERS, build_model, model_options
from segcore.models.classifier import SIDE, STRIDE, Classifier, FullyConvolutional


def classifier(channels: int = 3, width: int = 4) -> Classifier:
    torch.manual_seed(0)
    built = build_model("classifier", num_classes=5, in_channels=channels, width=width)
    assert isinstance(built, Classifier)
    return built.eval()


def test_a_picture_has_one_answer_and_every_weight_learns() -> None:
    network = classifier().train()
    logits = network(torch.randn(3, 3, SIDE, SIDE)).logits
    assert logits.shape == (3, 5, 1, 1)
    logits.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())
    assert [name for name, _ in network.named_children()] == list(CLASSIFIERS["classifier"].stages)
    assert model_options("classifier") == {"width": 16}


def test_another_size_does_not_fit_the_fully_connected_layers() -> None:
    with pytest.raises(ValueError, match="expected 32 x 32 pixels, got 64 x 32"):
        classifier()(torch.randn(1, 3, 64, 32))


@settings(deadline=None, max_examples=8, derandomize=True)
@given(st.integers(SIDE, SIDE + 3 * STRIDE + 3), st.integers(SIDE, SIDE + 2 * STRIDE + 1), st.sampled_from([1, 3]))
@torch.no_grad()
def test_the_convolutions_slide_the_classifier(height: int, width: int, channels: int) -> None:
    network = classifier(channels)
    image = torch.randn(2, channels, height, width, generator=torch.Generator().manual_seed(height * width))
    at_once = FullyConvolutional(network)(image).logits
    rows, cols = (height - SIDE) // STRIDE + 1, (width - SIDE) // STRIDE + 1
    assert at_once.shape == (2, 5, rows, cols)
    for row in range(rows):
        for col in range(cols):
            window = image[:, :, row * STRIDE :, col * STRIDE :][:, :, :SIDE, :SIDE]
            torch.testing.assert_close(
                at_once[:, :, row, col], network(window).logits[:, :, 0, 0], atol=1e-5, rtol=1e-4
            )


def test_nothing_is_copied_and_nothing_is_changed() -> None:
    network = classifier()
    convolved = FullyConvolutional(network)
    assert convolved.fc1.weight.data_ptr() == network.fc1.weight.data_ptr()
    assert sum(p.numel() for p in convolved.parameters()) == sum(p.numel() for p in network.parameters())
    assert network.fc1.weight.ndim == 2

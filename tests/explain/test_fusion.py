"""Each modality shows one kind of disc; scaled predictions keep the size of the image."""

import torch

from segcore.explain import fusion
from segcore.models import build_model


def test_what_each_sense_shows() -> None:
    images, target = fusion.synthetic_images(40, seed=3)
    assert images.shape == (40, 4, 48, 48) and set(target.unique().tolist()) == {0, 1, 2}
    again, _ = fusion.synthetic_images(40, seed=3)
    assert torch.equal(images, again)
    blind = fusion.drop_channels(images, (3,))
    assert blind[:, 3].unique().numel() == 1 and torch.equal(blind[:, :3], images[:, :3])


def test_scales_come_back_at_the_size_of_the_picture_and_one_is_the_plain_answer() -> None:
    torch.manual_seed(0)
    model = build_model("unet", num_classes=3, in_channels=4, width=8, depth=2).eval()
    images, target = fusion.synthetic_images(2, seed=0)
    for scale in fusion.SCALES:
        probs = fusion.probabilities(model, images, scale)
        assert probs.shape == (2, 3, 48, 48)
        torch.testing.assert_close(probs.sum(dim=1), torch.ones(2, 48, 48))
    with torch.no_grad():
        torch.testing.assert_close(fusion.probabilities(model, images), model(images).logits.softmax(1))
    right = torch.nn.functional.one_hot(target, 3).movedim(3, 1).float()
    assert fusion.iou_of(right, target) == [1.0, 1.0, 1.0]

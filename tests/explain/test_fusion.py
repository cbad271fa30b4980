"""Each sense shows one kind of disc: a network that learnt both loses exactly that kind with it."""

import pytest
import torch

from segcore.explain import fusion
from segcore.job_context import Cancelled, JobContext


def test_what_each_sense_shows() -> None:
    images, target = fusion.drawn(40, seed=3)
    assert images.shape == (40, 4, 48, 48) and set(target.unique().tolist()) == {0, 1, 2}
    again, _ = fusion.drawn(40, seed=3)
    assert torch.equal(images, again)
    blind = fusion.without(images, (3,))
    assert blind[:, 3].unique().numel() == 1 and torch.equal(blind[:, :3], images[:, :3])


def test_scales_come_back_at_the_size_of_the_picture_and_one_is_the_plain_answer() -> None:
    torch.manual_seed(0)
    model = fusion.build_model("unet", num_classes=3, in_channels=4, **fusion.OPTIONS).eval()
    images, target = fusion.drawn(2, seed=0)
    for scale in fusion.SCALES:
        probs = fusion.probabilities(model, images, scale)
        assert probs.shape == (2, 3, 48, 48)
        torch.testing.assert_close(probs.sum(dim=1), torch.ones(2, 48, 48))
    with torch.no_grad():
        torch.testing.assert_close(fusion.probabilities(model, images), model(images).logits.softmax(1))
    right = torch.nn.functional.one_hot(target, 3).movedim(3, 1).float()
    assert fusion.iou_of(right, target) == [1.0, 1.0, 1.0]


def test_the_job_learns_both_and_loses_what_is_taken_away(tmp_path) -> None:
    found = fusion.work({"steps": 120, "seed": 0}, JobContext(tmp_path))
    assert found is not None
    both, no_depth, no_colour = (found["senses"][name] for name in fusion.SENSES)
    assert found["scales"]["1"] == both and list(found["scales"]) == ["0.5", "1", "2", "mean"]
    assert both[1] > no_depth[1] + 0.2 and both[2] > no_colour[2] + 0.2
    with pytest.raises(Cancelled):
        fusion.work({"steps": 9, "seed": 0}, JobContext(tmp_path, cancelled=lambda: True))

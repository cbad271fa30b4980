"""The job that trains twice on few pictures: the same start, what each remedy does, what stays frozen."""

from pathlib import Path
from typing import Any

import pytest
import torch

from segcore.checkpoint import CheckpointCard, save_checkpoint
from segcore.data import open_dataset
from segcore.errors import NotAvailable
from segcore.experiments.few_images import OPTIONS, REMEDIES, SIDE, Remedy, augmented, merged_shapes, network, work
from segcore.job_context import Cancelled, JobContext
from segcore.models import build_model
from segcore.types import IGNORE


def save(folder: Path, **options: Any) -> str:
    """A U-Net whose encoder fits, or does not."""
    drawn = open_dataset("shapes:1:64")
    torch.manual_seed(3)
    card = CheckpointCard(
        name="lender", title="Lender", architecture="unet", options=options, classes=drawn.classes,
        colours=drawn.colours, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5),
    )  # fmt: skip
    path = folder / "lender.safetensors"
    save_checkpoint(path, build_model("unet", num_classes=6, **options), card)
    return str(path)


def settings(remedy: Remedy, checkpoint: str) -> dict[str, Any]:
    return {"pictures": 2, "remedy": remedy, "checkpoint": checkpoint, "steps": 1, "seed": 0}


def test_both_trainings_are_measured_and_the_remedy_alone_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segcore.experiments.few_images.JUDGES", 2)
    monkeypatch.setattr("segcore.experiments.few_images.BATCH", 2)
    lender = save(tmp_path, **OPTIONS)
    told: list[dict[str, Any]] = []

    def emit(_kind: str, /, **values: Any) -> None:
        told.append(values)

    answers = [work(settings(remedy, lender), JobContext(tmp_path, emit)) for remedy in REMEDIES[:2]]
    assert all(answer is not None and answer["plain"]["step"] == [0, 1] for answer in answers)
    assert answers[0]["plain"] == answers[1]["plain"]  # type: ignore[index]
    assert told[-1]["total"] == 2 and told[-1]["done"] == 1
    with pytest.raises(Cancelled):
        work(settings("decay", lender), JobContext(tmp_path, emit, lambda: True))


def test_what_is_borrowed_is_the_lenders_and_what_is_frozen_stays(tmp_path: Path) -> None:
    lender = save(tmp_path, **OPTIONS)
    torch.manual_seed(0)
    frozen, moving, own = (network(remedy, lender) for remedy in ("frozen", "transfer", None))
    image = torch.randn(2, 3, SIDE, SIDE)
    for model in (frozen, moving, own):
        model.train()
    before = {name: value.clone() for name, value in frozen.state_dict().items()}
    learning = [each for each in frozen.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=0.1)
    frozen(image).logits.square().mean().backward()
    optimiser.step()
    for name, value in frozen.state_dict().items():
        stays = name.startswith(("down", "bottleneck"))
        assert torch.equal(value, before[name]) == stays or "num_batches" in name, name
    kernels = [next(iter(model.get_submodule("down").parameters())) for model in (frozen, moving, own)]
    assert torch.equal(kernels[0], kernels[1]) and not torch.equal(kernels[1], kernels[2])
    assert kernels[1].requires_grad and not kernels[0].requires_grad
    assert network("dropout").get_submodule("dropout").p == 0.5


def test_a_lender_of_another_build_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotAvailable, match="has another encoder"):
        network("frozen", save(tmp_path, width=4, depth=2))


def test_pictures_have_swapped_colours_and_three_classes_and_turn_with_their_target() -> None:
    images, target = merged_shapes("val", 8)
    first = open_dataset(f"shapes:8:{SIDE}", "val")[0]
    given = torch.from_numpy(first.image).permute(2, 0, 1).float() / 127.5 - 1
    torch.testing.assert_close(images[0], given[[2, 0, 1]])  # red is green is blue
    assert set(target.unique().tolist()) <= {0, 1, 2, IGNORE} and (target[0][first.labels == 1] == 1).all()
    marked = target.float()[:, None].expand_as(images)  # the target as a picture: it must turn alike
    turned, labels = augmented((marked, target), step=1)
    shift = turned[:, 0] - labels  # what is left is the change of light, one number a picture
    assert torch.allclose(shift, shift[:, :1, :1].expand_as(shift), atol=1e-4)
    assert not torch.equal(labels, target) and torch.equal(augmented((marked, target), step=1)[1], labels)

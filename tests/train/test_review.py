"""An image of the validation, opened once more: the same image, and the score that its labels deserve."""

from pathlib import Path

import numpy as np
import pytest

from segcore.checkpoint import CheckpointCard, save_checkpoint
from segcore.data import open_dataset
from segcore.errors import BadCheckpoint, BadDataset
from segcore.models import build_model
from segcore.palette import default_colours
from segcore.runs import Run, new_run
from segcore.train import make_config
from segcore.train.review import reviewed, reviewer, validation_data, validation_sample
from segcore.types import IGNORE


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return new_run(make_config({"data": ["shapes:8:32"], "epochs": 1}).to_json(), root=tmp_path, name="one")


def with_weights(run: Run, which: str) -> None:
    classes = open_dataset("shapes:8:32").classes
    card = CheckpointCard(
        name=which,
        title=which,
        architecture="unet",
        options={"width": 4},
        classes=classes,
        colours=default_colours(classes),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )
    save_checkpoint(run.checkpoint_path(which), build_model("unet", num_classes=len(classes), width=4), card)  # type: ignore[arg-type]


def test_the_very_image_is_found_and_measured(run: Run) -> None:
    with_weights(run, "last")
    data = validation_data(run)
    review = reviewed(validation_sample(data, 1, data[1].name), reviewer(run))
    assert np.array_equal(review.rgb, data[1].image)
    assert np.array_equal(review.ground_truth, data[1].labels)
    ious = []
    for k in range(len(data.classes)):
        counted = review.ground_truth != IGNORE
        found, true = (review.prediction.labels == k) & counted, review.ground_truth == k
        if (found | true).any():
            ious.append((found & true).sum() / (found | true).sum())
    assert review.miou == pytest.approx(np.mean(ious))


def test_the_last_weights_come_before_the_best(run: Run) -> None:
    with_weights(run, "best")
    assert reviewer(run).card.title == "best"
    with_weights(run, "last")
    assert reviewer(run).card.title == "last"


def test_a_run_without_weights_is_a_sentence(run: Run) -> None:
    with pytest.raises(BadCheckpoint):
        reviewer(run)


@pytest.mark.parametrize(("index", "name"), [(0, "another"), (99, "far"), (-1, "before")])
def test_another_image_in_its_place_is_a_sentence(run: Run, index: int, name: str) -> None:
    with pytest.raises(BadDataset, match=f'has changed.*"{name}"'):
        validation_sample(validation_data(run), index, name)


def test_data_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    spec = make_config({"data": ["/nowhere/leaves"]}).to_json()
    with pytest.raises(BadDataset, match="/nowhere/leaves"):
        validation_data(new_run(spec, root=tmp_path, name="gone"))

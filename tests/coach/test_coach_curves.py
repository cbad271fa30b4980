"""From the events of a run to curves: what is missing is None, what was undone does not count."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from segcore.advice import applied
from segcore.coach import Curves, coach, read_curves
from segcore.coach.trend import jump, latest, lowest, smooth
from segcore.paths import PROJECT
from segcore.runs import Run, new_run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return new_run({"model": "unet", "data": ["shapes"], "epochs": 9, "learning_rate": 0.01}, root=tmp_path)


def test_a_run_that_did_nothing_has_empty_curves(run: Run) -> None:
    curves = read_curves(run)
    assert (curves.epochs, curves.steps, curves.classes, curves.cores) == ((), (), (), None)
    assert curves.state == "queued" and curves.plan["epochs"] == 9
    assert coach(run) == []


def test_everything_that_a_worker_tells_is_found(run: Run) -> None:
    run.emit("setup", classes=["a", "b"])
    run.emit("step", epoch=0, step=0, loss=2.0, rate=0.001, wait_share=0.9)
    run.emit("step", epoch=0, step=1, loss=math.nan, rate=0.01)
    run.emit("step", epoch=0, step=2, loss=1.0, rate=0.005)
    run.emit("meter", cores=16, gpu_percent=71)
    run.emit("meter", cores=16)
    run.emit(
        "val", epoch=0, step=3, loss=0.5, miou=0.4, pixel_accuracy=0.9, iou=[0.4, math.nan],
        counts=[[7, 2], [1, 0]], support=[9, 1], train_seconds=10.0, wait_seconds=2.5,
    )  # fmt: skip
    run.emit("amended", changes={"learning_rate": 0.005}, cause="nan")
    run.emit("amended", changes={"epochs": 12})
    curves = read_curves(run)
    (epoch,) = curves.epochs
    assert (epoch.number, epoch.train_loss, epoch.val_loss, epoch.miou) == (1, 1.5, 0.5, 0.4)
    assert (epoch.iou, epoch.predicted, epoch.support) == ((0.4, None), (8, 2), (9, 1))
    assert (epoch.rate, epoch.wait_share) == (0.01, 0.25)
    assert [step.loss for step in curves.steps] == [2.0, None, 1.0]
    assert curves.steps[0].wait_share == 0.9 and curves.steps[1].wait_share is None
    assert (curves.nan_remedies, curves.gpu_percent, curves.cores) == (1, (71,), 16)
    assert curves.plan["learning_rate"] == 0.005


def test_events_of_older_runs_lack_facts(run: Run) -> None:
    run.emit("step", epoch=0, step=0)
    run.emit("val", epoch=0, step=1)
    (epoch,) = read_curves(run).epochs
    assert (epoch.train_loss, epoch.val_loss, epoch.wait_share, epoch.iou) == (None, None, None, ())


def test_what_a_resumed_run_does_again_counts_once(run: Run) -> None:
    for epoch in range(3):
        run.emit("step", epoch=epoch, step=epoch, loss=9.0)
        run.emit("val", epoch=epoch, step=epoch + 1, loss=9.0)
    run.emit("resumed", epoch=1, step=1)
    run.emit("step", epoch=1, step=1, loss=1.0)
    run.emit("val", epoch=1, step=2, loss=1.0)
    assert [(epoch.number, epoch.train_loss, epoch.val_loss) for epoch in read_curves(run).epochs] == [
        (1, 9.0, 9.0),
        (2, 1.0, 1.0),
    ]


def test_with_many_classes_the_prediction_is_worked_out_from_the_ratios(run: Run) -> None:
    """8 of 10 pixels of class 0 are right, the other two go to class 1, which is right in 5 of its 7."""
    run.emit("val", epoch=0, step=1, recall=[0.8, 1.0, None], precision=[1.0, 5 / 7, None], support=[10, 5, 0])
    (epoch,) = read_curves(run).epochs
    assert epoch.predicted == (8, 7, 0)


def test_torch_is_not_needed() -> None:
    code = "import sys, segcore.coach; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


def test_a_remedy_changes_what_it_names_and_nothing_else() -> None:
    settings = {"loss": "focal_softmax", "loss_options": {"gamma": 2}, "augmentation": {"flip": 0.5, "hue": 0.0}}
    changes = {"loss": "ce_dice", "loss_options": {}, "augmentation": {"hue": 0.1}}
    assert applied(settings, changes) == {
        "loss": "ce_dice",
        "loss_options": {},
        "augmentation": {"flip": 0.5, "hue": 0.1},
    }
    assert settings["augmentation"] == {"flip": 0.5, "hue": 0.0}, "the old settings stay"
    assert applied({}, {"epochs": 3}) == {"epochs": 3}


def test_medians_are_not_moved_by_one_value() -> None:
    assert smooth([1, 1, 9, 1, 1]) == [1, 1, 1, 1, 1]
    assert smooth([5]) == [5] and smooth([]) == []
    assert latest([9, 9, 1, 2, 100]) == 2 and latest([3]) == 3
    assert jump([1, 2, 1, 2, 50, 2]) == 1 and jump([3]) == 0
    assert lowest([5, 4, 0, 4, 3, 2, 2.1, 2.2, 3]) == 5, "the lone 0 is an accident"


def test_curves_of_nothing() -> None:
    assert Curves().series("miou") == [[], []]

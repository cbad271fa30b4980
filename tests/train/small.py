"""Trainings of a second or two, for tests."""

from segcore.runs import Run, new_run
from segcore.train import make_config

SMALL = {
    "model": "unet",
    "options": {"width": 4, "depth": 2},
    "data": ["shapes:14:32"],
    "size": 32,
    "epochs": 3,
    "batch_size": 4,
    "workers": 0,
    "device": "cpu",
    "precision": "32",
    "channels_last": "off",
    "log_every_steps": 1,
}
"""12 images, 3 steps an epoch."""


def run_of(**changes) -> Run:
    """A run that was made and not started, with some settings changed."""
    return new_run(make_config(SMALL | changes).to_json())


def vals(run: Run) -> list:
    """The validations of a run that count."""
    return [event for event in run.timeline(["val"]) if event["kind"] == "val"]


def steps(run: Run) -> list:
    """The logged steps of a run that count."""
    return [event for event in run.timeline(["step"]) if event["kind"] == "step"]

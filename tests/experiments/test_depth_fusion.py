"""The job that trains on colour and depth: without a modality the class that only it shows is lost."""

import pytest

from segcore.experiments import depth_fusion
from segcore.explain.fusion import MODALITIES
from segcore.job_context import Cancelled, JobContext


def test_the_job_learns_both_and_loses_what_is_taken_away(tmp_path) -> None:
    found = depth_fusion.work({"steps": 120, "seed": 0}, JobContext(tmp_path))
    assert found is not None
    both, no_depth, no_colour = (found["senses"][name] for name in MODALITIES)
    assert found["scales"]["1"] == both and list(found["scales"]) == ["0.5", "1", "2", "mean"]
    assert both[1] > no_depth[1] + 0.2 and both[2] > no_colour[2] + 0.2
    with pytest.raises(Cancelled):
        depth_fusion.work({"steps": 9, "seed": 0}, JobContext(tmp_path, cancelled=lambda: True))

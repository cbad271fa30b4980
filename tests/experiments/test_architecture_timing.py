"""The job that times the architectures."""

from pathlib import Path

import pytest

from segcore.experiments import architecture_timing
from segcore.explain.architectures import ARCHITECTURES
from segcore.job_context import Cancelled, JobContext


def test_the_race_times_all_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        architecture_timing, "ARCHITECTURES", {"unet": ARCHITECTURES["unet"]}
    )  # the others take seconds to fill
    settings = {"width": 8, "stride": 16, "sides": [32]}
    done: list[float] = []
    job = JobContext(Path(), lambda kind, **facts: done.append(facts["done"]))
    found = architecture_timing.work(settings, job)
    assert found is not None and list(found["families"]) == ["unet"] and done == sorted(done)
    assert all(row["milliseconds"][0] > 0 and row["side"] == [32] for row in found["families"].values())
    with pytest.raises(Cancelled):
        architecture_timing.work(settings, JobContext(Path(), cancelled=lambda: True))

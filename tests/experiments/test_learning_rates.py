"""The job that trains with five learning rates."""

from typing import Any

import pytest

from segcore.experiments import learning_rates
from segcore.job_context import Cancelled, JobContext
from segcore.jobs import JOBS


def test_the_rate_test_gives_every_rate_the_same_start(tmp_path: Any) -> None:
    settings = {"optimiser": "sgd", "steps": 3, "seed": 0}
    said: list[dict[str, Any]] = []
    result = learning_rates.work(settings, JobContext(tmp_path, lambda kind, /, **values: said.append(values)))
    assert result is not None and result["rates"] == list(learning_rates.RATES["sgd"])
    assert len({losses[0] for losses in result["losses"]}) == 1
    assert len({losses[-1] for losses in result["losses"]}) == len(result["rates"])
    assert said[-1]["total"] == 3 * len(result["rates"])
    with pytest.raises(Cancelled):
        learning_rates.work(settings, JobContext(tmp_path, cancelled=lambda: True))
    assert JOBS["lesson-rates"].work == "segcore.experiments.learning_rates:work"

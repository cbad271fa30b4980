from contextlib import suppress

import psutil
import pytest

from segcore.runs import ENDED_STATES, run_at


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """Every test has an empty home of its own, and no process of a run outlives its test."""
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))
    yield
    left = [run_at(lock.parent) for lock in tmp_path.rglob("lock") if (lock.parent / "spec.json").exists()]
    for run in left:
        if run.status() not in ENDED_STATES:
            _kill_process_of(run)


def _kill_process_of(run):
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if str(run.path) in process.cmdline():
                process.kill()

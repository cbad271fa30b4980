from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has an empty home of its own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("SEGCORE_HOME", str(folder))
    return folder

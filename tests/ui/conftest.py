"""Every test of the dashboard has a home folder of its own, and texts that are missing raise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.text import speak


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SEGCORE_STRICT_TEXT", "1")
    # Fragments do not rerun by themselves here: the script waits until a work in the background is over.
    monkeypatch.setattr("ui.widgets.background.PATIENCE_SECONDS", 300)
    speak("en")  # whatever the test before has left
    yield tmp_path / "home"

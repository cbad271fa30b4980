import pytest


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """Every test has an empty home of its own."""
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))

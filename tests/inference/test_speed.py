"""The time of a prediction before it is made: from a measurement of this process, or of an earlier one."""

from pathlib import Path

import pytest

from segcore.checkpoint import CheckpointCard
from segcore.inference import Speed, estimated_seconds, note_speed, speed


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))
    monkeypatch.setattr(speed, "_measured", {})


CARD = CheckpointCard(
    name="x", title="x", architecture="unet", classes=("a", "b"), colours=((1, 2, 3),) * 2, mean=(0,) * 3, std=(1,) * 3,
)  # fmt: skip


def test_the_estimate_grows_with_the_input_and_with_the_photo() -> None:
    assert estimated_seconds(CARD, (300, 400), 400) is None
    note_speed(CARD, Speed(network=1e-6, decision=1e-8))
    assert estimated_seconds(CARD, (300, 400), 400) == pytest.approx(0.12 + 1e-8 * 2 * 300 * 400)
    assert estimated_seconds(CARD, (3000, 4000), 400) == pytest.approx(0.12 + 1e-8 * 2 * 3000 * 4000)
    whole = estimated_seconds(CARD, (3000, 4000), 4000)
    assert whole is not None and whole > 12  # in tiles that overlap


def test_a_measurement_serves_the_next_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    note_speed(CARD, Speed(1e-6, 0.0))
    monkeypatch.setattr(speed, "_measured", {})
    assert estimated_seconds(CARD, (300, 400), 400) == pytest.approx(0.12)
    monkeypatch.setattr(speed, "_measured", {})
    (tmp_path / "speeds.json").write_text("[1, 2", encoding="utf-8")  # cut off
    assert estimated_seconds(CARD, (300, 400), 400) is None


def test_the_speed_of_a_prediction_has_two_parts() -> None:
    assert Speed.of(2.0, 1000, 3.0, 500) == Speed(0.002, 0.002)
    assert Speed.of(2.0, 1000, 1.9, 500).decision == 0.0

"""The note on the two means of a run's last validation."""

from pathlib import Path

import pytest

from segcore.runs import new_run
from segcore.train import make_config
from ui.text import speak
from ui.widgets import run_text


@pytest.mark.parametrize(("language", "person", "dog"), [("en", "person", "dog"), ("zh", "人", "狗")])
def test_a_class_that_the_validation_data_lacks_is_named(language: str, person: str, dog: str, own_home: Path) -> None:
    speak(language)
    run = new_run(make_config({"data": ["shapes:8:32"], "model": "unet"}).to_json())
    assert run_text.means_note(run) == ""
    classes = ["background", "person", "cat", "dog"]
    run.emit("val", epoch=2, miou=0.6, iou=[0.9, 0.0, 0.9, None], support=[50, 0, 9, 0], classes=classes)
    note = run_text.means_note(run)
    assert "0.600" in note and "0.900" in note and person in note and dog not in note
    run.emit("val", epoch=3, miou=0.9, iou=[0.9, None, 0.9, None], support=[50, 0, 9, 0], classes=classes)
    assert run_text.means_note(run) == ""

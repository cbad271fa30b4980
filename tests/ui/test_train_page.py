"""The Train page: from fields to a configuration and back, every problem at once, and one button that starts it."""

import argparse
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from segcore.cli import train
from segcore.cli.settings import typed_settings
from segcore.paths import PROJECT
from segcore.runs import list_runs
from segcore.train import TrainConfig, make_config
from segcore.train.checks.validation import problems
from tests.ui.made_runs import made_run
from ui.train.command import command_line
from ui.widgets import forms
from ui.widgets.presets import PRESETS


def open_page(**address: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/train.py")
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def shown_config(page: AppTest) -> TrainConfig:
    """What the page says would be trained."""
    (text,) = [code.value for code in page.code if code.language == "json"]
    return make_config(json.loads(text))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the runs that would have been started."""
    names: list[str] = []
    monkeypatch.setattr("ui.train.start.start", lambda run: names.append(run.name))
    return names


def test_every_field_has_its_widget() -> None:
    page = open_page()
    drawn = {
        element.key for kind in ("selectbox", "number_input", "text_input", "multiselect") for element in page.get(kind)
    }
    assert {f"train.{name}" for name in forms.FIELDS} <= drawn
    inner = {name.partition(".")[2] for name in forms.FIELDS if name.startswith("augmentation.")}
    outer = {name for name in forms.FIELDS if "." not in name}
    assert outer | {"augmentation"} == set(TrainConfig.model_fields)
    assert inner == set(type(TrainConfig().augmentation).model_fields)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_preset_fills_the_form_with_exactly_its_settings(preset: str) -> None:
    page = open_page()
    page.segmented_control(key="train.preset").set_value(preset).run()
    assert not page.exception and not page.error
    data = PRESETS[preset].get("data", PRESETS["demo"]["data"])
    assert shown_config(page) == make_config(PRESETS[preset] | {"data": data})


def test_a_link_may_choose_the_preset_and_is_followed_once() -> None:
    page = open_page(preset="best")
    assert page.segmented_control(key="train.preset").value == "best"
    assert "preset" not in page.query_params
    page.number_input(key="train.epochs").set_value(7).run()
    assert page.number_input(key="train.epochs").value == 7
    assert open_page(preset="<b>").segmented_control(key="train.preset").value == "demo"


def test_start_makes_the_run_and_starts_it(started: list[str]) -> None:
    page = open_page()
    page.number_input(key="train.epochs").set_value(2)
    page.button(key="train.start").click().run()
    assert not page.error
    (run,) = list_runs()
    assert started == [run.name]
    assert make_config(run.spec) == make_config(PRESETS["demo"] | {"epochs": 2})


def test_all_problems_are_told_at_once_and_nothing_starts(started: list[str]) -> None:
    page = open_page()
    page.multiselect(key="train.data").set_value(["/no/such/folder"])
    page.text_input(key="train.options").set_value('{"width": -3}')
    page.text_input(key="train.loss_options").set_value('{"gamma": 2}')
    page.button(key="train.start").click().run()
    (error,) = [error.value for error in page.error]
    for sentence in ("width is", "gamma"):
        assert sentence in error.replace("\\", "")
    page.text_input(key="train.options").set_value("")
    page.text_input(key="train.loss_options").set_value("").run()
    page.button(key="train.start").click().run()
    assert "no dataset" in page.error[0].value
    assert not started and not list_runs()


def test_a_text_that_cannot_be_read_is_named() -> None:
    page = open_page()
    page.text_input(key="train.options").set_value("width 3").run()
    assert "Options of the model" in page.error[0].value
    assert not [button for button in page.button if button.key == "train.start"]


def test_like_fills_the_form_from_another_run() -> None:
    made_run("older", epochs=7)
    page = open_page(like="older")
    assert page.number_input(key="train.epochs").value == 7
    assert shown_config(page).data == ("/data/my **leaves**",)


def test_like_nobody_is_a_sentence() -> None:
    page = open_page(like="../../etc")
    assert "cannot name a run" in page.error[0].value


ODD: dict[str, Any] = {
    "data": ["/a folder/with 'quotes'", "shapes:20"],
    "classes": ["one two", "b,c"],
    "class_map": {"x=y": "ignore", "*": "b,c"},
    "working_side": 96,
    "title": "",
    "options": {"encoder": "resnet18", "width": 8},
    "augmentation": {"flip": 0.0, "hue": 0.1},
    "loss": "focal_softmax",
    "loss_options": {"gamma": 3},
}


@pytest.mark.parametrize("settings", [{}, *PRESETS.values(), ODD])
def test_the_command_line_says_the_same(settings: dict[str, Any]) -> None:
    config = make_config(settings)
    words = shlex.split(command_line(config).replace(" \\\n", " "))  # as a shell joins lines
    assert words[:4] == ["python", "-m", "segcore", "train"]
    parser = argparse.ArgumentParser()
    train.add_options(parser)
    train.add_sources(parser, with_settings=True)
    assert make_config(typed_settings(parser.parse_args(words[4:]))) == config


def test_problems_of_a_sound_configuration_are_none(tmp_path: Path) -> None:
    assert problems(make_config({"data": ["shapes:4"], "options": {"width": 4, "depth": 2}})) == []

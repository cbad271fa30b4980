"""Advice in a shell: the texts of the dashboard, and commands that can be typed."""

import json
import shlex

import pytest

from segcore.advice import Advice, Remedy, set_words, shell_command
from segcore.cli import main
from segcore.cli.advice import advice_lines
from segcore.runs import Run, new_run
from segcore.train import make_config
from tests.coach.made_curves import falling, straight


@pytest.fixture
def memorising() -> Run:
    run = new_run(make_config({"data": ["shapes:20:32"], "epochs": 15}).to_json(), name="memo")
    with run.hold():
        val = [*falling(7, end=0.41), *straight(8, 0.45, 0.63)]
        for epoch, (train_loss, val_loss) in enumerate(zip(falling(15, end=0.05), val, strict=True)):
            run.emit("step", epoch=epoch, step=epoch, loss=train_loss, rate=0.001)
            run.emit("val", epoch=epoch, step=epoch + 1, loss=val_loss, miou=0.7, convention="Counted so.")
        run.emit("state", state="finished")
    return run


def test_show_tells_the_advice_with_commands(memorising: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "show", "memo"]) == 0
    said = capsys.readouterr().out
    assert "Advice of the coach" in said
    assert "Validation loss rose from" in said and "(epoch 7)" in said
    assert "→ python -m segcore runs clone memo --set weight_decay=0.01" in said


def test_show_json_has_the_rule_its_numbers_and_remedies(memorising: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "show", "memo", "--json"]) == 0
    (advice,) = json.loads(capsys.readouterr().out)["advice"]
    assert (advice["rule"], advice["severity"], advice["lesson"]) == ("overfitting", "warning", "overfitting")
    assert advice["numbers"]["low_epoch"] == 7
    assert advice["remedies"][1] == {"changes": {"weight_decay": 0.01}, "way": "clone"}


def test_without_advice_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    new_run({"model": "unet", "data": ["shapes"], "epochs": 3}, name="new")
    assert main(["runs", "show", "new"]) == 0
    assert "coach" not in capsys.readouterr().out


def test_the_commands_can_be_typed(
    memorising: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[Run] = []
    monkeypatch.setattr("segcore.cli.runs.start", made.append)
    remedy = Remedy("clone", {"loss": "ce_dice", "loss_options": {}, "augmentation": {"hue": 0.05, "flip": 0.0}})
    numbers = {"accuracy": 0.9, "miou": 0.5, "epoch": 6}
    sentence, *_, command = advice_lines(Advice("coach.flattering_accuracy", "note", numbers, (remedy,)), "memo")
    assert "0.900" in sentence and "0.500" in sentence
    assert main(shlex.split(command.partition("→")[2])[3:]) == 0
    changed = made[0].spec
    assert changed["loss"] == "ce_dice"
    assert (changed["augmentation"]["hue"], changed["augmentation"]["flip"]) == (0.05, 0.0)


def test_more_epochs_are_a_command_of_their_own() -> None:
    numbers = {"gain": 0.02, "lately": 3, "best": 0.5, "best_epoch": 9, "more": 5}
    remedy = Remedy("extend", {"epochs": 5})
    _, command = advice_lines(Advice("coach.still_rising", "note", numbers, (remedy,)), "a")
    assert command.strip() == "→ python -m segcore runs extend a 5"


def test_a_text_that_looks_like_a_number_stays_a_text() -> None:
    assert shell_command(Remedy("set", {"precision": "32", "device": "cpu"})) == "--set 'precision=\"32\"' device=cpu"
    assert list(set_words({"class_map": {"a.b": 1}})) == ['class_map={"a.b": 1}']

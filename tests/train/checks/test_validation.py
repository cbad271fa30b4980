"""One validation for the page and the command line: the same configurations are refused with the same messages."""

import json

import pytest

from segcore.cli.program import main
from segcore.errors import BadConfig, NotAvailable
from segcore.runs import list_runs, new_run
from segcore.train import make_config
from segcore.train.checks.validation import problems, require_valid

SOUND = {"data": ["shapes:4:32"], "options": {"width": 4, "depth": 2}, "size": 32, "batch_size": 2}


def test_a_sound_configuration_has_no_problems():
    assert problems(make_config(SOUND)) == []
    require_valid(make_config(SOUND))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": ["/no/such/folder"]}, "/no/such/folder"),
        ({"freeze": "encoder"}, "no encoder"),
        ({"encoder_rate": 0.1}, "no encoder"),
    ],
)
def test_the_shell_refuses_what_the_page_refuses_with_the_same_message(changes, words, capsys):
    config = make_config(SOUND | changes)
    (message,) = problems(config)
    assert words in message
    run = new_run(config.to_json(), name="original")
    for command in (["train", "--config", str(run.path / "spec.json")], ["runs", "clone", "original"]):
        assert main(command) == 2
        assert capsys.readouterr().err.strip() == message
    assert [each.name for each in list_runs()] == ["original"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"loss_options": {"gamma": 2}}, "no option 'gamma'"),
        ({"loss_options": {"label_smoothing": 3}}, "label_smoothing is 3"),
        ({"options": {"width": -3}}, "width is"),
    ],
)
def test_options_are_refused_when_the_configuration_is_made(changes, words, capsys, tmp_path):
    with pytest.raises(BadConfig) as caught:
        make_config(SOUND | changes)
    assert words in str(caught.value)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(SOUND | changes), encoding="utf-8")
    assert main(["train", "--config", str(path)]) == 2
    assert str(caught.value) in capsys.readouterr().err
    assert not list_runs()


def test_all_problems_are_reported_together():
    config = make_config(SOUND | {"data": ["/no/such/folder"], "freeze": "encoder", "device": "cuda:99"})
    assert len(problems(config)) == 3
    with pytest.raises(BadConfig) as caught:
        require_valid(config)
    assert str(caught.value) == "\n".join(problems(config))


def test_a_single_problem_keeps_its_kind():
    with pytest.raises(NotAvailable, match="cuda:99"):
        require_valid(make_config(SOUND | {"device": "cuda:99"}))

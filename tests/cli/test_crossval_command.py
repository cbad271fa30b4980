"""crossval: folds become queued runs, and show tells mean and spread."""

import json

import pytest

from segcore.cli import main
from segcore.runs import list_runs, open_run
from segcore.train import cross_validation


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(cross_validation, "start", lambda run: names.append(run.name))
    return names


def test_start_list_and_show(started: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crossval", "--folds", "2", "--data", "shapes:6:32", "--epochs", "1", "--name", "mine"]) == 0
    said = capsys.readouterr()
    assert started == ["mine-fold-1", "mine-fold-2"] and len(said.out.splitlines()) == 2
    assert "crossval show mine" in said.err
    assert main(["crossval", "list"]) == 0
    assert capsys.readouterr().out == "mine\n"

    for number, miou in ((1, 0.5), (2, 0.7)):
        run = open_run(f"mine-fold-{number}")
        run.emit("state", state="running")
        run.emit("val", epoch=0, miou=miou, iou=[miou], classes=["sky"])
        run.emit("state", state="finished")
    assert main(["crossval", "show", "mine"]) == 0
    out = capsys.readouterr().out
    assert "0.600" in out and "0.141" in out and "sky" in out and "Not all folds" not in out
    assert main(["crossval", "show", "mine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["miou"]["mean"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--data", "shapes:6:32"], "folds is 0"),
        (["--folds", "9", "--data", "shapes:6:32"], "has 6 samples, too few for 9 folds"),
        (["--leave-group-out", "--data", "shapes:6:32"], "needs groups"),
        (["show", "nothing"], "no cross validation “nothing”"),
        (["show"], "is not understood"),
    ],
)
def test_mistakes_are_told(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crossval", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert list_runs() == []


def test_groups_and_json(started: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--leave-group-out", "--group-by", r"(\d)$", "--data", "shapes:3:32", "--json"]
    assert main(["crossval", *words]) == 0
    made = json.loads(capsys.readouterr().out)
    assert [run["name"] for run in made["runs"]] == started and len(started) == 3


def test_a_list_takes_no_settings_of_a_training(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["show", "nothing"], ["list"]):
        with pytest.raises(SystemExit):
            main(["crossval", *words, "--epochs", "3"])
        assert "unrecognized arguments: --epochs 3" in capsys.readouterr().err

"""runs export: a file where it was said, and a sentence where that cannot be."""

import json
from pathlib import Path

import pytest

from segcore.cli import main
from segcore.export.spreadsheet import as_csv
from segcore.runs import Run, new_run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    made = new_run({"model": "unet", "data": ["shapes"], "epochs": 1}, name="one")
    made.emit("setup", classes=["a"], colours=[[0, 0, 0]], steps_per_epoch=1)
    made.emit("step", epoch=0, step=0, loss=0.5)
    made.emit("val", epoch=0, step=1, loss=0.25, miou=0.5, iou=[0.5])
    made.emit("state", state="finished")
    return made


def test_csv(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "export", "one", "--to", "csv"]) == 0
    assert Path("one.csv").read_bytes() == as_csv(run)
    assert capsys.readouterr().out.startswith("one.csv (")


def test_html_in_the_language_that_was_asked_for(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "export", "one", "--to", "html", "--out", "report.html", "--lang", "zh", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    page = Path("report.html").read_text(encoding="utf-8")
    assert told == {"name": "one", "path": str(Path("report.html").resolve()), "bytes": len(page.encode())}
    assert '<html lang="zh-CN">' in page


def test_tensorboard_gets_a_folder_and_says_how_to_look(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "export", "one", "--to", "tensorboard", "--out", "board"]) == 0
    (file,) = Path("board/one").iterdir()
    assert "tfevents" in file.name
    assert "tensorboard --logdir board" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nobody", "--to", "csv"], 'There is no run "nobody"'),
        (["one", "--to", "csv", "--out", "."], "is a folder"),
        (["one", "--to", "html", "--out", "nowhere/x.html"], "there is no folder nowhere"),
        (["one", "--to", "tensorboard", "--out", "file"], "is a file"),
    ],
)
def test_mistakes_get_a_sentence(words: list[str], sentence: str, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").touch()
    assert main(["runs", "export", *words]) == 2
    assert sentence in capsys.readouterr().err

"""What holds for all commands: help at once, sentences instead of tracebacks, exit codes."""

import subprocess
import sys

import pytest

from segcore.cli import main, runs_list
from segcore.cli.output import duration, number, print_table
from segcore.errors import BadRun, NotAvailable
from segcore.paths import PROJECT

COMMANDS = ("models", "train", "predict", "evaluate", "runs", "data")


def test_help_names_every_command_and_needs_nothing_heavy() -> None:
    code = (
        "import sys; from segcore.cli import main\n"
        "for words in ('', 'models', 'predict', 'evaluate', 'runs', 'runs list', 'data', 'data check'):\n"
        "    try: main([*words.split(), '--help'])\n"
        "    except SystemExit as end: assert end.code == 0\n"
        "print(sorted({'torch', 'numpy', 'pydantic', 'cv2'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert answer.stderr == ""
    assert answer.stdout.endswith("\n[]\n")
    for command in COMMANDS:
        assert f"\n    {command} " in answer.stdout


@pytest.mark.parametrize(
    "words", [[], ["paint"], ["runs"], ["predict"], ["runs", "list", "extra"], ["train", "--nope"]]
)
def test_words_that_make_no_command_are_a_mistake(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("usage: python -m segcore")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadRun("A sentence."), 2),
        (NotAvailable("A sentence."), 1),
        (RuntimeError("A sentence."), 1),
        (OSError(28, "A sentence."), 1),
    ],
)
def test_an_error_is_a_sentence_and_an_exit_code(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise error

    monkeypatch.setattr(runs_list, "run_index", fails)
    assert main(["runs", "list"]) == code
    said = capsys.readouterr()
    assert "A sentence." in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_developers_can_see_where_an_unexpected_error_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise RuntimeError("somewhere")

    monkeypatch.setattr(runs_list, "run_index", fails)
    monkeypatch.setenv("SEGCORE_TRACEBACK", "1")
    with pytest.raises(RuntimeError, match="somewhere"):
        main(["runs", "list"])


def test_ctrl_c_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs_list, "run_index", interrupted)
    assert main(["runs", "list"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "segcore", "runs", "list"], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("segcore ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (89.4, "89 s"), (90, "2 min"), (3600, "60 min"), (5400, "1 h 30 min"), (86_400, "24 h 0 min")],
)
def test_durations_are_told_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_numbers_that_are_not_there_are_a_dash() -> None:
    assert [number(value) for value in (0.12345, 1, None, float("nan"))] == ["0.123", "1.000", "-", "-"]


def test_columns_of_a_table_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("A", "LONG"), [("wide cell", "1"), ("x", "")])
    assert capsys.readouterr().out == "A          LONG\nwide cell  1\nx\n"

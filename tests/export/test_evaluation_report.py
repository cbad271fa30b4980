"""The report of an evaluation: whole in one file, nothing active in it, strangers' names harmless, in any language."""

from pathlib import Path

import numpy as np
import pytest

from segcore.checkpoint import keep_checkpoint, load_card
from segcore.evaluation import (
    EvaluationOptions,
    EvaluationReport,
    RobustnessCard,
    RobustnessCell,
    SavedPredictions,
    evaluate_checkpoint,
)
from segcore.evaluation.report import environment, now
from segcore.export.evaluation_report import Evaluated, evaluation_html, run_of
from segcore.runs import Run
from tests.evaluation.test_measure import Few, RedChannel, sample
from tests.export.test_run_report import Tree

NASTY = "<script>alert(1)</script>"
CLASSES = ("background", NASTY, "cat & dog")


@pytest.fixture
def few() -> Few:
    rng = np.random.default_rng(0)
    truth = [rng.integers(0, 3, (20, 30)).astype(np.uint8) for _ in range(3)]
    samples = [
        sample(f"{NASTY} {n}", np.where(rng.random((20, 30)) < 0.7, ids, 0).astype(np.uint8), ids)
        for n, ids in enumerate(truth)
    ]
    return Few(samples, CLASSES)


def evaluated(few: Few, keep: Path | None = None) -> EvaluationReport:
    return evaluate_checkpoint(RedChannel(CLASSES), few, options=EvaluationOptions(outlines=True, keep=keep))


def robustness() -> RobustnessCard:
    nan = float("nan")
    return RobustnessCard(
        created=now(), checkpoint="red", sha256="", data="few", data_title=NASTY, split=None, images=3, seed=7,
        classes=CLASSES, clean_miou=0.5, clean_iou=(0.5, 0.5, 0.5), relative=0.6, environment=environment(),
        cells=(
            RobustnessCell("blur", 1, 0.1, 0.3, 0.6, (0.3, 0.3, nan)),
            RobustnessCell("blur", 2, 0.2, 0.1, 0.2, (0.1, 0.1, nan)),
            RobustnessCell("flip", 1, 1, nan, nan, (nan, nan, nan)),
        ),
        convention="Data-set level.",
    )  # fmt: skip


def checked(page: bytes) -> Tree:
    tree = Tree(page)
    tags = {tag for tag, _ in tree.tags}
    assert not tags & {"script", "link", "iframe", "object"} and NASTY not in page.decode()
    addresses = [value or "" for _, given in tree.tags for name, value in given.items() if name in ("src", "href")]
    assert all(address.startswith(("data:image/jpeg;base64,", "#")) for address in addresses)
    return tree


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everything_is_in_one_file(few: Few, tmp_path: Path, ended: Run, language: str) -> None:
    report = evaluated(few, tmp_path / "kept")
    told = Evaluated(
        report, RedChannel(CLASSES).card, few, SavedPredictions(tmp_path / "kept"), robustness=robustness(), run=ended
    )
    page = evaluation_html(told, language=language)
    tree = checked(page)
    assert sum(tag == "img" for tag, _ in tree.tags) == 12, "photo, truth, prediction and errors of three images"
    sections = [given["id"] for tag, given in tree.tags if tag == "section"]
    assert sections == [
        "result", "classes", "confusion", "worst", "conventions", "sizes", "calibration", "robustness", "curves",
        "settings", "machine",
    ]  # fmt: skip
    text = " ".join(tree.texts).replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")
    assert f"{report.scores.miou:.3f} ({report.intervals.miou.low:.3f} – {report.intervals.miou.high:.3f})" in text
    assert tree.row("cat & dog")[1] == f"{report.scores.iou[2]:.3f}"
    assert ended.name in text and "60.0 %" in text and report.environment["torch"] in text
    assert "nan" not in text.replace("nanmean", "").split()
    if language == "zh":
        assert tree.row("背景"), "a well-known class"
    if language == "en":
        assert tree.row("Blur")[1:3] == ["0.300", "0.100"] and "Worst images" in text
        assert "corruptions 7" in tree.row("Random seeds")[1]
    else:
        assert "最差" in text and "Worst images" not in text


def test_what_was_not_kept_or_measured_is_left_out(few: Few, tmp_path: Path) -> None:
    tree = checked(evaluation_html(Evaluated(evaluated(few), None, few, SavedPredictions(tmp_path / "nothing"))))
    assert sum(tag == "img" for tag, _ in tree.tags) == 3, "the photos alone"
    sections = {given["id"] for tag, given in tree.tags if tag == "section"}
    assert not sections & {"robustness", "curves"}


def test_many_classes_get_a_list_of_confusions(tmp_path: Path) -> None:
    names = tuple(f"class {c} {NASTY}" for c in range(40))
    truth = (np.arange(400) % 40).reshape(20, 20).astype(np.uint8)
    data = Few([sample("one", np.where(truth == 7, 8, truth).astype(np.uint8), truth)], names)
    report = evaluate_checkpoint(RedChannel(names), data)
    tree = checked(evaluation_html(Evaluated(report, None, data, SavedPredictions(tmp_path))))
    row = next(row for row in tree.rows if row[:2] == [names[7], names[8]])
    assert row[2:] == ["10", "100.0 %"]


def test_a_checkpoint_knows_its_run(ended: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(ended.path.parent.parent))
    source = ended.checkpoint_path("last")
    found = run_of(source, load_card(source))
    assert found is not None and found.path == ended.path
    kept = keep_checkpoint(source, "mine", folder=tmp_path / "shelf")
    card = load_card(kept.path)
    assert card.run == ended.name
    again = run_of(kept.path, card)
    assert again is not None and again.name == ended.name
    assert run_of(kept.path, card.model_copy(update={"run": "gone"})) is None

"""The coach on a run's page: its texts with their numbers, and remedies that start or fill in a new run."""

import json
import string
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from segcore.advice import PARTS, Advice, applied
from segcore.coach import Curves, advise
from segcore.errors import Message
from segcore.paths import PROJECT
from segcore.runs import Run, list_runs, new_run
from segcore.text import translate
from segcore.train import TrainConfig, make_config
from tests.coach.made_curves import falling, made, straight
from tests.ui.made_runs import made_run
from tests.ui.test_runs_page import open_page
from tests.ui.test_train_page import open_page as open_train_page
from tests.ui.test_train_page import shown_config
from ui import text
from ui.learn.table import LESSONS
from ui.widgets import remedies
from ui.widgets.presets import PRESETS

SPECIMENS: dict[str, Curves] = {
    "nan_again": made(falling(3), nan_remedies=2),
    "loss_rises": made([*falling(6), *straight(6, 0.5, 1.4)]),
    "not_learning": made([2.0] * 8, miou=[0.1] * 8),
    "one_class": made([1.0] * 4, each=lambda number: {"predicted": (999, 1, 0, 0)}),
    "overfitting": made(falling(15, end=0.05), [*falling(7, end=0.41), *straight(8, 0.45, 0.63)]),
    "missed_classes": made(falling(8), each=lambda number: {"iou": (0.9, 0.5, 0.0, None)}),
    "loss_spikes": made([0.5] * 12 + [5, 0.5, 5, 0.5, 5], begin=0.5),
    "rate_too_low": made(straight(8, 1.95, 1.8), miou=[0.1] * 8),
    "loader_bound": made(falling(4), each=lambda number: {"wait_share": 0.4}),
    "flattering_accuracy": made(miou=[0.5] * 6, each=lambda number: {"pixel_accuracy": 0.95}),
    "plateau": made(miou=[*straight(10, 0.1, 0.6), *[0.6] * 15]),
    "still_rising": made(miou=straight(20, 0.1, 0.6), state="finished"),
}


def specimen(rule: str) -> Advice:
    return next(advice for advice in advise(SPECIMENS[rule]) if advice.name == rule)


@pytest.mark.parametrize("rule", SPECIMENS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_advice_has_its_words_with_its_numbers(rule: str, language: str) -> None:
    advice = specimen(rule)
    known = text.texts(language)
    words = " ".join(known[key] for part in PARTS if (key := f"advice.{advice.rule}.{part}") in known)
    names = {name for _, name, _, _ in string.Formatter().parse(words) if name}
    assert names and names <= advice.facts.keys()
    facts = {
        name: translate(language, fact) if isinstance(fact, Message) else fact for name, fact in advice.facts.items()
    }
    assert advice.wording("what", language) and advice.paragraph(language) == words.format(**facts)


def test_every_rule_has_a_specimen() -> None:
    keys = [key.split(".") for key in text.texts("en") if key.startswith("advice.coach.")]
    assert {key[2] for key in keys} == set(SPECIMENS)


@pytest.mark.parametrize("rule", SPECIMENS)
def test_every_remedy_can_be_trained_and_is_told(rule: str) -> None:
    for remedy in specimen(rule).remedies:
        before = TrainConfig().to_json()
        after = make_config(applied(before, remedy.changes)).to_json()
        assert after != before
        assert remedies.changes_text(remedy.changes) and len(remedies.short_text(remedy.changes)) < 60


def memorising(name: str = "memo", *, state: str = "finished") -> Run:
    """A run whose validation loss rises while its training loss falls."""
    run = new_run(make_config({"data": ["shapes:20:32"], "epochs": 15}).to_json(), name=name)
    run.emit("state", state="starting")
    run.emit("setup", classes=["background", "**disc**"], colours=[[0, 0, 0]] * 2, steps_per_epoch=1, device="cpu")
    for index, epoch in enumerate(SPECIMENS["overfitting"].epochs):
        run.emit("step", epoch=index, step=index, loss=epoch.train_loss, rate=0.001, images_per_second=9.0)
        scores = {"miou": 0.7, "pixel_accuracy": 0.8, "iou": [0.8, 0.0], "support": [900, 100]}
        run.emit("val", epoch=index, step=index + 1, loss=epoch.val_loss, **scores)
    run.emit("state", state=state)
    return run


def sentences(page: AppTest) -> str:
    return " ".join(element.value for kind in ("error", "warning", "info") for element in page.get(kind))


def test_the_page_says_what_stands_out_with_numbers() -> None:
    memorising()
    said = sentences(open_page("memo"))
    low = specimen("overfitting").facts["low"]
    assert f"Validation loss rose from {low:.3g} (epoch 7)" in said and "(epoch 14)" in said
    assert "Warning" in said
    assert r"\*\*disc\*\* \(10\.0%\)" in said, "a class name is no Markdown"


def test_it_is_said_in_chinese_too() -> None:
    memorising()
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/runs.py")
    page.query_params["run"], page.query_params["lang"] = "memo", "zh"
    page.run()
    assert "验证损失从" in sentences(page) and "过拟合" in sentences(page)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr("ui.widgets.remedies.start", lambda run: names.append(run.name))
    return names


def test_a_remedy_starts_a_new_run_with_the_change(started: list[str]) -> None:
    old = memorising()
    open_page("memo").button(key="coach.overfitting.1").click().run()
    (made_one,) = (run for run in list_runs() if run.name != "memo")
    assert started == [made_one.name]
    assert made_one.spec == old.spec | {"weight_decay": 0.01}


def test_a_remedy_that_cannot_be_started_says_why(started: list[str]) -> None:
    old = memorising()
    old.amend({"data": ["/no/such/folder"]})
    page = open_page("memo")
    page.button(key="coach.overfitting.1").click().run()
    assert any("no dataset" in error.value for error in page.error)
    assert not started and len(list_runs()) == 1


def test_a_remedy_can_be_looked_at_first() -> None:
    memorising()
    links = [element.proto for element in open_page("memo").get("page_link")]
    wishes = [link.query_string for link in links if "change=" in link.query_string]
    assert len(wishes) == 4  # two remedies each of two pieces of advice
    assert all("like=memo" in wish for wish in wishes)


def test_a_piece_of_advice_leads_to_its_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    memorising()
    page = open_page("memo")
    links = [element.proto for element in page.get("page_link") if "lesson=" in element.proto.query_string]
    labels = {each.query_string: each.label for each in links}
    assert labels["lesson=overfitting"] == "Lesson 12: Overfitting is easy"
    assert set(labels) <= {f"lesson={name}" for name in LESSONS}
    monkeypatch.setattr("ui.links.LESSONS", ())
    page = open_page("memo")
    assert "Warning" in sentences(page) and not page.exception
    assert not [each for each in page.get("page_link") if "lesson=" in each.proto.query_string]


def test_a_finished_run_that_still_rose_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    extended: list[tuple[str, int]] = []
    monkeypatch.setattr("ui.widgets.advice_card.extend", lambda run, epochs: extended.append((run.name, epochs)))
    run = made_run("more", done=0, epochs=8, state="running")
    for epoch in range(8):
        run.emit("val", epoch=epoch, step=epoch, loss=0.5, miou=0.1 * epoch)
    run.emit("state", state="finished")
    open_page("more").button(key="coach.still_rising.0").click().run()
    assert extended == [("more", 5)]


def test_a_young_run_is_not_judged_yet_and_a_good_one_is_told_so() -> None:
    made_run("young", done=1)
    made_run("good", done=3)
    captions = [caption.value for caption in open_page("young").caption]
    assert any("needs a few validated epochs" in caption for caption in captions)
    captions = [caption.value for caption in open_page("good").caption]
    assert any("No problems found" in caption for caption in captions)


# The Train page, filled by a link


def test_a_link_fills_the_form_with_the_run_and_the_change() -> None:
    memorising()
    page = open_train_page(like="memo", change=json.dumps({"weight_decay": 0.01, "augmentation": {"hue": 0.05}}))
    config = shown_config(page)
    assert (config.weight_decay, config.augmentation.hue, config.augmentation.flip) == (0.01, 0.05, 0.5)
    assert config.epochs == 15
    (toast,) = page.toast
    assert "memo" in toast.value and "Weight decay" in toast.value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("{", "cannot be read"),
        ("[1]", "cannot be read"),
        ('{"learning_rate": -1}', "learning_rate"),
        ('{"nonsense": 1}', "no such setting"),
        ('{"augmentation": {"hue": 7}}', "augmentation"),
        ('{"augmentation": 3}', "augmentation"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_a_bad_change_is_a_sentence_and_fills_nothing(change: str, words: str) -> None:
    memorising()
    page = open_train_page(like="memo", change=change)
    assert words in page.error[0].value.replace("\\", "")
    assert shown_config(page) == make_config(PRESETS["demo"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"learning_rate": 0.00033}, "Learning rate 0.00033"),
        ({"loss": "ce_dice", "loss_options": {}}, "Loss Cross entropy + Dice"),
        ({"options": {"width": 4}}, 'Options of the model (JSON) {"width": 4}'),
        ({"augmentation": {"hue": 0.05, "flip": 0.0}}, "Hue 0.05 · Flip 0"),
        ({"batch_size": 4, "accumulate": 2}, "Batch size 4 · Batches per step 2"),
    ],
)
def test_changes_in_words(changes: dict[str, Any], words: str) -> None:
    assert remedies.changes_text(changes) == words

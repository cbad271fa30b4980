"""One card for each way in which a run can end badly: what happened, why probably, and buttons that mend it."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from segcore.advice import Advice, shell_command
from segcore.coach import failure_advice
from segcore.coach.failed_runs import RULES
from segcore.paths import PROJECT
from segcore.runs import Run, new_run
from segcore.train import CHANGEABLE, make_config
from segcore.train.process.failures import CAUSES
from tests.ui.test_runs_page import open_page
from ui.runs.failure import place

STANDING = {"saved_epoch": 3, "saved_step": 0, "learning_rate": 0.001, "batch_size": 16, "accumulate": 1, "size": 256}
"""What a worker tells with every failure."""


@dataclass
class Case:
    """An ending and what its card must say.

    Attributes:
        facts: beside STANDING.
        says: words of the card.
        presses: the changes of its buttons that let the run go on, in their order.
        links: changes with which the Train page can be opened; {} for none.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    presses: list[dict[str, Any]] = field(default_factory=lambda: [{}])
    links: list[dict[str, Any]] = field(default_factory=list)


HALF = {"batch_size": 8, "accumulate": 2}
CASES: dict[str, Case] = {
    "nan": Case(
        says=("no longer finite in epoch 4, step 31", "0.001", "ten times lower"),
        presses=[
            {"learning_rate": 0.0001},
            {"learning_rate": 0.0005},
            {"learning_rate": 0.0005, "on_nan": "roll_back"},
        ],
    ),
    "out_of_memory": Case(
        says=("16 images of 256 × 256", "too many pixels"),
        presses=[HALF, {**HALF, "on_out_of_memory": "halve_batch"}],
        links=[{"size": 128}],
    ),
    "disk_full": Case(says=("The disk is full", "B are free now", "Free some space")),
    "data_vanished": Case({"file": "/media/my **usb**/images/7.png"}, (r"\*\*usb\*\*", "still missing")),
    "unknown_label": Case(
        {"file": "/data/leaves/masks/7.png", "values": [17, 255], "classes": ["background", "leaf"]},
        ("7\\.png", "holds 17, 255", "background, leaf", "ignore_index"),
    ),
    "data_changed": Case(says=("classes differ", "added, removed or changed"), presses=[{}]),
    "data": Case(says=("classes differ", "not as the training expects"), links=[{}]),
    "loader": Case({"workers": 4}, ("One of the 4 loader processes",), [{"workers": 0}, {"workers": 2}]),
    "peer": Case(says=("lost each other",), links=[{}]),
    "killed": Case(says=("ended from outside", "memory ran out"), presses=[{}, {"workers": 0}, HALF]),
    "settings": Case(says=("classes differ", "do not fit together"), presses=[], links=[{}]),
    "state": Case(says=("classes differ", "does not fit"), presses=[], links=[{}]),
    "start": Case(says=("classes differ", "refused to start")),
    "not_available": Case(says=("classes differ", "is missing"), links=[{"device": "auto"}, {}]),
    "error": Case(says=("classes differ", "an unexpected error"), links=[{}]),
}


def failed(cause: str, *, facts: dict[str, Any] | None = None, state: str = "failed", **word: Any) -> Run:
    """A run of three good epochs that then ended."""
    plan = {"data": ["/data/leaves"], "epochs": 9, "batch_size": 16, "workers": 2, "device": "cuda:1"}
    run = new_run(make_config(plan).to_json(), name="broken")
    run.emit("state", state="starting", boot="an earlier start of this machine" if cause == "rebooted" else "")
    run.emit("setup", classes=["a"], colours=[[0, 0, 0]], steps_per_epoch=10, device="cuda:1", pid=4321)
    run.emit("state", state="running")
    run.emit("val", epoch=2, step=30, loss=0.5, miou=0.5)
    run.emit("step", epoch=3, step=31, loss=None, rate=0.001)
    run.log_path.write_text("first\n" + "between\n" * 20 + "the last word\n")
    if state == "failed":
        if facts is not None:
            word["facts"] = facts
        run.emit("state", state="failed", cause=cause, reason="The classes differ.", **word)
    return run


def press_and_link(page: AppTest) -> tuple[int, list[dict[str, Any]]]:
    """How many buttons let the run go on, and the changes of the links to the Train page."""
    buttons = [button for button in page.button if (button.key or "").startswith("failure.")]
    card = [element.proto for element in page.get("page_link") if "like=" in element.proto.query_string]
    changes = [
        json.loads(parse_qs(link.query_string).get("change", ["{}"])[0]) for link in card[1:]
    ]  # one is the head's
    return len(buttons), changes


def said(page: AppTest) -> str:
    return " ".join([*(error.value for error in page.error), *(markdown.value for markdown in page.markdown)])


@pytest.mark.parametrize("cause", CASES)
def test_the_card_says_what_happened_and_what_to_do(cause: str) -> None:
    case = CASES[cause]
    failed(cause, facts=STANDING | case.facts)
    page = open_page("broken")
    words = said(page)
    assert all(each in words for each in case.says), words
    assert press_and_link(page) == (len(case.presses), case.links)
    assert any("after epoch 3" in caption.value for caption in page.caption)
    assert any("the last word" in code.value for code in page.code)
    details = next(code.value for code in page.code if code.value.startswith("run: broken"))
    assert f"cause: {cause}" in details and "reason: The classes differ." in details


@pytest.mark.parametrize(
    ("cause", "index"), [(cause, index) for cause, case in CASES.items() for index in range(len(case.presses))]
)
def test_a_press_lets_the_run_go_on_with_the_change(cause: str, index: int, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = CASES[cause].presses[index]
    resumed: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        "ui.widgets.remedies.resume", lambda run, changes: resumed.append((run.name, dict(changes or {})))
    )
    failed(cause, facts=STANDING | CASES[cause].facts)
    open_page("broken").button(key=f"failure.{index}").click().run()
    assert resumed == [("broken", changes)]
    assert set(changes) <= set(CHANGEABLE)


@pytest.mark.parametrize("cause", [*CASES, "rebooted", "a word of a later version", ""])
def test_missing_facts_are_no_error_in_chinese_either(cause: str) -> None:
    """Runs of older versions told no facts."""
    failed(cause)
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/runs.py")
    page.query_params["run"], page.query_params["lang"] = "broken", "zh"
    page.run()
    assert not page.exception
    assert "可能的原因" in said(page)
    assert len(page.error) == 1, "the card, and nothing that went wrong while it was drawn"


def test_every_cause_of_the_worker_has_a_card() -> None:
    assert {*CAUSES, "out_of_memory", "disk_full", "loader", "killed", "peer", "error"} <= set(RULES)
    assert set(RULES) == {*CASES, "rebooted"}


# Lost runs, which could say nothing


def test_a_killed_run_names_its_process_and_when_it_was_last_heard_of() -> None:
    failed("killed", state="running")
    words = said(open_page("broken"))
    assert "Process 4321 ended without an exit record" in words
    assert "or a user did" in words


def test_memory_that_was_full_is_the_likely_cause() -> None:
    failed("killed", state="running").emit("meter", memory_used_mb=15_400, memory_total_mb=16_000)
    assert "15.4 of 16 GB were in use" in said(open_page("broken"))


def test_a_restart_of_the_machine_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcore.runs.store.boot_id", lambda: "this start of the machine")
    failed("rebooted", state="running")
    page = open_page("broken")
    assert "restarted during this run" in said(page)
    assert press_and_link(page)[0] == 1


# What the facts decide


def card(cause: str, **facts: Any) -> Advice:
    return failure_advice(failed(cause, facts=STANDING | facts))


def test_data_that_is_back_is_told_so() -> None:
    assert "there again" in card("data_vanished", file=str(PROJECT)).wording("why")


def test_a_batch_of_one_cannot_be_halved() -> None:
    remedies = card("out_of_memory", batch_size=1).remedies
    assert [remedy.changes for remedy in remedies] == [{"size": 128}]


def test_the_smallest_crops_cannot_be_halved() -> None:
    assert all(remedy.kind == "resume" for remedy in card("out_of_memory", size=32).remedies)


def test_a_mask_that_is_a_picture_keeps_the_sentence_of_its_reader() -> None:
    advice = card("unknown_label", kind="jpeg_mask", file="7.jpg")
    assert "classes differ" in advice.wording("what") and "not a label map" in advice.wording("why")
    assert shell_command(advice.remedies[-1]) == "python -m segcore data check /data/leaves"


def test_without_loader_processes_there_is_nothing_to_switch_off() -> None:
    assert [remedy.changes for remedy in card("loader", workers=0).remedies] == [{}]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"saved_epoch": 3, "saved_step": 0}, "after epoch 3"),
        ({"saved_epoch": 3, "saved_step": 7}, "in epoch 4 after 7 of its steps"),
        ({"saved_epoch": None, "saved_step": None}, "Nothing was saved yet"),
        ({}, "Nothing was saved yet"),
    ],
)
def test_where_it_would_go_on(facts: dict[str, Any], words: str) -> None:
    assert words in place(failed("nan", facts=facts))


def test_an_older_run_with_a_save_goes_on_after_its_last_epoch() -> None:
    run = failed("nan")
    run.resume_path.touch()
    assert "after epoch 3" in place(run)


def test_what_cannot_go_on_says_why_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change is checked as a whole configuration before the run is touched."""
    monkeypatch.setattr("ui.widgets.remedies.resume", lambda run, changes: pytest.fail("it was let go on"))
    run = failed("nan", facts=STANDING)
    run.amend({"batch_size": 0})
    page = open_page("broken")
    page.button(key="failure.1").click().run()
    assert "batch" in page.error[-1].value
    assert run.plan["learning_rate"] == 0.001

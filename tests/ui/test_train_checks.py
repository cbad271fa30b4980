"""The panels of the Train page that measure: what they show of an answer, and the form that changes at a press."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from segcore.runs.journal import plain_values
from segcore.train import make_config
from segcore.train.checks import lr_finder, preflight
from segcore.train.checks.findings import RULES, found, preflight_json
from tests.jobs.made_jobs import made_job
from tests.ui.test_train_page import open_page
from ui.text import texts as texts_of
from ui.widgets.presets import PRESETS

DEMO = make_config(PRESETS["demo"])
SPLIT = {
    "images": 40, "looked_at": 40, "smallest": [48, 64], "median": [64, 64], "largest": [96, 64],
    "pixels": [990, 10], "shares": [0.99, 0.01], "showing": [40, 3], "ignored": 0, "broken": [], "broken_count": 0,
}  # fmt: skip
REPORT: dict[str, Any] = {
    "classes": ["ground", "<b>leaf</b>"],
    "colours": [[0, 0, 0], [230, 159, 0]],
    "data": {"train": SPLIT, "val": SPLIT | {"images": 1, "smallest": [64, 64], "largest": [64, 64]}},
    "leaks": [],
    "trial": {
        "facts": {"device": "cpu", "device_name": "x86_64, 2 cores", "precision": "32", "parameters": 490_000},
        "peak": 200_000_000, "memory_kind": "resident", "memory_free": 19_000_000_000,
    },
    "time": {"step": [0.1, 0.2, 0.3], "epoch": [4.0, 5.0, 6.0], "run": [44.0, 55.0, 130.0]},
    "disk": {"needed": 16_000_000, "free": 60_000_000_000},
    "findings": [],
}  # fmt: skip


def with_findings(*findings: Any) -> dict[str, Any]:
    return REPORT | {"findings": [preflight_json(finding) for finding in findings]}


def texts(page: AppTest) -> str:
    return " ".join(str(element.proto) for kind in ("html", "caption", "markdown") for element in page.get(kind))


def test_a_check_shows_time_memory_disk_and_data() -> None:
    made_job("preflight", preflight.question(DEMO), REPORT)
    page = open_page()
    assert not page.exception and not page.error
    for words in ("5 s", "4 s – 6 s", "55 s", "200.0 MB", "16.0 MB", "490"):
        assert words in texts(page).replace("0.49", "490")
    assert "&lt;b&gt;leaf&lt;/b&gt;" in texts(page), "a name is no HTML"
    assert "48 × 64" not in texts(page) and "64 × 48 / 64 × 64 / 64 × 96" in texts(page)
    assert "1 image of 64 × 64" in texts(page)
    assert [element.value for element in page.success] == ["No problems found."]


def test_a_finding_changes_the_form_at_a_press_and_stays_in_sight() -> None:
    """The answer belongs to the settings before; it is kept, and says what has changed since."""
    tight = found("memory_tight", {"batch_size": 8, "accumulate": 2}, needed="9 GB", free="8 GB")
    rare = found("rare", {"augmentation.class_aware_crop": 0.3}, limit="0.5 %", names="<b>leaf</b>")
    made_job("preflight", preflight.question(DEMO), with_findings(tight, rare))
    page = open_page()
    assert "9 GB" in page.warning[0].value
    assert r"\<b\>leaf" in page.info[0].value, "a name is no Markdown"
    assert page.button(key="train.preflight.finding.0.0").label == "Change: Batch size → 8, Batches per step → 2"

    page.button(key="train.preflight.finding.0.0").click().run()
    assert not page.exception
    assert page.number_input(key="train.batch_size").value == 8
    assert page.number_input(key="train.accumulate").value == 2
    assert page.button(key="train.preflight.start"), "it can be checked again"
    assert "Changed since then: Batch size, Batches per step." in texts(page)
    assert page.button(key="train.preflight.finding.0.0").disabled
    assert page.button(key="train.preflight.finding.0.0").label.startswith("Changed")

    page.button(key="train.preflight.finding.1.0").click().run()
    assert page.number_input(key="train.augmentation.class_aware_crop").value == pytest.approx(0.3)


def test_a_check_that_ended_early_shows_its_findings_without_numbers() -> None:
    broken = found("broken", count=2, total=40, first="two.png holds the value(s) 7")
    made_job("preflight", preflight.question(DEMO), with_findings(broken) | {"trial": None, "time": None})
    page = open_page()
    assert "two" in page.error[0].value and "2 of 40" in page.error[0].value
    assert page.button(key="train.start"), "whoever wants can start all the same"


@pytest.mark.parametrize("rule", RULES)
def test_every_finding_has_texts_in_every_language(rule: str) -> None:
    for part in ("what", "do"):
        key = f"advice.preflight.{rule}.{part}"
        assert texts_of("zh")[key] != texts_of("en")[key]


def sweep_of(rate: float | None, rule: str | None) -> dict[str, Any]:
    rates = np.geomspace(1e-6, 10, 50)
    losses = 1 + np.cos(np.linspace(0, 6, 50))
    facts = {"rates": rates, "losses": losses, "smoothed": losses, "rate": rate, "rule": rule, "minimum": None}
    return plain_values(facts | {"steepest": rate, "diverged": False, "seconds": 3.0})


def test_a_rate_that_was_found_is_drawn_and_used() -> None:
    made_job("lr-find", lr_finder.question(DEMO), sweep_of(0.0123, "steepest"))
    page = open_page()
    (chart,) = page.get("plotly_chart")
    assert "log" in chart.proto.spec and chart.proto.alt.startswith(
        "Loss over the learning rate: from 2.000 down to 0."
    )
    assert "where the loss falls fastest" in texts(page)
    page.button(key="train.lr.use").click().run()
    assert not page.exception
    assert page.number_input(key="train.learning_rate").value == 0.0123
    assert page.button(key="train.lr.use").disabled, "the curve stays: it does not depend on the rate that is set"
    assert page.get("plotly_chart")


def test_no_rate_is_a_sentence() -> None:
    made_job("lr-find", lr_finder.question(DEMO), sweep_of(None, None))
    page = open_page()
    assert "did not fall" in page.warning[0].value
    assert "train.lr.use" not in [button.key for button in page.button]


def test_the_device_is_chosen_from_those_that_are_here() -> None:
    page = open_page()
    assert page.selectbox(key="train.device").options[0].startswith("Auto")
    assert any(option.startswith("cpu") for option in page.selectbox(key="train.device").options)


def test_a_device_of_another_machine_stays_to_be_seen(own_home: Path) -> None:
    from segcore.runs import new_run

    new_run(DEMO.to_json() | {"device": "cuda:7"}, name="elsewhere")
    page = open_page(like="elsewhere")
    assert page.selectbox(key="train.device").value == "cuda:7"

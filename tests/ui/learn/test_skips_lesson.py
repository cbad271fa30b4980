"""What is shown against measuring by hand, and a sentence where there is no U-Net."""

import contextlib
import io
import re
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from segcore.errors import NotAvailable
from segcore.metrics import boundary_counts, boundary_scores
from tests.ui.learn.lesson_pages import open_lesson, result_of
from ui import text
from ui.learn import input_controls
from ui.learn.lessons.skips import DIALS, LESSON, SkipsResult

SETTINGS: list[dict[str, Any]] = [{}, *(dict(step) for step in LESSON.steps.values())]


def numbers(shown: SkipsResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


@pytest.mark.parametrize("settings", SETTINGS)
def test_formulas_are_right_reckoned_again(settings: dict[str, Any], little: str) -> None:
    shown = result_of(LESSON, network=little, **settings)
    outline = numbers(shown, "outline")
    p = outline["right"] / outline["found"] if outline["found"] else 0
    r = outline["matched"] / outline["true"] if outline["true"] else 0
    assert outline["f"] == pytest.approx(2 * p * r / (p + r) if p + r else 0)
    dial = numbers(shown, "dial")
    assert dial["a"] + dial["rest"] == pytest.approx(1) and dial["a"] == settings.get("first", 0.0)
    scored = boundary_scores(
        [boundary_counts(a, b, 6) for a, b in zip(shown.turned.labels, shown.scene.labels, strict=True)]
    )
    assert shown.turned.boundary_f == pytest.approx(scored.mean_f, nan_ok=True)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_code_predicts_the_same(settings: dict[str, Any], little: str) -> None:
    shown = result_of(LESSON, network=little, **settings)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    theirs = torch.from_numpy(np.stack(shown.turned.labels))
    assert (names["labels"] == theirs).float().mean() > 0.999


def test_every_skip_is_cut_by_itself_and_all_dials_up_is_the_whole(little: str) -> None:
    shown = result_of(LESSON, network=little, first=1.0)
    assert [skip.stride for skip in shown.skips] == [1, 2, 4, 8] and len(shown.cut) == len(DIALS)
    assert shown.turned is shown.whole
    assert LESSON.guess.compare("skips", shown, LESSON.guess.right(shown)[0]).right  # type: ignore[attr-defined]


def test_questions_name_the_lowest_of_what_is_left(little: str) -> None:
    shown = result_of(LESSON, network=little)
    for seed in range(6):
        question = LESSON.functions.check(shown, Random(seed))
        left = [float(number) for number in re.findall(r"\d\.\d{3}", question.why)]
        assert len(left) == 4 and left[DIALS.index(question.answer)] == min(left)


def test_without_a_unet_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_controls, "list_checkpoints", lambda task: [])
    with pytest.raises(NotAvailable, match="U-Net"):
        result_of(LESSON)
    page = open_lesson("skips")
    (error,) = page.error
    assert (
        "U" in error.value
        and text.t("learn.no_architecture", architecture="").split(".")[1].strip()[:12] in error.value
    )

"""What is shown against removing by hand, and the way from a click on the Segment page."""

import contextlib
import io
import re
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from segcore.explain.network import as_pixels
from segcore.explain.saliency import SHARES, without_most_salient
from tests.ui.learn.lesson_pages import open_lesson, result_of, reveal
from ui.learn.lessons.why import LESSON, _outcome
from ui.learn.saliency import TENTH, SaliencyResult

SETTINGS: list[dict[str, Any]] = [{}, *(dict(step) for step in LESSON.steps.values())]


def numbers(shown: SaliencyResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


def test_the_default_makes_the_point_and_a_late_stage_the_other() -> None:
    """An early map is bright and explains nothing: without its tenth the logit even rises; a late one passes."""
    early, late = result_of(LESSON), result_of(LESSON, layer="late")
    assert _outcome(early.kept, early.random) == ("neither",)
    assert _outcome(late.kept, late.random) == ("more",)
    assert LESSON.guess.compare("why", early, "neither").right
    assert not LESSON.guess.compare("why", early, "less").right


@pytest.mark.parametrize("settings", SETTINGS)
def test_formulas_are_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    assert shown.heat is not None
    fall = numbers(shown, "deletion")
    assert fall["fall"] == pytest.approx(fall["y"] - fall["hot"]) and fall["luck"] == pytest.approx(
        fall["y"] - fall["chance"]
    )
    picture = without_most_salient(shown.image, shown.heat)[TENTH - 1]
    with torch.no_grad():
        z = shown.scene.network.logits(as_pixels([shown.image, picture]))[:, shown.target.class_id].numpy()
    y, hot = z[:, shown.target.where].mean(axis=1)
    assert (fall["y"], fall["hot"]) == (pytest.approx(y, abs=1e-3), pytest.approx(hot, abs=1e-3))
    assert np.mean(picture != shown.image) <= SHARES[TENTH] + 0.01
    if shown.cam is not None:
        cam = numbers(shown, "cam")
        total = sum(cam[f"w{i}"] * cam[f"a{i}"] for i in range(3)) + cam["rest"]
        assert cam["h"] == pytest.approx(max(total, 0), rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("settings", [{}, {"layer": "late", "target": "region"}])
def test_the_code_prints_what_is_seen(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    assert shown.cam is not None
    assert names["y"].item() == pytest.approx(shown.random[0], abs=1e-3)
    np.testing.assert_allclose(names["cam"].detach().numpy(), shown.cam.coarse, rtol=1e-2, atol=1e-6)


def test_questions_compare_falls() -> None:
    for seed in range(8):
        question = LESSON.functions.check(result_of(LESSON), Random(seed))
        hot, chance = map(float, re.findall(r"-?\d+\.\d+", question.why))
        assert question.answer == ("more" if hot > chance else "less")


def test_occlusion_waits_for_a_press() -> None:
    assert result_of(LESSON, method="occlusion").heat is None
    page = open_lesson("why", method="occlusion")
    assert not [button for button in page.button if "guess" in str(button.key)], "nothing can be predicted yet"
    reveal(page, "why")
    assert page.button(key="learn.why.job.start")


def test_a_pixel_of_the_address_is_asked_about() -> None:
    shown = result_of(LESSON, pixel=(0, 1000))
    assert shown.pixel == (0, shown.image.shape[1] - 1)
    page = open_lesson("why", pixel="700.300")
    assert page.query_params["pixel"] == "700.300"

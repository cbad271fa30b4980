"""Every number reckoned again, the code compared with what is seen, and a classifier from the shelf."""

import contextlib
import io
import re
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from segcore import paths
from segcore.checkpoint import CheckpointCard, TrainingData, save_checkpoint
from segcore.data.formats.cifar_stand_in import DRAWN_CLASSES
from segcore.explain.architectures import ARCHITECTURES
from segcore.models import build_model
from segcore.palette import default_colours
from tests.ui.learn.lesson_pages import open_lesson, result_of, reveal
from ui.learn import modality_fusion
from ui.learn.lessons.architectures import LESSON, ArchitecturesResult
from ui.text import t
from ui.widgets import pickers

SMALL: dict[str, Any] = {"side": "64", "width": "8"}


@pytest.fixture
def classifier() -> str:
    """An untrained classifier on the learner's shelf."""
    torch.manual_seed(0)
    card = CheckpointCard(
        name="ten",
        title="Ten *shapes*",
        task="classification",
        architecture="classifier",
        options={"width": 4},
        classes=DRAWN_CLASSES,
        colours=default_colours(DRAWN_CLASSES),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        training_data=(TrainingData(name="drawn <b>shapes</b>"),),
    )
    folder = paths.own_checkpoints_dir()
    folder.mkdir(parents=True, exist_ok=True)
    save_checkpoint(folder / "ten.safetensors", build_model("classifier", num_classes=10, width=4), card)
    return "ten"


def numbers(shown: ArchitecturesResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


def printed(shown: ArchitecturesResult) -> list[list[float]]:
    """The numbers of every line that the lesson's code prints."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(LESSON.functions.code(shown), {})
    return [[float(n) for n in re.findall(r"[\d.]+(?:e-?\d+)?", line)] for line in said.getvalue().splitlines()]


@pytest.mark.parametrize(
    "settings", [{"family": "unet"}, {"family": "deeplab", "stride": "8", "block": (2,)}, {"own": True}], ids=str
)
def test_numbers_are_right_reckoned_again(settings: dict[str, Any], little: str) -> None:
    shown = result_of(LESSON, **(SMALL | settings | ({"network": little} if "own" in settings else {})))
    here = shown.profile
    uses, double, speed = (numbers(shown, name) for name in ("uses", "double", "speed"))
    assert uses["uses"] == pytest.approx(uses["macs"] / uses["parameters"])
    assert double["ratio"] == pytest.approx(double["large"] / double["small"]) == pytest.approx(4, rel=0.01)
    assert speed["rate"] == pytest.approx(speed["mega"] / speed["ms"]) and speed["mega"] == here.macs / 1e6
    block = here.blocks[shown.block]
    shape, counted = printed(shown)
    assert shape == [1, block.channels, block.height, block.width] and counted == [here.macs, here.parameters]
    assert set(shown.passed.maps) == {each.name for each in here.blocks}
    assert set(shown.anatomies) == {*ARCHITECTURES, *(["own"] if "own" in settings else [])}


def test_the_default_makes_the_point_most_parameters_are_not_most_work() -> None:
    shown = result_of(LESSON)
    by_parameters = max(ARCHITECTURES, key=lambda family: shown.anatomies[family].parameters)
    assert by_parameters == "fcn" == shown.family and LESSON.guess.right(shown) == ("unet",)  # type: ignore[attr-defined]


def test_questions_about_twice_the_side() -> None:
    shown = result_of(LESSON, **SMALL, family="unet")
    answers = {
        LESSON.functions.check(shown, Random(seed)).text: LESSON.functions.check(shown, Random(seed)).answer
        for seed in range(24)
    }
    assert sorted(answers.values()) == ["1", "2", "4", "4"]


def test_a_classifier_from_the_shelf_slides_and_is_offered_nowhere_else(classifier: str) -> None:
    shown = result_of(LESSON, **SMALL, part="classifier")
    assert shown.other.is_own and shown.other.slid is not None
    slid = shown.other.slid
    windows, fold, saved = (numbers(shown, name) for name in ("windows", "fold", "saved"))
    assert windows["windows"] == windows["rows"] * windows["cols"] == slid.windows == 425
    assert fold["out"] * fold["flat"] == fold["out"] * fold["c"] * fold["k"] ** 2 == 16 * 200
    assert saved["factor"] == pytest.approx(saved["windows"] / saved["once"]) and saved["factor"] > 10
    ((*shape, difference),) = printed(shown)
    assert shape == [1, 10, 17, 25] and difference < 1e-5
    for seed in range(8):
        question = LESSON.functions.check(shown, Random(seed))
        height, width = map(int, re.findall(r"\d+", question.text)[:2])
        assert len(np.arange(0, height - 31, 4)) * len(np.arange(0, width - 31, 4)) == int(question.answer)

    page = open_lesson("families", part="classifier")
    reveal(page, "families")
    text = " ".join(element.proto.body for element in page.get("html"))
    assert "17 × 25" in text and "disc" in text
    assert any("drawn" in caption.value and "<b>" not in caption.value for caption in page.caption)
    assert classifier not in pickers.model_choices()
    page.switch_page("../pages/segment.py").run()
    assert not page.exception
    assert any("Ten" in caption.value and t("lesson.families.title") in caption.value for caption in page.caption)
    page.switch_page("../pages/models.py").run()
    text = " ".join(element.proto.body for element in page.get("html"))
    assert "One class for a whole image of 32 × 32 pixels" in text


def test_colour_and_depth_from_the_question_to_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = result_of(LESSON, **SMALL, part="senses")
    assert numbers(shown, "kernel")["weights"] == 9 * 4 * 8 and len(LESSON.functions.formulas(shown)) == 1
    ((*shape, changed),) = printed(shown)
    assert shape == [4, 48, 48] and 0 <= changed <= 1
    ious = {"both": [0.9, 0.8, 0.6], "no_depth": [0.8, None, 0.5], "no_colour": [0.8, 0.8, 0.0]}
    found = {
        "senses": ious,
        "scales": dict.fromkeys(("0.5", "1", "2", "mean"), ious["both"]),
        "labels": {name: shown.other.truth.tolist() for name in ious},
    }
    monkeypatch.setattr(modality_fusion, "job_result", lambda run: found)
    monkeypatch.setattr(modality_fusion, "find_job", lambda name, settings: run_like)
    told = result_of(LESSON, **SMALL, part="senses")
    assert numbers(told, "no_depth") == pytest.approx({"after": 0.5, "before": 0.7, "lost": -0.2})
    page = open_lesson("families", part="senses")
    reveal(page, "families")
    text = " ".join(element.proto.body for element in page.get("html"))
    assert "Without depth" in text and "0.600" in text and "Mean of the three" in text


run_like = object()
"""A job that has an answer; nothing else of it is asked."""

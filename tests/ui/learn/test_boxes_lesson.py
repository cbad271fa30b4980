"""What is shown against torchvision's operations and against counting pixels."""

import contextlib
import io
import re
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from torchvision import ops

from segcore.errors import BadImage
from segcore.explain import scene
from segcore.explain.objects import synthetic_instances
from segcore.explain.scene import MOST
from tests.ui.learn.lesson_pages import open_lesson, result_of, reveal
from ui.learn import box_views
from ui.learn.box_views import DrawnBox
from ui.learn.lessons import boxes
from ui.learn.lessons.boxes import LESSON, BoxesResult

SETTINGS: list[dict[str, Any]] = [
    {},
    *(dict(step) for step in LESSON.steps.values()),
    {"best": True, "nms": 0.9, "roi": "14", "object": (0,), "features": "32"},
    {"stride": "32", "scales": "five", "match": 0.8, "object": (4,), "features": "4"},
]


def numbers(shown: BoxesResult, name: str) -> dict[str, float]:
    (formula,) = [formula for formula in LESSON.functions.formulas(shown) if formula.name == name]
    return dict(formula.values)


@pytest.mark.parametrize("settings", SETTINGS)
def test_formulas_are_right_reckoned_again(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    box, anchor = torch.from_numpy(shown.thing.box)[None], torch.from_numpy(shown.offered)
    iou = numbers(shown, "anchor")
    assert iou["iou"] == pytest.approx(float(ops.box_iou(box, anchor).max()))
    assert iou["iou"] == pytest.approx(iou["inter"] / (iou["a"] + iou["b"] - iou["inter"]))
    assert iou["a"] == shown.thing.size[0] * shown.thing.size[1]
    rounding = numbers(shown, "rounding")
    assert rounding["x"] == shown.thing.mask.any(axis=0).argmax()
    assert rounding["d"] == np.floor(rounding["x"] / rounding["s"] + 0.5) * rounding["s"] - rounding["x"]
    for name, cut in (("pool", shown.pool), ("align", shown.align)):
        found = numbers(shown, name)
        assert found["tp"] == (cut.mask & shown.thing.mask).sum()
        assert found["fp"] == (cut.mask & ~shown.thing.mask).sum()
        assert found["fn"] == (~cut.mask & shown.thing.mask).sum()
        assert found["iou"] == pytest.approx(found["tp"] / (cut.mask | shown.thing.mask).sum())


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_code_finds_the_same_with_torchvision(settings: dict[str, Any]) -> None:
    shown = result_of(LESSON, **settings)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    np.testing.assert_allclose(names["anchors"].numpy(), shown.offered)
    np.testing.assert_array_equal(names["positive"].numpy(), shown.matching.positive)
    np.testing.assert_array_equal(shown.positive[names["kept"].numpy()], shown.kept)
    np.testing.assert_allclose(names["pool"].numpy(), shown.pool.crop)
    np.testing.assert_allclose(names["align"].numpy(), shown.align.crop, atol=1e-9)


def test_the_default_makes_the_point_and_each_step_shows_what_its_text_says() -> None:
    def missed(**settings: Any) -> list[str]:
        shown = result_of(LESSON, **settings)
        return [shown.things.all[index].name for index in shown.missed]

    shown = result_of(LESSON)
    assert missed() == ["pole", "dot"] and LESSON.guess.compare("boxes", shown, "more").right
    assert shown.align.iou > shown.pool.iou + 0.3
    ratios, dense, nms, coarse = (dict(step) for step in LESSON.steps.values())
    assert missed(**ratios) == ["dot"]
    assert missed(**dense) == []
    lost = result_of(LESSON, **nms)
    assert 2 not in lost.missed and 2 not in lost.matching.owner[lost.kept]
    assert 2 in result_of(LESSON, **(nms | {"nms": 0.5})).matching.owner[result_of(LESSON, **(nms | {"nms": 0.5})).kept]
    assert len(result_of(LESSON, nms=0.9).kept) > len(synthetic_instances().all)
    assert result_of(LESSON, **coarse).align.iou < result_of(LESSON, **ratios).align.iou
    assert missed(best=True) == []  # the second rule gives every object an anchor, however bad


def test_questions_are_true_and_have_different_answers() -> None:
    shown = result_of(LESSON)
    for seed in range(20):
        question = LESSON.functions.check(shown, Random(seed))
        width, height, side, _ = (float(number) for number in re.findall(r"\d+", question.text))
        box, anchor = (torch.tensor([[-w / 2, -h / 2, w / 2, h / 2]]) for w, h in ((width, height), (side, side)))
        iou = float(ops.box_iou(box, anchor))
        assert question.answer == f"{iou:.2f}" and len(question.options) >= 3
        assert ("never" in question.why) == (iou < 0.5)


def test_the_pieces_of_a_photo_are_objects_too(little: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The little network was taught drawn shapes, so it is their truth that is taken apart."""
    shown = result_of(LESSON, picture="photo", network=little, scales="five", object=(5,))
    assert 1 <= len(shown.things.all) <= MOST and shown.index < len(shown.things.all)
    assert "\\*net\\*" in shown.about, "a title is no Markdown"
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(LESSON.functions.code(shown), names)
    np.testing.assert_allclose(names["align"].numpy(), shown.align.crop, atol=1e-9)
    monkeypatch.setattr(scene, "is_background", lambda name: True)
    with pytest.raises(BadImage, match="no object"):
        boxes.photo_things(little, "chelsea")


def test_a_press_on_a_line_chooses_the_object() -> None:
    page = open_lesson("boxes", object="1")
    reveal(page, "boxes")
    assert any("stick" in element.value for element in page.markdown)


def test_boxes_are_drawn_where_they_are() -> None:
    rgb = np.full((64, 64, 3), 200, np.uint8)
    drawn_rgb = box_views.draw_boxes(rgb, [DrawnBox(np.array([16.0, 8, 40, 32]), (0, 0, 255), 1)], [(2, 2)])
    assert drawn_rgb.shape == (512, 512, 3) and (rgb == 200).all()
    assert tuple(drawn_rgb[64, 200]) == (0, 0, 255) and tuple(drawn_rgb[160, 128]) == (0, 0, 255)
    assert tuple(drawn_rgb[160, 200]) == (200, 200, 200)
    dashed = box_views.draw_boxes(rgb, [DrawnBox(np.array([16.0, 8, 40, 32]), (0, 0, 255), 1, dashed=True)])
    assert 0 < (dashed[64] == (0, 0, 255)).all(axis=1).sum() < (drawn_rgb[64] == (0, 0, 255)).all(axis=1).sum()

"""Stress test: a network is not robust to what eyes are robust to."""

import math
from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.evaluation import ATTACK, KINDS, RobustnessCard, load_robustness
from segcore.evaluation.adversarial import ATTACK_LEVELS
from segcore.explain.robustness_curves import LabelledImage, RobustnessCurve
from segcore.explain.scene import SPLIT, Scene
from segcore.export.sections import Share
from segcore.palette import overlay
from segcore.types import IGNORE
from ui import cache
from ui.known_names import class_name
from ui.learn import corrupted_scenes, figures, scenes
from ui.learn.colours import NEGATIVE
from ui.learn.controls import Choice, Slider
from ui.learn.figures import LessonFigure
from ui.learn.formulas import Formula
from ui.learn.guess import ChoiceGuess, lowest
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson, LessonFunctions, Question, Settings, lesson_texts, number_question, to
from ui.text import t
from ui.widgets import job_panel, line_chart
from ui.widgets.tables import Cell, table

CARD_IMAGES = "shapes:24:96"  # more images than the lesson shows: a table need not follow a slider
RIVALS = {"noise": ("gaussian_noise", 3), "dark": ("darkness", 3), "aimed": (ATTACK, 1)}  # of the guess: severities

text = lesson_texts("stress")


@dataclass(frozen=True, eq=False)
class RobustnessResult:
    """A scene under one corruption at every severity, and the three corruptions of the guess."""

    scene: Scene
    kind: str  # of KINDS
    severity: int  # from 1 to the highest of the kind
    curve: RobustnessCurve  # index 0 is the clean scene, index s is severity s
    pairs: list[LabelledImage]  # the scene at this severity
    worst: int  # index of the image shown: the one that loses most
    rivals: dict[str, float]  # option → mIoU


def compute(settings: Settings) -> RobustnessResult:
    """Raises SegcoreError if the checkpoint is missing or does not take photos."""
    world = scenes.scene(settings["network"], settings["photo"])
    kind = settings["corruption"]
    severity = min(settings["severity"], len(corrupted_scenes.levels(kind)))
    curve, pairs = corrupted_scenes.curve(world, kind), corrupted_scenes.corrupted(world, kind, severity)
    labels = zip(curve.labels[0], curve.labels[severity], pairs, strict=True)
    lost = [np.mean((before != after)[truth != IGNORE]) for before, after, (_, truth) in labels]
    rivals = {option: float(corrupted_scenes.curve(world, k).miou[s]) for option, (k, s) in RIVALS.items()}
    return RobustnessResult(world, kind, severity, curve, pairs, int(np.argmax(lost)), rivals)


def draw_views(result: RobustnessResult, hidden: bool) -> None:
    """Draw the corrupted image and its mask, the scores at every severity, and the corruptions of the guess."""
    crisp = result.scene.is_truth
    rivals = [LessonFigure(_image(result, option), text(f"guess.{option}"), crisp=crisp) for option in RIVALS]
    figures.show([_clean(result), *(rivals if hidden else _corrupted(result))], least_px=150)
    st.caption(scenes.about(result.scene))
    if not hidden:
        _curves(result)
        _candidates(result)
        _card(result.scene)


def _clean(result: RobustnessResult) -> LessonFigure:
    world, mask = result.scene, result.curve.labels[0][result.worst]
    rgb = overlay(world.images[result.worst], mask, world.card.colours)
    note = text("miou", miou=f"{result.curve.miou[0]:.3f}")
    return LessonFigure(rgb, text("clean"), text("clean.alt"), note, crisp=world.is_truth)


def _image(result: RobustnessResult, option: str) -> NDArray[np.uint8]:
    """The image shown under one of the corruptions of the guess."""
    return corrupted_scenes.corrupted(result.scene, *RIVALS[option])[result.worst][0]


def _corrupted(result: RobustnessResult) -> list[LessonFigure]:
    world, severity = result.scene, result.severity
    image, mask = result.pairs[result.worst][0], result.curve.labels[severity][result.worst]
    named = {"kind": text(f"set.corruption.{result.kind}"), "severity": severity}
    change = text("change", change=f"{_rms_change(image, world.images[result.worst]):.1f}")
    miou = text("miou", miou=f"{result.curve.miou[severity]:.3f}")
    found = overlay(image, mask, world.card.colours)
    return [
        LessonFigure(image, text("spoilt", **named), text("spoilt.alt", **named), change, crisp=world.is_truth),
        LessonFigure(found, text("found"), text("found.alt"), miou, crisp=world.is_truth),
    ]


def _rms_change(image: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
    """Root mean square of the change of a value, in grey levels."""
    return float(np.sqrt(np.mean((image.astype(np.float64) - before) ** 2)))


def _curves(result: RobustnessResult) -> None:
    ious, card = result.curve.iou, result.scene.card
    shown = [
        line_chart.at_places(class_name(name), ious[:, index].tolist(), colour)
        for index, (name, colour) in enumerate(zip(card.classes, card.colours, strict=True))
        if np.isfinite(ious[0, index])
    ]
    shown.append(line_chart.at_places(text("mean"), result.curve.miou.tolist(), NEGATIVE, bold=True))
    kind = text(f"set.corruption.{result.kind}")
    values = [f"{value:.2f}" for value in result.curve.miou]
    line_chart.show_places(
        shown,
        [text("clean"), *map(str, range(1, len(values)))],
        x=text("axis", kind=kind),
        y=t("metric.iou"),
        alt=text("lines.alt", kind=kind, values=", ".join(values)),
        key="learn.stress.lines",
        at=result.severity,
    )


def _candidates(result: RobustnessResult) -> None:
    rows: list[list[Cell]] = []
    for option, miou in sorted(result.rivals.items(), key=lambda pair: pair[1]):
        change = _rms_change(_image(result, option), result.scene.images[result.worst])
        rows.append([text(f"guess.{option}"), f"{change:.1f}", Share(f"{miou:.3f}", max(miou, 0.0), NEGATIVE)])
    table(text("rivals"), [text("way"), text("change.head"), t("metric.miou")], rows, numbers=(1,))


def _card(world: Scene) -> None:
    """Draw the card, collapsed; without one, a button or a command that measures it."""
    reference = world.reference
    with st.expander(text("card"), key="learn.stress.card", icon=":material/health_and_safety:"):
        card = load_robustness(reference)
        if card is None and world.is_truth:
            settings = {"checkpoint": str(reference.path), "data": CARD_IMAGES, "split": SPLIT}
            start = text("card.start")
            job_panel.panel("robustness", settings, key="learn.stress.job", label=start, files=[reference.path])
            card = load_robustness(reference)
        if card is not None:
            _draw_card(card)
        elif not world.is_truth:
            st.markdown(text("card.none"))
            st.code(f"python -m segcore robustness {reference.name} --data FOLDER", language="bash")


def _draw_card(card: RobustnessCard) -> None:
    """Draw the mean relative score under each corruption, the worst first."""
    kinds = sorted({cell.corruption for cell in card.cells}, key=card.relative_of)
    st.caption(text("card.about", images=card.images, clean=f"{card.clean_miou:.3f}"))
    rows: list[list[Cell]] = [
        [text(f"set.corruption.{kind}"), Share(f"{share:.2f}", min(max(share, 0.0), 1.0), NEGATIVE)]
        for kind in kinds
        if not math.isnan(share := card.relative_of(kind))
    ]
    table(text("card"), [text("way"), text("left")], rows)


def formulas(result: RobustnessResult) -> list[Formula]:
    """The relative score at this severity; for the attack, the red value of the middle pixel."""
    clean, now = float(result.curve.miou[0]), float(result.curve.miou[result.severity])
    symbols = r"\text{relative} = \frac{\mathrm{mIoU}_{\text{corrupted}}}{\mathrm{mIoU}_{\text{clean}}}"
    values = {"spoilt": now, "clean": clean, "left": _share(now, clean)}
    relative = Formula("left", symbols, r"\frac{@spoilt@}{@clean@} = @left@", values)
    if result.kind != ATTACK:
        return [relative]
    image = result.scene.images[result.worst]
    row, col = image.shape[0] // 2, image.shape[1] // 2
    signs = cache.computed(corrupted_scenes.gradient_signs, result.scene)
    sign = int(signs[result.worst][row, col, 0])
    step, before = round(255 * ATTACK_LEVELS[result.severity - 1]), int(image[row, col, 0])
    slope = r"\mathrm{sign}\,\frac{\partial L}{\partial x}"
    symbols = rf"x'_{{{row},{col}}} = \mathrm{{clip}}\Big(x_{{{row},{col}}} + \varepsilon \cdot {slope}\Big)"
    pixel = {"x": before, "e": step, "g": sign, "y": min(max(before + step * sign, 0), 255)}
    return [relative, Formula("attack", symbols, r"\mathrm{clip}\big(@x@ + @e@\cdot(@g@)\big) = @y@", pixel)]


def _share(now: float, clean: float) -> float:
    """Score relative to the clean one; 0 if that is 0."""
    return now / clean if clean else 0.0


def check(result: RobustnessResult, random: Random) -> Question:
    """Robustness as the card defines it: the mean of the relative scores over the severities."""
    kind = random.choice([kind for kind, _ in RIVALS.values() if kind != result.kind])
    curve = corrupted_scenes.curve(result.scene, kind)
    left = [round(_share(float(value), float(curve.miou[0])), 2) for value in curve.miou[1:]]
    right = sum(left) / len(left)
    shown = [f"{value:.2f}" for value in left]
    return number_question(
        text("check", kind=text(f"set.corruption.{kind}"), left=", ".join(shown)),
        f"{right:.3f}",
        [f"{value:.3f}" for value in (1 - right, left[-1], left[0], max(left) - min(left))],
        text("why", formula=rf"$\frac{{{' + '.join(shown)}}}{{{len(left)}}} = {right:.3f}$"),
    )


def code(result: RobustnessResult) -> list[str]:
    """The network and the images of the lesson, corrupted once and measured."""
    is_attack = result.kind == ATTACK
    step = round(255 * ATTACK_LEVELS[result.severity - 1]) if is_attack else 0
    attack = [
        "x = image.clone().requires_grad_()",
        "loss = F.cross_entropy(world.network.logits(x), target, ignore_index=255)",
        "(gradient,) = torch.autograd.grad(loss, x)",
        f"image = (image + {step} / 255 * gradient.sign()).clamp(0, 1)",
    ]
    corruption = [
        f'kind, severity = "{result.kind}", {result.severity}',
        "pairs = zip(world.images, world.labels)",
        "pairs = [corrupt(*pair, kind, severity, seed=seed) for seed, pair in enumerate(pairs)]",
        "image = as_pixels([image for image, _ in pairs])",
        "target = torch.tensor(np.stack([labels for _, labels in pairs])).long()",
    ]
    return [
        "import numpy as np",
        "import torch",
        "from torch.nn import functional as F" if is_attack else "from segcore.data import corrupt",
        *scenes.code(result.scene),
        "image = as_pixels(world.images)  # (N, 3, h, w), 0 … 1",
        "target = torch.tensor(np.stack(world.labels)).long()",
        *(attack if is_attack else corruption),
        "labels, counts = world.network.logits(image).argmax(1), target != 255",
        "iou = {}",
        "for k in target[counts].unique().tolist():",
        "    found, true = (labels == k)[counts], (target == k)[counts]",
        "    iou[world.card.classes[k]] = ((found & true).sum() / (found | true).sum()).item()",
        "print(iou, sum(iou.values()) / len(iou))",
    ]


LESSON = Lesson(
    name="stress",
    group="trust",
    minutes=8,
    thumbnail=lambda result: _corrupted(result)[1].rgb,
    terms=("robustness", "adversarial_example", "augmentation", "miou"),
    controls=(Choice("corruption", ATTACK, (ATTACK, *(k for k in KINDS if k != ATTACK))), Slider("severity", 1, 1, 5)),
    more=(PhotoControl(default="astronaut"), CheckpointControl()),
    steps={
        "noise": {"corruption": "gaussian_noise", "severity": 3},
        "dark": {"corruption": "darkness", "severity": 5},
        "blur": {"corruption": "blur", "severity": 2},
    },
    guess=ChoiceGuess(tuple(RIVALS), lambda result: lowest(result.rivals)),
    predict=lambda _result: text("predict"),
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("segment", text("link.segment"), **scenes.query(result.scene)),
        to("train", text("link.train")),
        to("models", text("link.models")),
    ],
)

"""Lesson 15: stress test. What a network endures is not what eyes endure."""

from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.data import sample_photos
from segcore.evaluation.adversarial import LEVELS
from segcore.evaluation.robustness import ATTACK, KINDS
from segcore.explain.robustness_curves import LabelledImage, RobustnessCurve
from segcore.palette import overlay
from segcore.types import IGNORE
from ui.learn import figures, robustness_card, spoilt, subjects
from ui.learn.colours import NEGATIVE
from ui.learn.controls import Choice, Slider
from ui.learn.figures import Figure
from ui.learn.formulas import Formula
from ui.learn.guess import ChoiceGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.learn.scenes import Scene, scene
from ui.text import t
from ui.widgets import frame
from ui.widgets import line_chart as lines
from ui.widgets.tables import Bar, Cell, table

RIVALS = {"noise": ("gaussian_noise", 3), "dark": ("darkness", 3), "aimed": (ATTACK, 1)}
"""What the learner compares before anything is shown: option → corruption and severity."""


@dataclass(frozen=True, eq=False)
class RobustnessResult:
    """A scene, spoilt in one way at every severity, and the three rivals.

    Attributes:
        scene: see there.
        kind: of KINDS.
        severity: 1 …, never more than the kind has.
        curve: place 0 is the clean scene, place s is severity s.
        pairs: the scene at the chosen severity.
        worst: which picture loses most there; it is the one that is shown.
        rivals: option → mIoU.
    """

    scene: Scene
    kind: str
    severity: int
    curve: RobustnessCurve
    pairs: list[LabelledImage]
    worst: int
    rivals: dict[str, float]


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> RobustnessResult:
    """Raises SegcoreError where there is no such checkpoint, or it looks at no photos."""
    world = scene(settings["network"], settings["photo"])
    kind = settings["corruption"]
    severity = min(settings["severity"], len(spoilt.levels(kind)))
    curve, pairs = spoilt.curve(world, kind), spoilt.spoil(world, kind, severity)
    lost = [
        float(np.mean((before != after)[truth != IGNORE]))
        for before, after, (_, truth) in zip(curve.labels[0], curve.labels[severity], pairs, strict=True)
    ]
    rivals = {option: float(spoilt.curve(world, k).miou[s]) for option, (k, s) in RIVALS.items()}
    return RobustnessResult(world, kind, severity, curve, pairs, int(np.argmax(lost)), rivals)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: RobustnessResult, hidden: bool) -> Settings | None:
    """The spoilt picture and its mask; what is left of each class at every severity; the rivals."""
    if hidden:
        figures.show([_clean(result), *(_rival(result, option) for option in RIVALS)], least_px=150)
        st.caption(result.scene.about())
        return None
    figures.show([_clean(result), *_spoilt(result)], least_px=150)
    st.caption(result.scene.about())
    _lines(result)
    _rivals(result)
    robustness_card.show(result.scene)
    return None


def _clean(result: RobustnessResult) -> Figure:
    image = result.scene.images[result.worst]
    mask = result.curve.labels[0][result.worst]
    return Figure(
        overlay(image, mask, result.scene.card.colours),
        t("lesson.stress.clean"),
        t("lesson.stress.clean.alt"),
        t("lesson.stress.miou", miou=f"{result.curve.miou[0]:.3f}"),
        crisp=result.scene.is_truth,
    )


def _rival(result: RobustnessResult, option: str) -> Figure:
    kind, severity = RIVALS[option]
    image = spoilt.spoil(result.scene, kind, severity)[result.worst][0]
    title = t(f"lesson.stress.guess.{option}")
    return Figure(image, title, title, crisp=result.scene.is_truth)


def _spoilt(result: RobustnessResult) -> list[Figure]:
    image = result.pairs[result.worst][0]
    mask = result.curve.labels[result.severity][result.worst]
    kind = t(f"lesson.stress.set.corruption.{result.kind}")
    change = _typical_change(image, result.scene.images[result.worst])
    return [
        Figure(
            image,
            t("lesson.stress.spoilt", kind=kind, severity=result.severity),
            t("lesson.stress.spoilt.alt", kind=kind, severity=result.severity),
            t("lesson.stress.change", change=f"{change:.1f}"),
            crisp=result.scene.is_truth,
        ),
        Figure(
            overlay(image, mask, result.scene.card.colours),
            t("lesson.stress.found"),
            t("lesson.stress.found.alt"),
            t("lesson.stress.miou", miou=f"{result.curve.miou[result.severity]:.3f}"),
            crisp=result.scene.is_truth,
        ),
    ]


def _typical_change(image: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
    """Root mean square of the change of a value, in grey levels."""
    return float(np.sqrt(np.mean((image.astype(np.float64) - before) ** 2)))


def _lines(result: RobustnessResult) -> None:
    ious = result.curve.iou
    shown = [
        lines.at_places(name, ious[:, index].tolist(), colour)
        for index, (name, colour) in enumerate(zip(result.scene.card.classes, result.scene.card.colours, strict=True))
        if np.isfinite(ious[0, index])
    ]
    shown.append(lines.at_places(t("lesson.stress.mean"), result.curve.miou.tolist(), NEGATIVE, bold=True))
    kind = t(f"lesson.stress.set.corruption.{result.kind}")
    left = [f"{value:.2f}" for value in result.curve.miou]
    lines.show_places(
        shown,
        [t("lesson.stress.clean"), *map(str, range(1, len(left)))],
        x=t("lesson.stress.axis", kind=kind),
        y=t("metric.iou"),
        alt=t("lesson.stress.lines.alt", kind=kind, values=", ".join(left)),
        key="learn.stress.lines",
        at=result.severity,
    )


def _rivals(result: RobustnessResult) -> None:
    rows: list[list[Cell]] = []
    for option, miou in sorted(result.rivals.items(), key=lambda pair: pair[1]):
        kind, severity = RIVALS[option]
        image = spoilt.spoil(result.scene, kind, severity)[result.worst][0]
        change = _typical_change(image, result.scene.images[result.worst])
        rows.append([t(f"lesson.stress.guess.{option}"), f"{change:.1f}", Bar(max(miou, 0.0), f"{miou:.3f}", NEGATIVE)])
    head = [t("lesson.stress.way"), t("lesson.stress.change.head"), t("metric.miou")]
    table(t("lesson.stress.rivals"), head, rows, numbers=(1,))


# --- predict, formula, check ----------------------------------------------------------------------------------------


def _most_harmful(result: RobustnessResult) -> str:
    return min(result.rivals, key=result.rivals.__getitem__)


def formulas(result: RobustnessResult) -> list[Formula]:
    """What is left at this severity; for the attack, what it does to the red of the pixel in the middle."""
    clean, now = float(result.curve.miou[0]), float(result.curve.miou[result.severity])
    share = Formula(
        "left",
        r"\text{relative} = \frac{\mathrm{mIoU}_{\text{spoilt}}}{\mathrm{mIoU}_{\text{clean}}}",
        r"\frac{@spoilt@}{@clean@} = @left@",
        {"spoilt": now, "clean": clean, "left": _share(now, clean)},
    )
    if result.kind != ATTACK:
        return [share]
    image = result.scene.images[result.worst]
    row, col = image.shape[0] // 2, image.shape[1] // 2
    sign = int(spoilt.signs(result.scene)[result.worst][row, col, 0])
    step = round(255 * LEVELS[result.severity - 1])
    before = int(image[row, col, 0])
    return [
        share,
        Formula(
            "attack",
            rf"x'_{{{row},{col}}} = \mathrm{{clip}}\Big(x_{{{row},{col}}} + \varepsilon \cdot \mathrm{{sign}}\,"
            r"\frac{\partial L}{\partial x}\Big)",
            r"\mathrm{clip}\big(@x@ + @e@\cdot(@g@)\big) = @y@",
            {"x": before, "e": step, "g": sign, "y": min(max(before + step * sign, 0), 255)},
        ),
    ]


def _share(now: float, clean: float) -> float:
    """Of the clean score that is left; 0 where there was none."""
    return now / clean if clean else 0.0


def check(result: RobustnessResult, random: Random) -> Question:
    """Robustness as the card counts it: the mean of the shares over the severities."""
    option = random.choice([option for option, (kind, _) in RIVALS.items() if kind != result.kind])
    kind = RIVALS[option][0]
    curve = spoilt.curve(result.scene, kind)
    left = [round(_share(float(value), float(curve.miou[0])), 2) for value in curve.miou[1:]]
    right = sum(left) / len(left)
    wrong = (1 - right, left[-1], left[0], max(left) - min(left))
    texts = dict.fromkeys([f"{right:.3f}", *(f"{value:.3f}" for value in wrong)])
    numbers = sorted(list(texts)[:4])
    total = " + ".join(f"{value:.2f}" for value in left)
    return Question(
        t(
            "lesson.stress.check",
            kind=t(f"lesson.stress.set.corruption.{kind}"),
            left=", ".join(f"{value:.2f}" for value in left),
        ),
        {number: number for number in numbers},
        f"{right:.3f}",
        t("lesson.stress.why", formula=rf"$\frac{{{total}}}{{{len(left)}}} = {right:.3f}$"),
    )


def code(result: RobustnessResult) -> str:
    """The very network and pictures of the lesson, spoilt once and measured."""
    lines = [
        "import numpy as np",
        "import torch",
        "from torch.nn import functional as F" if result.kind == ATTACK else "from segcore.data import corrupt",
        "from segcore.explain.network import as_pixels",
        "from ui.learn.scenes import scene",
        "",
        result.scene.code(),
        "image = as_pixels(world.images)  # (N, 3, h, w), 0 … 1",
        "target = torch.tensor(np.stack(world.labels)).long()",
    ]
    if result.kind == ATTACK:
        step = round(255 * LEVELS[result.severity - 1])
        lines += [
            "x = image.clone().requires_grad_()",
            "loss = F.cross_entropy(world.network.logits(x), target, ignore_index=255)",
            "(gradient,) = torch.autograd.grad(loss, x)",
            f"image = (image + {step} / 255 * gradient.sign()).clamp(0, 1)",
        ]
    else:
        lines += [
            f'kind, severity = "{result.kind}", {result.severity}',
            "pairs = zip(world.images, world.labels)",
            "pairs = [corrupt(*pair, kind, severity, seed=seed) for seed, pair in enumerate(pairs)]",
            "image = as_pixels([image for image, _ in pairs])",
            "target = torch.tensor(np.stack([labels for _, labels in pairs])).long()",
        ]
    lines += [
        "labels, counts = world.network.logits(image).argmax(1), target != 255",
        "iou = {}",
        "for k in target[counts].unique().tolist():",
        "    found, true = (labels == k)[counts], (target == k)[counts]",
        "    iou[world.card.classes[k]] = ((found & true).sum() / (found | true).sum()).item()",
        "print(iou, sum(iou.values()) / len(iou))",
    ]
    return "\n".join(lines)


def practice(result: RobustnessResult) -> list[PracticeLink]:
    """To the photo itself, and to training with varied light and noise."""
    photo = result.scene.photo or sample_photos.FIRST
    return [
        PracticeLink(
            t("lesson.stress.link.segment"),
            frame.PAGES / "segment.py",
            {"sample": photo, "model": result.scene.reference.name},
        ),
        PracticeLink(t("lesson.stress.link.train"), frame.PAGES / "train.py"),
        PracticeLink(t("lesson.stress.link.models"), frame.PAGES / "models.py"),
    ]


LESSON = Lesson(
    name="stress",
    terms=("robustness", "adversarial_example", "augmentation", "miou"),
    controls=(Choice("corruption", ATTACK, (ATTACK, *(k for k in KINDS if k != ATTACK))), Slider("severity", 1, 1, 5)),
    more=(subjects.Photo(default="astronaut"), subjects.Network()),
    steps=(
        Step("noise", {"corruption": "gaussian_noise", "severity": 3}),
        Step("dark", {"corruption": "darkness", "severity": 5}),
        Step("blur", {"corruption": "blur", "severity": 2}),
    ),
    guess=ChoiceGuess(tuple(RIVALS), _most_harmful),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

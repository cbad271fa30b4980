"""Overfitting is easy."""

from dataclasses import dataclass
from random import Random
from statistics import fmean, pstdev

import numpy as np
import streamlit as st

from segcore.experiments.few_images import REMEDIES
from segcore.explain import overfitting
from segcore.explain.overfitting import COUNTS, FEATURES, LABELLED, NEW, SIDE, FoldFit, cross_validate
from segcore.types import RGB, Colour
from ui import cache
from ui.learn import colours, figures, live_regularisation
from ui.learn.controls import Choice, Slider, Switch
from ui.learn.figures import LessonFigure
from ui.learn.formulas import Formula
from ui.learn.guess import NumberGuess
from ui.learn.lesson import Lesson, LessonFunctions, Question, Settings, lesson_texts, number_question, to
from ui.learn.live_regularisation import TRAIN, VAL, score_bar
from ui.learn.outcomes import outcome_rgb
from ui.text import t
from ui.widgets import line_chart
from ui.widgets.tables import Cell, table

DECAYS = {"off": 0.0, "weak": 0.01, "medium": 0.1, "strong": 1.0}
PAPER: Colour = (210, 210, 210)
_SCORES: dict[str, Colour] = {"train": TRAIN, "val": VAL, "new": (46, 158, 107)}

text = lesson_texts("overfitting")


@dataclass(frozen=True, eq=False)
class OverfittingResult:
    """The models of all folds and their scores."""

    count: int  # n, labelled images
    decay: float  # λ
    requested: int  # number of folds requested
    leak: bool  # whether images were split, not patients
    seed: int  # of the images
    sweep: dict[int, tuple[FoldFit, ...]]  # for each of COUNTS the models of all folds
    shots: int  # images of the live training
    remedy: str  # regularisation of the live training

    @property
    def folds(self) -> tuple[FoldFit, ...]:
        """For the current n."""
        return self.sweep[self.count]

    def mean(self, name: str) -> float:
        """Mean of a score over the folds."""
        return _mean(self.folds, name)


def compute(settings: Settings) -> OverfittingResult:
    """Fit a model for each fold of every number of images."""
    decay, requested, leak, seed = DECAYS[settings["decay"]], int(settings["folds"]), settings["leak"], settings["seed"]
    sweep = {count: cache.computed(cross_validate, count, decay, requested, leak=leak, seed=seed) for count in COUNTS}
    shots, remedy = int(settings["shots"]), settings["remedy"]
    return OverfittingResult(int(settings["pictures"]), decay, requested, leak, seed, sweep, shots, remedy)


def _mean(folds: tuple[FoldFit, ...], name: str) -> float:
    return fmean(getattr(fold, name) for fold in folds)


def draw_views(result: OverfittingResult, hidden: bool) -> None:
    """Draw a training image and a new one, the scores over n and by fold; below, a real network."""
    _examples(result, hidden)
    st.caption(text("about", labelled=LABELLED, features=FEATURES))
    if hidden:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _curves(result)
    with right:
        _table(result)
    live_regularisation.draw(result.shots, result.remedy)


def _examples(result: OverfittingResult, hidden: bool) -> None:
    """Draw two images, and the outcome of the first fold's model in them."""
    fold = result.folds[0]
    places = overfitting.where_labelled(result.count, result.seed)[fold.first]
    learnt = overfitting.patient_images(result.count, result.seed)
    new = overfitting.patient_images(NEW, result.seed, others=True)
    shown = []
    for name, images, at in (("learnt", learnt, fold.first), ("new", new, 0)):
        image, truth, title = images.images[at], images.ground_truth[at], text(f"picture.{name}")
        rgb = np.clip(255 * (image * 0.45 + 0.5), 0, 255).astype(np.uint8)
        shown.append(LessonFigure(rgb, title, text("disc.alt", title=title), crisp=True))
        outcome, note = np.full((SIDE, SIDE, 3), PAPER, np.uint8), "?"
        if not hidden:
            found = overfitting.mask(image, fold.weights)
            right = found == truth
            outcome, note = outcome_rgb(found, truth, PAPER), text("pixels", right=int(right.sum()), pixels=right.size)
            if name == "learnt":
                note = text("points", right=int(right.ravel()[places].sum()), labelled=LABELLED)
        shown.append(LessonFigure(outcome, text("found"), note, note, crisp=True))
    figures.show(shown, least_px=130)


def _curves(result: OverfittingResult) -> None:
    lines = []
    for name, colour in _SCORES.items():
        means = [_mean(result.sweep[n], name) for n in COUNTS]
        lines.append(line_chart.at_places(text(f"score.{name}"), means, colour, bold=name == "val"))
    line_chart.show_places(
        lines,
        [str(count) for count in COUNTS],
        x=text("set.pictures"),
        y=t("metric.miou"),
        alt=text("alt", count=result.count, **{name: f"{result.mean(name):.2f}" for name in _SCORES}),
        key="learn.overfitting.curves",
        at=COUNTS.index(result.count),
        height=340,
    )


def _table(result: OverfittingResult) -> None:
    """Draw a row for each fold, their means and their standard deviations."""
    rows: list[list[Cell]] = [
        [str(number), *(score_bar(getattr(fold, name), colour) for name, colour in _SCORES.items())]
        for number, fold in enumerate(result.folds, start=1)
    ]
    rows.append([text("mean"), *(f"{result.mean(name):.2f}" for name in _SCORES)])
    spreads = (pstdev(getattr(fold, name) for fold in result.folds) for name in _SCORES)
    rows.append([text("spread"), *(f"± {spread:.2f}" for spread in spreads)])
    table(text("folds"), [text("fold"), *(text(f"score.{name}") for name in _SCORES)], rows)
    learnt, there = result.folds[0].learnt, len(result.folds)
    size = text("equations", learnt=learnt, labelled=LABELLED, equations=learnt * LABELLED, features=FEATURES)
    st.caption(f"{size} {text('fewer', there=there) if there < result.requested else ''}")


def _thumbnail(result: OverfittingResult) -> RGB:
    """The outcome of the first fold's model in a new image."""
    new = overfitting.patient_images(NEW, result.seed, others=True)
    return outcome_rgb(overfitting.mask(new.images[0], result.folds[0].weights), new.ground_truth[0], PAPER)


def _predict(result: OverfittingResult) -> str:
    train = f"{result.mean('train'):.2f}"
    numbers = {"count": result.count, "patients": result.count // 2, "decay": f"{result.decay:g}", "train": train}
    return text("predict.leak", **numbers) if result.leak else text("predict", **numbers)


def formulas(result: OverfittingResult) -> list[Formula]:
    """The mean over the folds, the gap, and the objective of the first fold's model."""
    values: dict[str, float] = {f"v{place}": fold.val for place, fold in enumerate(result.folds)}
    terms = " + ".join(f"@{name}@" for name in values)
    train, val, fold = result.mean("train"), result.mean("val"), result.folds[0]
    values |= {"k": len(result.folds), "v": val, "t": train, "gap": train - val}
    shades = {"v": colours.hex_of(VAL), "t": colours.hex_of(TRAIN)}
    ridge = r"L = \frac{1}{m} \sum_i (\varphi_i \cdot w - t_i)^2 + \lambda\,\lVert w \rVert^2"
    loss = {"fit": fold.misfit, "decay": result.decay, "size": fold.size}
    loss["loss"] = fold.misfit + result.decay * fold.size
    return [
        Formula("mean", r"\bar v = \frac{1}{k} \sum_f v_f", rf"\frac{{{terms}}}{{@k@}} = @v@", values, shades),
        Formula("gap", r"\mathrm{gap} = \bar{t} - \bar{v}", "@t@ - @v@ = @gap@", values, shades),
        Formula("ridge", ridge, r"@fit@ + @decay@\cdot @size@ = @loss@", loss),
    ]


def check(result: OverfittingResult, random: Random) -> Question:
    """A leak, the luck of one split, or the size of the training set: with the learner's numbers."""
    topic = random.choice(("leak", "luck", "left"))
    if topic == "leak":
        return _leak_question(result)
    if topic == "luck":
        vals = [fold.val for fold in result.folds]
        best, mean = max(vals), fmean(vals)
        return number_question(
            text("check.luck", scores=", ".join(f"{val:.2f}" for val in vals)),
            f"{mean:.2f}",
            [f"{value:.2f}" for value in (best, min(vals), best + 0.1, mean - 0.2)],
            text("why.luck", mean=f"{mean:.2f}", best=f"{best:.2f}", more=f"{best - mean:.2f}"),
        )
    count, k = random.choice((48, 60, 120)), random.choice((3, 4, 6))
    answer = count - count // k
    return number_question(
        text("check.left", count=count, k=k),
        str(answer),
        [str(count // k), str(count), str(count // 2)],
        text("why.left", formula=rf"${count} - \frac{{{count}}}{{{k}}} = {answer}$"),
    )


def _leak_question(result: OverfittingResult) -> Question:
    of_leak = [
        cache.computed(cross_validate, result.count, result.decay, result.requested, leak=leak, seed=result.seed)
        for leak in (False, True)
    ]
    new, new_leaked = (_mean(folds, "new") for folds in of_leak)
    val, val_leaked = (f"{_mean(folds, 'val'):.2f}" for folds in of_leak)
    return Question(
        text("check.leak", count=result.count, val=val, leaked=val_leaked),
        {option: text(f"answer.{option}") for option in ("better", "same", "worse")},
        "same" if abs(new_leaked - new) <= 0.1 else "better" if new_leaked > new else "worse",
        text("why.leak", new=f"{new:.2f}", leaked=f"{new_leaked:.2f}"),
    )


def code(result: OverfittingResult) -> list[str]:
    """Cross-validated ridge regression in PyTorch."""
    return [
        "import torch",
        "from segcore.explain.overfitting import folds, labelled, patient_images",
        "",
        f"phi, target = labelled({result.count}, seed={result.seed})  # features (n, {LABELLED}, D); 1 or -1",
        f"patient = patient_images({result.count}, seed={result.seed}).patient",
        f"fold = torch.from_numpy(folds(patient, {result.requested}, leak={result.leak}))",
        "scores = []",
        "for val in fold.unique():",
        "    a, t = (x[fold != val].flatten(0, 1) for x in (phi, target))",
        f"    decay = {max(result.decay, 1e-9):g} * torch.eye(a.shape[1], dtype=a.dtype)",
        "    w = torch.linalg.solve(a.T @ a / len(a) + decay, a.T @ t / len(a))",
        "    found, true = phi[fold == val] @ w > 0, target[fold == val] > 0",
        "    pairs = ((found, true), (~found, ~true))  # object, background",
        "    scores.append(sum(((f & y).sum() / (f | y).sum()).item() for f, y in pairs) / 2)",
        "print(scores, sum(scores) / len(scores))",
    ]


LESSON = Lesson(
    name="overfitting",
    group="training",
    minutes=10,
    thumbnail=_thumbnail,
    terms=("overfitting", "validation_set", "weight_decay", "dropout", "transfer_learning", "early_stopping"),
    controls=(
        Choice("pictures", "32", tuple(map(str, COUNTS))),
        Choice("decay", "off", tuple(DECAYS)),
        Switch("leak"),
    ),
    more=(
        Choice("folds", "4", ("2", "4", "8")),
        Slider("seed", 7, 0, 9),
        Choice("remedy", "augmentation", REMEDIES),
        Choice("shots", "4", ("4", "16", "64")),
    ),
    steps={
        "decay": {"decay": "medium"},
        "more": {"decay": "medium", "pictures": "256"},
        "leak": {"decay": "medium", "leak": True},
    },
    guess=NumberGuess(0.0, 1.0, 0.05, lambda result: result.mean("val"), near=0.1),
    predict=_predict,
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("train", text("link.train")),
        to("evaluate", text("link.folds"), task="folds"),
        to("learn", text("link.augmentation"), lesson="augmentation"),
    ],
)

"""Lesson 12: memorising is easy."""

from dataclasses import dataclass
from random import Random
from statistics import fmean, pstdev
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.checkpoint import CheckpointRef
from segcore.errors import NotAvailable
from segcore.experiments.few_images import PRETRAINED, REMEDIES
from segcore.explain.overfitting import (
    COUNTS,
    FEATURES,
    LABELLED,
    NEW,
    SIDE,
    Fold,
    cross_validate,
    mask,
    patient_images,
    where_labelled,
)
from segcore.types import RGB, Colour
from ui import cache
from ui.learn import colours, figures, subjects
from ui.learn.controls import Choice, Slider, Switch
from ui.learn.figures import Figure
from ui.learn.formulas import Formula, digits
from ui.learn.guess import NumberGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.text import plain, t
from ui.widgets import frame, job_panel, line_chart
from ui.widgets.tables import Bar, Cell, table

DECAYS = {"off": 0.0, "weak": 0.01, "medium": 0.1, "strong": 1.0}
STEPS = 120
LENDER = "shapes"
"""The U-Net whose encoder is borrowed, where it is here; else the first other U-Net."""
_TRAIN: Colour = (42, 127, 184)
_VAL: Colour = (217, 130, 43)
_NEW: Colour = (46, 158, 107)


@dataclass(frozen=True, eq=False)
class OverfittingResult:
    """What every fold's model makes of its pictures.

    Attributes:
        count: n, labelled pictures.
        decay: λ.
        wished: how many folds were asked for.
        leak: whether pictures were dealt out, not patients.
        seed: of the pictures.
        sweep: for each of COUNTS the folds' models.
        shots: pictures of the live training.
        remedy: of the live training.
    """

    count: int
    decay: float
    wished: int
    leak: bool
    seed: int
    sweep: dict[int, tuple[Fold, ...]]
    shots: int
    remedy: str

    @property
    def folds(self) -> tuple[Fold, ...]:
        """For the n that is set."""
        return self.sweep[self.count]

    def mean(self, name: str) -> float:
        """Mean of a score over the folds."""
        return fmean(getattr(fold, name) for fold in self.folds)


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> OverfittingResult:
    """Fit a model for each fold of every number of pictures."""
    decay, wished, leak, seed = DECAYS[settings["decay"]], int(settings["folds"]), settings["leak"], settings["seed"]
    sweep = {count: cache.computed(_folds, count, decay, wished, leak, seed) for count in COUNTS}
    shots, remedy = int(settings["shots"]), settings["remedy"]
    return OverfittingResult(int(settings["pictures"]), decay, wished, leak, seed, sweep, shots, remedy)


def _folds(count: int, decay: float, wished: int, leak: bool, seed: int) -> tuple[Fold, ...]:
    return cross_validate(count, decay, wished, leak=leak, seed=seed)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: OverfittingResult, hidden: bool) -> Settings | None:
    """A picture that was learnt from and a new one; scores over n; the folds. Below, a real network."""
    _examples(result, hidden)
    st.caption(t("lesson.overfitting.about", labelled=LABELLED, features=FEATURES))
    if hidden:
        return None
    left, right = st.columns(2, gap="medium")
    with left:
        _curves(result)
    with right:
        _table(result)
    _live(result)
    return None


def _examples(result: OverfittingResult, hidden: bool) -> None:
    """Two pictures, and where the first fold's model is right and wrong in them."""
    fold = result.folds[0]
    learnt, new = patient_images(result.count, result.seed), patient_images(NEW, result.seed, others=True)
    places = where_labelled(result.count, result.seed)[fold.first]
    shown = []
    for name, images, truth, at in (
        ("learnt", learnt.images, learnt.ground_truth, fold.first),
        ("new", new.images, new.ground_truth, 0),
    ):
        title = t(f"lesson.overfitting.picture.{name}")
        rgb = np.clip(255 * (images[at] * 0.45 + 0.5), 0, 255).astype(np.uint8)
        shown.append(Figure(rgb, title, t("lesson.overfitting.disc.alt", title=title), crisp=True))
        if hidden:  # what comes out has its place already
            blank = np.full((SIDE, SIDE, 3), 210, np.uint8)
            shown.append(Figure(blank, t("lesson.overfitting.found"), "?", "?", crisp=True))
            continue
        found = mask(images[at], fold.weights)
        right = found == truth[at]
        if name == "learnt":
            note = t("lesson.overfitting.points", right=int(right.ravel()[places].sum()), labelled=LABELLED)
        else:
            note = t("lesson.overfitting.pixels", right=int(right.sum()), pixels=SIDE * SIDE)
        shown.append(Figure(_outcome(found, truth[at]), t("lesson.overfitting.found"), note, note, crisp=True))
    figures.show(shown, least_px=130)


def _outcome(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> RGB:
    rgb = np.full((*found.shape, 3), 210, np.uint8)
    rgb[found & truth] = colours.TRUE_POSITIVE
    rgb[found & ~truth] = colours.FALSE_POSITIVE
    rgb[~found & truth] = colours.FALSE_NEGATIVE
    return rgb


def _curves(result: OverfittingResult) -> None:
    def means(name: str) -> list[float]:
        return [fmean(getattr(fold, name) for fold in result.sweep[count]) for count in COUNTS]

    names = {"train": (_TRAIN, False), "val": (_VAL, True), "new": (_NEW, False)}
    line_chart.show_places(
        [
            line_chart.at_places(t(f"lesson.overfitting.score.{name}"), means(name), colour, bold=bold)
            for name, (colour, bold) in names.items()
        ],
        [str(count) for count in COUNTS],
        x=t("lesson.overfitting.set.pictures"),
        y=t("metric.miou"),
        alt=t(
            "lesson.overfitting.alt", count=result.count, train=_two(result.mean("train")),
            val=_two(result.mean("val")), new=_two(result.mean("new")),
        ),
        key="learn.overfitting.curves",
        at=COUNTS.index(result.count),
        height=340,
    )  # fmt: skip


def _table(result: OverfittingResult) -> None:
    """A line for each fold, their means, and how far they spread."""
    rows: list[list[Cell]] = [
        [str(number), *(_bar(getattr(fold, name), colour) for name, colour in _SCORES)]
        for number, fold in enumerate(result.folds, start=1)
    ]
    rows.append([t("lesson.overfitting.mean"), *(_two(result.mean(name)) for name, _ in _SCORES)])
    spread = (_two(pstdev([getattr(fold, name) for fold in result.folds])) for name, _ in _SCORES)
    rows.append([t("lesson.overfitting.spread"), *("± " + each for each in spread)])
    head = [t("lesson.overfitting.fold"), *(t(f"lesson.overfitting.score.{name}") for name, _ in _SCORES)]
    table(t("lesson.overfitting.folds"), head, rows)
    fold = result.folds[0]
    said = t(
        "lesson.overfitting.equations", learnt=fold.learnt, labelled=LABELLED, equations=fold.learnt * LABELLED,
        features=FEATURES,
    )  # fmt: skip
    fewer = t("lesson.overfitting.fewer", there=len(result.folds)) if len(result.folds) < result.wished else ""
    st.caption(f"{said} {fewer}")


_SCORES = (("train", _TRAIN), ("val", _VAL), ("new", _NEW))


def _bar(score: float, colour: Colour) -> Bar:
    return Bar(score, _two(score), colour)


def _two(score: float) -> str:
    return f"{score:.2f}"


# --- a real network -------------------------------------------------------------------------------------------------


def _live(result: OverfittingResult) -> None:
    """A U-Net on few pictures, with and without a remedy."""
    with st.container(border=True, key="learn.overfitting.trained"):
        st.markdown(f"**{t('lesson.overfitting.live')}**")
        st.caption(t(f"lesson.overfitting.way.{result.remedy}"))
        st.caption(t("lesson.overfitting.live.about", pictures=result.shots, steps=STEPS))
        settings: dict[str, Any] = {"pictures": result.shots, "remedy": result.remedy, "steps": STEPS, "seed": 0}
        lender: CheckpointRef | None = None
        if result.remedy in PRETRAINED:
            try:
                lender = subjects.reference(LENDER, "unet")
            except NotAvailable as missing:
                st.info(plain(str(missing)))
                return
            settings["checkpoint"] = str(lender.path)
        measured = job_panel.panel(
            "lesson-overfitting",
            settings,
            key="learn.overfitting.job",
            label=t("lesson.overfitting.live.start"),
            files=[lender.path] if lender else [],
        )
        if measured is not None:
            _trained(result, measured)


def _trained(result: OverfittingResult, measured: dict[str, Any]) -> None:
    remedy = t(f"lesson.overfitting.set.remedy.{result.remedy}")
    shown = []
    for run, name in (("plain", t("lesson.overfitting.live.plain")), ("remedy", remedy)):
        for part, colour in (("train", _TRAIN), ("val", _VAL)):
            words = f"{name}, {t(f'lesson.overfitting.part.{part}')}"
            course = measured[run]
            dash, symbol = ("dot", "") if run == "plain" else ("solid", "circle")
            width = 2 if run == "plain" else 3
            shown.append(
                line_chart.Line(words, course["step"], course[part], colours.hex_of(colour), dash, width, symbol=symbol)
            )
    plain_val, val = measured["plain"]["val"][-1], measured["remedy"]["val"][-1]
    line_chart.show(
        shown, key="learn.overfitting.job.chart", x=t("learn.axis.steps"), y=t("metric.miou"),
        alt=t("lesson.overfitting.live.alt", remedy=remedy, plain=_two(plain_val), val=_two(val)),
        y_axis={"range": [-0.02, 1.02]},
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for run, name in (("plain", t("lesson.overfitting.live.plain")), ("remedy", remedy)):
        train, held_back = (measured[run][part][-1] for part in ("train", "val"))
        rows.append([name, _bar(train, _TRAIN), _bar(held_back, _VAL), _two(train - held_back)])
    head = [
        t("lesson.overfitting.live.remedy"), t("lesson.overfitting.part.train"), t("lesson.overfitting.part.val"),
        t("lesson.overfitting.live.gap"),
    ]  # fmt: skip
    table(t("lesson.overfitting.live.table", steps=STEPS), head, rows, numbers=(3,))
    st.caption(t("lesson.overfitting.live.note"))


# --- predict, formula, check ----------------------------------------------------------------------------------------


def formulas(result: OverfittingResult) -> list[Formula]:
    """The mean over the folds, the gap, and what the first fold's model minimises."""
    values: dict[str, float] = {f"v{place}": fold.val for place, fold in enumerate(result.folds)}
    terms = " + ".join(f"@{name}@" for name in values)
    values |= {"k": len(result.folds), "v": result.mean("val"), "t": result.mean("train")}
    fold = result.folds[0]
    shades = {"v": colours.hex_of(_VAL), "t": colours.hex_of(_TRAIN)}
    return [
        Formula("mean", r"\bar v = \frac{1}{k} \sum_f v_f", rf"\frac{{{terms}}}{{@k@}} = @v@", values, shades),
        Formula(
            "gap", r"\mathrm{gap} = \bar{t} - \bar{v}", "@t@ - @v@ = @gap@",
            values | {"gap": result.mean("train") - result.mean("val")}, shades,
        ),
        Formula(
            "ridge",
            r"L = \frac{1}{m} \sum_i (\varphi_i \cdot w - t_i)^2 + \lambda\,\lVert w \rVert^2",
            r"@fit@ + @decay@\cdot @size@ = @loss@",
            {
                "fit": fold.misfit, "decay": result.decay, "size": fold.size,
                "loss": fold.misfit + result.decay * fold.size,
            },
        ),
    ]  # fmt: skip


def check(result: OverfittingResult, random: Random) -> Question:
    """A leak, the luck of one split, or what is left to learn from: with the learner's numbers."""
    match random.choice(("leak", "luck", "left")):
        case "leak":
            kept, leaked = (
                cache.computed(_folds, result.count, result.decay, result.wished, leak, result.seed)
                for leak in (False, True)
            )
            val, new = ([fmean(getattr(f, name) for f in folds) for folds in (kept, leaked)] for name in ("val", "new"))
            return Question(
                t("lesson.overfitting.check.leak", count=result.count, val=_two(val[0]), leaked=_two(val[1])),
                {option: t(f"lesson.overfitting.answer.{option}") for option in ("better", "same", "worse")},
                "same" if abs(new[1] - new[0]) <= 0.1 else "better" if new[1] > new[0] else "worse",
                t("lesson.overfitting.why.leak", new=_two(new[0]), leaked=_two(new[1])),
            )
        case "luck":
            vals = [fold.val for fold in result.folds]
            best, mean = max(vals), fmean(vals)
            options = list(dict.fromkeys([_two(mean), _two(best), _two(min(vals)), _two(best + 0.1), _two(mean - 0.2)]))
            return Question(
                t("lesson.overfitting.check.luck", scores=", ".join(map(_two, vals))),
                {option: option for option in options},
                _two(mean),
                t("lesson.overfitting.why.luck", mean=_two(mean), best=_two(best), more=_two(best - mean)),
            )
    count, k = random.choice((48, 60, 120)), random.choice((3, 4, 6))
    options = list(dict.fromkeys([str(count - count // k), str(count // k), str(count), str(count // 2)]))
    return Question(
        t("lesson.overfitting.check.left", count=count, k=k),
        {option: option for option in options},
        str(count - count // k),
        t("lesson.overfitting.why.left", formula=rf"${count} - \frac{{{count}}}{{{k}}} = {count - count // k}$"),
    )


def code(result: OverfittingResult) -> str:
    """Cross-validated ridge regression, in plain PyTorch."""
    return "\n".join(
        [
            "import torch",
            "from segcore.explain.overfitting import folds, labelled, patient_images",
            "",
            f"phi, target = labelled({result.count}, seed={result.seed})  # features (n, {LABELLED}, D); 1 or -1",
            f"patient = patient_images({result.count}, seed={result.seed}).patient",
            f"fold = torch.from_numpy(folds(patient, {result.wished}, leak={result.leak}))",
            "scores = []",
            "for held_back in fold.unique():",
            "    a, t = (x[fold != held_back].flatten(0, 1) for x in (phi, target))",
            f"    decay = {max(result.decay, 1e-9):g} * torch.eye(a.shape[1], dtype=a.dtype)",
            "    w = torch.linalg.solve(a.T @ a / len(a) + decay, a.T @ t / len(a))",
            "    found, true = phi[fold == held_back] @ w > 0, target[fold == held_back] > 0",
            "    pairs = ((found, true), (~found, ~true))  # object, background",
            "    scores.append(sum(((f & y).sum() / (f | y).sum()).item() for f, y in pairs) / 2)",
            "print(scores, sum(scores) / len(scores))",
        ]
    )


def practice(result: OverfittingResult) -> list[PracticeLink]:
    """To the settings of a training, to cross-validation of one's own, and to augmentation."""
    train, learn = frame.PAGES / "train.py", frame.PAGES / "learn.py"
    return [
        PracticeLink(t("lesson.overfitting.link.train"), train),
        PracticeLink(t("lesson.overfitting.link.folds"), frame.PAGES / "evaluate.py", {"task": "folds"}),
        PracticeLink(t("lesson.overfitting.link.augmentation"), learn, {"lesson": "augmentation"}),
    ]


def _held_back(result: OverfittingResult) -> float:
    return float(digits(result.mean("val")))


LESSON = Lesson(
    name="overfitting",
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
    steps=(
        Step("decay", {"decay": "medium"}),
        Step("more", {"decay": "medium", "pictures": "256"}),
        Step("leak", {"decay": "medium", "leak": True}),
    ),
    guess=NumberGuess(0.0, 1.0, 0.05, _held_back, near=0.1),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

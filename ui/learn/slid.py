"""The second part of lesson 8: a classifier of small pictures, slid over a larger image as a convolution."""

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import streamlit as st

from segcore.checkpoint import CheckpointCard, CheckpointRef, list_checkpoints, load_checkpoint
from segcore.data import Normalisation, resize_image, working_size
from segcore.experiments.cifar_classifier import FILE, IMAGES, STEPS, mosaic
from segcore.explain.dense_classification import DenseClassification, as_input, classify_windows
from segcore.jobs import find_job, job_result
from segcore.models.classifier import SIDE, STRIDE
from segcore.types import RGB
from ui import cache
from ui.learn import figures, subjects
from ui.learn.colours import viridis_rgb
from ui.learn.figures import Figure
from ui.learn.formulas import Formula
from ui.learn.lesson import Question, Settings
from ui.learn.strip import count
from ui.text import plain, t
from ui.widgets import job_panel, line_chart
from ui.widgets.line_chart import Line
from ui.widgets.tables import Cell as TableCell
from ui.widgets.tables import Chip, table

PICTURES = ("mosaic", "photo")
LONGEST = 160
SEED = 0
JOB = {"steps": STEPS, "pictures": IMAGES["train"], "seed": 0}
_CELL = 6
"""So many pixels a side has an answer in the picture of the map."""


@dataclass(frozen=True, eq=False)
class ClassifierResult:
    """A classifier and what it says of every window.

    Attributes:
        rgb: (H, W, 3) uint8, the larger image.
        truth: (rows, cols) names of the pictures it is made of; empty for a photo.
        is_drawn: whether it is made of the drawn stand-in.
        reference: the classifier's file; None where there is none yet.
        card: of that file.
        is_own: whether it lies on the learner's shelf; else the lesson's job has trained it.
        slid: what it says; None without a classifier.
    """

    rgb: RGB
    truth: tuple[tuple[str, ...], ...]
    is_drawn: bool
    reference: CheckpointRef | None
    card: CheckpointCard | None
    is_own: bool
    slid: DenseClassification | None

    @property
    def places(self) -> tuple[int, int]:
        """Windows below and beside each other."""
        return (self.rgb.shape[0] - SIDE) // STRIDE + 1, (self.rgb.shape[1] - SIDE) // STRIDE + 1


def compute(settings: Settings) -> ClassifierResult:
    """The classifier of the learner's shelf, else the one that the job of this lesson has left."""
    reference, is_own = _classifier(settings["classifier"])
    if settings["picture"] == "mosaic":
        made = cache.computed(mosaic, SEED)
        rgb, is_drawn = made.rgb, made.source == "drawn"
        truth = tuple(tuple(made.classes[label] for label in row) for row in made.labels.tolist())
    else:
        photo = subjects.image(settings["photo"]).rgb
        rgb = resize_image(photo, working_size((photo.shape[0], photo.shape[1]), LONGEST))
        truth, is_drawn = (), False
    if reference is None:
        return ClassifierResult(rgb, truth, is_drawn, None, None, is_own=False, slid=None)
    card, slid = cache.computed(_slid, reference, settings["picture"], settings["photo"])
    return ClassifierResult(rgb, truth, is_drawn, reference, card, is_own, slid)


def _classifier(wished: str) -> tuple[CheckpointRef | None, bool]:
    here = {ref.name: ref for ref, _ in list_checkpoints("classification")}
    if here:
        return here.get(wished, next(iter(here.values()))), True
    run = find_job("lesson-classifier", JOB)
    if run is None or job_result(run) is None or not (run.path / FILE).is_file():
        return None, False
    return CheckpointRef.of(run.path / FILE), False


def _slid(reference: CheckpointRef, picture: str, photo: str) -> tuple[CheckpointCard, DenseClassification]:
    checkpoint = load_checkpoint(reference, task="classification")
    rgb = mosaic(SEED).rgb
    if picture == "photo":
        rgb = subjects.image(photo).rgb
        rgb = resize_image(rgb, working_size((rgb.shape[0], rgb.shape[1]), LONGEST))
    card = checkpoint.card
    return card, classify_windows(checkpoint.model, as_input(rgb, Normalisation(mean=card.mean, std=card.std)))  # type: ignore[arg-type]


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: ClassifierResult, hidden: bool) -> None:
    """The image, the class of every window, how sure it is; what both ways cost; how the classifier was trained."""
    made_of = "photo" if not result.truth else "drawn" if result.is_drawn else "cifar10"
    image = Figure(
        np.kron(result.rgb, np.ones((2, 2, 1), np.uint8)),
        t("lesson.families.slid.image"),
        t(f"lesson.families.slid.image.{made_of}"),
        t(f"lesson.families.slid.image.{made_of}"),
    )
    if hidden or result.slid is None or result.card is None:
        figures.show([image], least_px=220)
        if not hidden:
            st.info(t("lesson.families.slid.none"), icon=":material/info:")
    else:
        labels, colours = result.slid.labels, np.array(result.card.colours, np.uint8)
        rows, cols = result.places
        large = np.ones((_CELL, _CELL), np.float32)
        note = t("lesson.families.slid.map.note", rows=rows, cols=cols, stride=STRIDE)
        sure = t("lesson.families.slid.sure")
        figures.show(
            [
                image,
                Figure(
                    np.kron(colours[labels], large[..., None].astype(np.uint8)),
                    *(t("lesson.families.slid.map"), _map_in_words(result), note),
                    crisp=True,
                ),
                Figure(viridis_rgb(np.kron(result.slid.probs.max(axis=0), large)), sure, sure, crisp=True),
            ],
            least_px=220,
        )
        _said(result, result.card, result.slid)
        _both_ways(result.slid)
    if not hidden:
        _trained(result)


def _map_in_words(result: ClassifierResult) -> str:
    assert result.slid is not None and result.card is not None
    labels = result.slid.labels
    shares = np.bincount(labels.ravel(), minlength=result.card.num_classes) / labels.size
    most = [f"{result.card.classes[k]} {100 * shares[k]:.0f} %" for k in np.argsort(-shares)[:4] if shares[k] > 0]
    return t("lesson.families.slid.map.alt", most=", ".join(most))


def _said(result: ClassifierResult, card: CheckpointCard, slid: DenseClassification) -> None:
    """The colours; and for pictures side by side what the window that is exactly one picture says of it."""
    present = sorted(set(slid.labels.ravel().tolist()))
    if not result.truth:
        rows: list[list[TableCell]] = [
            [Chip(card.classes[k], card.colours[k]), f"{100 * (slid.labels == k).mean():.0f} %"] for k in present
        ]
        table(
            t("lesson.families.slid.legend"), [t("lesson.families.slid.class"), t("lesson.families.slid.share")], rows
        )
        return
    step = SIDE // STRIDE
    rows, right = [], 0
    for row, names in enumerate(result.truth):
        line: list[TableCell] = []
        for col, name in enumerate(names):
            said = int(slid.labels[step * row, step * col])
            hit = card.classes[said] == name
            right += hit
            line.append(Chip(f"{'✓' if hit else '✗'} {card.classes[said]}", card.colours[said]))
        rows.append(line)
    total = sum(map(len, result.truth))
    table(t("lesson.families.slid.alone"), [str(col + 1) for col in range(len(result.truth[0]))], rows)
    st.caption(t("lesson.families.slid.right", right=right, total=total))


def _both_ways(slid: DenseClassification) -> None:
    head = ["way", "macs", "time"]
    rows = [
        [t("lesson.families.slid.windows", count=slid.windows), count(slid.macs_windows), f"{slid.ms_windows:.1f} ms"],
        [t("lesson.families.slid.at_once"), count(slid.macs_at_once), f"{slid.ms_at_once:.1f} ms"],
    ]
    table(
        t("lesson.families.slid.both"), [t(f"lesson.families.slid.head.{name}") for name in head], rows, numbers=(1, 2)
    )
    st.caption(t("lesson.families.slid.difference", difference=f"{slid.difference:.1e}"))


def _trained(result: ClassifierResult) -> None:
    """Whose classifier it is; the job that trains one where the shelf has none."""
    with st.container(border=True, key="learn.families.slid.trained"):
        st.markdown(f"**{t('lesson.families.slid.trained')}**")
        if result.is_own and result.card is not None:
            data = "; ".join(each.name for each in result.card.training_data) or "—"
            score = next((f"{score.metric} {score.value:.3f}" for score in result.card.scores), "—")
            own = t("lesson.families.slid.own", title=plain(result.card.title), data=plain(data), score=plain(score))
            st.caption(own)
            return
        st.caption(t("lesson.families.slid.job", pictures=JOB["pictures"], steps=JOB["steps"]))
        measured = job_panel.panel(
            "lesson-classifier", JOB, key="learn.families.train", label=t("lesson.families.slid.start")
        )
        if measured is not None:
            _course(measured)


def _course(measured: dict[str, Any]) -> None:
    end = f"{measured['accuracy'][-1]:.3f}"
    line_chart.show(
        [Line(t("lesson.families.slid.accuracy"), measured["step"], measured["accuracy"], "#2a7fb8", width=3)],
        key="learn.families.train.chart",
        x=t("learn.axis.steps"),
        y=t("lesson.families.slid.accuracy"),
        alt=t("lesson.families.slid.course.alt", end=end),
        height=220,
        y_axis={"range": [0, 1.02]},
    )
    numbers = {"pictures": measured["pictures"], "held_out": measured["held_out"], "end": end}
    st.caption(t(f"lesson.families.slid.course.{measured['source']}", **numbers))


# --- formula, check, code -------------------------------------------------------------------------------------------


def formulas(result: ClassifierResult) -> list[Formula]:
    """How many windows there are, why the kernel has as many weights as the layer, and what is saved."""
    rows, cols = result.places
    height, width = result.rgb.shape[:2]
    windows = Formula(
        "windows",
        r"\Big(\Big\lfloor\tfrac{H - 32}{4}\Big\rfloor + 1\Big)\Big(\Big\lfloor\tfrac{W - 32}{4}\Big\rfloor + 1\Big)",
        r"@rows@ \cdot @cols@ = @windows@",
        {"rows": rows, "cols": cols, "windows": rows * cols, "height": height, "width": width},
    )
    channels = 2 * _width(result)
    fold = Formula(
        "fold",
        r"\text{fully connected: } C' \cdot (C\,k\,k) = \text{convolution: } C' \cdot C \cdot k \cdot k",
        r"@out@ \cdot @flat@ = @out@ \cdot @c@ \cdot @k@ \cdot @k@",
        {"out": 2 * channels, "flat": channels * 25, "c": channels, "k": 5},
    )
    if result.slid is None:
        return [windows, fold]
    saved = Formula(
        "saved",
        r"\frac{\text{MACs, window by window}}{\text{MACs, at once}}",
        r"\frac{@windows@}{@once@} = @factor@",
        {
            "windows": result.slid.macs_windows / 1e6,
            "once": result.slid.macs_at_once / 1e6,
            "factor": result.slid.macs_windows / result.slid.macs_at_once,
        },
    )
    return [windows, fold, saved]


def _width(result: ClassifierResult) -> int:
    options = {} if result.card is None else result.card.options
    width = options.get("width", 16)
    return width if isinstance(width, int) else 16


def check(result: ClassifierResult, random: Random) -> Question:
    """How many answers does an image of another size get?"""
    height, width = random.choice([(32, 64), (64, 64), (48, 32), (64, 96), (36, 40)])
    rows, cols = (height - SIDE) // STRIDE + 1, (width - SIDE) // STRIDE + 1
    wrong = [height // SIDE * (width // SIDE), height // STRIDE * (width // STRIDE), (rows + 1) * (cols + 1)]
    options = list(dict.fromkeys(map(str, [rows * cols, *wrong])))
    reckoned = rf"$\big(\tfrac{{{height} - 32}}{{4}} + 1\big)\big(\tfrac{{{width} - 32}}{{4}} + 1\big) = {rows * cols}$"
    return Question(
        t("lesson.families.slid.check", height=height, width=width),
        {option: option for option in options},
        str(rows * cols),
        t("lesson.families.slid.why", formula=reckoned),
    )


def code(result: ClassifierResult) -> str:
    """Fully connected layers folded into kernels, and the proof on one window."""
    height, width = result.rgb.shape[:2]
    channels = 2 * _width(result)
    load = [
        "from segcore.models import build_model",
        "",
        f'net = build_model("classifier", num_classes=10, width={_width(result)})',
    ]
    if result.reference is not None and result.is_own:
        load = [
            "from segcore.checkpoint import find_checkpoint, load_checkpoint",
            "",
            f'net = load_checkpoint(find_checkpoint("{result.reference.name}"), task="classification").model',
        ]
    return "\n".join(
        [
            "import torch",
            "import torch.nn.functional as F",
            *load,
            f"image = torch.randn(1, 3, {height}, {width})",
            "x = F.max_pool2d(F.relu(net.conv1(image)), 2)",
            "x = F.max_pool2d(F.relu(net.conv2(x)), 2)",
            f"kernel = net.fc1.weight.view({2 * channels}, {channels}, 5, 5)  # folded",
            "x = F.relu(F.conv2d(x, kernel, net.fc1.bias))",
            "at_once = F.conv2d(x, net.fc2.weight[:, :, None, None], net.fc2.bias)",
            "alone = net(image[:, :, 8:40, 12:44]).logits[0, :, 0, 0]",
            "difference = (at_once[0, :, 8 // 4, 12 // 4] - alone).abs().max()",
            "print(tuple(at_once.shape), float(difference.detach()))",
        ]
    )

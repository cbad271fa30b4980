"""The part of the architectures lesson on a classifier of small images, applied convolutionally to a larger one."""

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import streamlit as st

from segcore.checkpoint import CheckpointCard, CheckpointRef, list_checkpoints, load_checkpoint
from segcore.data import Normalisation
from segcore.experiments.cifar_classifier import FILE, IMAGES, STEPS, mosaic
from segcore.explain.dense_classification import DenseClassification, as_input, classify_windows
from segcore.explain.scene import downscaled
from segcore.export.sections import Named
from segcore.jobs import find_job, job_result
from segcore.models.classifier import SIDE, STRIDE
from segcore.types import RGB
from ui import cache
from ui.known_names import class_name, model_title
from ui.learn import figures, input_controls, short_training
from ui.learn.architecture_diagram import count
from ui.learn.colours import viridis_rgb
from ui.learn.figures import LessonFigure, magnified
from ui.learn.formulas import Formula
from ui.learn.lesson import LessonFunctions, Question, Settings, lesson_texts, number_question
from ui.text import plain, t
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine
from ui.widgets.tables import Cell, table

PICTURES = ("mosaic", "photo")
LONGEST = 160
SEED = 0
JOB = {"steps": STEPS, "pictures": IMAGES["train"], "seed": 0}
_MAGNIFIED = 6  # pixels a side of one position in the image of the output map

text = lesson_texts("families")


@dataclass(frozen=True, eq=False)
class ClassifierResult:
    """A classifier and its prediction for every window."""

    rgb: RGB  # (H, W, 3), the larger image
    truth: tuple[tuple[str, ...], ...]  # (rows, cols) classes of the images it consists of; empty for a photo
    is_drawn: bool  # whether these are the synthetic stand-in
    reference: CheckpointRef | None  # the classifier's file; None if there is none yet
    card: CheckpointCard | None  # of that file
    is_own: bool  # whether it is one of the user's checkpoints; else the lesson's job has trained it
    slid: DenseClassification | None  # its predictions; None without a classifier

    @property
    def width(self) -> int:
        """Channels of the classifier's first convolution."""
        width = 16 if self.card is None else self.card.options.get("width", 16)
        return width if isinstance(width, int) else 16


def compute(settings: Settings) -> ClassifierResult:
    """Apply one of the user's classifiers, else the one trained by the job of this lesson."""
    picture, photo = settings["picture"], settings["photo"]
    reference, is_own = _classifier(settings["classifier"])
    rgb, is_drawn = _image(picture, photo), False
    truth: tuple[tuple[str, ...], ...] = ()
    if picture == "mosaic":
        made = cache.computed(mosaic, SEED)
        is_drawn = made.source == "drawn"
        truth = tuple(tuple(made.classes[label] for label in row) for row in made.labels.tolist())
    card, slid = (None, None) if reference is None else cache.computed(_slid, reference, picture, photo)
    return ClassifierResult(rgb, truth, is_drawn, reference, card, is_own, slid)


def _classifier(choice: str) -> tuple[CheckpointRef | None, bool]:
    own = {ref.name: ref for ref, _ in list_checkpoints("classification")}
    if own:
        return own.get(choice, next(iter(own.values()))), True
    run = find_job("lesson-classifier", JOB)
    if run is None or job_result(run) is None or not (run.path / FILE).is_file():
        return None, False
    return CheckpointRef.of(run.path / FILE), False


def _image(picture: str, photo: str) -> RGB:
    if picture == "mosaic":
        return cache.computed(mosaic, SEED).rgb
    return downscaled(input_controls.image(photo).rgb, LONGEST)


def _slid(reference: CheckpointRef, picture: str, photo: str) -> tuple[CheckpointCard, DenseClassification]:
    checkpoint = load_checkpoint(reference, task="classification")
    normalisation = Normalisation(mean=checkpoint.card.mean, std=checkpoint.card.std)
    return checkpoint.card, classify_windows(checkpoint.model, as_input(_image(picture, photo), normalisation))  # type: ignore[arg-type]


def draw_views(result: ClassifierResult, hidden: bool) -> None:
    """Draw the image, class and confidence of every window, the cost of both ways, and the training."""
    source = text(f"slid.image.{'photo' if not result.truth else 'drawn' if result.is_drawn else 'cifar10'}")
    shown = [LessonFigure(magnified(result.rgb, 2), text("slid.image"), source, source)]
    if not hidden and result.slid is not None and result.card is not None:
        shown += _output_maps(result.slid, result.card)
    figures.show(shown, least_px=220)
    if hidden:
        return
    if result.slid is None or result.card is None:
        st.info(text("slid.none"), icon=":material/info:")
    else:
        _predictions(result, result.card, result.slid)
        _both_ways(result.slid)
    _trained(result)


def _output_maps(slid: DenseClassification, card: CheckpointCard) -> list[LessonFigure]:
    labels = slid.labels
    shares = np.bincount(labels.ravel(), minlength=card.num_classes) / labels.size
    most = [f"{class_name(card.classes[k])} {100 * shares[k]:.0f} %" for k in np.argsort(-shares)[:4] if shares[k] > 0]
    note = text("slid.map.note", rows=labels.shape[0], cols=labels.shape[1], stride=STRIDE)
    classes = magnified(np.array(card.colours, np.uint8)[labels], _MAGNIFIED)
    confidence = viridis_rgb(magnified(slid.probs.max(axis=0), _MAGNIFIED))
    return [
        LessonFigure(classes, text("slid.map"), text("slid.map.alt", most=", ".join(most)), note, crisp=True),
        LessonFigure(confidence, text("slid.sure"), crisp=True),
    ]


def _predictions(result: ClassifierResult, card: CheckpointCard, slid: DenseClassification) -> None:
    """Draw the legend; for a mosaic, the prediction for each window that is exactly one image."""
    rows: list[list[Cell]] = []
    if not result.truth:
        for k in np.unique(slid.labels).tolist():
            rows.append([Named(card.classes[k], card.colours[k]), f"{100 * (slid.labels == k).mean():.0f} %"])
        table(text("slid.legend"), [text("slid.class"), text("slid.share")], rows)
        return
    step, right = SIDE // STRIDE, 0
    for row, names in enumerate(result.truth):
        rows.append([])
        for col, name in enumerate(names):
            k = int(slid.labels[step * row, step * col])
            hit = card.classes[k] == name
            right += hit
            rows[-1].append(Named(f"{'✓' if hit else '✗'} {class_name(card.classes[k])}", card.colours[k]))
    table(text("slid.alone"), [str(col + 1) for col in range(len(result.truth[0]))], rows)
    st.caption(text("slid.right", right=right, total=sum(map(len, result.truth))))


def _both_ways(slid: DenseClassification) -> None:
    rows = [
        [text("slid.windows", count=slid.windows), count(slid.macs_windows), f"{slid.ms_windows:.1f} ms"],
        [text("slid.at_once"), count(slid.macs_at_once), f"{slid.ms_at_once:.1f} ms"],
    ]
    table(text("slid.both"), [text(f"slid.head.{name}") for name in ("way", "macs", "time")], rows, numbers=(1, 2))
    st.caption(text("slid.difference", difference=f"{slid.difference:.1e}"))


def _trained(result: ClassifierResult) -> None:
    """Draw where the classifier comes from; without an own one, the job that trains it."""
    if result.is_own and result.card is not None:
        card = result.card
        data = "; ".join(each.name for each in card.training_data) or "—"
        score = next((f"{score.metric} {score.value:.3f}" for score in card.scores), "—")
        with st.container(border=True, key="learn.families.train.frame"):
            st.markdown(f"**{text('slid.trained')}**")
            st.caption(text("slid.own", title=plain(model_title(card.title)), data=plain(data), score=plain(score)))
        return
    about = text("slid.job", pictures=JOB["pictures"], steps=JOB["steps"])
    key, start = "learn.families.train", text("slid.start")
    short_training.show(text("slid.trained"), about, "lesson-classifier", JOB, _course, key=key, start=start)


def _course(found: dict[str, Any]) -> None:
    end = f"{found['accuracy'][-1]:.3f}"
    line_chart.show(
        [ChartLine(text("slid.accuracy"), found["step"], found["accuracy"], "#2a7fb8", width=3)],
        key="learn.families.train.chart",
        x=t("learn.axis.steps"),
        y=text("slid.accuracy"),
        alt=text("slid.course.alt", end=end),
        height=220,
        y_axis={"range": [0, 1.02]},
    )
    numbers = {"pictures": found["pictures"], "held_out": found["held_out"], "end": end}
    st.caption(text(f"slid.course.{found['source']}", **numbers))


def formulas(result: ClassifierResult) -> list[Formula]:
    """The number of windows, the weights of kernel and layer, and the MACs saved."""
    height, width = result.rgb.shape[:2]
    rows, cols = (height - SIDE) // STRIDE + 1, (width - SIDE) // STRIDE + 1
    channels = 2 * result.width
    one_side = r"\Big(\Big\lfloor\tfrac{%s - 32}{4}\Big\rfloor + 1\Big)"
    sides = {"rows": rows, "cols": cols, "windows": rows * cols, "height": height, "width": width}
    fold = r"\text{fully connected: } C' \cdot (C\,k\,k) = \text{convolution: } C' \cdot C \cdot k \cdot k"
    folded = {"out": 2 * channels, "flat": channels * 25, "c": channels, "k": 5}
    found = [
        Formula("windows", one_side % "H" + one_side % "W", r"@rows@ \cdot @cols@ = @windows@", sides),
        Formula("fold", fold, r"@out@ \cdot @flat@ = @out@ \cdot @c@ \cdot @k@ \cdot @k@", folded),
    ]
    if result.slid is not None:
        windows, once = result.slid.macs_windows, result.slid.macs_at_once
        symbols = r"\frac{\text{MACs, window by window}}{\text{MACs, at once}}"
        values = {"windows": windows / 1e6, "once": once / 1e6, "factor": windows / once}
        found.append(Formula("saved", symbols, r"\frac{@windows@}{@once@} = @factor@", values))
    return found


def check(result: ClassifierResult, random: Random) -> Question:
    """How large is the output map of an image of another size?"""
    height, width = random.choice([(32, 64), (64, 64), (48, 32), (64, 96), (36, 40)])
    rows, cols = (height - SIDE) // STRIDE + 1, (width - SIDE) // STRIDE + 1
    wrong = [height // SIDE * (width // SIDE), height // STRIDE * (width // STRIDE), (rows + 1) * (cols + 1)]
    formula = rf"$\big(\tfrac{{{height} - 32}}{{4}} + 1\big)\big(\tfrac{{{width} - 32}}{{4}} + 1\big) = {rows * cols}$"
    question = text("slid.check", height=height, width=width)
    return number_question(question, str(rows * cols), map(str, wrong), text("slid.why", formula=formula))


def code(result: ClassifierResult) -> list[str]:
    """Fully connected layers folded into kernels, and the proof on one window."""
    height, width = result.rgb.shape[:2]
    channels = 2 * result.width
    load = [
        "from segcore.models import build_model",
        "",
        f'net = build_model("classifier", num_classes=10, width={result.width})',
    ]
    if result.reference is not None and result.is_own:
        load = [
            "from segcore.checkpoint import find_checkpoint, load_checkpoint",
            "",
            f'net = load_checkpoint(find_checkpoint("{result.reference.name}"), task="classification").model',
        ]
    return [
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


PART = LessonFunctions(compute, draw_views, formulas, check, code)

"""Lesson 1: four answers to "segment this": pixels, regions, classes, instances."""

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.checkpoint import CheckpointRef
from segcore.classical import grow, kmeans
from segcore.classical.sides import object_side
from segcore.classical.thresholds import grey_of, otsu_threshold
from segcore.data import resize_image, sample_photos, working_size
from segcore.explain.tasks import (
    GAPS,
    Overlap,
    SyntheticScene,
    component_at,
    connected_components,
    drop_small,
    lab_of,
    overlap,
    split_touching,
    synthetic_scene,
)  # fmt: skip
from segcore.palette import BACKGROUND, OKABE_ITO, default_colours, overlay
from segcore.types import RGB, Colour
from ui import cache
from ui.components import cells
from ui.components.cells import Cell, Grid, Place
from ui.learn import colours, figures, subjects
from ui.learn.controls import Choice, Selection, Slider
from ui.learn.figures import Figure
from ui.learn.formulas import Formula
from ui.learn.guess import ChoiceGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.learn.scenes import LONGEST, Scene, scene
from ui.text import plain, t
from ui.widgets import frame, line_chart
from ui.widgets.line_chart import Line
from ui.widgets.tables import table

ANSWERS = ("pixels", "regions", "classes", "instances")
PER_MILLE = 1000
"""A place in the address is told in thousandths of height and width: it fits any picture."""

SMALLEST = 12
"""Pieces of fewer pixels are specks, which nobody counts."""

COLUMNS = 20
"""Of the coarse copy of the picture that can be pressed."""

_BINS = 64
Labels = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class TasksResult:
    """A picture and its four answers.

    Attributes:
        scene: of the network, and of the photo if there is one.
        drawn: the drawn picture with its truth; None for a photo.
        photo: the value of its control.
        image: (h, w, 3) uint8, what is looked at.
        gap: between the discs.
        pixel: (row, col) that is asked about.
        otsu: the threshold that Otsu's method finds.
        threshold: the one that is set.
        by: how regions are found, "kmeans" or "grow".
        groups: k.
        tolerance: of region growing.
        answers: name of the answer → (h, w) labels; 0 is nobody's, except for groups.
        counts: name of the answer → separate pieces that are no specks.
        overlaps: name of the answer → the piece at the pixel against the true thing there; {} for a photo.
    """

    scene: Scene
    drawn: SyntheticScene | None
    photo: str
    image: RGB
    gap: int
    pixel: tuple[int, int]
    otsu: int
    threshold: int
    by: str
    groups: int
    tolerance: int
    answers: dict[str, Labels]
    counts: dict[str, int]
    overlaps: dict[str, Overlap]

    @property
    def classes(self) -> tuple[str, ...]:
        """Of the network."""
        return self.scene.card.classes

    @property
    def class_here(self) -> int:
        """What the network says of the pixel."""
        return int(self.answers["classes"][self.pixel])


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> TasksResult:
    """Raises NotAvailable where there is no such checkpoint, BadImage where it looks at no photos."""
    asked = _Asked(**{name: settings[name] for name in _Asked._fields})
    return cache.computed(_compute, asked, subjects.reference(asked.network))


class _Asked(NamedTuple):
    """The settings by name, see LESSON."""

    network: str
    subject: str
    photo: str
    gap: int
    pixel: tuple[int, int]
    threshold: int
    by: str
    groups: int
    tolerance: int


def _compute(asked: _Asked, _version: CheckpointRef) -> TasksResult:
    world = scene(asked.network, asked.photo)
    drawn = synthetic_scene(asked.gap) if asked.subject == "drawn" else None
    image = photo_of(asked.photo) if drawn is None else drawn.image
    height, width = image.shape[:2]
    row, col = (round(share / PER_MILLE * (side - 1)) for share, side in zip(asked.pixel, (height, width), strict=True))
    grey = grey_of(image)
    otsu = otsu_threshold(grey)
    threshold = min(max(otsu + asked.threshold, 0), 255)
    if asked.by == "grow":
        place = {"row": round(100 * row / (height - 1)), "column": round(100 * col / (width - 1))}
        regions: Labels = (grow(image, **place, tolerance=asked.tolerance) > 0.5).astype(np.int32)
    else:
        regions = kmeans(image, groups=asked.groups)
    with world.lock:
        classes = world.network.labels([image])[0]
    answers: dict[str, Labels] = {
        "pixels": object_side(np.asarray(grey > threshold), None).astype(np.uint8),
        "regions": regions,
        "classes": classes,
        "instances": drop_small(split_touching(classes), SMALLEST),
    }
    found = {name: connected_components(labels) for name, labels in answers.items() if name != "instances"}
    if asked.by == "kmeans":
        found["regions"] = connected_components(regions + 1)  # its group 0 is a group like the others
    found["instances"] = answers["instances"].astype(np.int32)
    counts = {name: int(drop_small(each, SMALLEST).max()) for name, each in found.items()}
    overlaps = {}
    if drawn is not None:
        thing = drawn.instances == drawn.instances[row, col]
        overlaps = {name: overlap(component_at(answers[name], row, col), thing) for name in ANSWERS}
    return TasksResult(
        scene=world,
        drawn=drawn,
        photo=asked.photo,
        image=image,
        gap=asked.gap,
        pixel=(row, col),
        otsu=otsu,
        threshold=threshold,
        by=asked.by,
        groups=asked.groups,
        tolerance=asked.tolerance,
        answers=answers,
        counts=counts,
        overlaps=overlaps,
    )


def photo_of(choice: str) -> RGB:
    """A photo as this lesson looks at it, (h, w, 3) uint8."""
    rgb = subjects.image(choice).rgb
    return resize_image(rgb, working_size((rgb.shape[0], rgb.shape[1]), LONGEST))


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: TasksResult, hidden: bool) -> Settings | None:
    """The picture with its four answers; what each says of the chosen pixel; the histogram that a threshold cuts."""
    if hidden:
        title = t("lesson.tasks.picture")
        figures.show([Figure(_marked(result.image, result.pixel), title, _about(result), crisp=True)], least_px=260)
        st.caption(_about(result))
        return None
    figures.show([_picture(result, name) for name in ANSWERS], least_px=150)
    st.caption(_about(result))
    _table(result)
    left, right = st.columns([5, 6], gap="large")
    with left:
        pressed = _press(result)
    with right:
        _histogram(result)
    return pressed


def _about(result: TasksResult) -> str:
    """What is looked at, and by which network."""
    network = plain(result.scene.card.title)
    if result.drawn is None:
        return t("lesson.tasks.photo", network=network)
    return t("lesson.tasks.drawn", network=network)


def _picture(result: TasksResult, name: str) -> Figure:
    """An answer laid over the picture; every number of it has its own colour."""
    labels = result.answers[name]
    palette: tuple[Colour, ...] = (BACKGROUND, *OKABE_ITO)
    if name == "classes":
        palette = result.scene.card.colours
    elif name == "instances":
        palette = (BACKGROUND, *default_colours([f"#{number}" for number in range(1, int(labels.max()) + 1)]))
    elif name == "regions" and result.by == "kmeans":
        palette = OKABE_ITO
    mixed = overlay(result.image, np.minimum(labels, 254).astype(np.uint8), palette[:254], opacity=0.72)
    title = t(f"lesson.tasks.answer.{name}")
    alt = t("lesson.tasks.alt", answer=title, count=result.counts[name])
    return Figure(
        _marked(mixed, result.pixel), title, alt, t(f"lesson.tasks.answer.{name}.is"), crisp=result.drawn is not None
    )


def _marked(rgb: RGB, pixel: tuple[int, int]) -> RGB:
    """A ring around the pixel, white in black, to be seen on anything."""
    factor = 1 if max(rgb.shape[:2]) > 150 else 3  # small pictures get room for a round ring
    marked = cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
    row, col = (factor * place + factor // 2 for place in pixel)
    for colour, thickness in (((0, 0, 0), 5), ((255, 255, 255), 2)):
        cv2.circle(marked, (col, row), 8, colour, thickness, cv2.LINE_AA)
    return np.asarray(marked, np.uint8)


def _table(result: TasksResult) -> None:
    """One line for each answer: what it says of the pixel, how many pieces it has, how much of the thing it holds."""
    rows = []
    for name in ANSWERS:
        iou = f"{result.overlaps[name].iou:.3f}" if result.overlaps else "—"
        rows.append([t(f"lesson.tasks.answer.{name}"), _says(result, name), str(result.counts[name]), iou])
    head = [t(f"lesson.tasks.head.{name}") for name in ("answer", "pixel", "pieces", "iou")]
    table(t("lesson.tasks.table"), head, rows, numbers=(2, 3))


def _says(result: TasksResult, name: str) -> str:
    """What an answer says of the chosen pixel, in words."""
    label = int(result.answers[name][result.pixel])
    match name:
        case "pixels":
            bright = int(grey_of(result.image)[result.pixel]) > result.threshold
            return t("lesson.tasks.says.bright") if bright else t("lesson.tasks.says.dark")
        case "regions" if result.by == "grow":
            return t("lesson.tasks.says.grown")
        case "regions":
            return t("lesson.tasks.says.group", number=label + 1, count=result.groups)
        case "classes":
            return result.classes[label]
    if label == 0:
        return t("lesson.tasks.says.nothing")
    return t("lesson.tasks.says.thing", name=result.classes[result.class_here], number=label)


def _press(result: TasksResult) -> Settings | None:
    """A coarse copy of the picture, to ask about another pixel."""
    height, width = result.image.shape[:2]
    side = max(height, width) / COLUMNS
    rows, columns = max(1, round(height / side)), max(1, round(width / side))
    small = cv2.resize(result.image, (columns, rows), interpolation=cv2.INTER_AREA)

    def cell(row: int, col: int) -> Cell:
        red, green, blue = (int(value) for value in small[row, col])
        return Cell("", colours.hex_of((red, green, blue)), says=t("lesson.tasks.place", row=row + 1, col=col + 1))

    copy = [[cell(row, col) for col in range(columns)] for row in range(rows)]
    grid = Grid("picture", t("lesson.tasks.press"), copy, press="one", size_px=18)
    here = Place("picture", result.pixel[0] * rows // height, result.pixel[1] * columns // width)
    pressed = cells.show([grid], chosen=here, key="learn.tasks.cells")
    if not pressed:
        return None
    middle = (round(PER_MILLE * (pressed[0].row + 0.5) / rows), round(PER_MILLE * (pressed[0].col + 0.5) / columns))
    return {"pixel": middle}


def _histogram(result: TasksResult) -> None:
    """How many pixels have which brightness, and where they are cut."""
    grey = grey_of(result.image)
    counts, edges = np.histogram(grey, bins=_BINS, range=(0, 256))
    high = float(counts.max())

    def upright(name: str, at: int, colour: str, dash: str, width: int) -> Line:
        return Line(t(f"lesson.tasks.line.{name}", value=at), [at, at], [0, high], colour, dash, width)

    value = int(grey[result.pixel])
    curve = [float(count) for count in counts]
    line_chart.show(
        [
            Line(t("lesson.tasks.histogram"), [float(edge) + 2 for edge in edges[:-1]], curve, "#888888"),
            upright("otsu", result.otsu, colours.hex_of(colours.NEGATIVE), "dot", 2),
            upright("threshold", result.threshold, colours.hex_of(colours.POSITIVE), "solid", 3),
            Line(t("lesson.tasks.here", value=value), [value], [0.0], "#b0308f", width=0, symbol="triangle-up"),
        ],
        key="learn.tasks.histogram",
        x=t("lesson.tasks.brightness"),
        y=t("lesson.tasks.count"),
        alt=t("lesson.tasks.histogram.alt", threshold=result.threshold, otsu=result.otsu, value=value),
        height=280,
        x_axis={"range": [0, 255]},
    )


# --- predict, formula, check ----------------------------------------------------------------------------------------


def _pieces_of_class(result: TasksResult) -> str:
    """Separate pieces of the class of the chosen pixel: one, two, or more."""
    here = np.where(result.answers["classes"] == result.class_here, 1, 0)
    count = int(drop_small(connected_components(here), SMALLEST).max())
    return "one" if count <= 1 else "two" if count == 2 else "more"


def formulas(result: TasksResult) -> list[Formula]:
    """The threshold, the nearest mean colour and the IoU of the semantic piece, at the chosen pixel."""
    value = int(grey_of(result.image)[result.pixel])
    bright = int(value > result.threshold)
    cut = {"x": value, "tau": result.threshold, "b": bright}
    found = [Formula("threshold", r"b = [\,x > \tau\,]", r"[\,@x@ > @tau@\,] = @b@", cut)]
    if result.by == "kmeans":
        found.append(_nearest_mean(result))
    if result.overlaps:
        for name in ("classes", "instances"):
            both = result.overlaps[name]
            counts = {"both": both.both, "piece": both.piece, "thing": both.thing, "iou": both.iou}
            numbers = r"\frac{@both@}{@both@ + @piece@ + @thing@} = @iou@"
            symbols = (
                rf"\mathrm{{IoU}}_{{\text{{{t(f'lesson.tasks.answer.{name}')}}}}} = \frac{{|A \cap B|}}{{|A \cup B|}}"
            )
            found.append(Formula(name, symbols, numbers, counts))
    return found


def _nearest_mean(result: TasksResult) -> Formula:
    """Squared distances of the pixel's colour to the mean colour of every group."""
    lab, regions = lab_of(result.image), result.answers["regions"]
    values: dict[str, float] = {}
    for group in range(int(regions.max()) + 1):
        mean = lab[regions == group].mean(axis=0)
        values[f"d{group + 1}"] = float(((lab[result.pixel] - mean) ** 2).sum())
    values["k"] = int(regions[result.pixel]) + 1
    listed = r",\; ".join(f"@d{group + 1}@" for group in range(int(regions.max()) + 1))
    return Formula(
        "nearest",
        r"k = \arg\min_j \lVert x - \mu_j \rVert^2",
        rf"\arg\min\,({listed}) = @k@",
        values,
    )


def check(result: TasksResult, random: Random) -> Question:
    """More things come into the picture: how many pieces, how many instances?"""
    touching, alone = random.randint(2, 4), random.randint(2, 4)
    asked = random.choice(("classes", "instances"))
    semantic = result.counts["classes"] + alone
    instances = result.counts["instances"] + touching + alone
    answer = semantic if asked == "classes" else instances
    options = {semantic, instances, result.counts["classes"] + touching + alone, answer + 1}
    return Question(
        t(
            f"lesson.tasks.check.{asked}",
            connected_components=result.counts["classes"],
            things=result.counts["instances"],
            touching=touching,
            alone=alone,
        ),
        {str(number): str(number) for number in sorted(options)},
        str(answer),
        t(
            "lesson.tasks.why",
            semantic=f"{result.counts['classes']} + {alone} = {semantic}",
            instances=f"{result.counts['instances']} + {touching} + {alone} = {instances}",
        ),
    )


def code(result: TasksResult) -> str:
    """All four answers in a few lines."""
    where = f"synthetic_scene({result.gap}).image"
    if result.drawn is None:
        is_sample = result.photo in sample_photos.SAMPLES
        where = f'photo_of("{result.photo if is_sample else sample_photos.FIRST}")'
        where += "" if is_sample else "  # a sample here, your own photo is not in a file"
    regions = f"kmeans(image, groups={result.groups})"
    if result.by == "grow":
        height, width = result.image.shape[:2]
        row, col = round(100 * result.pixel[0] / (height - 1)), round(100 * result.pixel[1] / (width - 1))
        regions = f"grow(image, row={row}, column={col}, tolerance={result.tolerance}) > 0.5"
    return "\n".join(
        [
            "import torch",
            "from segcore.classical import grow, kmeans",
            "from segcore.explain.network import as_pixels",
            "from segcore.explain.tasks import connected_components, split_touching, synthetic_scene",
            "from ui.learn.lessons.tasks import photo_of",
            "from ui.learn.scenes import scene",
            "",
            result.scene.code(),
            f"image = {where}",
            "x = as_pixels([image])  # (1, 3, h, w), 0 … 1",
            "grey = 255 * (x[0] * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0)",
            f"bright = grey.round() > {result.threshold}  # pixels: one number decides",
            f"regions = {regions}  # regions: like goes with like",
            "with torch.no_grad():",
            "    classes = world.network.logits(x).argmax(1)[0].byte().numpy()  # classes: learnt",
            "things = split_touching(classes)  # instances: taken apart at the neck",
            "components = connected_components(classes).max()",
            'print(f"bright {bright.float().mean():.3f}, components {components}, instances {things.max()}")',
        ]
    )


def practice(result: TasksResult) -> list[PracticeLink]:
    """To coins, which no threshold counts; and to a network."""
    return [
        PracticeLink(
            t("lesson.tasks.link.coins"), frame.PAGES / "segment.py", {"sample": "coins", "model": "watershed"}
        ),
        PracticeLink(
            t("lesson.tasks.link.network"),
            frame.PAGES / "segment.py",
            {"sample": result.scene.photo or sample_photos.FIRST, "model": "everyday"},
        ),
    ]


LESSON = Lesson(
    name="tasks",
    terms=("pixel", "semantic_segmentation", "instance_segmentation", "mask", "ground_truth", "threshold"),
    controls=(Slider("gap", -2, *GAPS), Slider("threshold", 0, -80, 80), Slider("groups", 3, 2, 6)),
    more=(
        Choice("by", "kmeans", ("kmeans", "grow")),
        Slider("tolerance", 40, 0, 120),
        Choice("subject", "drawn", ("drawn", "photo")),
        subjects.Photo(),
        subjects.Network(default="shapes"),
        Selection("pixel", (330, 300), high=PER_MILLE, length=2),
    ),
    steps=(
        Step("light", {"threshold": -30}),
        Step("apart", {"gap": 4}),
        Step("grow", {"by": "grow", "tolerance": 40}),
        Step("photo", {"subject": "photo", "network": "everyday", "groups": 4, "pixel": (500, 350)}),
    ),
    guess=ChoiceGuess(("one", "two", "more"), _pieces_of_class),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

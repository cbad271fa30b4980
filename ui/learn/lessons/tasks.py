"""Four answers to "segment this": pixels, regions, classes, instances."""

from random import Random

import numpy as np
import streamlit as st

from segcore.classical.thresholds import grey_of
from segcore.data import sample_photos
from segcore.explain import tasks
from segcore.explain.scene import LONGEST
from segcore.explain.tasks import GAPS
from segcore.palette import BACKGROUND, OKABE_ITO, default_colours, overlay
from segcore.types import RGB, Colour
from ui.learn import colours, figures, input_controls, pixel_picker, scenes
from ui.learn.controls import Choice, Slider
from ui.learn.figures import LessonFigure, magnified
from ui.learn.formulas import Formula
from ui.learn.guess import ChoiceGuess
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson, LessonFunctions, Question, Settings, lesson_texts, to
from ui.learn.task_answers import ANSWERS, SMALLEST, TasksResult, compute, seed_of
from ui.text import plain
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine
from ui.widgets.tables import table

text = lesson_texts("tasks")


def draw_views(result: TasksResult, hidden: bool) -> Settings | None:
    """Draw the image with its four answers, their values at the pixel, and the histogram that a threshold cuts."""
    network = plain(result.scene.card.title)
    about = text("photo", network=network) if result.drawn is None else text("drawn", network=network)
    if hidden:
        ringed = _ringed(result.image, result.pixel)
        figures.show([LessonFigure(ringed, text("picture"), about, crisp=True)], least_px=260)
        st.caption(about)
        return None
    figures.show([_picture(result, name) for name in ANSWERS], least_px=150)
    st.caption(about)
    _table(result)
    left, right = st.columns([5, 6], gap="large")
    with left:
        pressed = pixel_picker.press(
            result.image, result.pixel, key="learn.tasks.cells", title=text("press"), columns=20, size_px=18
        )
    with right:
        _histogram(result)
    return {"pixel": pressed} if pressed else None


def _picture(result: TasksResult, name: str) -> LessonFigure:
    """An answer over the image; every label has its own colour."""
    labels = result.answers[name]
    palette: tuple[Colour, ...] = (BACKGROUND, *OKABE_ITO)
    if name == "classes":
        palette = result.scene.card.colours
    elif name == "instances":
        palette = (BACKGROUND, *default_colours([f"#{number}" for number in range(1, int(labels.max()) + 1)]))
    elif name == "regions" and result.settings["by"] == "kmeans":
        palette = OKABE_ITO
    overlaid = overlay(result.image, np.minimum(labels, 254).astype(np.uint8), palette[:254], opacity=0.72)
    title, note = text(f"answer.{name}"), text(f"answer.{name}.is")
    alt = text("alt", answer=title, count=result.counts[name])
    return LessonFigure(_ringed(overlaid, result.pixel), title, alt, note, crisp=result.drawn is not None)


def _ringed(rgb: RGB, pixel: tuple[int, int]) -> RGB:
    """A ring around the pixel; small images are magnified so that it is round."""
    factor = 1 if max(rgb.shape[:2]) > 150 else 3
    row, col = (factor * place + factor // 2 for place in pixel)
    return pixel_picker.ringed(magnified(rgb, factor), (row, col), radius=8)


def _table(result: TasksResult) -> None:
    """Draw a row for each answer: its value at the pixel, its components, its IoU with the object there."""
    ious = {name: f"{overlap.iou:.3f}" for name, overlap in result.overlaps.items()}
    rows = [
        [text(f"answer.{name}"), _value(result, name), str(result.counts[name]), ious.get(name, "—")]
        for name in ANSWERS
    ]
    table(text("table"), [text(f"head.{name}") for name in ("answer", "pixel", "pieces", "iou")], rows, numbers=(2, 3))


def _value(result: TasksResult, name: str) -> str:
    label, classes = int(result.answers[name][result.pixel]), result.scene.card.classes
    match name:
        case "pixels":
            bright = int(grey_of(result.image)[result.pixel]) > result.threshold
            return text("says.bright") if bright else text("says.dark")
        case "regions" if result.settings["by"] == "grow":
            return text("says.grown")
        case "regions":
            return text("says.group", number=label + 1, count=result.settings["groups"])
        case "classes":
            return classes[label]
    return text("says.thing", name=classes[result.class_here], number=label) if label else text("says.nothing")


def _histogram(result: TasksResult) -> None:
    """Draw the number of pixels over brightness, and the thresholds."""
    grey = grey_of(result.image)
    counts, edges = np.histogram(grey, bins=64, range=(0, 256))
    value, otsu, threshold = int(grey[result.pixel]), result.otsu, result.threshold
    ends = [0.0, float(counts.max())]
    line_chart.show(
        [
            ChartLine(text("histogram"), (edges[:-1] + 2).tolist(), counts.tolist(), "#888888"),
            ChartLine(text("line.otsu", value=otsu), [otsu, otsu], ends, colours.NEGATIVE, "dot"),
            ChartLine(text("line.threshold", value=threshold), [threshold] * 2, ends, colours.POSITIVE, width=3),
            line_chart.point(text("here", value=value), value, 0.0, "#b0308f", "triangle-up"),
        ],
        key="learn.tasks.histogram",
        x=text("brightness"),
        y=text("count"),
        alt=text("histogram.alt", threshold=threshold, otsu=otsu, value=value),
        height=280,
        x_axis={"range": [0, 255]},
    )


def _components_of_class(result: TasksResult) -> str:
    """Connected components of the class of the selected pixel: one, two, or more."""
    here = np.where(result.answers["classes"] == result.class_here, 1, 0)
    count = int(tasks.drop_small(tasks.connected_components(here), SMALLEST).max())
    return "one" if count <= 1 else "two" if count == 2 else "more"


def formulas(result: TasksResult) -> list[Formula]:
    """The threshold, the nearest mean colour and the IoU of both components at the selected pixel."""
    value = int(grey_of(result.image)[result.pixel])
    cut = {"x": value, "tau": result.threshold, "b": int(value > result.threshold)}
    found = [Formula("threshold", r"b = [\,x > \tau\,]", r"[\,@x@ > @tau@\,] = @b@", cut)]
    if result.settings["by"] == "kmeans":
        found.append(_nearest_mean(result))
    for name in ("classes", "instances") if result.overlaps else ():
        symbols = rf"\mathrm{{IoU}}_{{\text{{{text(f'answer.{name}')}}}}} = \frac{{|A \cap B|}}{{|A \cup B|}}"
        numbers, both = r"\frac{@both@}{@both@ + @piece@ + @thing@} = @iou@", result.overlaps[name]
        counts = {"both": both.tp, "piece": both.fp, "thing": both.fn, "iou": both.iou}
        found.append(Formula(name, symbols, numbers, counts))
    return found


def _nearest_mean(result: TasksResult) -> Formula:
    """Squared distances of the pixel's colour to the mean colour of every group."""
    lab, regions = tasks.lab_of(result.image), result.answers["regions"]
    groups = range(int(regions.max()) + 1)
    means = [lab[regions == group].mean(axis=0) for group in groups]
    values = {f"d{group + 1}": float(((lab[result.pixel] - means[group]) ** 2).sum()) for group in groups}
    listed = r",\; ".join(f"@{name}@" for name in values)
    values["k"] = int(regions[result.pixel]) + 1
    return Formula("nearest", r"k = \arg\min_j \lVert x - \mu_j \rVert^2", rf"\arg\min\,({listed}) = @k@", values)


def check(result: TasksResult, random: Random) -> Question:
    """More objects enter the image: how many connected components and instances are there then?"""
    touching, alone = random.randint(2, 4), random.randint(2, 4)
    asked = random.choice(("classes", "instances"))
    pieces, things = result.counts["classes"], result.counts["instances"]
    right = {"classes": pieces + alone, "instances": things + touching + alone}
    numbers = {*right.values(), pieces + touching + alone, right[asked] + 1}
    options = {str(number): str(number) for number in sorted(numbers)}
    semantic = f"{pieces} + {alone} = {right['classes']}"
    instances = f"{things} + {touching} + {alone} = {right['instances']}"
    question = text(f"check.{asked}", pieces=pieces, things=things, touching=touching, alone=alone)
    return Question(question, options, str(right[asked]), text("why", semantic=semantic, instances=instances))


def code(result: TasksResult) -> list[str]:
    """All four answers in a few lines."""
    settings = result.settings
    where = f"synthetic_scene({settings['gap']}).image"
    if result.drawn is None:
        name = input_controls.sample_name(settings["photo"])
        own = "" if name == settings["photo"] else "  # a sample photo: your own is not in a file"
        where = f'downscaled(sample_photos.read("{name}").rgb, {LONGEST}){own}'
    regions = f"kmeans(image, groups={settings['groups']})"
    if settings["by"] == "grow":
        seed = seed_of(result.image, result.pixel)
        regions = f"grow(image, row={seed['row']}, column={seed['column']}, tolerance={settings['tolerance']}) > 0.5"
    return [
        "import torch",
        "from segcore.classical import grow, kmeans",
        "from segcore.data import sample_photos",
        "from segcore.explain.scene import downscaled",
        "from segcore.explain.tasks import connected_components, split_touching, synthetic_scene",
        *scenes.code(result.scene),
        f"image = {where}",
        "x = as_pixels([image])  # (1, 3, h, w), 0 … 1",
        "grey = 255 * (x[0] * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0)",
        f"bright = grey.round() > {result.threshold}  # pixels: one threshold",
        f"regions = {regions}  # regions: similar colours",
        "with torch.no_grad():",
        "    classes = world.network.logits(x).argmax(1)[0].byte().numpy()  # classes: learnt",
        "things = split_touching(classes)  # instances: split at the neck",
        "components = connected_components(classes)",
        'print(f"bright {bright.float().mean():.3f}, components {components.max()}, objects {things.max()}")',
    ]


LESSON = Lesson(
    name="tasks",
    terms=("pixel", "semantic_segmentation", "instance_segmentation", "mask", "ground_truth", "threshold"),
    controls=(Slider("gap", -2, *GAPS), Slider("threshold", 0, -80, 80), Slider("groups", 3, 2, 6)),
    more=(
        Choice("by", "kmeans", ("kmeans", "grow")),
        Slider("tolerance", 40, 0, 120),
        Choice("subject", "drawn", ("drawn", "photo")),
        PhotoControl(),
        CheckpointControl(default="shapes"),
        pixel_picker.control(330, 300),
    ),
    steps={
        "light": {"threshold": -30},
        "apart": {"gap": 4},
        "grow": {"by": "grow", "tolerance": 40},
        "photo": {"subject": "photo", "network": "everyday", "groups": 4, "pixel": (500, 350)},
    },
    guess=ChoiceGuess(("one", "two", "more"), _components_of_class),
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("segment", text("link.coins"), sample="coins", model="watershed"),
        to("segment", text("link.network"), sample=result.scene.photo or sample_photos.FIRST, model="everyday"),
    ],
)

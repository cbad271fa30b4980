"""Four answers to "segment this": pixels, regions, classes, instances."""

from contextlib import suppress
from random import Random

import numpy as np
import streamlit as st

from segcore.classical.thresholds import grey_of
from segcore.data import sample_photos
from segcore.errors import SegcoreError
from segcore.explain import tasks
from segcore.explain.scene import LONGEST
from segcore.explain.tasks import GAPS
from segcore.palette import BACKGROUND, OKABE_ITO, colourise, default_colours, overlay
from segcore.types import Colour
from ui.known_names import class_name, model_title
from ui.learn import colours, figures, input_controls, pixel_picker, scenes
from ui.learn.controls import Choice, Slider
from ui.learn.figures import LessonFigure
from ui.learn.formulas import Formula
from ui.learn.guess import ChoiceGuess
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson, LessonFunctions, Question, Settings, lesson_texts, to
from ui.learn.task_answers import ANSWERS, SMALLEST, TasksResult, compute, seed_of
from ui.segment_request import FAVOURITE
from ui.text import plain, t
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine
from ui.widgets.tables import table

text = lesson_texts("tasks")


def _intro() -> None:
    """Draw what segmentation is: a photo, its mask, and both."""
    st.markdown(text("intro"))
    with suppress(SegcoreError):  # without a network of photos the words have to do
        world = scenes.scene(FAVOURITE, sample_photos.FIRST)
        image, labels, card = world.images[0], world.labels[0], world.card
        there = ", ".join(class_name(card.classes[label]) for label in np.unique(labels))
        note = text("intro.note", classes=there, network=model_title(card.title))
        shown = [
            LessonFigure(image, text("intro.photo"), note=f"{image.shape[1]} × {image.shape[0]}"),
            LessonFigure(colourise(labels, card.colours), text("intro.mask"), note=note),
            LessonFigure(overlay(image, labels, card.colours), text("intro.overlay")),
        ]
        figures.show(shown, least_px=150)
    st.divider()


def draw_views(result: TasksResult, hidden: bool) -> Settings | None:
    """Draw the image with its four answers, their values at the pixel, and the histogram that a threshold cuts."""
    network = plain(model_title(result.scene.card.title))
    about = text("photo", network=network) if result.drawn is None else text("drawn", network=network)
    shown = [LessonFigure(result.image, text("picture"), about, crisp=True)]
    if not hidden:
        shown = [_picture(result, name) for name in ANSWERS]
    pressed = pixel_picker.press(shown, result.pixel, result.image.shape, key="learn.tasks.pictures", least_px=150)
    st.caption(f"{about} {t('learn.place.hint')}")
    if not hidden:
        _table(result)
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
    return LessonFigure(overlaid, title, alt, note, crisp=result.drawn is not None)


def _table(result: TasksResult) -> None:
    """Draw a row for each answer: its value at the pixel, its components, its IoU with the object there."""
    ious = {name: f"{overlap.iou:.3f}" for name, overlap in result.overlaps.items()}
    rows = [
        [text(f"answer.{name}"), _value(result, name), str(result.counts[name]), ious.get(name, "—")]
        for name in ANSWERS
    ]
    table(text("table"), [text(f"head.{name}") for name in ("answer", "pixel", "pieces", "iou")], rows, numbers=(2, 3))


def _value(result: TasksResult, name: str) -> str:
    label, classes = int(result.answers[name][result.pixel]), list(map(class_name, result.scene.card.classes))
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


def _predict(result: TasksResult) -> str:
    gap = result.settings["gap"]
    scene = "photo" if result.drawn is None else "apart" if gap > 0 else "touch"
    return text("predict", scene=text(f"predict.{scene}", gap=gap), smallest=SMALLEST)


def _components_of_class(result: TasksResult) -> tuple[str, ...]:
    """Connected components of the class at the ring: one, two, or more; a speck counts only at the ring."""
    here = tasks.connected_components(np.where(result.answers["classes"] == result.class_here, 1, 0))
    sizes = np.bincount(here.ravel())[1:]
    count = int((sizes >= SMALLEST).sum() + (sizes[here[result.pixel] - 1] < SMALLEST))
    return ("one" if count == 1 else "two" if count == 2 else "more",)


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
    group="first",
    minutes=7,
    thumbnail=lambda result: _picture(result, "instances").rgb,
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
    predict=_predict,
    intro=_intro,
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("segment", text("link.coins"), sample="coins", model="watershed"),
        to("segment", text("link.network"), sample=result.scene.photo or sample_photos.FIRST, model="everyday"),
    ],
)

"""Boxes, anchors and a mask for every object, as in Mask R-CNN; no network, the steps themselves."""

from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.data import sample_photos
from segcore.errors import BadImage
from segcore.explain import anchors, objects, roi
from segcore.explain.anchors import Boxes, Matching
from segcore.explain.objects import Instance, InstanceImage
from segcore.explain.roi import RoICrop
from segcore.explain.scene import MOST, scene_objects
from ui import cache
from ui.components import cells
from ui.components.cells import CellPlace
from ui.known_names import model_title
from ui.learn import box_views, colours, figures, scenes
from ui.learn.controls import Choice, Selection, Slider, Switch
from ui.learn.formulas import Formula
from ui.learn.guess import ChoiceGuess
from ui.learn.input_controls import CheckpointControl, PhotoControl
from ui.learn.lesson import Lesson, LessonFunctions, Question, Settings, lesson_texts, number_question, to
from ui.learn.outcomes import iou_formula
from ui.text import plain

# Sides of the square anchors in pixels, and height by width
SCALES: dict[str, tuple[int, ...]] = {"two": (32, 64), "three": (16, 32, 64), "five": (16, 32, 64, 128, 256)}
RATIOS: dict[str, tuple[float, ...]] = {"square": (1.0,), "three": (0.5, 1.0, 2.0)}
MISSED = ("none", "one", "more")

text = lesson_texts("boxes")


@dataclass(frozen=True, eq=False)
class BoxesResult:
    """An image with objects, the anchors, and how they are matched, suppressed and pooled."""

    things: InstanceImage  # the image and its objects
    code: str  # the line of Python that computes them
    about: str  # where they come from, in a sentence
    query: dict[str, str]  # with which the Segment page shows the photo
    is_photo: bool
    index: int  # of the selected object
    offered: Boxes  # (anchors, 4)
    settings: Settings
    matching: Matching  # which anchors are positive for which object
    positive: NDArray[np.intp]  # numbers of the positive anchors
    kept: list[int]  # numbers of those that NMS keeps
    pool: RoICrop  # the object after RoIPool
    align: RoICrop  # the object after RoIAlign

    @property
    def thing(self) -> Instance:
        """The selected object."""
        return self.things.all[self.index]

    @property
    def stride(self) -> int:
        """Of the feature map for RoI pooling."""
        return int(self.settings["features"])

    @property
    def missed(self) -> list[int]:
        """Objects without a positive anchor."""
        return [index for index in range(len(self.things.all)) if not self.matching.count(index)]

    def name(self, index: int) -> str:
        """Name of an object for people."""
        name = self.things.all[index].name
        return name if self.is_photo else text(f"thing.{name}")


def compute(settings: Settings) -> BoxesResult:
    """Raises BadImage if the checkpoint finds no object in the photo, SegcoreError if there is no checkpoint."""
    is_photo, query = settings["picture"] == "photo", {"sample": sample_photos.FIRST}
    if is_photo:
        world = scenes.scene(settings["network"], settings["photo"])
        things = cache.computed(photo_things, settings["network"], settings["photo"])
        query = scenes.query(world)
        about = text(f"about.{'truth' if world.is_truth else 'photo'}", name=plain(model_title(world.card.title)))
        code = f'things = scene_objects(open_scene("{query["model"]}", "{query["sample"]}")).all'
    else:
        things, about = cache.computed(objects.synthetic_instances), text("about.drawn")
        code = "things = synthetic_instances().all"
    height, width = things.rgb.shape[:2]
    scales, ratios, stride = SCALES[settings["scales"]], RATIOS[settings["ratios"]], int(settings["stride"])
    offered = anchors.anchors((height, width), scales, ratios, stride)
    boxes = np.stack([thing.box for thing in things.all])
    matching = anchors.match(boxes, offered, round(settings["match"], 2), allow_low_quality=settings["best"])
    positive = np.flatnonzero(matching.positive)
    kept = positive[anchors.nms(offered[positive], matching.score[positive], round(settings["nms"], 2))].tolist()
    index = min(settings["object"][0], len(things.all) - 1)
    thing, side, stride = things.all[index], int(settings["roi"]), int(settings["features"])
    crops = [roi.crop_instance(thing, side=side, stride=stride, align=align) for align in (False, True)]
    return BoxesResult(things, code, about, query, is_photo, index, offered, settings, matching, positive, kept, *crops)


def photo_things(network: str, photo: str) -> InstanceImage:
    """Return a photo and the connected components of a checkpoint's mask of it.

    Raises:
        BadImage: the mask is all background.
    """
    world = scenes.scene(network, photo)
    things = scene_objects(world)
    if not things.all:
        raise BadImage(text("nothing", name=plain(model_title(world.card.title))))
    return things


def draw_views(result: BoxesResult, hidden: bool) -> Settings | None:
    """Draw objects with their best anchors, the boxes before and after NMS, and one object RoI-pooled in two ways."""
    things, offered, matching = result.things, result.offered, result.matching
    per_place = len(SCALES[result.settings["scales"]]) * len(RATIOS[result.settings["ratios"]])
    left, right = st.columns(2, gap="large")
    with left:
        candidates = box_views.candidates_figure(things, offered, per_place)
        figure = candidates if hidden else box_views.matched_figure(things, offered, matching)
        mark = box_views.middle_of(things, result.index)
        place = figures.press([figure], mark=mark, key="learn.boxes.scene")
    with right:
        names = [result.name(index) for index in range(len(things.all))]
        grid = box_views.objects_grid(things, matching, result.kept, names, hidden=hidden)
        pressed = cells.show([grid], chosen=CellPlace("objects", result.index, 0), key="learn.boxes.things")
        st.caption(text("hint"))
        st.caption(result.about)
    if not hidden:
        st.markdown(f"**{text('nms')}**")
        figures.show(box_views.suppressed_figures(things, offered, matching, result.positive, result.kept))
        st.markdown(f"**{text('cut', name=plain(result.name(result.index)))}**")
        cuts = {"pool": result.pool, "align": result.align}
        grids = [box_views.crop_grid(name, cut) for name, cut in cuts.items()]
        cells.show(grids, links=box_views.crop_links(result.pool), key="learn.boxes.crops")
        figures.show(box_views.roi_figures(result.thing, result.stride, cuts), least_px=150)
    if place is not None:
        return {"object": (box_views.object_at(things, place),)}
    return {"object": (pressed[0].row,)} if pressed else None


def _predict(result: BoxesResult) -> str:
    settings = result.settings
    sides = ", ".join(map(str, SCALES[settings["scales"]]))
    rule = text("predict.best") if settings["best"] else ""
    shapes = text(f"predict.{settings['ratios']}", sides=sides)
    return text("predict", shapes=shapes, threshold=f"{settings['match']:.2f}", rule=rule).strip()


def formulas(result: BoxesResult) -> list[Formula]:
    """The IoU with the best anchor, the rounding of RoIPool, and the IoU of both masks."""
    box, best = result.thing.box[None], result.offered[[result.matching.best(result.index)]]
    both = anchors.intersections(box, best)
    a, b = (np.prod(each[0, 2:] - each[0, :2]) for each in (box, best))
    iou = {"inter": float(both[0, 0]), "a": float(a), "b": float(b)}
    iou["iou"] = float(result.matching.iou[result.index].max())
    colour = colours.FALSE_NEGATIVE if result.index in result.missed else colours.TRUE_POSITIVE
    symbols, numbers = r"\frac{|A \cap B|}{|A| + |B| - |A \cap B|}", r"\frac{@inter@}{@a@ + @b@ - @inter@} = @iou@"
    anchor = Formula("anchor", rf"\mathrm{{IoU}} = {symbols}", numbers, iou, {"iou": colours.hex_of(colour)})
    left = float(result.thing.box[0])
    moved = float(roi.rounded_box(result.thing.box, result.stride)[0]) - left
    symbols, numbers = r"\mathrm{round}(x_1 / s)\, s - x_1", r"\mathrm{round}(@x@ / @s@) \cdot @s@ - @x@ = @d@"
    values = {"x": left, "s": result.stride, "d": moved}
    cuts = (("pool", result.pool, "RoIPool"), ("align", result.align, "RoIAlign"))
    return [
        anchor,
        Formula("rounding", rf"\Delta x = {symbols}", numbers, values),
        *(iou_formula(cut, name=name, of=of) for name, cut, of in cuts),
    ]


def check(result: BoxesResult, random: Random) -> Question:
    """The best IoU of a square anchor of some size with one of the learner's objects."""
    index = random.randrange(len(result.things.all))
    width, height = result.things.all[index].size
    side = random.choice([side for side in (16, 32, 64, 128) if side not in (width, height)])
    iou, shared, together = anchors.centred_iou((width, height), side)
    small, large = sorted((width * height, side * side))
    mistakes = [
        shared / (width * height + side * side),  # ∩ counted twice below
        min(1.0, (small / large) ** 0.5),  # sides compared, not areas
        shared / small,  # of the smaller box only
        (shared / together) ** 2,
        0.5 * iou,
    ]
    threshold, answer = round(result.settings["match"], 2), f"{iou:.2f}"
    verdict = text(f"reach.{'enough' if iou >= threshold else 'never'}", threshold=f"{threshold:.2f}")
    formula = rf"\frac{{{shared}}}{{{width}\cdot{height} + {side}\cdot{side} - {shared}}} = {answer}"
    return number_question(
        text("check", name=plain(result.name(index)), width=width, height=height, side=side),
        answer,
        [f"{value:.2f}" for value in mistakes],
        text("why", formula=f"${formula}$", verdict=verdict),
    )


def code(result: BoxesResult) -> list[str]:
    """The same with the operations of torchvision."""
    height, width = result.things.rgb.shape[:2]
    half, stride, side = int(result.settings["stride"]) / 2, result.stride, int(result.settings["roi"])
    shapes = anchors.shapes(SCALES[result.settings["scales"]], RATIOS[result.settings["ratios"]])
    source = "scene import open_scene, scene_objects" if result.is_photo else "objects import synthetic_instances"
    best_too = "positive |= (iou == iou.amax(1, keepdim=True)).any(0)  # the best of each object too"
    return [
        "import torch",
        "from torch.nn import functional as F",
        "from torchvision.ops import box_iou, nms, roi_align, roi_pool",
        f"from segcore.explain.{source}",
        "",
        result.code,
        "boxes = torch.stack([torch.from_numpy(thing.box) for thing in things])",
        f"shapes = torch.tensor({shapes.astype(int).tolist()}, dtype=torch.float64)",
        f"y = torch.arange({half:g}, {height // (2 * half) * 2 * half:g}, {2 * half:g})",
        f"x = torch.arange({half:g}, {width // (2 * half) * 2 * half:g}, {2 * half:g})",
        "y, x = (places.flatten() for places in torch.meshgrid(y, x, indexing='ij'))",
        "anchors = (torch.stack([x, y, x, y], 1)[:, None] + shapes).view(-1, 4)",
        "",
        "iou = box_iou(boxes, anchors)  # (objects, anchors)",
        "score, owner = iou.max(0)",
        f"positive = score >= {round(result.settings['match'], 2)}",
        *([best_too] if result.settings["best"] else []),
        f"kept = nms(anchors[positive], score[positive], {round(result.settings['nms'], 2)})",
        f"thing, box = things[{result.index}], boxes[[{result.index}]]",
        f"features = F.avg_pool2d(torch.from_numpy(thing.mask)[None, None].double(), {stride})",
        f"pool = roi_pool(features, [box], {side}, 1 / {stride})[0, 0]",
        f"align = roi_align(features, [box], {side}, 1 / {stride}, sampling_ratio=2, aligned=True)[0, 0]",
        "print(owner[positive].bincount(minlength=len(boxes)), len(kept), (pool - align).abs().max())",
    ]


LESSON = Lesson(
    name="boxes",
    group="architectures",
    minutes=12,
    thumbnail=lambda result: box_views.matched_figure(result.things, result.offered, result.matching).rgb,
    terms=("anchor", "nms", "roi_align", "instance_segmentation", "iou"),
    controls=(
        Choice("scales", "two", tuple(SCALES)),
        Slider("match", 0.5, 0.3, 0.8, 0.05),
        Slider("nms", 0.5, 0.1, 0.9, 0.05),
    ),
    more=(
        Choice("ratios", "square", tuple(RATIOS)),
        Choice("stride", "16", ("8", "16", "32")),
        Switch("best"),
        Choice("features", "8", ("4", "8", "16", "32")),
        Choice("roi", "7", ("7", "14")),
        Selection("object", (3,), high=MOST - 1, length=1),
        Choice("picture", "drawn", ("drawn", "photo")),
        PhotoControl(),
        CheckpointControl(),
    ),
    steps={
        "ratios": {"ratios": "three"},
        "dense": {"ratios": "three", "scales": "three", "stride": "8", "object": (4,)},
        "nms": {"nms": 0.3, "object": (2,)},
        "coarse": {"ratios": "three", "features": "16"},
    },
    guess=ChoiceGuess(MISSED, lambda result: (MISSED[min(len(result.missed), 2)],)),
    predict=_predict,
    functions=LessonFunctions(compute, draw_views, formulas, check, code),
    practice=lambda result: [
        to("segment", text("link.segment"), **result.query),
        to("evaluate", text("link.evaluate")),
    ],
)

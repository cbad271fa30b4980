"""Lesson 9: boxes, anchors and a mask for every object, as in Mask R-CNN; no network, the steps themselves."""

from dataclasses import dataclass
from random import Random

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.data import sample_photos
from segcore.errors import BadImage
from segcore.explain import anchors, objects, roi
from segcore.explain.anchors import Boxes, Matching
from segcore.explain.objects import Box, Instance, InstanceImage
from segcore.explain.roi import RoICrop
from segcore.palette import is_background
from segcore.types import RGB, Colour
from ui import cache
from ui.components import cells
from ui.components.cells import Cell, Grid, Place
from ui.learn import colours, figures, outlines, subjects
from ui.learn.controls import Choice, Decimal, Selection, Switch
from ui.learn.figures import Figure
from ui.learn.formulas import Formula
from ui.learn.guess import ChoiceGuess
from ui.learn.lesson import Lesson, PracticeLink, Question, Settings, Step
from ui.learn.outlines import Outline
from ui.learn.scenes import scene
from ui.text import plain, t
from ui.widgets import frame

SCALES: dict[str, tuple[int, ...]] = {"two": (32, 64), "three": (16, 32, 64), "five": (16, 32, 64, 128, 256)}
"""Sides of the square anchors in pixels."""

RATIOS: dict[str, tuple[float, ...]] = {"square": (1.0,), "three": (0.5, 1.0, 2.0)}
"""Height by width."""

MOST = 6
"""Objects of a photo: the largest."""

LEAST_SHARE = 0.005
"""Of a photo's pixels; a smaller piece of a mask is a speck."""

WHOLE = 32
"""A photo's sides are cut to multiples of this, the coarsest stride."""

BLACK: Colour = (30, 30, 30)


@dataclass(frozen=True, eq=False)
class BoxesResult:
    """A picture with objects, the anchors that are offered, and what becomes of them.

    Attributes:
        things: the picture and its objects.
        code: the line of Python that makes them.
        about: whose they are, in a sentence.
        photo: the name of the sample, for links.
        network: of the checkpoint, for links; empty for the drawn picture.
        index: of the object that is looked at.
        offered: (anchors, 4).
        settings: as they are.
        matching: which anchors are taught which object.
        positive: numbers of the anchors that are.
        kept: numbers of those that outlive NMS.
        pool: the object cut out by RoIPool and put back.
        align: the same by RoIAlign.
    """

    things: InstanceImage
    code: str
    about: str
    photo: str
    network: str
    index: int
    offered: Boxes
    settings: Settings
    matching: Matching
    positive: NDArray[np.intp]
    kept: list[int]
    pool: RoICrop
    align: RoICrop

    @property
    def thing(self) -> Instance:
        """The object that is looked at."""
        return self.things.all[self.index]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return self.things.rgb.shape[0], self.things.rgb.shape[1]

    @property
    def best(self) -> Box:
        """The anchor that fits it best."""
        box: Box = self.offered[self.matching.best(self.index)]
        return box

    @property
    def stride(self) -> int:
        """Of the feature map that it is cut out of."""
        return int(self.settings["features"])

    @property
    def missed(self) -> list[int]:
        """Objects that no anchor is taught."""
        return [index for index in range(len(self.things.all)) if not self.matching.count(index)]

    def name(self, index: int) -> str:
        """Of an object, as people call it."""
        name = self.things.all[index].name
        return name if self.network else t(f"lesson.boxes.thing.{name}")


# --- compute --------------------------------------------------------------------------------------------------------


def compute(settings: Settings) -> BoxesResult:
    """Raises BadImage where the checkpoint sees no object in the photo, SegcoreError where there is no checkpoint."""
    network = photo = about = ""
    if settings["picture"] == "photo":
        world = scene(settings["network"], settings["photo"])
        things = cache.computed(photo_things, settings["network"], settings["photo"])
        network, photo = world.reference.name, world.photo
        whose = "truth" if world.is_truth else "photo"
        about = t(f"lesson.boxes.about.{whose}", name=plain(world.card.title))
        code = f'things = photo_things("{network}", "{photo or sample_photos.FIRST}").all'
    else:
        things, code, about = (
            cache.computed(objects.synthetic_instances),
            "things = synthetic_instances().all",
            t("lesson.boxes.about.drawn"),
        )
    size = (things.rgb.shape[0], things.rgb.shape[1])
    scales, ratios, stride = SCALES[settings["scales"]], RATIOS[settings["ratios"]], int(settings["stride"])
    offered = anchors.anchors(size, scales, ratios, stride)
    boxes = anchors.as_boxes([thing.box for thing in things.all])
    matching = anchors.match(boxes, offered, round(settings["match"], 2), allow_low_quality=settings["best"])
    positive = np.flatnonzero(matching.positive)
    survivors = anchors.nms(offered[positive], matching.score[positive], round(settings["nms"], 2))
    index = min(settings["object"][0], len(things.all) - 1)
    how = {"side": int(settings["roi"]), "stride": int(settings["features"])}
    return BoxesResult(
        things=things,
        code=code,
        about=about,
        photo=photo,
        network=network,
        index=index,
        offered=offered,
        settings=settings,
        matching=matching,
        positive=positive,
        kept=[int(positive[number]) for number in survivors],
        pool=roi.crop_instance(things.all[index], **how, align=False),
        align=roi.crop_instance(things.all[index], **how, align=True),
    )


def photo_things(network: str, photo: str) -> InstanceImage:
    """A photo and the pieces of the mask that a checkpoint makes of it.

    Raises:
        BadImage: it sees nothing but background.
    """
    world = scene(network, photo)
    height, width = (side - side % WHOLE for side in world.images[0].shape[:2])
    labels = world.labels[0][:height, :width]
    names = [(index, name) for index, name in enumerate(world.card.classes) if not is_background(name)]
    found = objects.connected_instances(labels, names, least=round(LEAST_SHARE * labels.size), most=MOST)
    if not found:
        raise BadImage(t("lesson.boxes.nothing", name=plain(world.card.title)))
    return InstanceImage(world.images[0][:height, :width], found)


# --- views ----------------------------------------------------------------------------------------------------------


def draw_views(result: BoxesResult, hidden: bool) -> Settings | None:
    """Objects with their best anchors, the boxes before and after NMS, and one object cut out in two ways."""
    picture, table = st.columns(2, gap="large")
    with picture:
        figures.show([_offered(result) if hidden else _matched(result)])
    with table:
        pressed = cells.show(
            [_objects(result, hidden)], chosen=Place("objects", result.index, 0), key="learn.boxes.things"
        )
        st.caption(t("lesson.boxes.hint"))
        st.caption(result.about)
    if hidden:
        return {"object": (pressed[0].row,)} if pressed else None
    st.markdown(f"**{t('lesson.boxes.nms')}**")
    figures.show(_suppressed(result))
    st.markdown(f"**{t('lesson.boxes.cut', name=plain(result.name(result.index)))}**")
    cells.show([_crop(result, "pool"), _crop(result, "align")], links=_links(result), key="learn.boxes.crops")
    figures.show(_cuts(result), least_px=150)
    return {"object": (pressed[0].row,)} if pressed else None


def _offered(result: BoxesResult) -> Figure:
    """What is given: the objects, the middle of every anchor, and all anchors of one place."""
    count = len(SCALES[result.settings["scales"]]) * len(RATIOS[result.settings["ratios"]])
    middles = (result.offered[::count, :2] + result.offered[::count, 2:]) / 2
    at = int(np.argmin(np.abs(middles - np.array(result.size[::-1]) / 2).sum(axis=1)))
    some = [Outline(box, colours.FALSE_POSITIVE, 2) for box in result.offered[at * count : (at + 1) * count]]
    title = t("lesson.boxes.offered", count=len(result.offered))
    rgb = outlines.drawn(result.things.rgb, [*_truths(result), *some], [(float(x), float(y)) for x, y in middles])
    return Figure(rgb, title, t("lesson.boxes.offered.alt", count=count))


def _truths(result: BoxesResult) -> list[Outline]:
    """The box of every object, numbered as in the table."""
    return [Outline(thing.box, BLACK, 2, label=str(number)) for number, thing in enumerate(result.things.all, 1)]


def _matched(result: BoxesResult) -> Figure:
    best = []
    for index in range(len(result.things.all)):
        missed = index in result.missed
        colour = colours.FALSE_NEGATIVE if missed else colours.TRUE_POSITIVE
        best.append(Outline(result.offered[result.matching.best(index)], colour, 3, dashed=missed))
    title = t("lesson.boxes.matched")
    alt = t("lesson.boxes.matched.alt", missed=len(result.missed), count=len(result.things.all))
    return Figure(outlines.drawn(result.things.rgb, [*_truths(result), *best]), title, alt, t("lesson.boxes.legend"))


def _objects(result: BoxesResult, hidden: bool) -> Grid:
    """One line for each object: its size, the best IoU of an anchor, how many anchors are taught it, boxes kept."""
    owners = result.matching.owner[result.kept]

    def row(index: int) -> list[Cell]:
        width, height = result.things.all[index].size
        count, kept = result.matching.count(index), int((owners == index).sum())
        iou = float(result.matching.iou[index].max())
        colour = colours.hex_of(colours.mixed(0.55, colours.TRUE_POSITIVE if count else colours.FALSE_NEGATIVE))
        size = Cell(
            f"{width}×{height}", says=t("lesson.boxes.says", name=result.name(index), width=width, height=height)
        )
        if hidden:
            return [size, Cell("?"), Cell("?"), Cell("?")]
        return [size, Cell(f"{iou:.2f}"), Cell(str(count), colour), Cell(str(kept), "" if kept else colour)]

    rows = range(len(result.things.all))
    return Grid(
        "objects",
        t("lesson.boxes.objects"),
        [row(index) for index in rows],
        press="one",
        size_px=58,
        row_titles=[f"{index + 1} {result.name(index)}" for index in rows],
        col_titles=[t(f"lesson.boxes.head.{name}") for name in ("size", "iou", "taught", "kept")],
    )


def _suppressed(result: BoxesResult) -> list[Figure]:
    """All anchors that are taught an object, and those that outlive NMS."""
    before = [Outline(result.offered[number], colours.FALSE_POSITIVE, 2) for number in result.positive]
    after = [Outline(result.offered[number], colours.TRUE_POSITIVE, 3) for number in result.kept]
    empty = sorted(set(range(len(result.things.all))) - set(result.matching.owner[result.kept].tolist()))
    titles = (t("lesson.boxes.before", count=len(before)), t("lesson.boxes.after", count=len(after)))
    lost = t("lesson.boxes.lost", numbers=", ".join(str(index + 1) for index in empty)) if empty else ""
    notes = (t("lesson.boxes.scores"), lost or t("lesson.boxes.none_lost"))
    return [
        Figure(outlines.drawn(result.things.rgb, [*_truths(result), *boxes]), title, title, note)
        for boxes, title, note in zip((before, after), titles, notes, strict=True)
    ]


def _crop(result: BoxesResult, name: str) -> Grid:
    crop = (result.pool if name == "pool" else result.align).crop
    few = len(crop) <= 7  # more do not leave room for numbers

    def cell(row: int, col: int) -> Cell:
        value = float(crop[row, col])
        return Cell(f"{value:.1f}" if few else "", colours.grey(value), says=f"{value:.2f}")

    side = range(len(crop))
    title = t(f"lesson.boxes.crop.{name}", side=len(crop))
    return Grid(name, title, [[cell(r, c) for c in side] for r in side], size_px=38 if few else 19)


def _links(result: BoxesResult) -> dict[Place, list[Place]]:
    """The same cell of both crops."""
    places = list(np.ndindex(result.pool.crop.shape))
    pairs = (("pool", "align"), ("align", "pool"))
    return {Place(one, *place): [Place(other, *place)] for one, other in pairs for place in places}


def _cuts(result: BoxesResult) -> list[Figure]:
    """Around the object: the feature map with both boxes, and both masks against the truth."""
    rounded = roi.rounded_box(result.thing.box, result.stride)
    top, left, bottom, right = _around(result, rounded)
    here = np.s_[top:bottom, left:right]
    cell = np.ones((result.stride, result.stride))
    map_rgb = colours.viridis_rgb(np.kron(roi.features(result.thing.mask, result.stride), cell))[here]
    moved = np.array([left, top, left, top])
    lines = [
        Outline(rounded - moved, colours.FALSE_POSITIVE, 4, dashed=True),
        Outline(result.thing.box - moved, (255, 255, 255), 2),
    ]
    x1, y1, x2, y2 = (int(edge) for edge in rounded - result.thing.box)
    title = t("lesson.boxes.features", stride=result.stride)
    shown = [
        Figure(
            outlines.drawn(map_rgb, lines),
            title,
            t("lesson.boxes.features.alt"),
            t("lesson.boxes.rounded", left=f"{x1:+d}", top=f"{y1:+d}", right=f"{x2:+d}", bottom=f"{y2:+d}"),
        )
    ]
    for name, cut in (("pool", result.pool), ("align", result.align)):
        title = t(f"lesson.boxes.mask.{name}")
        note = t("lesson.boxes.cut_iou", iou=f"{cut.iou:.2f}")
        rgb = outlines.drawn(_outcome(cut, result.thing)[here], [Outline(result.thing.box - moved, BLACK, 2)])
        shown.append(Figure(rgb, title, f"{title}. {note}", note))
    return shown


def _around(result: BoxesResult, rounded: Box) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of what is shown: a square with both boxes and a cell more, cut by the picture."""
    height, width = result.size
    low, high = np.minimum(rounded, result.thing.box)[:2], np.maximum(rounded, result.thing.box)[2:]
    reach = float((high - low).max()) / 2 + result.stride
    left, top = np.clip((low + high) / 2 - reach, 0, None).astype(int)
    right, bottom = ((low + high) / 2 + reach).astype(int)
    return int(top), int(left), min(height, int(bottom)), min(width, int(right))


def _outcome(cut: RoICrop, thing: Instance) -> RGB:
    """Right, too much and too little in their colours, on white."""
    rgb = np.full((*thing.mask.shape, 3), 246, np.uint8)
    rgb[cut.mask & thing.mask] = colours.TRUE_POSITIVE
    rgb[cut.mask & ~thing.mask] = colours.FALSE_POSITIVE
    rgb[~cut.mask & thing.mask] = colours.FALSE_NEGATIVE
    return rgb


# --- predict, formula, check ----------------------------------------------------------------------------------------


def _how_many_missed(result: BoxesResult) -> str:
    return ("none", "one", "more")[min(len(result.missed), 2)]


def formulas(result: BoxesResult) -> list[Formula]:
    """The IoU with the best anchor, what RoIPool rounds away, and the IoU of both masks."""
    box, best = result.thing.box[None], result.best[None]
    shared = float(anchors.intersections(box, best)[0, 0])
    iou = {
        "inter": shared,
        "a": float(anchors.area(box)[0]),
        "b": float(anchors.area(best)[0]),
        "iou": float(result.matching.iou[result.index].max()),
    }
    left = float(result.thing.box[0])
    moved = float(roi.rounded_box(result.thing.box, result.stride)[0]) - left
    found = [
        Formula(
            "anchor",
            r"\mathrm{IoU} = \frac{|A \cap B|}{|A| + |B| - |A \cap B|}",
            r"\frac{@inter@}{@a@ + @b@ - @inter@} = @iou@",
            iou,
            colours={
                "iou": colours.hex_of(
                    colours.FALSE_NEGATIVE if result.index in result.missed else colours.TRUE_POSITIVE
                )
            },
        ),
        Formula(
            "rounding",
            r"\Delta x = \mathrm{round}(x_1 / s)\, s - x_1",
            r"\mathrm{round}(@x@ / @s@) \cdot @s@ - @x@ = @d@",
            {"x": left, "s": result.stride, "d": moved},
        ),
    ]
    for name, cut, title in (("pool", result.pool, "RoIPool"), ("align", result.align, "RoIAlign")):
        found.append(
            Formula(
                name,
                rf"\mathrm{{IoU}}_{{\text{{{title}}}}} = \frac{{TP}}{{TP + FP + FN}}",
                r"\frac{@tp@}{@tp@ + @fp@ + @fn@} = @iou@",
                {"tp": cut.tp, "fp": cut.fp, "fn": cut.fn, "iou": cut.iou},
            )
        )
    return found


def check(result: BoxesResult, random: Random) -> Question:
    """The best that a square anchor of some size can do for one of the learner's objects."""
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
    answer = f"{iou:.2f}"
    others = [said for wrong in mistakes if (said := f"{wrong:.2f}") != answer]
    options = sorted([answer, *list(dict.fromkeys(others))[:3]])
    threshold = round(result.settings["match"], 2)
    enough = "enough" if iou >= threshold else "never"
    verdict = t(f"lesson.boxes.reach.{enough}", threshold=f"{threshold:.2f}")
    reckoning = rf"\frac{{{shared}}}{{{width}\cdot{height} + {side}\cdot{side} - {shared}}} = {answer}"
    return Question(
        t("lesson.boxes.check", name=plain(result.name(index)), width=width, height=height, side=side),
        {option: option for option in options},
        answer,
        t("lesson.boxes.why", formula=f"${reckoning}$", verdict=verdict),
    )


def code(result: BoxesResult) -> str:
    """The same with the operations of torchvision."""
    height, width = result.size
    half, stride, side = int(result.settings["stride"]) / 2, result.stride, int(result.settings["roi"])
    shapes = anchors.shapes(SCALES[result.settings["scales"]], RATIOS[result.settings["ratios"]])
    module = (
        "ui.learn.lessons.boxes import photo_things"
        if result.network
        else "segcore.explain.objects import synthetic_instances"
    )
    best_too = "positive |= (iou == iou.amax(1, keepdim=True)).any(0)  # the best of each object too"
    return "\n".join(
        [
            "import torch",
            "from torch.nn import functional as F",
            "from torchvision.ops import box_iou, nms, roi_align, roi_pool",
            f"from {module}",
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
    )


def practice(result: BoxesResult) -> list[PracticeLink]:
    """To a network that names pixels, not objects, and to small things once more."""
    query = {"sample": result.photo or sample_photos.FIRST} | ({"model": result.network} if result.network else {})
    return [
        PracticeLink(t("lesson.boxes.link.segment"), frame.PAGES / "segment.py", query),
        PracticeLink(t("lesson.boxes.link.evaluate"), frame.PAGES / "evaluate.py"),
    ]


LESSON = Lesson(
    name="boxes",
    terms=("anchor", "nms", "roi_align", "instance_segmentation", "iou"),
    controls=(
        Choice("scales", "two", tuple(SCALES)),
        Decimal("match", 0.5, 0.3, 0.8, 0.05),
        Decimal("nms", 0.5, 0.1, 0.9, 0.05),
    ),
    more=(
        Choice("ratios", "square", tuple(RATIOS)),
        Choice("stride", "16", ("8", "16", "32")),
        Switch("best"),
        Choice("features", "8", ("4", "8", "16", "32")),
        Choice("roi", "7", ("7", "14")),
        Selection("object", (3,), high=MOST - 1, length=1),
        Choice("picture", "drawn", ("drawn", "photo")),
        subjects.Photo(),
        subjects.Network(),
    ),
    steps=(
        Step("ratios", {"ratios": "three"}),
        Step("dense", {"ratios": "three", "scales": "three", "stride": "8", "object": (4,)}),
        Step("nms", {"nms": 0.3, "object": (2,)}),
        Step("coarse", {"ratios": "three", "features": "16"}),
    ),
    guess=ChoiceGuess(("none", "one", "more"), _how_many_missed),
    compute=compute,
    draw_views=draw_views,
    formulas=formulas,
    check=check,
    code=code,
    practice=practice,
)

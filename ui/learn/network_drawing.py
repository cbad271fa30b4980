"""A network as a drawing, from its measured shapes and connections.

Lower is a coarser feature map, wider are more channels, taller are more positions.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from segcore.explain.architectures import NetworkProfile
from segcore.explain.data_flow import IMAGE, MASK, Connection

COLUMN, LEVEL = 66, 74  # distances between stages, in pixels
BESIDE = 26  # distance between stages that run in parallel
LEFT, TOP = 52, 44  # margins
HEAD = 7  # length of an arrow's head


@dataclass(frozen=True)
class DrawnStage:
    """One stage, the image or the mask, at its place."""

    index: int  # of the stage; IMAGE or MASK
    name: str  # for screen readers
    channels: int
    side: int  # of the feature map, in positions
    column: int  # stages between it and the image, at most
    level: int  # halvings of the side
    x: float  # of its middle
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Strength:
    """The share of a skip connection that is not cut."""

    share: float  # 0 … 1
    label: str  # beside the arrow


def draw(
    profile: NetworkProfile,
    flow: Sequence[Connection],
    *,
    channels: tuple[int, int],
    label: str,
    chosen: int | None = None,
    strengths: Mapping[int, Strength] | None = None,
) -> str:
    """Return a network as SVG.

    ``channels`` are those of the image and of the mask; ``label`` describes the drawing to screen readers. With a
    chosen stage all can be pressed. ``strengths`` belong to stages: those of the skip connections they read.
    """
    stages = _placed(profile, flow, channels)
    width = max(stage.x + stage.width / 2 for stage in stages.values()) + 40
    height = max(stage.y + stage.height / 2 for stage in stages.values()) + 26
    levels = {stage.level: stage for stage in sorted(stages.values(), key=lambda stage: (-stage.column, stage.level))}
    titles = "".join(
        f'<text class="level" x="2" y="{TOP + LEVEL * level + 4:.0f}">{stage.side}²</text>'
        for level, stage in sorted(levels.items())
    )
    arrows = "".join(_arrow(stages[edge.source], stages[edge.target], edge, strengths or {}) for edge in flow)
    boxes = "".join(_box(stage, profile, chosen) for stage in stages.values())
    return (
        f'<svg role="group" aria-label="{escape(label, quote=True)}" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">{titles}{arrows}{boxes}</svg>'
    )


def _placed(profile: NetworkProfile, flow: Sequence[Connection], channels: tuple[int, int]) -> dict[int, DrawnStage]:
    """Each stage in the column after its last source, at the level of its size; parallel ones one above the other."""
    sizes = {IMAGE: profile.side} | {index: block.height for index, block in enumerate(profile.blocks)}
    sizes[MASK] = profile.side
    depths = {IMAGE: channels[0], MASK: channels[1]} | {i: block.channels for i, block in enumerate(profile.blocks)}
    columns = {IMAGE: 0}
    order = sorted({edge.target for edge in flow}, key=lambda index: (index == MASK, index))
    for _ in order:  # a stage of a later index may be read by an earlier one: repeat until nothing moves
        for target in order:
            columns[target] = 1 + max(columns.get(edge.source, 0) for edge in flow if edge.target == target)
    placed: dict[int, DrawnStage] = {}
    taken: dict[tuple[int, int], int] = {}
    for index, column in columns.items():
        level = round(math.log2(profile.side / max(sizes[index], 1)))
        beside = taken.get((column, level), 0)
        taken[column, level] = beside + 1
        y = TOP + LEVEL * level + BESIDE * beside
        width, height = 6 + 3.4 * math.log2(depths[index] + 1), 8 + 5.5 * math.log2(sizes[index] + 1)
        name = {IMAGE: "image", MASK: "mask"}.get(index) or profile.blocks[index].name
        x = LEFT + COLUMN * column
        placed[index] = DrawnStage(index, name, depths[index], sizes[index], column, level, x, y, width, height)
    for index, stage in placed.items():
        if taken[stage.column, stage.level] > 1:  # no room for tall boxes
            placed[index] = DrawnStage(**{**vars(stage), "height": BESIDE - 10})
    return placed


def _box(stage: DrawnStage, profile: NetworkProfile, chosen: int | None) -> str:
    names = ["block", _side_of(stage, profile), *(["chosen"] if stage.index == chosen else [])]
    is_part = chosen is not None and stage.index >= 0
    part = f' data-part="{stage.index}" role="button" tabindex="0"' if is_part else ' role="img"'
    label = escape(f"{stage.name}: {stage.channels} × {stage.side} × {stage.side}", quote=True)
    x, y = stage.x - stage.width / 2, stage.y - stage.height / 2
    return (
        f'<g class="{" ".join(names)}"{part} aria-label="{label}"><title>{label}</title>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{stage.width:.1f}" height="{stage.height:.1f}" rx="3"/>'
        f'<text x="{stage.x:.1f}" y="{y - 4:.1f}">{stage.channels}</text></g>'
    )


def _side_of(stage: DrawnStage, profile: NetworkProfile) -> str:
    """Encoder until the coarsest feature map is reached, decoder afterwards."""
    if stage.index < 0:
        return "end"
    coarsest = min(range(len(profile.blocks)), key=lambda index: profile.blocks[index].height)
    return "encoder" if stage.index <= coarsest else "decoder"


def _arrow(source: DrawnStage, target: DrawnStage, edge: Connection, strengths: Mapping[int, Strength]) -> str:
    """A line with a head; what jumps over other stages is a skip connection, in its own colour."""
    is_skip = edge.is_index or target.column - source.column > 1
    kind = "index" if edge.is_index else "skip" if is_skip else ""
    strength = strengths.get(target.index) if is_skip else None
    x1, y1 = source.x + source.width / 2 + 2, source.y
    x2, y2 = target.x - target.width / 2 - 2, target.y
    if source.column + 1 == target.column and edge.is_index:  # beside the arrow of the values
        y1, y2 = y1 + 8, y2 + 8
    middle = (x1 + x2) / 2
    line = (
        f"M{x1:.1f} {y1:.1f}H{x2 - HEAD:.1f}"
        if abs(y1 - y2) < 1
        else (f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2 - HEAD:.1f} {y2:.1f}")
    )
    style, label = "", ""
    if strength is not None:
        style = f' style="opacity:{0.25 + 0.75 * strength.share:.2f}"'
        kind += " cut" if strength.share == 0 else ""
        label = f'<text class="skip" x="{middle:.1f}" y="{(y1 + y2) / 2 - 6:.1f}">{escape(strength.label)}</text>'
    head = f"M{x2:.1f} {y2:.1f}l-{HEAD} -4v8z"
    fill = "var(--skip)" if is_skip else "var(--faded)"
    return f'<g{style}><path class="{kind}" d="{line}"/><path d="{head}" style="fill:{fill};stroke:none"/>{label}</g>'

"""Statistics of a dataset: classes with their shares, images and sizes of each split."""

import math
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.errors import read_message
from segcore.export.sections import Named, Share
from segcore.formatting import percent
from segcore.types import Colour
from ui.data import charts
from ui.text import plain, t, t_count, translated
from ui.widgets import job_panel
from ui.widgets.dataset_picker import DatasetChoice
from ui.widgets.tables import Cell, facts_table, table
from ui.widgets.tiles import Tile, tiles

_SIZES = ("tiny", "small", "medium", "large")
_LIMITS = (64, 1024, 16384)
"""Areas of connected components between these sizes: 8 × 8, 32 × 32, 128 × 128 pixels."""


def show(choice: DatasetChoice) -> None:
    """Draw the job and its answer."""
    answer = job_panel.panel(
        "dataset_facts", {"data": choice.spec}, files=choice.files, key="data.facts", label=t("data.facts.start")
    )
    if answer is None:
        return
    for note in answer["notes"]:
        st.info(plain(translated(read_message("", note))), icon=":material/info:")
    for name, error in answer.get("refused", {}).items():
        st.error(t("data.facts.refused", split=plain(name), why=plain(translated(read_message("", error)))))
    splits: dict[str, dict[str, Any]] = answer["splits"]
    colours: list[Colour] = [(each[0], each[1], each[2]) for each in answer["colours"]]
    objects = np.sum([split["objects"] for split in splits.values()], axis=0)
    _overview(splits, answer["classes"])
    charts.show(splits, answer["classes"], colours, objects)
    largest = max((share for split in splits.values() for share in split["shares"]), default=0.0) or 1.0
    head = [t("data.facts.class")]
    for split_name in splits:
        head += [t("data.facts.pixels", split=split_name), t("data.facts.showing", split=split_name)]
    rows: list[list[Cell]] = []
    for index, name in enumerate(answer["classes"]):
        row: list[Cell] = [Named(name, colours[index])]
        for split in splits.values():
            share = split["shares"][index]
            row += [Share(f"{100 * share:.2f} %", share / largest, colours[index]), str(split["showing"][index])]
        rows.append(row)
    table(t("data.facts.classes"), head, rows, numbers=range(2, 2 + 2 * len(splits), 2))
    _objects(answer["classes"], colours, objects)
    facts_table(t("data.facts.sizes"), [(name, _sizes(split)) for name, split in splits.items()])


def _overview(splits: dict[str, dict[str, Any]], classes: list[str]) -> None:
    """Numbers of images and classes, sizes, and the share of ignored pixels, as tiles."""
    sizes = [size for split in splits.values() for size in (split["smallest"], split["largest"]) if size]
    ends = list(dict.fromkeys((tuple(min(sizes, key=math.prod)), tuple(max(sizes, key=math.prod))))) if sizes else []
    images = [f"{split['images']:,} {name}" for name, split in splits.items()] if len(splits) > 1 else []
    ignored = sum(split["ignored"] for split in splits.values())
    pixels = ignored + sum(sum(split["pixels"]) for split in splits.values())
    tiles(
        [
            Tile(t("data.chart.count"), f"{sum(split['images'] for split in splits.values()):,}", " · ".join(images)),
            Tile(t("models.classes"), str(len(classes))),
            Tile(t("data.facts.sizes"), " … ".join(f"{width} × {height}" for height, width in ends) or "—"),
            Tile(t("data.facts.ignored"), percent(ignored / max(pixels, 1))),
        ]
    )


def _objects(classes: list[str], colours: list[Colour], counts: NDArray[np.int64]) -> None:
    """Numbers of connected components, from counts (K, powers) by their area in powers of two."""
    size_of_power = np.digitize(2 ** np.arange(counts.shape[1]), _LIMITS)
    rows: list[list[Cell]] = []
    for name, colour, row in zip(classes, colours, counts, strict=True):
        sizes = [int(row[size_of_power == size].sum()) for size in range(len(_SIZES))]
        if any(sizes):
            rows.append([Named(name, colour), str(sum(sizes)), *map(str, sizes)])
    if rows:
        head = [t("data.facts.class"), t("data.facts.pieces"), *(t(f"data.facts.pieces.{size}") for size in _SIZES)]
        table(t("data.chart.objects"), head, rows, numbers=range(1, len(head)))


def _sizes(split: dict[str, Any]) -> str:
    """Number of images, number read, and the smallest, median and largest size."""
    sizes = [split[which] for which in ("smallest", "median", "largest")]
    shown = list(dict.fromkeys("—" if size is None else f"{size[1]} × {size[0]}" for size in sizes))
    ignored = split["ignored"] / max(split["ignored"] + sum(split["pixels"]), 1)
    return t_count(
        "data.facts.images",
        split["images"],
        looked_at=split["looked_at"],
        sizes=" / ".join(shown),
        ignored=f"{100 * ignored:.1f}",
        broken=split["broken_count"],
    )

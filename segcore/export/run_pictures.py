"""The pictures of a run's report: the fixed samples through the epochs, and the worst images of the last validation."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from segcore.errors import SegcoreError
from segcore.export.history import History
from segcore.export.pictures import jpeg, masked, read_ids, read_rgb, wrong_pixels
from segcore.export.sections import Fold, Note, Part, Picture, PictureRow, Pictures, Table
from segcore.runs import Event
from segcore.text import Say, translate

if TYPE_CHECKING:
    from segcore.train.review import Review

SIDE = 288
"""Longer side of a picture in the report, in pixels: columns are about 170 wide, screens have up to twice as many."""


def sample_rows(told: History, t: Say) -> list[Part]:
    """The fixed samples: photo, truth, and what was predicted after the first, middle, best and last epoch."""
    chosen = telling_epochs(sorted(told.samples), None if told.best is None else told.best["epoch"])
    if not chosen:
        return []
    head = [t("report.photo"), t("report.truth"), *(t(f"report.epoch.{word}", epoch=e + 1) for e, word in chosen)]
    events = [told.samples[epoch] for epoch, _ in chosen]
    rows = []
    try:
        for number, sample in enumerate(events[0]["samples"]):
            rows.append(_sample_row(told, [event["samples"][number] for event in events], sample, head, t))
    except (OSError, IndexError):  # somebody tidied the folder
        return [Note(t("report.samples.gone"))]
    return [Note(t("report.samples.about")), Pictures(head, rows)]


def telling_epochs(epochs: Sequence[int], best: int | None) -> list[tuple[int, str]]:
    """The first, the middle, the best and the last of the epochs, each once, with its word, in their order."""
    if not epochs:
        return []
    words: dict[int, str] = {epochs[len(epochs) // 2]: "middle", epochs[0]: "first", epochs[-1]: "last"}
    if best is not None and best in epochs:
        words[best] = "best"  # says more than that it is also the last
    return sorted(words.items())


def _sample_row(
    told: History, samples: Sequence[dict[str, Any]], first: dict[str, Any], head: Sequence[str], t: Say
) -> PictureRow:
    folder, colours, name = told.run.samples_dir, told.colours, str(first["name"])
    photo = read_rgb(folder / first["image"])
    truth = masked(photo, read_ids(folder / first["truth"]), colours)
    predicted = [masked(photo, read_ids(folder / sample["labels"]), colours) for sample in samples]
    captions = ["", "", *(t("report.right_pixels", share=_percent(sample["pixel_accuracy"])) for sample in samples)]
    pictures = [
        Picture(jpeg(rgb, SIDE), f"{name}: {title}", caption)
        for rgb, title, caption in zip((photo, truth, *predicted), head, captions, strict=True)
    ]
    return PictureRow(name, pictures)


def worst_rows(
    told: History, t: Say, language: str, *, most: int, progress: Callable[[int, int], None] | None
) -> list[Part]:
    """The worst images: all that were noted as a table, the first of them opened and predicted once more."""
    event = told.worst
    if event is None or not event["images"]:
        return []
    rows = [[str(row["name"]), _number(row["miou"]), _number(row["loss"])] for row in event["images"]]
    head = [t("report.image"), t("metric.miou"), t("report.loss")]
    table = Table(t("report.worst"), head, rows, numbers=(1, 2))
    about = Note(t("report.worst.about", epoch=event["epoch"] + 1))
    if most == 0:
        return [about, table]
    try:
        pictures = _looked_at_again(told, event, t, most, progress)
    except SegcoreError as error:
        return [about, table, Note(f"{t('report.worst.gone')} {translate(language, error.message)}")]
    return [about, Note(t("report.worst.again")), pictures, Fold(t("report.worst.all"), [table])]


def _looked_at_again(
    told: History, event: Event, t: Say, most: int, progress: Callable[[int, int], None] | None
) -> Pictures:
    from segcore.train.review import (  # noqa: PLC0415 - brings torch, which a report without these pictures need not
        reviewed,
        reviewer,
        validation_data,
        validation_sample,
    )

    chosen = event["images"][:most]
    predictor, data = reviewer(told.run), validation_data(told.run)
    rows = []
    for done, row in enumerate(chosen, start=1):
        rows.append(_worst_row(reviewed(validation_sample(data, row["index"], row["name"]), predictor), row, t))
        if progress is not None:
            progress(done, len(chosen))
    return Pictures([t("report.photo"), t("report.truth"), t("report.prediction"), t("report.wrong")], rows)


def _worst_row(review: "Review", row: dict[str, Any], t: Say) -> PictureRow:
    labels, colours = review.prediction.labels, review.prediction.colours
    shown = (
        (review.rgb, t("report.photo"), ""),
        (masked(review.rgb, review.truth, colours), t("report.truth"), ""),
        (masked(review.rgb, labels, colours), t("report.prediction"), f"mIoU {_number(review.miou)}"),
        (wrong_pixels(review.rgb, labels, review.truth), t("report.wrong"), ""),
    )
    name = str(row["name"])
    title = f"{name} · mIoU {_number(row['miou'])} · {t('report.loss')} {_number(row['loss'])}"
    return PictureRow(title, [Picture(jpeg(rgb, SIDE), f"{name}: {alt}", caption) for rgb, alt, caption in shown])


def _number(value: float | None) -> str:
    return "—" if value is None or np.isnan(value) else f"{value:.3f}"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f} %"

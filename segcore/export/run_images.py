"""The images of a run's report: the fixed samples over the epochs, and the worst images of the last validation."""

from collections.abc import Callable, Sequence
from typing import Any

from segcore.errors import SegcoreError
from segcore.export.history import History
from segcore.export.sample_images import compared_head, compared_images, compared_row, figure_row, masked
from segcore.export.sections import Details, FigureGrid, FigureRow, Note, Part, Table
from segcore.formatting import percent, score
from segcore.pictures import decode_grey, decode_rgb
from segcore.runs import Event
from segcore.text import Translator, translate
from segcore.train.review import reviewed, reviewer, validation_data, validation_sample


def sample_rows(history: History, t: Translator) -> list[Part]:
    """The fixed samples: image, ground truth, and predictions after the first, middle, best and last epoch."""
    chosen = shown_epochs(sorted(history.samples), None if history.best is None else history.best["epoch"])
    if not chosen:
        return []
    head = [t("report.photo"), t("report.truth"), *(t(f"report.epoch.{word}", epoch=e + 1) for e, word in chosen)]
    events = [history.samples[epoch] for epoch, _ in chosen]
    rows = []
    try:
        for number, sample in enumerate(events[0]["samples"]):
            rows.append(_sample_row(history, [event["samples"][number] for event in events], sample, head, t))
    except (OSError, ValueError, IndexError):  # files of the samples were deleted or damaged
        return [Note(t("report.samples.gone"))]
    return [Note(t("report.samples.about")), FigureGrid(head, rows)]


def shown_epochs(epochs: Sequence[int], best: int | None) -> list[tuple[int, str]]:
    """The first, middle, best and last epoch in order, without repetition, each with that word."""
    if not epochs:
        return []
    words: dict[int, str] = {epochs[len(epochs) // 2]: "middle", epochs[0]: "first", epochs[-1]: "last"}
    if best is not None and best in epochs:
        words[best] = "best"  # more informative than "last"
    return sorted(words.items())


def _sample_row(
    history: History, samples: Sequence[dict[str, Any]], first: dict[str, Any], head: Sequence[str], t: Translator
) -> FigureRow:
    folder, colours, name = history.run.samples_dir, history.colours, str(first["name"])
    photo = decode_rgb((folder / first["image"]).read_bytes())
    truth = masked(photo, decode_grey((folder / first["truth"]).read_bytes()), colours)
    predicted = [masked(photo, decode_grey((folder / sample["labels"]).read_bytes()), colours) for sample in samples]
    captions = ["", "", *(t("report.right_pixels", share=percent(sample["pixel_accuracy"])) for sample in samples)]
    return figure_row(name, name, (photo, truth, *predicted), head, captions)


def worst_rows(
    history: History, t: Translator, language: str, *, limit: int, progress: Callable[[int, int], None] | None
) -> list[Part]:
    """The worst images of the last validation: the first ``limit`` predicted again, and a table of all of them."""
    event = history.worst
    if event is None or not event["images"]:
        return []
    rows = [[str(row["name"]), score(row["miou"]), score(row["loss"])] for row in event["images"]]
    head = [t("report.image"), t("metric.miou"), t("report.loss")]
    table = Table(t("report.worst"), head, rows, numbers=(1, 2))
    about = Note(t("report.worst.about", epoch=event["epoch"] + 1))
    if limit == 0:
        return [about, table]
    try:
        images = _predict_again(history, event, t, limit, progress)
    except SegcoreError as error:
        return [about, table, Note(f"{t('report.worst.gone')} {translate(language, error.message)}")]
    return [about, Note(t("report.worst.again")), images, Details(t("report.worst.all"), [table])]


def _predict_again(
    history: History, event: Event, t: Translator, limit: int, progress: Callable[[int, int], None] | None
) -> FigureGrid:
    chosen = event["images"][:limit]
    predictor, data = reviewer(history.run), validation_data(history.run)
    rows = []
    for done, row in enumerate(chosen, start=1):
        review = reviewed(validation_sample(data, row["index"], row["name"]), predictor)
        prediction, note = review.prediction, f"mIoU {score(review.miou)}"
        images = compared_images(review.rgb, review.ground_truth, prediction.labels, prediction.colours)
        rows.append(compared_row(str(row["name"]), row["miou"], row["loss"], images, t, note=note))
        if progress is not None:
            progress(done, len(chosen))
    return FigureGrid(compared_head(t), rows)

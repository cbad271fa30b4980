"""The curves of a run for its report, as charts and as a table."""

from collections.abc import Iterable

from segcore.export.history import History, class_value
from segcore.export.sections import Chart, Details, Part, Series, Table, class_dash
from segcore.formatting import score
from segcore.runs import Event, thinned
from segcore.text import Translator, class_name
from segcore.types import Colour

TRAIN: Colour = (217, 130, 43)
VALIDATION: Colour = (42, 127, 184)
OTHER: Colour = (122, 111, 196)
_MAX_POINTS = 600
"""Maximum points per line, about the width of a chart in pixels."""

XY = list[tuple[float, float | None]]


def curves(history: History, t: Translator) -> list[Part]:
    """Loss, scores, every class, learning rate and gradient norm over the epochs; empty before the first event."""
    if not history.steps and not history.validations:
        return []
    x_title = t("report.epoch") if history.setup.get("steps_per_epoch") else t("report.step")

    def chart(title: str, *lines: Series, bounds: tuple[float, float] | None = None) -> Chart:
        return Chart(title, x_title, lines, bounds)

    def of(events: Iterable[Event], name: str) -> XY:
        points = [(event["step"], event["time"], event.get(name)) for event in events]
        return [(history.epochs_of(step), value) for step, _, value in thinned(points, _MAX_POINTS)]

    steps, validations = history.steps, history.validations
    classes = [
        Series(
            class_name(t, name),
            [(history.epochs_of(event["step"]), class_value(event, "iou", k)) for event in validations],
            colour,
            class_dash(k),
        )
        for k, (name, colour) in enumerate(zip(history.classes, history.colours, strict=True))
    ]
    return [
        chart(
            t("report.chart.loss"),
            Series(t("report.train_loss_steps"), of(steps, "loss"), TRAIN, is_faint=True, gaps_are_nan=True),
            Series(t("report.train_loss"), _means(history), TRAIN),
            Series(t("report.val_loss"), of(validations, "loss"), VALIDATION, "7 4", marks=True, gaps_are_nan=True),
        ),
        chart(
            t("report.chart.scores"),
            Series(t("metric.miou"), of(validations, "miou"), VALIDATION, marks=True, gaps_are_nan=True),
            Series(t("metric.pixel_accuracy"), of(validations, "pixel_accuracy"), OTHER, "7 4"),
            Series(t("metric.mean_dice"), of(validations, "mean_dice"), TRAIN, "2 3"),
            bounds=(0.0, 1.0),
        ),
        chart(t("report.chart.iou"), *classes, bounds=(0.0, 1.0)),
        chart(t("report.chart.rate"), Series(t("report.chart.rate"), of(steps, "rate"), OTHER)),
        chart(t("report.chart.gradient"), Series(t("report.chart.gradient"), of(steps, "gradient_norm"), TRAIN)),
        Details(t("report.numbers"), [_numbers(history, t)]),
    ]


def _means(history: History) -> XY:
    """Training loss of every epoch: the mean over its logged steps, at their mean step."""
    epochs: dict[int, list[Event]] = {}
    for event in history.steps:
        if event.get("loss") is not None and not event.get("unlabelled"):
            epochs.setdefault(event["epoch"], []).append(event)
    return [
        (
            history.epochs_of(round(sum(event["step"] for event in events) / len(events))),
            sum(event["loss"] for event in events) / len(events),
        )
        for events in epochs.values()
    ]


def _numbers(history: History, t: Translator) -> Table:
    """One row per epoch."""
    columns = ("loss", "miou", "pixel_accuracy", "mean_dice")
    head = [t("report.epoch"), t("report.val_loss")]
    head += [t(f"metric.{name}") for name in columns[1:]]
    rows = [
        [
            str(event["epoch"] + 1),
            *(score(event.get(name), 4) for name in columns),
            *(score(class_value(event, "iou", k), 4) for k in range(len(history.classes))),
        ]
        for event in history.validations
    ]
    titles = [*head, *(f"{t('metric.iou')} {class_name(t, name)}" for name in history.classes)]
    return Table(t("report.numbers"), titles, rows, numbers=range(len(titles)))

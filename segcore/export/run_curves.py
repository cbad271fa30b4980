"""The curves of a run for its report: one chart for each question, and the same in numbers."""

from collections.abc import Iterable

from segcore.export.history import History
from segcore.export.sections import Chart, Curve, Fold, Part, Table
from segcore.runs import Event, thinned
from segcore.text import Say
from segcore.types import Colour

TRAIN: Colour = (217, 130, 43)
VALIDATION: Colour = (42, 127, 184)
OTHER: Colour = (122, 111, 196)
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "14 4")
_MOST = 600
"""Points of one line: a chart is about so many pixels wide."""

XY = list[tuple[float, float | None]]


def curves(told: History, t: Say) -> list[Part]:
    """Loss, scores, every class, learning rate and gradient norm over the epochs; empty before the first number."""
    if not told.steps and not told.validations:
        return []
    x_title = t("report.epoch") if told.setup.get("steps_per_epoch") else t("report.step")

    def chart(title: str, *lines: Curve, bounds: tuple[float, float] | None = None) -> Chart:
        return Chart(title, x_title, lines, bounds)

    def of(events: Iterable[Event], name: str) -> XY:
        points = [(event["step"], event["time"], event.get(name)) for event in events]
        return [(told.epochs_of(step), value) for step, _, value in thinned(points, _MOST)]

    steps, validations = told.steps, told.validations
    classes = [
        Curve(
            name,
            [(told.epochs_of(event["step"]), _nth(event, k)) for event in validations],
            colour,
            _DASHES[k % len(_DASHES)],
        )
        for k, (name, colour) in enumerate(zip(told.classes, told.colours, strict=True))
    ]
    return [
        chart(
            t("report.chart.loss"),
            Curve(t("report.train_loss_steps"), of(steps, "loss"), TRAIN, is_faint=True),
            Curve(t("report.train_loss"), _means(told), TRAIN),
            Curve(t("report.val_loss"), of(validations, "loss"), VALIDATION, "7 4", marks=True),
        ),
        chart(
            t("report.chart.scores"),
            Curve(t("metric.miou"), of(validations, "miou"), VALIDATION, marks=True),
            Curve(t("metric.pixel_accuracy"), of(validations, "pixel_accuracy"), OTHER, "7 4"),
            Curve(t("metric.mean_dice"), of(validations, "mean_dice"), TRAIN, "2 3"),
            bounds=(0.0, 1.0),
        ),
        chart(t("report.chart.iou"), *classes, bounds=(0.0, 1.0)),
        chart(t("report.chart.rate"), Curve(t("report.chart.rate"), of(steps, "rate"), OTHER)),
        chart(t("report.chart.gradient"), Curve(t("report.chart.gradient"), of(steps, "gradient_norm"), TRAIN)),
        Fold(t("report.numbers"), [_numbers(told, t)]),
    ]


def _means(told: History) -> XY:
    """The training loss of every epoch, a mean over its logged steps, at the epoch's middle."""
    epochs: dict[int, list[Event]] = {}
    for event in told.steps:
        if event.get("loss") is not None:
            epochs.setdefault(event["epoch"], []).append(event)
    return [
        (
            told.epochs_of(round(sum(event["step"] for event in events) / len(events))),
            sum(event["loss"] for event in events) / len(events),
        )
        for events in epochs.values()
    ]


def _numbers(told: History, t: Say) -> Table:
    """One line an epoch."""
    columns = ("loss", "miou", "pixel_accuracy", "mean_dice")
    head = [
        t("report.epoch"),
        t("report.val_loss"),
        t("metric.miou"),
        t("metric.pixel_accuracy"),
        t("metric.mean_dice"),
    ]
    rows = [
        [
            str(event["epoch"] + 1),
            *(_number(event.get(name)) for name in columns),
            *(_number(_nth(event, k)) for k in range(len(told.classes))),
        ]
        for event in told.validations
    ]
    titles = [*head, *(f"{t('metric.iou')} {name}" for name in told.classes)]
    return Table(t("report.numbers"), titles, rows, numbers=tuple(range(len(titles))))


def _nth(event: Event, k: int) -> float | None:
    values = event.get("iou") or ()
    return values[k] if k < len(values) else None


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.4f}"

"""Cross validation: the same training several times, each time validated on another part of the data.

The folds are ordinary runs, named NAME-fold-1 … NAME-fold-k, which queue for their device. Nothing else is stored: each
run's configuration states its fold. The folds share most of their training data, so the standard deviation of their
scores is not a standard error; it shows how far apart two such trainings end.
"""

import math
import re
import statistics
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from segcore.advice import Advice
from segcore.data import group_keys
from segcore.errors import BadConfig, BadRun, Message
from segcore.runs import Run, list_runs, new_run, start
from segcore.train.checks.validation import require_valid
from segcore.train.config import TrainConfig, make_config
from segcore.train.training_data import whole_data

_FOLD = re.compile(r"^(?P<name>.+)-fold-(?P<number>\d+)$")


@dataclass(frozen=True)
class Fold:
    """One run of a cross validation and its scores so far; its number and epochs count from 1.

    ``miou`` is that of the best ``epoch``, as is ``iou`` per class; ``last_miou`` that of the last. None where unknown.
    """

    run: str
    number: int
    state: str
    miou: float | None
    last_miou: float | None
    epoch: int | None
    iou: dict[str, float | None]


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (with n - 1; None below two folds) over the folds that have a score."""

    mean: float | None
    deviation: float | None
    folds: int


@dataclass(frozen=True)
class CrossValidation:
    """All folds of one name, of the planned number ``folds``; ``finished``: all of them exist and have finished.

    ``miou`` and ``iou`` per class are those of the best epochs. Each was selected on the images it is scored on, so
    they are slightly optimistic; ``last_miou``, of the last epochs, is without such a selection.
    """

    name: str
    folds: int
    runs: tuple[Fold, ...]
    miou: Spread
    last_miou: Spread
    iou: dict[str, Spread]
    finished: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def fold_configs(
    settings: Mapping[str, Any],
    *,
    leave_group_out: bool = False,
    accept: Collection[str] = (),
    warn: Callable[[list[Advice]], object] = lambda _: None,
) -> list[TrainConfig]:
    """The configurations of all folds of a training with these settings, ``folds`` and optionally ``group_by``.

    With ``leave_group_out`` each group is a fold, which is validated on that group; ``folds`` is ignored.
    ``accept`` is as for `require_valid`, whose result ``warn`` gets.

    Raises:
        BadConfig: no folds, no groups, or invalid settings.
        SegcoreError: the data cannot be opened or divided in this way.
    """
    if leave_group_out:
        if not settings.get("group_by"):
            raise BadConfig('Leaving groups out needs groups: name them with group_by, such as "^([^-_]+)".')
        config = make_config({**settings, "folds": 0, "fold": 0})
        counts = [len(set(group_keys(data, config.group_by))) for data in whole_data(config)]
        if len(counts) != 1:
            raise BadConfig("Groups can be left out of one dataset at a time. Name one dataset in `data`.")
        settings = {**settings, "folds": counts[0]}
    folds = make_config({**settings, "fold": 0}).folds
    if folds < 2:
        raise BadConfig("folds is {folds}; a cross validation needs at least 2, usually 5.", folds=folds)
    configs = [make_config({**settings, "fold": fold}) for fold in range(folds)]
    warn(require_valid(configs[0], accept))  # before any run is made
    return configs


def start_folds(configs: list[TrainConfig], name: str) -> list[Run]:
    """Make the runs of all folds, from ``fold_configs``, with this prefix of their names, and start them.

    Raises:
        BadRun: a run with such a name exists, or one cannot be started.
    """
    taken = [run.name for run in list_runs() if _number(run.name, name) is not None]
    if taken:
        raise BadRun(
            "There already is a cross validation {name} ({runs}). Choose another name.", name=name, runs=sorted(taken)
        )
    runs = [new_run(config.to_json(), name=f"{name}-fold-{number}") for number, config in enumerate(configs, start=1)]
    for run in runs:
        start(run)
    return runs


def cross_validations() -> list[str]:
    """Names of all cross validations, the newest first."""
    found = (_FOLD.match(run.name) for run in list_runs())
    return list(dict.fromkeys(match["name"] for match in found if match))


def read_cross_validation(name: str) -> CrossValidation:
    """The results of a cross validation so far.

    Raises:
        BadRun: there is none of that name; the message lists those that exist.
    """
    runs = {number: run for run in list_runs() if (number := _number(run.name, name)) is not None}
    if not runs:
        known = cross_validations() or Message("none yet")
        raise BadRun("There is no cross validation “{name}”. There are: {known}.", name=name[:80], known=known)
    folds = [_fold(run, number) for number, run in sorted(runs.items())]
    planned = max(int(run.plan.get("folds", 0)) for run in runs.values())
    classes = list(dict.fromkeys(each for fold in folds for each in fold.iou))
    return CrossValidation(
        name=name,
        folds=planned,
        runs=tuple(folds),
        miou=spread([fold.miou for fold in folds]),
        last_miou=spread([fold.last_miou for fold in folds]),
        iou={each: spread([fold.iou.get(each) for fold in folds]) for each in classes},
        finished=len(folds) == planned and all(fold.state == "finished" for fold in folds),
    )


def spread(values: list[float | None]) -> Spread:
    """Mean and standard deviation of the values that exist."""
    exist = [value for value in values if value is not None and not math.isnan(value)]
    return Spread(
        mean=statistics.fmean(exist) if exist else None,
        deviation=statistics.stdev(exist) if len(exist) > 1 else None,
        folds=len(exist),
    )


def _number(run: str, name: str) -> int | None:
    match = _FOLD.match(run)
    return int(match["number"]) if match and match["name"] == name else None


def _fold(run: Run, number: int) -> Fold:
    epochs = run.timeline(("val",))
    scored = [event for event in epochs if event["miou"] is not None]
    best = max(scored, key=lambda event: float(event["miou"]), default={})
    return Fold(
        run=run.name,
        number=number,
        state=run.status(),
        miou=best.get("miou"),
        last_miou=epochs[-1]["miou"] if epochs else None,
        epoch=best["epoch"] + 1 if best else None,
        iou=dict(zip(best["classes"], best["iou"], strict=True)) if best else {},
    )

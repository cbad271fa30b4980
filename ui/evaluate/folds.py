"""Cross-validation: the same training several times, each with another part of the data as validation set.

The folds are ordinary runs in the queue; everything shown here is read from them.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import streamlit as st

from segcore.data import group_keys, open_dataset
from segcore.data.precheck import UnsoundData
from segcore.export.sections import Share, Toned
from segcore.formatting import score
from segcore.runs import ENDED_STATES, MOST_COMPARED, list_runs, open_run
from segcore.train.cross_validation import (
    CrossValidation,
    Spread,
    cross_validations,
    fold_configs,
    read_cross_validation,
    start_folds,
)
from ui import links, state
from ui.evaluate.subject import RUN
from ui.text import plain, t
from ui.widgets import accepted_problems, dataset_picker, frame, run_text, view_tabs
from ui.widgets.presets import DEMO, PRESETS
from ui.widgets.tables import Cell, Link, table
from ui.widgets.tiles import Tile, tiles

NAME, SOURCE, WAY = "evaluate.folds.shown", "evaluate.folds.source", "evaluate.folds.way"
_EVERY_SECONDS = 3.0
_RECENT = 20
"""Number of the newest runs whose configuration can be chosen."""
_PATTERN = "^([^-_]+)"
_BLUE = (0, 114, 178)


def show() -> None:
    """Draw the form of a new cross-validation and the result of the chosen one.

    Raises:
        SegcoreError: there is no such dataset, or it cannot be split like this.
    """
    names = cross_validations()
    box = st.expander(t("evaluate.folds.new"), icon=":material/splitscreen:", expanded=not names)
    with box, frame.sentences():
        _new()
    if not names:
        st.caption(t("evaluate.folds.empty"))
        return
    state.choose_widget(NAME, names, names[0], state.requested("folds"))
    name = st.selectbox(t("evaluate.folds.which"), names, key=NAME, persist_state="session")
    state.set_address(folds=name)
    is_active = _is_active(read_cross_validation(name))
    frame.fragment(_result, run_every=_EVERY_SECONDS if is_active else None)(name, is_active)


def _new() -> None:
    """Draw data, configuration, division, name, and the button that starts the folds."""
    st.caption(t("evaluate.folds.about"))
    left, right = st.columns(2)
    with left:
        source = _source()
    with right:
        spec = dataset_picker.place()
    settings = {**source, "data": [spec], "val_data": []}
    way = view_tabs.select(
        t("evaluate.folds.way"), ("folds", "groups"), lambda word: t(f"evaluate.folds.way.{word}"), key=WAY
    )
    columns = iter(st.columns(4 if way == "folds" else 3, vertical_alignment="bottom"))
    if way == "folds":
        with next(columns):
            settings["folds"] = st.number_input(t("evaluate.folds.count"), 2, 20, 5, key="evaluate.folds.count")
    with next(columns):
        pattern = st.text_input(
            t("evaluate.folds.group_by"),
            value=_PATTERN if way == "groups" else "",
            key=f"evaluate.folds.group_by.{way}",
            help=t("evaluate.folds.group_by.help"),
            placeholder=t("evaluate.folds.group_by.none"),
        )
    settings["group_by"] = pattern.strip()
    with next(columns):
        epochs = int(source.get("epochs", 40))
        settings["epochs"] = st.number_input(
            t("field.epochs"), 1, 10_000, epochs, key=f"evaluate.folds.epochs.{epochs}"
        )
    with next(columns):
        fresh = state.get("evaluate.folds.named", _fresh_name())
        name = st.text_input(t("evaluate.folds.name"), value=fresh, max_chars=48, key=f"evaluate.folds.name.{fresh}")
    if settings["group_by"]:
        _groups(settings)
    if st.button(t("evaluate.folds.start"), type="primary", icon=":material/play_arrow:", key="evaluate.folds.start"):
        _start(settings, name.strip(), spec, leave_group_out=way == "groups")
    of, message = state.get("evaluate.folds.unsound", ("", None))
    if message is not None and of == spec:
        accepted_problems.cards(message, key="evaluate.folds")
        accepted_problems.draw([spec], message.facts["kinds"], key="evaluate.folds")


def _start(settings: Mapping[str, Any], name: str, spec: str, *, leave_group_out: bool) -> None:
    """Start the folds, or keep the errors of their data to be shown."""
    try:
        with st.spinner(t("train.checking")):
            accept = accepted_problems.accepted([spec])
            start_folds(fold_configs(settings, leave_group_out=leave_group_out, accept=accept), name)
    except UnsoundData as error:
        state.put("evaluate.folds.unsound", (spec, error.message))
        return
    state.put("evaluate.folds.unsound", ("", None))
    state.put("evaluate.folds.named", _fresh_name())
    state.set_widget(NAME, name)
    st.rerun()


def _source() -> Mapping[str, Any]:
    """Draw the menu of configurations; return that of a preset or a run."""
    runs = {f"{RUN}{name}": title for name, title in run_text.titles(list_runs()[:_RECENT]).items()}

    def title(name: str) -> str:
        return t("evaluate.folds.like", name=runs[name]) if name in runs else t(f"train.preset.{name}")

    options = [*PRESETS, *runs]
    state.choose_widget(SOURCE, options, DEMO)
    chosen = st.selectbox(t("evaluate.folds.source"), options, format_func=title, key=SOURCE, persist_state="session")
    plan = open_run(chosen.removeprefix(RUN)).plan if chosen.startswith(RUN) else PRESETS[chosen]
    return {key: value for key, value in plan.items() if key not in ("fold", "folds", "group_by", "val_data")}


def _fresh_name() -> str:
    """A default name, to be kept until it is used: another one would make another widget at each rerun."""
    return f"crossval-{datetime.now():%Y%m%d-%H%M%S}"


def _groups(settings: Mapping[str, Any]) -> None:
    """The number of groups that the pattern makes, and the largest ones."""
    counts = Counter(group_keys(open_dataset(settings["data"][0]), settings["group_by"]))
    largest = ", ".join(f"{plain(name)} ({count})" for name, count in counts.most_common(6))
    st.caption(t("evaluate.folds.groups", count=len(counts), largest=largest))


def _is_active(validation: CrossValidation) -> bool:
    return any(fold.state not in ENDED_STATES for fold in validation.runs)


def _result(name: str, was_active: bool) -> None:
    """Draw mean and spread, the runs and the classes; rerun the whole page when the last fold has ended."""
    validation = read_cross_validation(name)
    if was_active and not _is_active(validation):
        st.rerun()
    finished = sum(fold.state == "finished" for fold in validation.runs)
    with frame.sentences():
        tiles(
            [
                Tile(t("evaluate.folds.best"), score(validation.miou.mean), note=_spread(validation.miou)),
                Tile(t("evaluate.folds.last"), score(validation.last_miou.mean), note=_spread(validation.last_miou)),
                Tile(t("evaluate.folds.done"), f"{finished} / {validation.folds}"),
            ]
        )
        st.caption(t("evaluate.folds.spread.about"))
        left, right = st.columns([7, 5], gap="large")
        with left:
            _runs(validation)
        with right:
            _classes(validation)


def _runs(validation: CrossValidation) -> None:
    rows: list[list[Cell]] = []
    for fold in validation.runs:
        rows.append(
            [
                str(fold.number),
                Link(fold.run, links.run(fold.run).url, here=True),
                Toned(run_text.state(fold.state), run_text.tone(fold.state)),
                score(fold.miou),
                "—" if fold.epoch is None else str(fold.epoch),
                score(fold.last_miou),
            ]
        )
    heads = ("fold", "run", "state", "best", "epoch", "last")
    table(t("evaluate.folds.runs"), [t(f"evaluate.folds.head.{word}") for word in heads], rows, numbers=(0, 3, 4, 5))
    if 2 <= len(validation.runs) <= MOST_COMPARED:
        compared = links.compare(fold.run for fold in validation.runs)
        compared.draw(t("evaluate.folds.compare"), icon=":material/compare_arrows:")


def _classes(validation: CrossValidation) -> None:
    if not validation.iou:
        st.caption(t("evaluate.folds.waiting"))
        return
    rows: list[list[Cell]] = [
        [name, "—" if each.mean is None else Share(score(each.mean), each.mean, _BLUE), _spread(each), str(each.folds)]
        for name, each in validation.iou.items()
    ]
    head = [t("evaluate.class"), t("metric.iou"), t("evaluate.folds.spread"), t("evaluate.folds.scored")]
    table(t("evaluate.classes"), head, rows, numbers=(2, 3))


def _spread(spread: Spread) -> str:
    return "" if spread.deviation is None else f"± {spread.deviation:.3f}"

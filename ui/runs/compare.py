"""Several runs side by side: their curves in one chart, their best epochs, the settings that differ."""

import csv
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st
from PIL.ImageColor import getrgb

from segcore.errors import BadRun
from segcore.export.sections import Named, Toned
from segcore.runs import MOST_COMPARED, Compared, compared, differences, obstacles, open_run, readable
from segcore.types import Colour
from ui import links, state
from ui.components import curves
from ui.known_names import class_name
from ui.runs import way_back
from ui.text import names, plain, t, translated
from ui.widgets import download_button, run_text
from ui.widgets.tables import Cell, Link, table

_MOST_LETTERS = 4000


class Measure(NamedTuple):
    """A metric or fact by which runs are compared."""

    name: str  # for `Compared.number`
    title: str
    digits: int  # after the point
    more_is: str  # whether a larger number is "good" or "bad"; "" for neither


def show(listed: str) -> None:
    """Draw the comparison of runs by their names, separated by commas: unchecked, from an address."""
    runs = _runs(listed)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(t("compare.title"), anchor=False)
        way_back.button()
    if len(runs) < 2:
        st.info(t("compare.too_few", most=MOST_COMPARED), icon=":material/compare_arrows:")
        return
    colours = {name: getrgb(css)[:3] for name, css in curves.run_colours([run.run.name for run in runs]).items()}
    titles = run_text.titles(run.run for run in runs)
    for word in obstacles(runs):
        st.warning(t(f"compare.obstacle.{word}"), icon=":material/balance:")
    with st.container(key="runs-compared"):
        _best(runs, colours, titles)
        _settings(runs, colours, titles)
    is_active = any(run.facts.is_active for run in runs)
    curves.show([run.run for run in runs], is_active=is_active, key="runs.compare.curves")


def _runs(listed: str) -> list[Compared]:
    """The runs of the address, each once; a name of no run is left out with a warning."""
    wanted = [name for name in dict.fromkeys(listed[:_MOST_LETTERS].split(",")) if name]
    if len(wanted) > MOST_COMPARED:
        st.warning(t("compare.too_many", most=MOST_COMPARED))
    found: list[Compared] = []
    for name in wanted[:MOST_COMPARED]:
        try:
            found.append(compared(open_run(name)))
        except BadRun as error:
            st.warning(plain(translated(error.message)))
    return found


def _best(runs: Sequence[Compared], colours: dict[str, Colour], titles: dict[str, str]) -> None:
    """The best epoch of each run, and its difference from that of the baseline."""
    st.subheader(t("compare.best"), anchor=False)
    options = [run.run.address for run in runs]
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        state.choose_widget("compare.baseline", options, options[0])
        baseline = st.selectbox(
            t("compare.baseline"), options, format_func=titles.__getitem__, key="compare.baseline", width=420
        )
        measures = _measures(runs)
        download_button.draw(
            t("compare.download"), lambda: as_csv(runs, measures), "comparison.csv", "text/csv", key="compare.download"
        )
    against = next(run for run in runs if run.run.address == baseline)
    ordered = [against, *(run for run in runs if run is not against)]
    rows: list[list[Cell]] = [
        [measure.title, *(_value(measure, run, against) for run in ordered)] for measure in measures
    ]
    states: list[Cell] = [Toned(run_text.state(run.facts.state), run_text.tone(run.facts.state)) for run in ordered]
    opened = [Link(t("compare.open"), links.run(run.run.name).url, here=True) for run in ordered]
    table(
        t("compare.best"),
        [t("compare.measure"), *_heads(ordered, colours, titles)],
        [[t("runs.state"), *states], *rows, ["", *opened]],
        numbers=range(1, len(runs) + 1),
    )
    st.caption(t("compare.best.about"))


def _measures(runs: Sequence[Compared]) -> list[Measure]:
    """The metrics; the IoU of each class only if all runs learn the same classes."""
    classes = [run.classes for run in runs if run.classes]
    same = classes[0] if classes and all(each == classes[0] for each in classes) else ()
    return [
        Measure("miou", t("compare.miou"), 3, "good"),
        Measure("epoch", t("compare.epoch"), 0, ""),
        *(
            Measure(f"iou.{index}", t("compare.iou", name=class_name(name)), 3, "good")
            for index, name in enumerate(same)
        ),
        Measure("pixel_accuracy", t("compare.pixel_accuracy"), 3, "good"),
        Measure("mean_dice", t("compare.mean_dice"), 3, "good"),
        Measure("loss", t("compare.loss"), 4, "bad"),
        Measure("took", t("runs.took"), 0, "bad"),
        Measure("images_per_second", t("runs.speed"), 1, "good"),
        Measure("parameters", t("compare.parameters"), 0, ""),
    ]


def _value(measure: Measure, run: Compared, against: Compared) -> Cell:
    """0.613 (+0.021), coloured by whether the difference is an improvement."""
    value, base = run.number(measure.name), against.number(measure.name)
    if value is None:
        return "—"
    if measure.name == "took" and run.facts.is_active:
        word = "starting" if run.facts.state in ("queued", "starting") else "so_far"  # starting again, after a pause
        return t(f"compare.took.{word}", took=run_text.seconds(value))

    def written(number: float) -> str:
        return run_text.seconds(number) if measure.name == "took" else f"{number:,.{measure.digits}f}"

    text = written(value)
    if run is against or base is None or (measure.name == "took" and against.facts.is_active):
        return text  # the time of a run that still trains is no yardstick
    change = round(value - base, measure.digits)
    if change == 0:
        return f"{text} (±0)"
    text += f" ({'−' if change < 0 else '+'}{written(abs(change))})"
    if not measure.more_is:
        return text
    return Toned(text, "good" if (change > 0) == (measure.more_is == "good") else "bad")


def _heads(runs: Sequence[Compared], colours: dict[str, Colour], titles: dict[str, str]) -> list[Cell]:
    """The runs' names, each with the colour of its curves."""
    return [Named(titles[run.run.address], colours[run.run.name]) for run in runs]


def _different(runs: Sequence[Compared]) -> list[tuple[str, list[Any]]]:
    """Settings that differ, then facts of the machines that differ: the name, and the value of each run."""
    return [*differences([run.settings for run in runs]).items(), *differences([run.setup for run in runs]).items()]


def _settings(runs: Sequence[Compared], colours: dict[str, Colour], titles: dict[str, str]) -> None:
    st.subheader(t("compare.settings"), anchor=False)
    found = _different(runs)
    if not found:
        st.caption(t("compare.settings.none"))
        return
    table(
        t("compare.settings"),
        [t("compare.setting"), *_heads(runs, colours, titles)],
        [[title, *map(_written, values)] for title, (_, values) in zip(_titles(runs), found, strict=True)],
    )


def _titles(runs: Sequence[Compared]) -> list[str]:
    """The titles of `_different`: those of the form, and of the facts of a run's machine and data."""
    settings, facts = differences([run.settings for run in runs]), differences([run.setup for run in runs])
    return [*map(_setting, settings), *map(_fact, facts)]


def _setting(name: str) -> str:
    """Learning rate; Model option “width”."""
    outer, _, inner = name.partition(".")
    if inner and outer in names("compare.option"):
        return t(f"compare.option.{outer}", name=inner)
    if name == "augmentation":
        return t("train.group.augmentation")
    if name.replace(".", "_") in names("field"):
        return t(f"field.{name.replace('.', '_')}")
    return f"{t(f'field.{outer}')}: {inner.replace('_', ' ')}" if outer in names("field") else name


def _fact(name: str) -> str:
    """Training images; Versions: torch."""
    outer, _, inner = name.partition(".")
    title = t(f"compare.fact.{outer}") if outer in names("compare.fact") else outer.replace("_", " ")
    return f"{title}: {inner}" if inner else title


def _written(value: Any) -> str:
    match value:
        case None | "" | [] | {}:
            return "—"
        case bool():
            return t("compare.yes") if value else t("compare.no")
        case list():
            return ", ".join(map(_written, value))
        case float():
            return f"{value:g}"
    return str(value)


def as_csv(runs: Sequence[Compared], measures: Sequence[Measure]) -> bytes:
    """One run a line: its best epoch and the settings that differ; UTF-8 with a byte order mark for spreadsheets."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    facts = _different(runs)
    classes = next((run.classes for run in runs if run.classes), ())
    titles = {f"iou.{index}": f"iou {name}" for index, name in enumerate(classes)}
    columns = [titles.get(measure.name, measure.name) for measure in measures]
    writer.writerow(["run", "state", *columns, *(name for name, _ in facts)])
    for at, run in enumerate(runs):
        numbers = [run.number(measure.name) for measure in measures]
        values = [_written(found[at]) for _, found in facts]
        writer.writerow(
            [readable(run.run.name), run.facts.state, *("" if n is None else f"{n:g}" for n in numbers), *values]
        )
    return text.getvalue().encode("utf-8-sig")

"""The panel "Check before start": problems with changes that fix them, time, memory and disk space."""

from typing import Any

import streamlit as st

from segcore.advice import Advice
from segcore.errors import read_message
from segcore.export.sections import Named
from segcore.formatting import byte_size
from segcore.jobs import find_job, job_result
from segcore.train import TrainConfig, data_folders
from segcore.train.checks.preflight import question
from ui import state
from ui.text import plain, t, t_count, translated
from ui.widgets import accepted_problems, advice_card, job_panel, remedies, run_text
from ui.widgets.tables import Cell, facts_table, table
from ui.widgets.tiles import Tile, tiles

_SPLITS = ("train", "val")


def show(config: TrainConfig) -> None:
    """Draw the panel for a configuration. An earlier result stays visible until the changed settings are checked."""
    with st.container(border=True, key="train.preflight.box"):
        st.subheader(t("preflight.title"), anchor=False)
        st.caption(t("preflight.about"))
        asked = question(config, accepted_problems.accepted((*config.data, *config.val_data)))
        report = job_panel.panel(
            "preflight",
            asked,
            files=data_folders(config),
            key="train.preflight",
            label=t("preflight.start"),
            icon=":material/fact_check:",
        )
        if report is not None:
            state.put("train.check", asked)
            _report(report)
            return
        earlier: dict[str, Any] | None = state.get("train.check", None)
        old = None if earlier is None else _answer(earlier)
        if earlier and old:
            changed = [name for name in asked if asked[name] != earlier.get(name) and name != "accept"]
            st.caption(t("preflight.older", names=", ".join(map(remedies.field_name, changed))))
            _report(old)


def _answer(asked: dict[str, Any]) -> dict[str, Any] | None:
    """The result of an earlier check, if it is still on disk."""
    config = TrainConfig.model_validate({name: value for name, value in asked.items() if name != "accept"})
    run = find_job("preflight", asked, files=data_folders(config))
    return None if run is None else job_result(run)


def _report(report: dict[str, Any]) -> None:
    for use in report.get("data_use", ()):
        st.caption(plain(translated(read_message(**use))))
    if report["trial"] is not None:
        _needs(report)
    if not report["findings"]:
        st.success(t("preflight.sound"), icon=":material/check:")
    for index, finding in enumerate(report["findings"]):
        advice_card.draw(Advice.from_json(finding), key=f"train.preflight.finding.{index}")
    with st.expander(t("preflight.data"), key="train.preflight.data"):
        _data(report)


def _needs(report: dict[str, Any]) -> None:
    """Time, memory and disk space as tiles, and how they were measured."""
    trial, disk, facts = report["trial"], report["disk"], report["trial"]["facts"]
    tiles(
        [
            _time(t("preflight.epoch"), report["time"]["epoch"]),
            _time(t("preflight.run"), report["time"]["run"]),
            _bytes(t("preflight.memory"), trial["peak"], trial["memory_free"]),
            _bytes(t("preflight.disk"), disk["needed"], disk["free"]),
        ]
    )
    measured = t(
        "preflight.measured",
        device=plain(f"{facts['device']} ({facts['device_name']})"),
        precision=facts["precision"],
        parameters=f"{facts['parameters'] / 1e6:.2g}",
        step=f"{1000 * report['time']['step'][1]:.0f}",
    )
    memory_kind = t(f"preflight.memory.{trial['memory_kind']}")
    st.caption(f"{measured} {memory_kind}")


def _time(what: str, seconds: list[float]) -> Tile:
    low, middle, high = map(run_text.seconds, seconds)
    return Tile(what, middle, "" if low == high else f"{low} – {high}")


def _bytes(what: str, needed: int, free: int) -> Tile:
    return Tile(what, byte_size(needed), t("preflight.free", size=byte_size(free)))


def _data(report: dict[str, Any]) -> None:
    """Shares of the classes in both splits, and image sizes."""
    train, val = report["data"]["train"], report["data"]["val"]
    rows: list[list[Cell]] = []
    for index, name in enumerate(report["classes"]):
        row: list[Cell] = [Named(name, tuple(report["colours"][index]))]
        for split in (train, val):
            row += [f"{100 * split['shares'][index]:.2f} %", str(split["showing"][index])]
        rows.append(row)
    head = [t("preflight.class")]
    for split in _SPLITS:
        head += [t(f"preflight.pixels.{split}"), t(f"preflight.showing.{split}")]
    table(t("preflight.classes"), head, rows, numbers=(1, 2, 3, 4))
    facts_table(
        t("preflight.sizes"), [(t(f"preflight.split.{split}"), _sizes(report["data"][split])) for split in _SPLITS]
    )


def _sizes(split: dict[str, Any]) -> str:
    """The number of images and their sizes; one size where all have the same."""
    sizes = [split[which] for which in ("smallest", "median", "largest")]
    shown = ["—" if size is None else f"{size[1]} × {size[0]}" for size in sizes]
    if len(set(shown)) == 1:
        return t_count("preflight.same", split["images"], size=shown[0])
    return t("preflight.images", count=split["images"], sizes=" / ".join(shown))

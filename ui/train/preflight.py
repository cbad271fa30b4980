"""The panel "Check before start": what would go wrong, how long it takes, what it needs, with changes at a press."""

from typing import Any

import streamlit as st

from segcore.errors import read_message
from segcore.formatting import byte_size
from segcore.jobs import find_job, job_result
from segcore.train import TrainConfig, data_folders
from segcore.train.checks.preflight import question
from ui import state
from ui.text import plain, t, t_count, translated
from ui.widgets import forms, job_panel, run_text
from ui.widgets.tables import Cell, Chip, facts_table, table
from ui.widgets.tiles import Tile, tiles

_BOXES = {"error": st.error, "warning": st.warning, "note": st.info}
_ICONS = {"error": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}

_SPLITS = ("train", "val")


def show(config: TrainConfig) -> None:
    """Draw the panel for a configuration. An earlier check stays in sight until the changed settings are checked."""
    with st.container(border=True, key="train.preflight.box"):
        st.subheader(t("preflight.title"), anchor=False)
        st.caption(t("preflight.about"))
        asked = question(config)
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
        earlier = state.get("train.check", None)
        old = None if earlier is None else _answer(earlier)
        if earlier is not None and old is not None:
            changed = [name for name in asked if asked[name] != earlier.get(name)]
            st.caption(t("preflight.older", names=", ".join(map(_field, changed))))
            _report(old)


def _answer(asked: dict[str, Any]) -> dict[str, Any] | None:
    """The answer to an earlier question, if it is still on disk."""
    config = TrainConfig.model_validate(asked)
    run = find_job("preflight", asked, files=data_folders(config))
    return None if run is None else job_result(run)


def _report(report: dict[str, Any]) -> None:
    if report["trial"] is not None:
        _needs(report)
    if not report["findings"]:
        st.success(t("preflight.sound"), icon=":material/check:")
    for index, finding in enumerate(report["findings"]):
        _finding(index, finding)
    with st.expander(t("preflight.data"), key="train.preflight.data"):
        _data(report)


def _needs(report: dict[str, Any]) -> None:
    """Time, memory and disk as tiles, and how they were measured."""
    trial, facts = report["trial"], report["trial"]["facts"]
    free = byte_size(report["disk"]["free"])
    tiles(
        [
            Tile(t("preflight.epoch"), run_text.seconds(report["time"]["epoch"][1]), _range(report["time"]["epoch"])),
            Tile(t("preflight.run"), run_text.seconds(report["time"]["run"][1]), _range(report["time"]["run"])),
            Tile(
                t("preflight.memory"),
                byte_size(trial["peak"]),
                t("preflight.free", size=byte_size(trial["memory_free"])),
            ),
            Tile(t("preflight.disk"), byte_size(report["disk"]["needed"]), t("preflight.free", size=free)),
        ]
    )
    st.caption(
        t(
            "preflight.measured",
            device=plain(f"{facts['device']} ({facts['device_name']})"),
            precision=facts["precision"],
            parameters=f"{facts['parameters'] / 1e6:.2g}",
            step=f"{1000 * report['time']['step'][1]:.0f}",
        )
        + " "
        + t(f"preflight.memory.{trial['memory_kind']}")
    )


def _range(seconds: list[float]) -> str:
    low, _, high = (run_text.seconds(value) for value in seconds)
    return "" if low == high else f"{low} – {high}"


def _finding(index: int, finding: dict[str, Any]) -> None:
    """A box with what was found and what to do; under it a button that changes the form."""
    with st.container(key=f"train.preflight.finding.{index}", gap="xsmall"):
        text = read_message(finding["text"], finding.get("message"))
        _BOXES[finding["severity"]](
            f"**{plain(translated(text))}**  \n{plain(translated(finding['advice']))}",
            icon=_ICONS[finding["severity"]],
        )
        if finding["change"]:
            changes = ", ".join(f"{_field(name)} → {plain(str(value))}" for name, value in finding["change"].items())
            done = all(forms.shows(name, value) for name, value in finding["change"].items())
            st.button(
                t("preflight.changed", changes=changes) if done else t("preflight.change", changes=changes),
                key=f"train.preflight.change.{index}",
                icon=":material/check:" if done else ":material/edit:",
                disabled=done,
                on_click=forms.change,
                args=(finding["change"],),
            )


def _field(name: str) -> str:
    """What the form calls a setting; the augmentation is a whole group of it."""
    return t("train.group.augmentation") if name == "augmentation" else t(f"field.{name.replace('.', '_')}")


def _data(report: dict[str, Any]) -> None:
    """Classes with their shares in both splits, and sizes."""
    train, val = report["data"]["train"], report["data"]["val"]

    rows: list[list[Cell]] = []
    for index, name in enumerate(report["classes"]):
        row: list[Cell] = [Chip(name, tuple(report["colours"][index]))]
        for split in (train, val):
            row += [f"{100 * split['shares'][index]:.2f} %", str(split["showing"][index])]
        rows.append(row)
    head = [t("preflight.class")]
    for split in _SPLITS:
        head += [t(f"preflight.pixels.{split}"), t(f"preflight.showing.{split}")]
    table(t("preflight.classes"), head, rows, numbers=(1, 2, 3, 4))
    facts_table(
        t("preflight.sizes"),
        [(t(f"preflight.split.{split}"), _sizes(report["data"][split])) for split in _SPLITS],
    )


def _sizes(split: dict[str, Any]) -> str:
    """How many images, and of which sizes; one size where all have the same."""
    sizes = [split[which] for which in ("smallest", "median", "largest")]
    shown = ["—" if size is None else f"{size[1]} × {size[0]}" for size in sizes]
    if len(set(shown)) == 1:
        return t_count("preflight.same", split["images"], size=shown[0])
    return t("preflight.images", count=split["images"], sizes=" / ".join(shown))

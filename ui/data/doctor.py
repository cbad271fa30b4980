"""What is wrong with a dataset, each finding as a card, and a repaired copy."""

from typing import Any

import streamlit as st

from segcore import paths
from segcore.data import REPAIRABLE
from segcore.data.dataset_repair import USUAL
from segcore.errors import read_message
from ui import state
from ui.text import plain, t, t_count, translated
from ui.widgets import forms, frame, job_panel
from ui.widgets.dataset_picker import Choice
from ui.widgets.presets import PRESETS

_BOXES = {"error": st.error, "warning": st.warning, "note": st.info}
_ICONS = {"error": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}
_NAMED = 6


def show(choice: Choice) -> None:
    """Draw the panel."""
    st.caption(t("data.doctor.about"))
    settings = {"data": choice.spec}
    answer = job_panel.panel(
        "dataset_check", settings, files=choice.files, key="data.check", label=t("data.doctor.start"),
        icon=":material/health_and_safety:",
    )  # fmt: skip
    if answer is None:
        return
    if not answer["findings"]:
        st.success(t_count("data.doctor.sound", answer["looked_at"]), icon=":material/check:")
        _train_on(choice.spec)
        return
    for finding in answer["findings"]:
        _card(finding)
    _repair(choice, answer)


def _card(finding: dict[str, Any]) -> None:
    with st.container(key=f"data.finding.{finding['kind']}", gap="xsmall"):
        head = t("data.doctor.finding", title=plain(translated(finding["title"])), count=finding["count"])
        parts = finding.get("messages") or [None] * len(finding["details"])  # checks of older versions have none
        details = ";  \n".join(
            plain(translated(read_message(*each))) for each in zip(finding["details"], parts, strict=True)
        )
        told = [details, *(plain(translated(finding[part])) for part in ("why", "advice"))]
        _BOXES[finding["severity"]](
            f"**{head}**  \n" + "  \n".join(filter(None, told)), icon=_ICONS[finding["severity"]]
        )
        with st.expander(t("data.doctor.files")):
            st.text("\n".join(finding["files"]))
            if finding["count"] > len(finding["files"]):
                st.caption(t("data.doctor.more", count=finding["count"] - len(finding["files"])))


def _repair(choice: Choice, answer: dict[str, Any]) -> None:
    """What to mend and where the copy goes; the button; then the way to train on it."""
    found = [each["kind"] for each in answer["findings"] if each["kind"] in REPAIRABLE]
    st.subheader(t("data.repair"), anchor=False)
    if not answer["repairable"] or not found:
        st.caption(t("data.repair.not"))
        return
    st.caption(t("data.repair.about"))
    titles = {each["kind"]: translated(each["title"]) for each in answer["findings"]}
    kinds = st.pills(
        t("data.repair.kinds"),
        found,
        selection_mode="multi",
        default=[kind for kind in found if kind in USUAL],
        format_func=lambda kind: plain(titles[kind]),
        key=f"data.repair.kinds.{'-'.join(found)}",  # a choice among other findings is no choice here
    )
    drop = st.checkbox(t("data.repair.drop"), key="data.repair.drop", help=t("data.repair.drop.help"))
    place = choice.files[0].resolve()
    if state.widget("data.repair.of") != str(place):  # another dataset than before: another place for its copy
        state.set_widget("data.repair.of", str(place))
        state.set_widget("data.repair.to", str(paths.data_dir() / f"{place.name}-repaired"))
    to = st.text_input(t("data.repair.to"), key="data.repair.to")
    report = job_panel.panel(
        "dataset_repair",
        {"data": choice.spec, "to": to, "kinds": sorted(kinds), "drop": drop},
        files=choice.files,
        key="data.repair",
        label=t("data.repair.start"),
        icon=":material/healing:",
    )
    if report is None:
        return
    lines = [f"- {plain(titles.get(kind, kind))}: {count}" for kind, count in report["mended"].items()]
    st.success(
        t("data.repair.done", folder=plain(report["folder"]), count=report["pairs"]) + "\n" + "\n".join(lines),
        icon=":material/check:",
    )
    for kind, files in report["left"].items():
        names = plain(", ".join(files[:_NAMED]))
        st.warning(t("data.repair.left", title=plain(titles.get(kind, kind)), count=len(files), names=names))
    _train_on(report["folder"])


def _train_on(spec: str) -> None:
    if st.button(t("data.train"), key="data.train", icon=":material/play_arrow:", type="primary"):
        if state.widget("train.model") is None:
            forms.fill(PRESETS["balanced"])
            state.set_widget("train.preset", "balanced")
        forms.change({"data": [spec]})
        st.switch_page(frame.PAGES / "train.py")

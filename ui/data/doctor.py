"""The problems of a dataset, one card each, and a repaired copy."""

from typing import Any

import streamlit as st

from segcore import paths
from segcore.advice import Advice
from segcore.data import REPAIRABLE, require_allowed
from segcore.data.dataset_repair import USUAL
from segcore.data.doctor import limits
from segcore.errors import read_message
from ui import links, state
from ui.data import copies
from ui.text import plain, spoken, t, translated
from ui.widgets import advice_card, job_panel
from ui.widgets.dataset_picker import DatasetChoice

_NAMED = 6
_COPIES = ("cross_split_duplicate", "near_duplicate", "duplicate")


def show(choice: DatasetChoice) -> None:
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
        st.success(plain(translated(limits.sound(answer["looked_at"]))), icon=":material/check:")
        _limits(choice, answer["looked_at"])
        _train_on(choice.spec)
        return
    findings = [Advice.from_json(finding) for finding in answer["findings"]]
    for finding in findings:
        advice_card.draw(finding, key=f"data.finding.{finding.name}")
        groups = answer["groups"].get(finding.name, [])
        if groups and finding.name in _COPIES:
            copies.show(choice, groups, key=f"data.copies.{finding.name}")
    _limits(choice, answer["looked_at"])
    _repair(choice, findings, is_repairable=answer["repairable"])


def _limits(choice: DatasetChoice, looked_at: int) -> None:
    """What the check cannot know about this dataset."""
    lines = [plain(translated(line)) for line in limits.unknown(choice.splits, looked_at)]
    st.caption(plain(translated(limits.UNKNOWN)) + "".join(f"\n- {line}" for line in lines))


def _repair(choice: DatasetChoice, findings: list[Advice], *, is_repairable: bool) -> None:
    """What to repair, the folder of the copy and the button that starts; then the report.

    Raises:
        BadDataset: the server's owner does not allow that folder.
    """
    titles = {each.name: each.wording("what", spoken(), plain) for each in findings}
    found = [name for name in titles if name in REPAIRABLE]
    st.subheader(t("data.repair"), anchor=False)
    if not is_repairable or not found:
        st.caption(t("data.repair.not"))
        return
    st.caption(t("data.repair.about"))
    kinds = st.pills(
        t("data.repair.kinds"),
        found,
        selection_mode="multi",
        default=[kind for kind in found if kind in USUAL],
        format_func=titles.__getitem__,
        key=f"data.repair.kinds.{'-'.join(found)}",  # a selection among other findings does not apply here
    )
    drop = st.checkbox(t("data.repair.drop"), key="data.repair.drop", help=t("data.repair.drop.help"))
    place = choice.files[0].resolve()
    if state.changed("data.repair.of", str(place)):
        state.set_widget("data.repair.to", str(paths.data_dir() / f"{place.name}-repaired"))
    to = st.text_input(t("data.repair.to"), key="data.repair.to")
    require_allowed(to)
    report = job_panel.panel(
        "dataset_repair",
        {"data": choice.spec, "to": to, "kinds": sorted(kinds), "drop": drop},
        files=choice.files,
        key="data.repair",
        label=t("data.repair.start"),
        icon=":material/healing:",
    )
    if report is not None:
        _report(report, titles)


def _report(report: dict[str, Any], titles: dict[str, str]) -> None:
    lines = [f"- {titles.get(kind, kind)}: {count}" for kind, count in report["mended"].items()]
    st.success(
        t("data.repair.done", folder=plain(report["folder"]), count=report["pairs"]) + "\n" + "\n".join(lines),
        icon=":material/check:",
    )
    for note in report["unproven"]:
        st.info(plain(translated(read_message("", note))), icon=":material/visibility:")
    for kind, files in (report["left"] | report["remaining"]).items():
        names = plain(", ".join(files[:_NAMED]))
        st.warning(t("data.repair.left", title=titles.get(kind, kind), count=len(files), names=names))
    _train_on(report["folder"])


def _train_on(spec: str) -> None:
    if st.button(t("data.train"), key="data.train", icon=":material/play_arrow:", type="primary"):
        links.train_on(spec).open()

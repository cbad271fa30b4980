"""The check and the repair of a dataset as short jobs of the dashboard."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from segcore.data.doctor.dataset import examine, own_layout
from segcore.data.repair import repair_dataset

MOST_FILES = 200
"""So many files of a finding are in the answer; its count tells how many there are."""

Emit = Callable[..., Any]
Asked = Callable[[], Any]


def check(settings: Mapping[str, Any], emit: Emit, asked: Asked, folder: Path) -> dict[str, Any] | None:  # noqa: ARG001
    """Check a dataset. Settings: ``data``, a spec. Answer: findings, looked_at, repairable."""
    diagnosis = examine(settings["data"], _step(emit, asked, "checking"))
    if diagnosis is None:
        return None
    findings = [
        asdict(replace(each, files=each.files[:MOST_FILES])) | {"messages": [part.to_json() for part in each.details]}
        for each in diagnosis.findings
    ]
    repairable = own_layout(settings["data"]) is not None
    return {"findings": findings, "looked_at": diagnosis.looked_at, "repairable": repairable}


def repair(settings: Mapping[str, Any], emit: Emit, asked: Asked, folder: Path) -> dict[str, Any] | None:  # noqa: ARG001
    """Repair a dataset. Settings: ``data``, ``to``, ``kinds`` and ``drop``. Answer: a `RepairReport`."""
    report = repair_dataset(
        own_layout(settings["data"]) or settings["data"],
        settings["to"],
        settings["kinds"],
        drop=settings["drop"],
        step=_step(emit, asked, "repairing"),
    )
    if report is None:
        return None
    left = {kind: files[:MOST_FILES] for kind, files in report.left.items()}
    return asdict(report) | {"left": left, "dropped": report.dropped[:MOST_FILES]}


def _step(emit: Emit, asked: Asked, doing: str) -> Callable[[int, int], bool]:
    def step(done: int, total: int) -> bool:
        emit("progress", done=done, total=total, doing=doing)
        return asked() is not None

    return step

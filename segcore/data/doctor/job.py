"""The check and the repair of a dataset as short jobs of the dashboard."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from segcore.data.dataset_repair import repair_dataset
from segcore.data.doctor.dataset import examine, own_layout
from segcore.job_context import JobContext

MOST_FILES = 200
"""So many files of a finding are in the answer; its count tells how many there are."""


def check(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Check a dataset. Settings: ``data``, a spec. Answer: findings, looked_at, repairable."""
    diagnosis = examine(settings["data"], job.reporter("checking"))
    assert diagnosis is not None, "the reporter never gives up"
    findings = [
        asdict(replace(each, files=each.files[:MOST_FILES])) | {"messages": [part.to_json() for part in each.details]}
        for each in diagnosis.findings
    ]
    repairable = own_layout(settings["data"]) is not None
    return {"findings": findings, "looked_at": diagnosis.looked_at, "repairable": repairable}


def repair(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Repair a dataset. Settings: ``data``, ``to``, ``kinds`` and ``drop``. Answer: a `RepairReport`."""
    report = repair_dataset(
        own_layout(settings["data"]) or settings["data"],
        settings["to"],
        settings["kinds"],
        drop=settings["drop"],
        step=job.reporter("repairing"),
    )
    assert report is not None, "the reporter never gives up"
    left = {kind: files[:MOST_FILES] for kind, files in report.left.items()}
    return asdict(report) | {"left": left, "dropped": report.dropped[:MOST_FILES]}

"""The check and the repair of a dataset as short jobs of the dashboard."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from segcore.data.dataset_repair import repair_dataset
from segcore.data.doctor.dataset import examine, own_layout
from segcore.data.doctor.kinds import doctor_json
from segcore.job_context import JobContext

MOST_GROUPS = 60
"""Maximum number of groups of copies of a finding in the result."""
MOST_FILES = 200
"""Maximum number of files of a finding in the result; its count is that of all."""


def check(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Check the dataset ``data``, a spec. The result has ``findings``, ``looked_at`` and ``repairable``.

    ``groups`` are the names of images that show the same, by the kind of finding.
    """
    diagnosis = examine(settings["data"], job.reporter("checking"))
    findings = []
    for each in diagnosis.findings:
        short = replace(each, facts={**each.facts, "files": each.facts["files"][:MOST_FILES]})
        findings.append(doctor_json(short) | short.to_json())
    repairable = own_layout(settings["data"]) is not None
    groups = {kind: [list(group) for group in found[:MOST_GROUPS]] for kind, found in diagnosis.groups.items()}
    return {"findings": findings, "looked_at": diagnosis.looked_at, "repairable": repairable, "groups": groups}


def repair(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Repair the dataset ``data``: ``to``, ``kinds`` and ``drop`` as for `repair_dataset`, whose report it returns."""
    report = repair_dataset(
        own_layout(settings["data"]) or settings["data"],
        settings["to"],
        settings["kinds"],
        drop=settings["drop"],
        step=job.reporter("repairing"),
    )
    left = {kind: files[:MOST_FILES] for kind, files in report.left.items()}
    remaining = {kind: files[:MOST_FILES] for kind, files in report.remaining.items()}
    short = {"left": left, "remaining": remaining, "dropped": report.dropped[:MOST_FILES], "snapped": {}}
    return asdict(report) | short | {"unproven": [text.to_json() for text in report.unproven]}

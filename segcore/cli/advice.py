"""Advice in a shell, the same for the doctor, the preflight check, the coach and failed runs."""

from collections.abc import Iterator
from typing import Any

from segcore.advice import Advice, listed, shell_command


def advice_lines(advice: Advice, run: str = "") -> Iterator[str]:
    """What was found, why it matters, what to do, and commands for the remedies, which may be about a run."""
    count = f" ({advice.facts['count']})" if "files" in advice.facts else ""
    yield f"{advice.severity}: {advice.wording('what')}{count}"
    if advice.facts.get("details"):
        yield f"  {'; '.join(advice.facts['details'])}"
    if advice.facts.get("files"):
        yield f"  {listed(advice.facts['files'])}"
    if why := advice.wording("why"):
        yield f"  {why}"
    if do := advice.wording("do"):
        yield f"  → {do}"
    for remedy in advice.remedies:
        yield f"  → {shell_command(remedy, run)}"


def advice_json(advice: Advice) -> dict[str, Any]:
    """Advice of the coach as ``runs show --json`` prints it."""
    return {
        "rule": advice.name,
        "numbers": dict(advice.facts),
        "severity": advice.severity,
        "remedies": [{"changes": dict(remedy.changes), "way": remedy.kind} for remedy in advice.remedies],
        "lesson": advice.lesson,
    }

"""Check of a dataset before training."""

from collections.abc import Callable
from pathlib import Path

from segcore.advice import Advice
from segcore.data.doctor.dataset import examine
from segcore.data.doctor.folder import examine_folder
from segcore.data.doctor.kinds import KINDS, doctor_json

__all__ = ["KINDS", "check_dataset", "doctor_json", "examine", "examine_folder"]


def check_dataset(path: str | Path, step: Callable[[int, int], bool] | None = None) -> list[Advice]:
    """The problems of a dataset, in the order of KINDS; [] for a sound one, or when ``step`` cancelled the check.

    Raises:
        BadDataset: there is no such folder, or no layout matches.
    """
    diagnosis = examine(path, step)
    return [] if diagnosis is None else diagnosis.findings

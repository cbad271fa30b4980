"""Check of a dataset before training.

kinds.py     every kind of problem: its severity, and whether it can be repaired
record.py    the notes that are taken while files are read
masks.py     one mask: class ids, or what it holds instead
copies.py    the same image twice: exactly, nearly, or as frames of one sequence
survey.py    what only all files together show: absent classes, 0/255, brightness
folder.py    the check of a folder of images and masks
dataset.py   the check of a dataset of another layout, which its own loader reads
job.py       the check and the repair as short jobs of the dashboard
"""

from collections.abc import Callable
from pathlib import Path

from segcore.advice import Advice
from segcore.data.doctor.dataset import examine, own_layout
from segcore.data.doctor.folder import examine_folder
from segcore.data.doctor.kinds import KINDS, doctor_json
from segcore.data.doctor.record import Diagnosis

__all__ = ["KINDS", "Diagnosis", "check_dataset", "doctor_json", "examine", "examine_folder", "own_layout"]


def check_dataset(path: str | Path, step: Callable[[int, int], bool] | None = None) -> list[Advice]:
    """The problems of a dataset, in the order of KINDS; [] for a sound one, or when the check was cancelled.

    Args:
        path: the dataset, as for ``open_dataset``.
        step: called with the number of pairs read and of all pairs; True cancels.

    Raises:
        BadDataset: there is no such folder, or no layout matches.
    """
    diagnosis = examine(path, step)
    return [] if diagnosis is None else diagnosis.findings

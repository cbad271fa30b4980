"""What is wrong with a dataset, found before training does.

kinds.py     every kind of problem: how grave, why it matters, what to do
record.py    what is gathered while files are read
masks.py     one mask: class ids, or what it holds instead
copies.py    the same picture twice: exactly, nearly, or as frames of one sequence
survey.py    what only all files together show: absent classes, 0/255, brightness
folder.py    the walk through a folder of images and masks
dataset.py   the walk through a dataset of another layout, which its own loader reads
job.py       the check and the repair as short jobs of the dashboard
"""

from collections.abc import Callable
from pathlib import Path

from segcore.data.doctor.dataset import examine, own_layout
from segcore.data.doctor.folder import examine_folder
from segcore.data.doctor.kinds import KINDS, Finding
from segcore.data.doctor.record import Diagnosis

__all__ = ["KINDS", "Diagnosis", "Finding", "check_dataset", "examine", "examine_folder", "own_layout"]


def check_dataset(path: str | Path, step: Callable[[int, int], bool] | None = None) -> list[Finding]:
    """Look for everything that is known to go wrong in a dataset.

    Args:
        path: the dataset, as for ``open_dataset``.
        step: told how many pairs were read, of how many; True gives up.

    Returns:
        Findings, the graver kinds first; [] for a sound dataset, or when it was given up.

    Raises:
        BadDataset: there is no such folder, or nobody recognises it.
    """
    diagnosis = examine(path, step)
    return [] if diagnosis is None else diagnosis.findings

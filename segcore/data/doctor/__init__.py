"""Check of a dataset before training."""

from pathlib import Path

from segcore.advice import Advice
from segcore.data.doctor.dataset import examine
from segcore.data.doctor.folder import examine_folder
from segcore.data.doctor.kinds import KINDS, doctor_json
from segcore.data.doctor.record import Step, ignore_step


def check_dataset(path: str | Path, step: Step = ignore_step) -> list[Advice]:
    """The problems of a dataset, in the order of KINDS; [] for a sound one.

    Raises:
        BadDataset: there is no such folder, or no layout matches.
    """
    return examine(path, step).findings

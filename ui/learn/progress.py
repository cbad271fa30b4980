"""The learner's progress in each lesson, kept in ``learn.json``."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from segcore import paths
from ui.learn import records


@dataclass(frozen=True)
class LearnerProgress:
    """Progress in one lesson."""

    guessed: bool = False  # a guess was entered
    explained: bool = False  # "What happened?" was answered, correctly or not
    asked: int = 0  # number of answered questions
    right: int = 0  # of these, correct at the first attempt

    @property
    def done(self) -> bool:
        """Predicted, explained, and one question answered correctly."""
        return self.guessed and self.explained and self.right > 0


def file() -> Path:
    """The file, in the user's folder."""
    return paths.home() / "learn.json"


def all_progress() -> dict[str, LearnerProgress]:
    """Progress by the name of the lesson."""
    return {name: records.record(LearnerProgress, value) for name, value in records.read(file()).items()}


def of(lesson: str) -> LearnerProgress:
    """Progress in one lesson."""
    return all_progress().get(lesson, LearnerProgress())


def note(lesson: str, **changes: Any) -> LearnerProgress:
    """Store a change; without effect on disk if it cannot be written."""
    changed = replace(of(lesson), **changes)
    everything = all_progress() | {lesson: changed}
    records.write(file(), {name: asdict(each) for name, each in everything.items()})
    return changed

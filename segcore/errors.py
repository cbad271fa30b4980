"""What a person can mend, as sentences.

    SegcoreError            something the user can fix; str(error) is shown to them as it is
    ├── BadImage            a photo or label file that cannot be read
    ├── BadDataset          a folder that is no dataset, or whose masks contradict its classes
    │   ├── BadClasses      the classes of datasets that do not fit together
    │   ├── MissingData     a folder or file of a dataset that is not there, or no longer
    │   └── UnknownLabel    a mask holds a value that is no class
    ├── BadConfig           options or a training configuration with problems, all of them at once
    ├── BadCheckpoint       a file of weights that is no checkpoint, or does not fit
    ├── BadRun              a run folder that is missing, unreadable or in the wrong state
    └── NotAvailable        needs a network, a device or a package that is not here

A wrong call inside our own code is a ``ValueError``; ``assert`` is for the impossible.

Every message says three things: the value that was met, what was expected, and what to do.
"""

from typing import Any


class SegcoreError(Exception):
    """Base of all errors whose text is written for the person in front of the screen.

    Args:
        sentence: what happened, what was expected, what to do.
        facts: the same for programs, as plain JSON values: a page makes buttons of them.
    """

    def __init__(self, sentence: str = "", **facts: Any) -> None:
        super().__init__(sentence)
        self.facts = facts


class BadImage(SegcoreError):
    """A photo or label map could not be read."""


class BadDataset(SegcoreError):
    """A dataset folder is incomplete or contradicts itself."""


class BadClasses(BadDataset):
    """Datasets that are to be used together disagree about their classes."""


class MissingData(BadDataset):
    """A folder or file of a dataset is not there, or no longer."""


class UnknownLabel(BadDataset):
    """A mask holds a value that is no class."""


class BadConfig(SegcoreError):
    """Options do not make sense; the text lists every problem found, one a line."""


class BadCheckpoint(SegcoreError):
    """A checkpoint is missing, is no checkpoint, or does not fit the model."""


class BadRun(SegcoreError):
    """A run is missing, unreadable or not in the state that was asked of it."""


class NotAvailable(SegcoreError):
    """Something outside the program is missing: a network, a device, a package."""

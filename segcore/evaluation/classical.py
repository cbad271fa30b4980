"""Methods without a network, scored on data with truth. How a region comes by a class has to be said.

rule      for methods that tell an object from its background: every class of the data but its background is "object".
          Nothing of the truth is used. A mapping may say otherwise, as for checkpoints ("cat=object,*=ignore").
oracle    for any method: every region gets the class that most of its pixels truly have. This uses the truth, so it is
          no prediction but an upper bound, see ``segcore.classical.oracle``.

A report names the assignment in the name of what was judged, "slic-oracle", and in its convention.
"""

import time
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from segcore.checkpoint import CheckpointCard
from segcore.classical import Method, best_classes, method_of, settings_of
from segcore.data import SegDataset
from segcore.errors import BadConfig, Message
from segcore.evaluation.matching import ANY
from segcore.evaluation.measure import Options, evaluate_checkpoint
from segcore.evaluation.report import Report
from segcore.inference import find_regions, segment_classically
from segcore.inference.classical import WORKING_SIDE
from segcore.palette import background_id, default_colours
from segcore.types import RGB, LabelMap, Prediction

Assignment = Literal["rule", "oracle"]
ASSIGNMENTS: tuple[Assignment, ...] = ("rule", "oracle")


class ByRule:
    """A method that tells an object from its background, as something to be evaluated.

    Args:
        method: one that answers with an object.
        settings: all its parameters.
    """

    note = Message(
        "Not a network: which side is the object is decided by a rule that knows nothing of classes (it touches the "
        "border less, or holds the given point)."
    )
    """What has to be said beside the score."""

    def __init__(self, method: Method, settings: Mapping[str, int]) -> None:
        self.card = _card(method, settings, "rule", method.classes)
        self._method, self._settings = method, settings

    def __call__(self, rgb: RGB, /, *, asked: LabelMap | None = None) -> Prediction:
        """Predict one photo."""
        return segment_classically(rgb, self._method.name, self._settings, asked=asked)


class ByOracle:
    """A method whose regions are named with the truth at hand.

    Args:
        method: any.
        settings: all its parameters.
        dataset: whose classes the regions get.
    """

    def __init__(self, method: Method, settings: Mapping[str, int], dataset: SegDataset) -> None:
        self.card = _card(method, settings, "oracle", dataset.classes, dataset)
        self._method, self._settings = method, settings
        self._regions: list[int] = []

    @property
    def note(self) -> Message:
        """What has to be said beside the score."""
        count = np.mean(self._regions) if self._regions else 0.0
        return Message(
            "Upper bound, oracle assignment: each region was given the class that most of its pixels truly have, "
            "so this is no prediction; it says how well regions keep to the borders of things, and confidences "
            "are right by construction. More regions make it larger: here {count:.0f} an image on average.",
            count=count,
        )

    def __call__(self, rgb: RGB, /, *, asked: LabelMap | None = None) -> Prediction:
        """Find the regions of one photo and name them by what was asked about, which is the truth."""
        if asked is None:
            raise ValueError("an oracle has to be asked about the truth")
        start = time.perf_counter()
        regions = find_regions(rgb, self._method.name, self._settings)
        seconds = time.perf_counter() - start
        labels, purity = best_classes(regions, asked, self.card.num_classes)
        self._regions.append(int(regions.max()) + 1)
        longer = max(regions.shape)
        shrunk = min(1.0, WORKING_SIDE / longer)
        return Prediction(
            labels=labels,
            confidence=purity,
            runner_up=labels,
            uncertainty=np.zeros(labels.shape, np.float32),
            classes=self.card.classes,
            colours=self.card.colours,
            seconds=seconds,
            working_size=(round(regions.shape[0] * shrunk), round(regions.shape[1] * shrunk)),
            tiles=1,
            engine=self._method.title,
        )


def evaluate_method(
    name: str,
    dataset: SegDataset,
    *,
    parameters: Mapping[str, int] | None = None,
    assign: str | None = None,
    mapping: Mapping[str, str] | None = None,
    split: str | None = None,
    source: str = "",
    progress: Callable[[int, int], object] | None = None,
    limit: int | None = None,
    options: Options | None = None,
) -> Report:
    """Score a method on every image of a dataset.

    Args:
        name: of the method.
        dataset: with truth.
        parameters: of the method; what is not given is as in the table.
        assign: "rule" or "oracle"; None: the rule where the method has an object, else the oracle.
        mapping: as for ``evaluate_checkpoint``, and so are all that follow.
        split: name of the part that ``dataset`` is.
        source: what it was opened by.
        progress: called after each image.
        limit: only so many images.
        options: what else to measure.

    Raises:
        BadConfig: no such method, parameter or assignment; the rule for a method or data that have no background.
        BadDataset: as from ``evaluate_checkpoint``.
    """
    labeller, usual = labeller_of(name, dataset, parameters, assign)
    report = evaluate_checkpoint(
        labeller,
        dataset,
        mapping={**usual, **(mapping or {})} or None,
        split=split,
        source=source,
        progress=progress,
        limit=limit,
        options=options,
    )
    note = labeller.note
    return report.model_copy(
        update={"convention": f"{report.convention} {note}", "note": note, "note_message": note.to_json()}
    )


def labeller_of(
    name: str, dataset: SegDataset, parameters: Mapping[str, int] | None = None, assign: str | None = None
) -> tuple[ByRule | ByOracle, dict[str, str]]:
    """What predicts, and which class of the data is which of its classes; see ``evaluate_method``."""
    method = method_of(name)
    settings = settings_of(method, parameters)
    chosen = assign or ("rule" if method.answers == "object" else "oracle")
    if chosen not in ASSIGNMENTS:
        raise BadConfig(
            "There is no assignment “{chosen}”. Choose one of {known}.", chosen=chosen, known=list(ASSIGNMENTS)
        )
    if chosen == "oracle":
        return ByOracle(method, settings, dataset), {}
    if method.answers != "object":
        raise BadConfig(
            "{method} makes {answers}, which have no names, so there is no rule for them. Choose the assignment "
            "oracle.",
            method=method.title,
            answers=Message(method.answers),
        )
    if background_id(dataset.classes) is None:
        raise BadConfig(
            "“{name}” has no background: its first class is “{first}”. {method} can only tell an object from a "
            "background. Choose the assignment oracle.",
            name=dataset.name,
            first=dataset.classes[0],
            method=method.title,
        )
    return ByRule(method, settings), {dataset.classes[0]: "background", ANY: "object"}


def _card(
    method: Method,
    settings: Mapping[str, int],
    assign: Assignment,
    classes: tuple[str, ...],
    dataset: SegDataset | None = None,
) -> CheckpointCard:
    title = f"{method.title}, oracle assignment" if assign == "oracle" else f"{method.title}, object by rule"
    return CheckpointCard(
        name=f"{method.name}-{assign}",
        title=title,
        architecture=f"classical/{method.name}",
        options=dict(settings),
        classes=classes,
        colours=default_colours(classes) if dataset is None else dataset.colours,
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
    )

"""Evaluation of methods without a network. Regions have no classes, so a class has to be assigned to each.

rule      for methods that separate an object from its background: every class of the data but its background is
          "object". The ground truth is not used. A mapping can override this, as for checkpoints
          ("cat=object,*=ignore").
oracle    for any method: each region gets the class that most of its pixels truly have. This uses the ground truth, so
          it is an upper bound and not a prediction, see ``segcore.classical.oracle``.

The assignment is part of the name in the report, "slic-oracle", and of its convention.
"""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from segcore.checkpoint import CheckpointCard
from segcore.classical import Method, best_classes, method_of, settings_of
from segcore.data import SegDataset
from segcore.errors import BadConfig, Message
from segcore.evaluation.class_matching import ANY
from segcore.evaluation.measure import evaluate_checkpoint
from segcore.evaluation.report import EvaluationReport
from segcore.inference import find_regions, segment_classically
from segcore.inference.classical_predictions import WORKING_SIDE
from segcore.palette import background_id, default_colours
from segcore.types import RGB, LabelMap, Prediction

ASSIGNMENTS = ("rule", "oracle")


class ByRule:
    """A method that separates an object from its background, with all its parameters, as a ``Labeller``."""

    note = Message(
        "Not a network: a rule that has no knowledge of classes decides which side is the object (it touches the "
        "border less, or contains the given point)."
    )
    """For the report, next to the score."""

    def __init__(self, method: Method, settings: Mapping[str, int]) -> None:
        self.card = _card(method, settings)
        self._method, self._settings = method, settings

    def __call__(self, rgb: RGB, /, *, asked: LabelMap | None = None) -> Prediction:
        """Predict one photo."""
        return segment_classically(rgb, self._method.name, self._settings, asked=asked)


class ByOracle:
    """A method whose regions get their classes from the ground truth of a dataset, as a ``Labeller``."""

    def __init__(self, method: Method, settings: Mapping[str, int], dataset: SegDataset) -> None:
        self.card = _card(method, settings, dataset)
        self._method, self._settings = method, settings
        self._regions: list[int] = []

    @property
    def note(self) -> Message:
        """For the report, next to the score."""
        count = np.mean(self._regions) if self._regions else 0.0
        return Message(
            "Upper bound, oracle assignment: each region was given the class that most of its pixels truly have, so "
            "this is not a prediction; it measures how well regions follow the borders of objects, and confidences are "
            "correct by construction. More regions make it larger: here {count:.0f} an image on average.",
            count=count,
        )

    def __call__(self, rgb: RGB, /, *, asked: LabelMap | None = None) -> Prediction:
        """Find the regions of one photo and assign classes by ``asked``, the ground truth."""
        if asked is None:
            raise ValueError("the oracle assignment needs the ground truth")
        start = time.perf_counter()
        regions = find_regions(rgb, self._method.name, self._settings)
        seconds = time.perf_counter() - start
        labels, purity = best_classes(regions, asked, self.card.num_classes)
        self._regions.append(int(regions.max()) + 1)
        shrunk = min(1.0, WORKING_SIDE / max(regions.shape))
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
    **facts: Any,
) -> EvaluationReport:
    """Score a method on every image of a dataset; ``facts`` are further arguments of ``evaluate_checkpoint``.

    ``assign`` is "rule" or "oracle"; None: the rule for methods with an object, else the oracle. Parameters of the
    method that are not given have their defaults.

    Raises:
        BadConfig: unknown method, parameter or assignment; the rule for a method or data without background.
        BadDataset: as from ``evaluate_checkpoint``.
    """
    labeller, usual = labeller_of(name, dataset, parameters, assign)
    report = evaluate_checkpoint(labeller, dataset, mapping={**usual, **(mapping or {})} or None, **facts)
    note = labeller.note
    return report.model_copy(
        update={"convention": f"{report.convention} {note}", "note": note, "note_message": note.to_json()}
    )


def labeller_of(
    name: str, dataset: SegDataset, parameters: Mapping[str, int] | None = None, assign: str | None = None
) -> tuple[ByRule | ByOracle, dict[str, str]]:
    """Return the labeller and its default mapping of classes; arguments as for ``evaluate_method``."""
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
            "“{name}” has no background: its first class is “{first}”. {method} can only separate an object from a "
            "background. Choose the assignment oracle.",
            name=dataset.name,
            first=dataset.classes[0],
            method=method.title,
        )
    return ByRule(method, settings), {dataset.classes[0]: "background", ANY: "object"}


def _card(method: Method, settings: Mapping[str, int], dataset: SegDataset | None = None) -> CheckpointCard:
    """Return the facts of a method: by oracle with the classes of the dataset, by rule without one."""
    return CheckpointCard(
        name=f"{method.name}-{'oracle' if dataset is not None else 'rule'}",
        title=f"{method.title}, {'oracle assignment' if dataset is not None else 'object by rule'}",
        architecture=f"classical/{method.name}",
        options=dict(settings),
        classes=dataset.classes if dataset is not None else method.classes,
        colours=dataset.colours if dataset is not None else default_colours(method.classes),
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
    )

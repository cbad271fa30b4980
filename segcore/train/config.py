"""TrainConfig: everything that determines a training run, validated before anything starts.

One frozen pydantic model serves the command line, the dashboard's form and the run's ``spec.json``. Its fields are in
``config_fields``, the rules that combine several of them in ``config_rules``.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from segcore.advice import half_batch
from segcore.errors import BadConfig, Message, joined
from segcore.losses import LOSSES
from segcore.models import CLASSIFIERS, MODELS, current_model
from segcore.models.classifier import SIDE
from segcore.train.config_fields import ConfigFields
from segcore.train.config_rules import conflicts

CHANGEABLE = (
    *("epochs", "learning_rate", "weight_decay", "clip_norm", "early_stop", "batch_size", "accumulate", "workers"),
    *("log_every_steps", "save_every_minutes", "on_nan", "on_out_of_memory", "samples"),
    *("devices", "nodes", "node_rank", "rendezvous"),
)
"""Settings that may change when a run is resumed: its saved state fits all the same."""

CLASSIFICATION = {"model": "classifier", "data": ["cifar10"], "size": SIDE, "batch_size": 64, "samples": 0}
"""Defaults of a classification."""

CLASSIFICATION_AUGMENTATION: Mapping[str, float] = {"scale_min": 0.9, "scale_max": 1.1}
"""Likewise: scaled by one half or by two, an image of 32 pixels would show little."""


class TrainConfig(ConfigFields):
    """A complete training run: the same configuration and data give the same weights on the CPU of one machine."""

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_task(cls, values: Any) -> Any:
        return with_task_defaults(_with_current_model(values)) if isinstance(values, Mapping) else values

    @field_validator("model")
    @classmethod
    def _known_model(cls, name: str) -> str:
        known = [*MODELS, *CLASSIFIERS]
        if name not in known:
            raise ValueError(Message("there is no model {name!r}; known: {known}", name=name, known=known))
        return name

    @field_validator("loss")
    @classmethod
    def _known_loss(cls, name: str) -> str:
        if name not in LOSSES:
            raise ValueError(Message("there is no loss {name!r}; known: {known}", name=name, known=list(LOSSES)))
        return name

    @field_validator("data")
    @classmethod
    def _some_data(cls, data: tuple[str, ...]) -> tuple[str, ...]:
        if not data:
            raise ValueError(Message("name at least one dataset, for example `shapes`"))
        return data

    @model_validator(mode="after")
    def _fits_together(self) -> "TrainConfig":
        found = conflicts(self)
        if found:
            raise ValueError(joined(found, "; "))
        return self

    def share(self) -> "TrainConfig":
        """The configuration of one process of a distributed training, with its share of a batch on one device."""
        one = {"devices": 1, "nodes": 1, "node_rank": 0, "rendezvous": ""}
        return self.model_copy(update=one | {"batch_size": -(-self.batch_size // self.processes)})

    def halved(self) -> dict[str, Any]:
        """The changes that halve a batch and keep the effective one; {} if a process would be left without an image."""
        changes = half_batch(self.batch_size, self.accumulate)
        return changes if self.processes <= changes["batch_size"] < self.batch_size else {}

    def to_json(self) -> dict[str, Any]:
        """Plain values, as written to a run's spec.json."""
        return self.model_dump(mode="json")


def with_task_defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    """The given settings on top of the defaults of their task."""
    settings = dict(values)
    if settings.get("task") != "classification":
        return settings
    augmentation = settings.get("augmentation", {})
    if isinstance(augmentation, Mapping):
        settings["augmentation"] = {**CLASSIFICATION_AUGMENTATION, **augmentation}
    return {**CLASSIFICATION, **settings}


def _with_current_model(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return settings with the present name of a model that version 0.1 called otherwise."""
    name, options = values.get("model", "unet"), values.get("options", {})
    if not (isinstance(name, str) and isinstance(options, Mapping)):
        return values
    model, current = current_model(name, options)
    return values if (model, current) == (name, options) else {**values, "model": model, "options": current}


def make_config(values: Mapping[str, Any]) -> TrainConfig:
    """Plain values → TrainConfig.

    Raises:
        BadConfig: with every problem, one per line: field, given value, expected value.
    """
    try:
        return TrainConfig.model_validate(dict(values))
    except ValidationError as error:
        raise BadConfig(joined(map(_problem, error.errors()))) from None


def _problem(problem: ErrorDetails) -> Message:
    """One problem as a message; pydantic's own texts are clear once field and value precede them."""
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return Message(
            "{field}: there is no such setting; known: {known}", field=field, known=[*TrainConfig.model_fields]
        )
    own = problem.get("ctx", {}).get("error")  # a ValueError of a validator above
    text = own.args[0] if isinstance(own, ValueError) else problem["msg"]
    if not field:
        return joined([text])
    return Message("{field}: {problem} (given: {value})", field=field, problem=text, value=repr(problem["input"]))

"""TrainConfig: everything that decides a training run, checked before anything starts.

One frozen pydantic model serves the command line, the dashboard's form and the run's ``spec.json``. Each field
carries its help text, its range and the group it is shown under, so that no front end repeats them.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from segcore.checkpoint import Task
from segcore.data import Augmentation
from segcore.errors import BadConfig, Message, joined
from segcore.losses import LOSSES
from segcore.models import CLASSIFIERS, ENCODERS, MODELS, current_model, model_options
from segcore.train.task import begun, problems_of_task

ClassWeights = Literal["none", "median_frequency", "inverse_log", "effective_number"]
Freeze = Literal["none", "norm", "early", "encoder"]
Optimiser = Literal["sgd", "momentum", "adam", "adamw"]
OnNan = Literal["stop", "roll_back"]
OnOutOfMemory = Literal["stop", "halve_batch"]
Precision = Literal["auto", "32", "bf16", "16"]
OnOff = Literal["on", "off"]
Schedule = Literal["constant", "poly", "cosine", "one_cycle", "plateau"]
Switch = Literal["auto", "on", "off"]

CHANGEABLE = (
    *("epochs", "learning_rate", "weight_decay", "clip_norm", "early_stop", "batch_size", "accumulate", "workers"),
    *("log_every_steps", "save_every_minutes", "on_nan", "on_out_of_memory", "samples"),
    *("devices", "nodes", "node_rank", "rendezvous"),
)
"""Settings that may differ from what a run was made with when it goes on: its saved state fits all the same."""


def _field(default: Any, group: str, description: str, **limits: Any) -> Any:
    """A field with its help and the group of the form it belongs to."""
    return Field(default, description=description, json_schema_extra={"group": group}, **limits)


class TrainConfig(BaseModel):
    """A training run, complete: the same configuration and the same data give the same weights on one machine's CPU.

    Sizes are pixels, rates are per optimiser step, shares are 0 … 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    task: Task = _field(
        "semantic",
        "model",
        "What is learnt: a class for every pixel (semantic), or one for a whole picture (classification).",
    )
    model: str = _field("unet", "model", "Architecture, a name of `segcore models`.")
    options: dict[str, Any] = _field({}, "model", "Options of the architecture, such as encoder or width.")

    data: tuple[str, ...] = _field(("shapes",), "data", "Dataset folders or registered names; several are mixed.")
    repeat: tuple[int, ...] = _field(
        (), "data", "How many times an epoch shows each dataset of `data`, in their order; empty: once each."
    )
    val_data: tuple[str, ...] = _field((), "data", "Datasets to validate on; empty: a share of the training data.")
    val_share: float = _field(
        0.15, "data", "Share of each dataset that is kept for validation where it has no split of its own.", gt=0, lt=1
    )
    folds: int = _field(
        0, "data", "Cross validation: into how many parts the data is divided; 0: no cross validation.", ge=0, le=1000
    )
    fold: int = _field(0, "data", "Which of the parts validates, counted from 0.", ge=0, lt=1000)
    group_by: str = _field(
        "",
        "data",
        "Regular expression found in every image's name; images with the same find stay on one side of the division.",
        max_length=200,
    )
    classes: tuple[str, ...] = _field((), "data", "Classes to learn, in the order of their ids; empty: the data's own.")
    class_map: dict[str, str] = _field(
        {}, "data", "Data class → class to learn, or `ignore`; the key * stands for every class not named."
    )
    size: int = _field(256, "data", "Side of the square training crops.", ge=32, le=4096)
    working_side: int | None = _field(
        None,
        "data",
        "Longer side in pixels to which photos are brought before the network looks; none: as they are.",
        ge=32,
        le=8192,
    )
    augmentation: Augmentation = _field(Augmentation(), "data", "How training images are varied.")
    workers: int = _field(
        2,
        "data",
        "Processes that prepare batches, for each that trains; 0 prepares them in the training process.",
        ge=0,
        le=64,
    )

    epochs: int = _field(20, "training", "How often the data is seen.", ge=1, le=100_000)
    batch_size: int = _field(
        8, "training", "Images of a batch; several processes share them, so that as many learn the same.", ge=1, le=4096
    )
    accumulate: int = _field(1, "training", "Batches whose gradients are added up before a step.", ge=1, le=1024)
    seed: int = _field(
        0, "training", "Seed of the weights, the order of the data and the augmentations.", ge=0, lt=2**31
    )

    loss: str = _field("cross_entropy", "loss", "Loss, a name of `segcore.losses.LOSSES`.")
    loss_options: dict[str, Any] = _field({}, "loss", "Options of the loss, such as gamma or label_smoothing.")
    class_weights: ClassWeights = _field("none", "loss", "Weights of the classes, computed from the training labels.")
    aux_weight: float = _field(
        0.4, "loss", "Weight of the auxiliary head's loss, for models that have one.", ge=0, le=10
    )

    optimiser: Optimiser = _field("adamw", "optimiser", "How gradients become steps.")
    learning_rate: float = _field(1e-3, "optimiser", "Highest learning rate of the schedule.", gt=0, le=100)
    encoder_rate: float = _field(
        1.0,
        "optimiser",
        "Learning rate of the encoder relative to the rest; below 1 protects pretrained layers.",
        ge=0,
        le=1,
    )
    freeze: Freeze = _field(
        "none",
        "optimiser",
        "What of the encoder stays as it is: batch-norm statistics (norm), also all levels but the deepest (early), "
        "or everything (encoder).",
    )
    momentum: float = _field(0.9, "optimiser", "Momentum of `momentum`.", ge=0, lt=1)
    weight_decay: float = _field(
        1e-4, "optimiser", "Weight decay (L2); biases and norm layers are left out.", ge=0, le=1
    )
    l1: float = _field(0.0, "optimiser", "Weight of the sum of absolute weights in the loss (L1).", ge=0, le=1)
    clip_norm: float = _field(0.0, "optimiser", "Gradients are scaled down to this norm; 0: never.", ge=0)
    ema: float = _field(
        0.0, "optimiser", "Decay of the moving average of the weights that is validated and kept; 0: none.", ge=0, lt=1
    )

    schedule: Schedule = _field("poly", "schedule", "Course of the learning rate.")
    warmup: float = _field(0.0, "schedule", "Epochs in which the rate rises linearly from 0.", ge=0)
    poly_power: float = _field(0.9, "schedule", "Power of `poly`: (1 - progress) ** power.", gt=0, le=10)
    plateau_patience: int = _field(5, "schedule", "`plateau` waits this many epochs without a better mIoU.", ge=1)
    plateau_factor: float = _field(0.3, "schedule", "`plateau` then multiplies the rate by this.", gt=0, lt=1)
    early_stop: int = _field(0, "schedule", "Stop after this many epochs without a better mIoU; 0: never.", ge=0)

    on_nan: OnNan = _field(
        "stop",
        "training",
        "When the loss is no longer a number: stop, or go back to the last save with half the learning rate.",
    )
    on_out_of_memory: OnOutOfMemory = _field(
        "stop",
        "machine",
        "When the device runs out of memory: stop, or halve batch_size and double accumulate.",
    )
    device: str = _field("auto", "machine", "auto, cpu, mps, cuda or cuda:N.", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    devices: int = _field(
        1,
        "machine",
        "Processes of this machine that train together: one on each GPU, beginning with `device`; on the CPU they "
        "share its cores.",
        ge=1,
        le=64,
    )
    sync_batchnorm: OnOff = _field(
        "on",
        "machine",
        "With several processes: batch norm takes its statistics from the whole batch (on), or each process from its "
        "own share (off: a little faster, and fine where each share is large).",
    )
    nodes: int = _field(1, "machine", "Machines that train together; start the run on each of them.", ge=1, le=1024)
    node_rank: int = _field(
        0, "machine", "Which of the machines this is, from 0; machine 0 keeps curves and checkpoints.", ge=0, le=1023
    )
    rendezvous: str = _field(
        "", "machine", "HOST:PORT of machine 0, where several machines meet; the port must be free there."
    )
    precision: Precision = _field(
        "auto", "machine", "Arithmetic; auto times what the machine offers and takes the fastest."
    )
    channels_last: Switch = _field(
        "auto", "machine", "Memory layout with channels last; auto is decided with the precision."
    )
    samples: int = _field(
        8, "result", "Validation images whose masks are kept of every epoch, to watch the network learn.", ge=0, le=8
    )
    log_every_steps: int = _field(10, "machine", "Steps between two entries of the loss curve.", ge=1)
    save_every_minutes: float = _field(
        10.0,
        "machine",
        "Minutes after which everything needed to go on is saved within an epoch too; it always is at an epoch's end.",
        gt=0,
        le=100_000,
    )

    title: str = _field(
        "", "result", "Title on the checkpoint's card; empty: made from model and data.", max_length=120
    )
    licence: str = _field(
        "", "result", "Licence of the weights on the card; empty: unknown, do not publish.", max_length=400
    )

    @model_validator(mode="before")
    @classmethod
    def _begin(cls, values: Any) -> Any:
        return begun(_with_current_model(values)) if isinstance(values, Mapping) else values

    @field_validator("model")
    @classmethod
    def _known_model(cls, name: str) -> str:
        known = MODELS | CLASSIFIERS
        if name not in known:
            raise ValueError(Message("there is no model {name!r}; known: {known}", name=name, known=list(known)))
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
        problems = []
        known = model_options(self.model)
        for name in self.options:
            if name not in known:
                problems.append(
                    Message(
                        "{model} has no option {name!r}; it has {known}", model=self.model, name=name, known=list(known)
                    )
                )
        encoder = self.options.get("encoder")
        if encoder is not None and "encoder" in known and encoder not in ENCODERS and encoder != known["encoder"]:
            problems.append(
                Message("there is no encoder {encoder!r}; known: {known}", encoder=encoder, known=list(ENCODERS))
            )
        if self.repeat and len(self.repeat) != len(self.data):
            problems.append(
                Message(
                    "repeat has {count} numbers for {datasets} datasets; give one for each",
                    count=len(self.repeat),
                    datasets=len(self.data),
                )
            )
        if any(count < 1 for count in self.repeat):
            problems.append(Message("repeat is {repeat}; each number must be at least 1", repeat=str(self.repeat)))
        if self.folds == 1:
            problems.append(Message("folds is 1; a cross validation needs at least 2, and 0 means none"))
        if self.fold >= max(self.folds, 1):
            problems.append(
                Message("fold is {fold} of {folds} folds; they are counted from 0", fold=self.fold, folds=self.folds)
            )
        if self.folds and self.val_data:
            problems.append(Message("folds and val_data exclude each other: both say what to validate on"))
        if len(set(self.classes)) != len(self.classes):
            problems.append(Message("classes names a class twice: {classes}", classes=self.classes))
        if self.class_map and not self.classes:
            problems.append(Message("class_map needs classes: name the classes to learn"))
        if self.warmup >= self.epochs:
            problems.append(
                Message(
                    "warmup is {warmup} epochs of {epochs}; it must be shorter than the training",
                    warmup=self.warmup,
                    epochs=self.epochs,
                )
            )
        problems += problems_of_task(self) + self._problems_of_several_processes()
        if problems:
            raise ValueError(joined(problems, "; "))
        return self

    def _problems_of_several_processes(self) -> list[Message]:
        problems = []
        if self.batch_size < self.processes:
            problems.append(
                Message(
                    "batch_size is {batch_size}, but {processes} processes share a batch; each needs an image",
                    batch_size=self.batch_size,
                    processes=self.processes,
                )
            )
        if self.processes > 1 and self.device == "mps":
            problems.append(Message("devices and nodes must be 1 on mps: Apple's GPUs do not train together"))
        if self.node_rank >= self.nodes:
            problems.append(
                Message(
                    "node_rank is {node_rank} of {nodes} machines; they are counted from 0",
                    node_rank=self.node_rank,
                    nodes=self.nodes,
                )
            )
        host, _, port = self.rendezvous.rpartition(":")
        if self.nodes > 1 and not (host and port.isdecimal() and 0 < int(port) < 65536):
            problems.append(
                Message(
                    "rendezvous is {rendezvous!r}; {nodes} machines meet at HOST:PORT of machine 0",
                    rendezvous=self.rendezvous,
                    nodes=self.nodes,
                )
            )
        return problems

    @property
    def processes(self) -> int:
        """All processes that train together, on all machines."""
        return self.devices * self.nodes

    def share(self) -> "TrainConfig":
        """What one process does of a training of several: its share of a batch on one device; the rest is the same."""
        one = {"devices": 1, "nodes": 1, "node_rank": 0, "rendezvous": ""}
        return self.model_copy(update=one | {"batch_size": -(-self.batch_size // self.processes)})

    def to_json(self) -> dict[str, Any]:
        """Plain values, as they stand in a run's spec.json."""
        return self.model_dump(mode="json")


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
        BadConfig: with every problem, one a line: field, what was given, what was expected.
    """
    try:
        return TrainConfig.model_validate(dict(values))
    except ValidationError as error:
        raise BadConfig(joined(map(_problem, error.errors()))) from None


def _problem(problem: ErrorDetails) -> Message:
    """One problem as a message; pydantic's own words are clear once field and value stand before them."""
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

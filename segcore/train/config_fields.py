"""The fields of a training configuration, with types, ranges, help texts and the form group each belongs to.

Front ends (command line, dashboard form) read the help and the group from here instead of repeating them.
"""

from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from segcore.checkpoint import Task
from segcore.data import Augmentation

ClassWeights = Literal["none", "median_frequency", "inverse_log", "effective_number"]
Freeze = Literal["none", "norm", "early", "encoder"]
Optimiser = Literal["sgd", "momentum", "adam", "adamw"]
OnNan = Literal["stop", "roll_back"]
OnOutOfMemory = Literal["stop", "halve_batch"]
Precision = Literal["auto", "32", "bf16", "16"]
OnOff = Literal["on", "off"]
Schedule = Literal["constant", "poly", "cosine", "one_cycle", "plateau"]
Switch = Literal["auto", "on", "off"]


def _field(group: str, default: Any, description: str, **limits: Any) -> Any:
    """A field with its help and the group of the form it belongs to."""
    return Field(default, description=description, json_schema_extra={"group": group}, **limits)


_model, _data, _training, _loss = (partial(_field, group) for group in ("model", "data", "training", "loss"))
_optimiser, _schedule = partial(_field, "optimiser"), partial(_field, "schedule")
_machine, _result = partial(_field, "machine"), partial(_field, "result")


class ConfigFields(BaseModel):
    """All settings of a training. Sizes are in pixels, rates per optimiser step, shares 0 … 1."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    task: Task = _model(
        "semantic", "What the network learns: a class for every pixel (semantic) or for a whole image (classification)."
    )
    model: str = _model("unet", "Architecture, a name of `segcore models`.")
    options: dict[str, Any] = _model({}, "Options of the architecture, such as encoder or width.")

    data: tuple[str, ...] = _data(("shapes",), "Pick a dataset or enter a folder; several are combined.")
    repeat: tuple[int, ...] = _data(
        (), "How many times an epoch uses each dataset of `data`, in their order; empty: once each."
    )
    val_data: tuple[str, ...] = _data((), "Datasets to validate on; empty: a share of the training data.")
    val_share: float = _data(
        0.15, "Share of each dataset used for validation where it has no split of its own.", gt=0, lt=1
    )
    folds: int = _data(0, "Number of folds of a cross validation; 0: no cross validation.", ge=0, le=1000)
    fold: int = _data(0, "Index of the fold to validate on, from 0.", ge=0, lt=1000)
    group_by: str = _data(
        "",
        "Regular expression applied to image names; images with the same match stay on the same side of the split.",
        max_length=200,
    )
    classes: tuple[str, ...] = _data((), "Classes to learn, in the order of their ids; empty: the data's own.")
    class_map: dict[str, str] = _data(
        {}, "Data class → class to learn, or `ignore`; the key * stands for every class not named."
    )
    size: int = _data(256, "Side of the square training crops.", ge=32, le=4096)
    working_side: int | None = _data(
        None, "Longer side in pixels to which photos are resized for the network; none: original size.", ge=32, le=8192
    )
    augmentation: Augmentation = _data(Augmentation(), "Random changes to training images.")
    workers: int = _data(
        2,
        "Processes that prepare batches, per training process; 0: the training process prepares them itself.",
        ge=0,
        le=64,
    )

    epochs: int = _training(20, "Number of passes over the training data.", ge=1, le=100_000)
    batch_size: int = _training(8, "Images in a batch; several processes share them.", ge=1, le=4096)
    accumulate: int = _training(
        1, "Batches of a step, which then equals that of one large batch, except for batch norm.", ge=1, le=1024
    )
    seed: int = _training(0, "Seed of the weights, the order of the data and the augmentations.", ge=0, lt=2**31)

    loss: str = _loss("cross_entropy", "Loss, a name of `segcore.losses.LOSSES`.")
    loss_options: dict[str, Any] = _loss({}, "Options of the loss, such as gamma or label_smoothing.")
    class_weights: ClassWeights = _loss("none", "Weights of the classes, computed from the training labels.")
    aux_weight: float = _loss(0.4, "Weight of the auxiliary head's loss, for models that have one.", ge=0, le=10)

    optimiser: Optimiser = _optimiser("adamw", "Optimisation algorithm.")
    learning_rate: float = _optimiser(1e-3, "Peak learning rate of the schedule.", gt=0, le=100)
    encoder_rate: float = _optimiser(
        1.0, "Learning rate of the encoder relative to the rest; below 1 protects pretrained layers.", ge=0, le=1
    )
    freeze: Freeze = _optimiser(
        "none",
        "What stays frozen in the encoder: batch-norm statistics (norm), also all levels but the last (early), or "
        "everything (encoder).",
    )
    momentum: float = _optimiser(0.9, "Momentum of `momentum`.", ge=0, lt=1)
    weight_decay: float = _optimiser(1e-4, "Weight decay (L2); not for biases and norm layers.", ge=0, le=1)
    l1: float = _optimiser(0.0, "Weight of the sum of absolute weights in the loss (L1).", ge=0, le=1)
    clip_norm: float = _optimiser(0.0, "Maximum gradient norm; larger gradients are scaled down. 0: off.", ge=0)
    ema: float = _optimiser(
        0.0,
        "Decay of the exponential moving average (EMA) of the weights, which is validated and saved; 0: off.",
        ge=0,
        lt=1,
    )

    schedule: Schedule = _schedule("poly", "Learning-rate schedule.")
    warmup: float = _schedule(0.0, "Epochs in which the rate rises linearly from 0.", ge=0)
    poly_power: float = _schedule(0.9, "Power of `poly`: (1 - progress) ** power.", gt=0, le=10)
    plateau_patience: int = _schedule(5, "Epochs without a better mIoU before `plateau` reduces the rate.", ge=1)
    plateau_factor: float = _schedule(0.3, "Factor by which `plateau` reduces the rate.", gt=0, lt=1)
    early_stop: int = _schedule(0, "Stop after this many epochs without a better mIoU; 0: never.", ge=0)

    on_nan: OnNan = _training(
        "stop", "If the loss becomes NaN or infinite: stop, or roll back to the last save with half the learning rate."
    )
    on_out_of_memory: OnOutOfMemory = _machine(
        "stop", "If the device runs out of memory: stop, or halve batch_size and double accumulate."
    )
    device: str = _machine("auto", "auto, cpu, mps, cuda or cuda:N.", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    devices: int = _machine(
        1,
        "Training processes on this machine: one per GPU, starting with `device`; on the CPU they share its cores.",
        ge=1,
        le=64,
    )
    sync_batchnorm: OnOff = _machine(
        "on",
        "With several processes: batch-norm statistics of the whole batch (on), or of each process's own share (off: "
        "slightly faster, and fine if each share is large).",
    )
    nodes: int = _machine(1, "Machines that train together; start the run on each of them.", ge=1, le=1024)
    node_rank: int = _machine(
        0, "Index of this machine, from 0; machine 0 keeps curves and checkpoints.", ge=0, le=1023
    )
    rendezvous: str = _machine(
        "", "Rendezvous endpoint HOST:PORT on machine 0, for several machines; the port must be free there."
    )
    precision: Precision = _machine("auto", "Arithmetic; auto measures what the machine offers and uses the fastest.")
    channels_last: Switch = _machine("auto", "Channels-last memory layout; auto decides together with the precision.")
    samples: int = _result(8, "Validation images whose predicted masks are saved in every epoch.", ge=0, le=8)
    log_every_steps: int = _machine(10, "Steps between two points of the loss curve.", ge=1)
    save_every_minutes: float = _machine(
        10.0,
        "Minutes between saves of the resume state within an epoch; it is always saved at the end of an epoch.",
        gt=0,
        le=100_000,
    )

    title: str = _result("", "Title on the checkpoint's card; empty: made from model and data.", max_length=120)
    licence: str = _result("", "Licence of the weights on the card; empty: unknown, do not publish.", max_length=400)

    @property
    def processes(self) -> int:
        """Number of training processes on all machines together."""
        return self.devices * self.nodes

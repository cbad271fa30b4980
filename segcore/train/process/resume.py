"""resume.safetensors: everything a run needs to go on as if nothing had happened.

What a training computes next is decided by the configuration and by what lies in here: weights, optimiser, moving
average, random states, and how far it is. Batches need no memory, they are a function of (seed, epoch, index); nor does
the learning rate, a function of the step and of the scores so far. So a run that was killed and went on, and one that
was not, end with the same weights: bit for bit on the CPU.

No pickle: tensors lie in the file under model., ema., optimiser. and random.RANK., all else is JSON in its header. The
file holds the weights as they are trained, in full precision; ``checkpoints/last.safetensors`` holds the judged ones.

Of several processes (ranks.py) each has random states of its own, and all are saved; everything else is the same in
each. A run may go on with another number of processes: new ones begin with the random numbers they were built with.
"""

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import safetensors
import torch
from safetensors import torch as safetensors_torch
from torch import Tensor

from segcore.durable import write_whole
from segcore.errors import BadRun
from segcore.train import collectives
from segcore.train.compute_mode import Speed
from segcore.train.parts import Parts

_KEY = "segcore.resume"
_FORMAT = 2


@dataclass(frozen=True)
class Saved:
    """A state that was read back.

    Attributes:
        epoch: in which training goes on, counted from 0.
        step: steps of that epoch that are already done.
        history: the headline (mIoU, or accuracy) of every finished epoch.
        speed: how the run computes; another arithmetic would be another run.
        tensors: by their names in the file.
        facts: the rest of the header.
    """

    epoch: int
    step: int
    history: list[float]
    speed: Speed
    tensors: dict[str, Tensor]
    facts: dict[str, Any]


def save_state(path: Path, parts: Parts, *, epoch: int, step: int) -> None:
    """Write the state of a training between two steps; an older file is replaced in one stroke.

    All processes of the training call it in the same step: the first one writes, and needs the random states of all.

    Args:
        path: where to.
        parts: of the run.
        epoch: in which training is to go on.
        step: steps of that epoch that are already done.

    Raises:
        OSError: the disk is full or gone; the older file is still there.
    """
    random_states = collectives.of_all(_random_state(parts))
    if not collectives.is_first():
        return
    tensors = {f"model.{name}": tensor for name, tensor in parts.net.state_dict().items()}
    if parts.ema is not None:
        tensors |= {f"ema.{name}": tensor for name, tensor in parts.ema.state_dict().items()}
    numbers: dict[str, float] = {}
    for index, values in _inner(parts).state_dict()["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"optimiser.{index}.{name}"] = value
            elif value is not None:  # SGD without momentum keeps a None
                numbers[f"{index}.{name}"] = value
    for rank, (random_tensors, _) in enumerate(random_states):
        tensors |= {f"{_random_prefix(rank)}{name}": tensor for name, tensor in random_tensors.items()}
    scaler = _scaler(parts)
    header = {
        "format": _FORMAT,
        "epoch": epoch,
        "step": step,
        "history": parts.history,
        "speed": asdict(parts.speed),
        "scaler": None if scaler is None else scaler.state_dict(),
        "optimiser": numbers,
        "random": [facts for _, facts in random_states],
    }
    data = safetensors_torch.save(
        {name: _storable(tensor) for name, tensor in tensors.items()}, {_KEY: json.dumps(header)}
    )
    write_whole(path, data)


def load_state(path: Path) -> Saved | None:
    """Read a state; None where a run was never saved.

    Raises:
        BadRun: the file is damaged or of another version.
    """
    with _opened(path) as file:
        if file is None:
            return None
        facts = _header(file)
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - a file, not a dict
        return Saved(facts["epoch"], facts["step"], facts["history"], Speed(**facts["speed"]), tensors, facts)


def saved_speed(path: Path) -> Speed | None:
    """How a saved run computes, from the file's header alone; None where a run was never saved.

    Raises:
        BadRun: as ``load_state``.
    """
    with _opened(path) as file:
        return None if file is None else Speed(**_header(file)["speed"])


def saved_place(path: Path) -> tuple[int, int] | None:
    """Epoch and step in which a saved run would go on, from the header alone; None where none can be read."""
    try:
        with _opened(path) as file:
            return None if file is None else (_header(file)["epoch"], _header(file)["step"])
    except BadRun:
        return None


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file, or None where there is none; whatever is wrong with it is said."""
    if not path.exists():
        yield None
        return
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            yield file
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise BadRun(
            "The saved state of run {name} cannot be read ({error}). Clone the run to train it anew; its checkpoints "
            "are separate files and may still be good.",
            name=path.parent.name,
            error=error,
        ) from None


def _header(file: Any) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((file.metadata() or {})[_KEY])
    if facts["format"] != _FORMAT:
        raise ValueError(f"format {facts['format']}, expected {_FORMAT}")
    return facts


def restore(parts: Parts, saved: Saved) -> None:
    """Put a saved state into freshly built parts.

    Raises:
        BadRun: the state belongs to another network, most likely because the classes of the data have changed.
    """
    try:
        parts.net.load_state_dict(_under("model.", saved.tensors))
        if parts.ema is not None:
            parts.ema.load_state_dict(_under("ema.", saved.tensors))
        _restore_optimiser(parts, saved)
    except (RuntimeError, KeyError, IndexError) as error:
        raise BadRun(
            "The saved state does not fit the network that settings and data give now: {problem} Bring the data back "
            "as it was, or clone the run to train it anew.",
            problem=str(error).splitlines()[-1],
        ) from None
    scaler = _scaler(parts)
    if scaler is not None and saved.facts["scaler"]:
        scaler.load_state_dict(saved.facts["scaler"])
    parts.history[:] = saved.history
    parts.first_epoch, parts.first_step = saved.epoch, saved.step
    if collectives.rank() < len(saved.facts["random"]):  # there may be more processes now than there were
        random_tensors = _under(_random_prefix(collectives.rank()), saved.tensors)
        _restore_random(parts, random_tensors, saved.facts["random"][collectives.rank()])


def _restore_optimiser(parts: Parts, saved: Saved) -> None:
    optimiser = _inner(parts)
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    for key, tensor in _under("optimiser.", saved.tensors).items():
        index, name = int(key.partition(".")[0]), key.partition(".")[2]
        if tensor.shape == parameters[index].shape and tensor.ndim > 0:
            # In the parameter's memory layout, as the optimiser had made it: another layout may round differently.
            tensor = torch.empty_like(parameters[index], dtype=tensor.dtype).copy_(tensor)  # noqa: PLW2901
        state.setdefault(index, {})[name] = tensor
    for key, number in saved.facts["optimiser"].items():
        state.setdefault(int(key.partition(".")[0]), {})[key.partition(".")[2]] = number
    # Rates and decays follow from the configuration, so the groups are those that were just built.
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def _inner(parts: Parts) -> torch.optim.Optimizer:
    """The optimiser itself, which Fabric has wrapped."""
    return cast(torch.optim.Optimizer, getattr(parts.optimiser, "optimizer", parts.optimiser))


def _scaler(parts: Parts) -> torch.amp.GradScaler | None:
    """What float16 scales its losses with."""
    return getattr(parts.fabric.strategy.precision, "scaler", None)


def _random_state(parts: Parts) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Every source of random numbers: torch's, the device's, numpy's and Python's."""
    _, keys, position, has_gauss, gauss = cast(tuple[str, np.ndarray, int, int, float], np.random.get_state())
    version, words, next_gauss = random.getstate()
    tensors = {
        "torch": torch.get_rng_state(),
        "numpy": torch.from_numpy(keys.astype(np.int64)),
        "python": torch.tensor(words, dtype=torch.int64),
    }
    if parts.fabric.device.type == "cuda":
        tensors["cuda"] = torch.cuda.get_rng_state(parts.fabric.device)
    elif parts.fabric.device.type == "mps":
        tensors["mps"] = torch.mps.get_rng_state()
    return tensors, {"numpy": [position, has_gauss, gauss], "python": [version, next_gauss]}


def _random_prefix(rank: int) -> str:
    return f"random.{rank}."


def _restore_random(parts: Parts, tensors: Mapping[str, Tensor], facts: dict[str, Any]) -> None:
    torch.set_rng_state(tensors["torch"])
    np.random.set_state(("MT19937", tensors["numpy"].numpy().astype(np.uint32), *facts["numpy"]))
    version, next_gauss = facts["python"]
    random.setstate((version, tuple(tensors["python"].tolist()), next_gauss))
    if "cuda" in tensors:
        torch.cuda.set_rng_state(tensors["cuda"], parts.fabric.device)
    if "mps" in tensors:
        torch.mps.set_rng_state(tensors["mps"])


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _storable(tensor: Tensor) -> Tensor:
    """A copy on the CPU that shares memory with no other tensor, as the format demands."""
    return tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)

"""resume.safetensors: everything needed to resume a run exactly.

The rest of a training is determined by its configuration and by this file, so an interrupted and resumed run ends with
the same weights as an uninterrupted one: bit for bit on the CPU. There is no pickle: tensors are stored under model.,
ema., optimiser. and random.RANK., all else as JSON in the header.

In a distributed training each rank has its own random states, and all are saved; everything else is the same in each. A
run may be resumed with another number of processes: additional ones keep the random numbers they were built with.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import safetensors
import torch
from safetensors import torch as safetensors_torch
from torch import Tensor

from segcore.checkpoint import not_finite
from segcore.durable import write_whole
from segcore.errors import BadRun
from segcore.train import collectives
from segcore.train.compute_mode import ComputeMode
from segcore.train.parts import Parts

_KEY = "segcore.resume"
_FORMAT = 2


@dataclass(frozen=True)
class Saved:
    """A saved state: the epoch to resume in, from 0, of which ``step`` steps are done.

    ``history`` holds the primary metric (mIoU or accuracy) of every finished epoch.
    """

    epoch: int
    step: int
    history: list[float]
    mode: ComputeMode
    tensors: dict[str, Tensor]
    facts: dict[str, Any]


def save_state(path: Path, parts: Parts, *, epoch: int, step: int) -> None:
    """Write the state of a training between two steps; replaces an older file atomically.

    All ranks call it in the same step: the main process writes, and needs the random states of all. The run resumes in
    ``epoch``, of which ``step`` steps are already done.

    Raises:
        OSError: the disk is full or unavailable; the older file still exists.
    """
    random_states = collectives.all_gather(_random_state(parts))
    if not collectives.is_main():
        return
    tensors = {f"model.{name}": tensor for name, tensor in parts.net.state_dict().items()}
    if parts.ema is not None:
        tensors |= {f"ema.{name}": tensor for name, tensor in parts.ema.state_dict().items()}
    numbers: dict[str, float] = {}
    for index, values in _wrapped_optimiser(parts).state_dict()["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"optimiser.{index}.{name}"] = value
            elif value is not None:  # SGD without momentum keeps a None
                numbers[f"{index}.{name}"] = value
    for rank, (random_tensors, _) in enumerate(random_states):
        tensors |= {f"random.{rank}.{name}": tensor for name, tensor in random_tensors.items()}
    scaler = _scaler(parts)
    header = {
        "format": _FORMAT,
        "epoch": epoch,
        "step": step,
        "history": parts.history,
        "speed": asdict(parts.mode),
        "scaler": None if scaler is None else scaler.state_dict(),
        "optimiser": numbers,
        "random": [facts for _, facts in random_states],
    }
    storable = {name: _storable(tensor) for name, tensor in tensors.items()}
    write_whole(path, safetensors_torch.save(storable, {_KEY: json.dumps(header)}))


def load_state(path: Path, *, header_only: bool = False) -> Saved | None:
    """Read a state, or all of it but the tensors; None if the run was never saved.

    Raises:
        BadRun: the file is damaged or of another version.
    """
    if not path.exists():
        return None
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {})[_KEY])
            if facts["format"] != _FORMAT:
                raise ValueError(f"format {facts['format']}, expected {_FORMAT}")
            names = () if header_only else file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
        return Saved(facts["epoch"], facts["step"], facts["history"], ComputeMode(**facts["speed"]), tensors, facts)
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise BadRun(
            "The saved state of run {name} cannot be read ({error}). Clone the run to train it anew; its checkpoints "
            "are separate files and may still be good.",
            name=path.parent.name,
            error=error,
        ) from None


def restore(parts: Parts, saved: Saved) -> None:
    """Load a saved state into newly built parts.

    Raises:
        BadRun: the state belongs to another network, probably because the classes of the data have changed; or its
            weights are not all numbers.
    """
    broken = not_finite({key: value for key, value in saved.tensors.items() if key.startswith(("model.", "ema."))})
    if broken:
        raise BadRun(
            "The saved state has NaN or infinite values, first of all in {tensor}: the training had diverged, or the "
            "file was damaged. Clone the run with a learning rate ten times lower to train it anew; its best "
            "checkpoint is a separate file and may still be good.",
            tensor=broken[0],
        )
    try:
        parts.net.load_state_dict(_with_prefix("model.", saved.tensors))
        if parts.ema is not None:
            parts.ema.load_state_dict(_with_prefix("ema.", saved.tensors))
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
    rank = collectives.rank()
    if rank < len(saved.facts["random"]):  # there may be more processes than before
        _restore_random(parts, _with_prefix(f"random.{rank}.", saved.tensors), saved.facts["random"][rank])


def _restore_optimiser(parts: Parts, saved: Saved) -> None:
    optimiser = _wrapped_optimiser(parts)
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Any]] = {}
    for key, tensor in _with_prefix("optimiser.", saved.tensors).items():
        index, name = int(key.partition(".")[0]), key.partition(".")[2]
        if tensor.shape == parameters[index].shape and tensor.ndim > 0:
            # In the parameter's memory layout, as the optimiser creates it: another layout may round differently.
            tensor = torch.empty_like(parameters[index], dtype=tensor.dtype).copy_(tensor)  # noqa: PLW2901
        state.setdefault(index, {})[name] = tensor
    for key, number in saved.facts["optimiser"].items():
        state.setdefault(int(key.partition(".")[0]), {})[key.partition(".")[2]] = number
    # Rates and decays follow from the configuration, so the new groups are used.
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def _wrapped_optimiser(parts: Parts) -> torch.optim.Optimizer:
    """The optimiser inside Fabric's wrapper."""
    return cast(torch.optim.Optimizer, getattr(parts.optimiser, "optimizer", parts.optimiser))


def _scaler(parts: Parts) -> torch.amp.GradScaler | None:
    """The gradient scaler of float16 training."""
    return getattr(parts.fabric.strategy.precision, "scaler", None)


def _random_state(parts: Parts) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The states of all random number generators: torch's, the device's, numpy's and Python's."""
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


def _restore_random(parts: Parts, tensors: Mapping[str, Tensor], facts: dict[str, Any]) -> None:
    torch.set_rng_state(tensors["torch"])
    np.random.set_state(("MT19937", tensors["numpy"].numpy().astype(np.uint32), *facts["numpy"]))
    version, next_gauss = facts["python"]
    random.setstate((version, tuple(tensors["python"].tolist()), next_gauss))
    if "cuda" in tensors:
        torch.cuda.set_rng_state(tensors["cuda"], parts.fabric.device)
    if "mps" in tensors:
        torch.mps.set_rng_state(tensors["mps"])


def _with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _storable(tensor: Tensor) -> Tensor:
    """A copy on the CPU that shares no memory with another tensor, as the format requires."""
    return tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)

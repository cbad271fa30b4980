"""ComputeMode: device, precision and memory layout of a run; what is ``auto`` is chosen by measuring.

No rule holds in general, so the candidates are timed on a copy of the model, for a few steps each.
"""

import copy
import os
import platform
import time
from dataclasses import dataclass, replace
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn

from segcore.errors import NotAvailable
from segcore.losses import Loss
from segcore.train.config import TrainConfig

_TIMED_STEPS = 2
_TIMED_IMAGES = 4


@dataclass(frozen=True)
class ComputeMode:
    """Device ("cpu", "mps", "cuda" or "cuda:N"), precision ("32", "bf16" or "16") and memory layout of a run.

    ``timings`` are milliseconds of a training step by candidate; empty if nothing had to be timed.
    """

    device: str
    precision: str
    channels_last: bool
    timings: dict[str, float]


def devices_here() -> dict[str, str]:
    """The devices of this machine and their names: {"cpu": "x86_64, 8 cores", "cuda:0": "NVIDIA L4"}."""
    return {name: name_of(name) for name in _device_names()}


def _device_names() -> list[str]:
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return ["cpu", *mps, *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]


def name_of(device: str) -> str:
    """The display name of a device of this machine."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def pick_device(name: str) -> str:
    """``auto`` → the best device of this machine; any other name is checked.

    Raises:
        NotAvailable: the machine has no such device; the message lists those it has.
    """
    here, cuda = _device_names(), torch.cuda.is_available()
    if name == "auto":
        return "cuda" if cuda else "mps" if "mps" in here else "cpu"
    if name not in here and not (name == "cuda" and cuda):
        raise NotAvailable(
            "Device {name} is not on this machine; available: {available}. Choose one of them or auto.",
            name=name,
            available=here,
        )
    return name


def pick_devices(config: TrainConfig, first: str | None = None) -> tuple[str, ...]:
    """The devices that a run of this configuration uses on this machine: "cpu", "mps", or GPUs in their order.

    The first one is ``first``, or by default the configuration's.

    Raises:
        NotAvailable: the machine has fewer.
    """
    first = pick_device(first or config.device)
    if not first.startswith("cuda"):
        return (first,)
    begin = int(first.partition(":")[2] or 0)
    count = torch.cuda.device_count()
    if begin + config.devices > count:
        raise NotAvailable(
            "devices is {devices}, but from {first} on this machine has {count} GPU(s). Set devices to {count} or "
            "fewer, or begin with another device.",
            devices=config.devices,
            first=first,
            count=count - begin,
        )
    return tuple(f"cuda:{begin + index}" for index in range(config.devices))


def make_fabric(config: TrainConfig, mode: ComputeMode) -> Fabric:
    """A Fabric, which places tensors, casts under autocast and connects processes."""
    kind, _, index = mode.device.partition(":")
    precision: Any = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}[mode.precision]
    if config.processes == 1:
        return Fabric(accelerator=kind, devices=[int(index)] if index else 1, precision=precision)
    gpus = [int(device.partition(":")[2]) for device in pick_devices(config) if kind == "cuda"]
    return Fabric(
        accelerator=kind, devices=gpus or config.devices, num_nodes=config.nodes, strategy="ddp", precision=precision
    )


def choose_compute_mode(config: TrainConfig, model: nn.Module, loss: Loss, *, in_channels: int) -> ComputeMode:
    """The mode that the configuration fixes; for ``auto``, the fastest of the candidates."""
    device = pick_device(config.device)
    precisions = [config.precision] if config.precision != "auto" else _precisions(device)
    layouts = {"on": [True], "off": [False], "auto": [True, False] if device == "cpu" else [device != "mps"]}
    candidates = [
        ComputeMode(device, precision, channels_last, {})
        for precision in precisions
        for channels_last in layouts[config.channels_last]
    ]
    if len(candidates) == 1:
        return candidates[0]
    shape = (min(config.batch_size // config.processes, _TIMED_IMAGES), in_channels, config.size, config.size)
    seconds = [seconds_per_step(mode, copy.deepcopy(model), copy.deepcopy(loss), shape) for mode in candidates]
    timings = {
        f"{mode.precision}{' channels_last' if mode.channels_last else ''}": round(each * 1000, 1)
        for mode, each in zip(candidates, seconds, strict=True)
    }
    return replace(candidates[seconds.index(min(seconds))], timings=timings)


def _precisions(device: str) -> list[str]:
    """bf16 has float32's range, so it needs no loss scaling; float16 is never chosen automatically."""
    if device.startswith("cuda"):
        return ["bf16"] if torch.cuda.is_bf16_supported(including_emulation=False) else ["32"]
    return ["32", "bf16"] if device == "cpu" else ["32"]


def seconds_per_step(mode: ComputeMode, model: nn.Module, loss: Loss, shape: tuple[int, int, int, int]) -> float:
    """Shortest time in seconds of a forward and backward pass over random images; modifies the model."""
    layout = torch.channels_last if mode.channels_last else torch.contiguous_format
    model = model.to(mode.device, memory_format=layout).train()  # type: ignore[call-overload]
    loss = loss.to(mode.device)
    kind = mode.device.partition(":")[0]
    with torch.random.fork_rng():  # dropout of the trials must not change the random numbers of the run
        images = torch.randn(shape).to(mode.device, memory_format=layout)
        seconds = []
        for _ in range(1 + _TIMED_STEPS):  # the first one selects kernels and allocates
            start = time.perf_counter()
            with torch.autocast(kind, torch.bfloat16, enabled=mode.precision == "bf16"):
                logits = model(images).logits  # (N, K, H, W), or (N, K, 1, 1) of a classifier
            target = torch.zeros(shape[0], *logits.shape[2:], dtype=torch.int64, device=mode.device)
            loss(logits, target).backward()
            if kind == "cuda":
                torch.cuda.synchronize(mode.device)
            seconds.append(time.perf_counter() - start)
    return min(seconds[1:])

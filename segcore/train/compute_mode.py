"""Which arithmetic and memory layout this machine trains this model fastest with.

There is no rule that holds: on two CPU cores bf16 with channels last took a ResNet-18 U-Net to a quarter of its
time, while LRASPP was fastest in float32. So the candidates are timed on a copy of the model, a few steps each.
"""

import copy
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
class Speed:
    """How a run computes.

    Attributes:
        device: "cpu", "mps", "cuda" or "cuda:N".
        precision: "32", "bf16" or "16".
        channels_last: memory layout of the images and weights.
        timings: milliseconds of a training step by candidate, empty where nothing had to be timed.
    """

    device: str
    precision: str
    channels_last: bool
    timings: dict[str, float]


def devices_here() -> dict[str, str]:
    """The devices of this machine and what people call them: {"cpu": "x86_64, 8 cores", "cuda:0": "NVIDIA L4"}."""
    names = ["cpu", *(["mps"] if torch.backends.mps.is_available() else [])]
    names += [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return {name: name_of(name) for name in names}


def name_of(device: str) -> str:
    """What people call a device of this machine."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def pick_device(wish: str) -> str:
    """``auto`` → the best device that is here; any other wish is checked.

    Raises:
        NotAvailable: when the device is not here, with those that are.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wish == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    here = ["cpu", *(["mps"] if mps else []), *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if wish not in here and not (wish == "cuda" and cuda):
        raise NotAvailable(
            "Device {wish} is not on this machine; here are {here}. Choose one of them or auto.", wish=wish, here=here
        )
    return wish


def pick_devices(config: TrainConfig, wish: str | None = None) -> tuple[str, ...]:
    """The devices that a run of this configuration uses on this machine: "cpu", "mps", or GPUs in their order.

    Args:
        config: says how many.
        wish: the first one; None takes the configuration's.

    Raises:
        NotAvailable: there are fewer.
    """
    first = pick_device(config.device if wish is None else wish)
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


def make_fabric(config: TrainConfig, speed: Speed) -> Fabric:
    """Fabric places tensors, casts under autocast and joins processes."""
    kind, _, index = speed.device.partition(":")
    precision: Any = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}[speed.precision]
    if config.processes == 1:
        return Fabric(accelerator=kind, devices=[int(index)] if index else 1, precision=precision)
    gpus = [int(device.partition(":")[2]) for device in pick_devices(config) if kind == "cuda"]
    return Fabric(
        accelerator=kind,
        devices=gpus or config.devices,
        num_nodes=config.nodes,
        strategy="ddp",
        precision=precision,
    )


def choose_speed(config: TrainConfig, model: nn.Module, loss: Loss, *, in_channels: int) -> Speed:
    """Take what the configuration fixes; time the rest where it is ``auto``."""
    device = pick_device(config.device)
    precisions = [config.precision] if config.precision != "auto" else _precisions(device)
    layouts = {"on": [True], "off": [False], "auto": [True, False] if device == "cpu" else [device != "mps"]}
    candidates = [(precision, layout) for precision in precisions for layout in layouts[config.channels_last]]
    if len(candidates) == 1:
        precision, channels_last = candidates[0]
        return Speed(device, precision, channels_last, {})
    timings: dict[str, float] = {}
    best, best_seconds = candidates[0], float("inf")
    for precision, channels_last in candidates:
        speed = Speed(device, precision, channels_last, {})
        seconds = seconds_per_step(speed, copy.deepcopy(model), copy.deepcopy(loss), _trial_shape(config, in_channels))
        timings[f"{precision}{' channels_last' if channels_last else ''}"] = round(seconds * 1000, 1)
        if seconds < best_seconds:
            best, best_seconds = (precision, channels_last), seconds
    return Speed(device, *best, timings)


def _precisions(device: str) -> list[str]:
    """bf16 has float32's range, so it needs no loss scaling; float16 is taken only by choice."""
    if device.startswith("cuda"):
        return ["bf16"] if torch.cuda.is_bf16_supported(including_emulation=False) else ["32"]
    return ["32", "bf16"] if device == "cpu" else ["32"]


def _trial_shape(config: TrainConfig, in_channels: int) -> tuple[int, int, int, int]:
    return min(config.batch_size // config.processes, _TIMED_IMAGES), in_channels, config.size, config.size


def seconds_per_step(speed: Speed, model: nn.Module, loss: Loss, shape: tuple[int, int, int, int]) -> float:
    """Shortest time of a forward and backward pass over random images; the model is changed by it."""
    layout = torch.channels_last if speed.channels_last else torch.contiguous_format
    model = model.to(speed.device, memory_format=layout).train()  # type: ignore[call-overload]
    loss = loss.to(speed.device)
    kind = speed.device.partition(":")[0]
    with _kept_random_state():
        images = torch.randn(shape).to(speed.device, memory_format=layout)
        seconds = []
        for _ in range(1 + _TIMED_STEPS):  # the first one chooses kernels and allocates
            start = time.perf_counter()
            with torch.autocast(kind, torch.bfloat16, enabled=speed.precision == "bf16"):
                logits = model(images).logits  # (N, K, H, W), or (N, K, 1, 1) of a classifier
            target = torch.zeros(shape[0], *logits.shape[2:], dtype=torch.int64, device=speed.device)
            loss(logits, target).backward()
            if kind == "cuda":
                torch.cuda.synchronize(speed.device)
            seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


@contextmanager
def _kept_random_state() -> Iterator[None]:
    """Dropout of the trials must not change what the run itself draws."""
    with torch.random.fork_rng():
        yield

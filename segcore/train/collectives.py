"""Communication between the processes of a distributed training, called ranks.

A process that trains alone is rank 0 of 1, and every function here returns at once. Tensors are exchanged on their
device, by NCCL between GPUs and by gloo between CPUs. Python values always go through gloo: it does not occupy the GPU
and reports a dead process at once.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

Value = TypeVar("Value")

_TIMEOUT = timedelta(minutes=30)
"""A rank that writes a large checkpoint to a slow disk must not be taken for dead."""


def rank() -> int:
    """Index of this process, over all machines."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def world_size() -> int:
    """Number of training processes on all machines."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def is_main() -> bool:
    """Whether this process writes the run's folder; all others only compute."""
    return rank() == 0


def is_main_on_machine() -> bool:
    """Whether this is the first process of its machine."""
    return int(os.environ.get("LOCAL_RANK", "0")) == 0 if world_size() > 1 else True


@contextmanager
def process_group(device: str) -> Iterator[None]:
    """Join the processes that torchrun has started, until the end of the block; device: "cpu" or "cuda:N"."""
    backend = "gloo" if device == "cpu" else "cpu:gloo,cuda:nccl"
    if device != "cpu":
        torch.cuda.set_device(device)
    distributed.init_process_group(backend, timeout=_TIMEOUT)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def broadcast(compute: Callable[[], Value]) -> Value:
    """The value that rank 0 computes, on all ranks; the others do not call ``compute``."""
    if world_size() == 1:
        return compute()
    values = [compute() if is_main() else None]
    distributed.broadcast_object_list(values, src=0)
    return values[0]  # type: ignore[return-value]


def all_gather(value: Value) -> list[Value]:
    """The values of all ranks, in the order of the ranks, on each of them."""
    if world_size() == 1:
        return [value]
    values: list[Value] = [value] * world_size()
    distributed.all_gather_object(values, value)
    return values


def any_rank(flag: bool) -> bool:
    """Whether the flag is set on some rank; fast enough for every step, and does not wait for the device."""
    if world_size() == 1:
        return flag
    found = torch.tensor(int(flag))
    distributed.all_reduce(found, distributed.ReduceOp.MAX)
    return bool(found)


def all_reduce_mean(value: Tensor) -> Tensor:
    """The mean of a tensor without a gradient over all ranks, on its device; does not wait for the host."""
    if world_size() == 1:
        return value
    value = value.clone()
    distributed.all_reduce(value)
    return value / world_size()


def broadcast_buffers(model: nn.Module) -> None:
    """Copy the buffers of rank 0 to all ranks; weights are equal anyway, batch-norm statistics may differ."""
    if world_size() > 1:
        for buffer in model.buffers():
            distributed.broadcast(buffer, src=0)


def is_peer_failure(error: BaseException) -> bool:
    """Whether an error only reports that another process of the training has died."""
    text = str(error)
    return isinstance(error, distributed.DistError) or any(
        word in text for word in ("gloo", "Gloo", "NCCL", "Connection closed by peer", "Connection reset by peer")
    )

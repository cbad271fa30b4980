"""The processes of one training, called ranks, and how they agree.

torchrun's engine has started them (``several.py``) and told each by environment variables which one it is. A process
that trains alone is rank 0 of 1, and every function here then answers at once.

Tensors are exchanged where they are, by NCCL between GPUs and by gloo between CPUs; most of them are gradients, which
DistributedDataParallel takes care of. Python values go over gloo in any case: that asks nothing of the GPU, and when a
process dies the others notice at once.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

Value = TypeVar("Value")

_PATIENCE = timedelta(minutes=30)
"""How long a rank waits for the others: one that writes a large checkpoint to a slow disk is not lost."""


def rank() -> int:
    """Which process this is, over all machines."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def ranks() -> int:
    """How many processes train together, on all machines."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def is_first() -> bool:
    """Whether this is the process that writes the run's folder; all others only compute."""
    return rank() == 0


def is_first_here() -> bool:
    """Whether this is the first process of its machine."""
    return int(os.environ.get("LOCAL_RANK", "0")) == 0 if ranks() > 1 else True


@contextmanager
def joined(device: str) -> Iterator[None]:
    """Be one of the processes that torchrun has started, for as long as the block lasts.

    Args:
        device: of this process: "cpu" or "cuda:N".
    """
    backend = "gloo" if device == "cpu" else "cpu:gloo,cuda:nccl"
    if device != "cpu":
        torch.cuda.set_device(device)
    distributed.init_process_group(backend, timeout=_PATIENCE)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def first_says(find: Callable[[], Value]) -> Value:
    """What the first rank finds, on all of them; the others do not even look."""
    if ranks() == 1:
        return find()
    answer = [find() if is_first() else None]
    distributed.broadcast_object_list(answer, src=0)
    return answer[0]  # type: ignore[return-value]


def of_all(value: Value) -> list[Value]:
    """The values of all ranks, in their order, on each of them."""
    if ranks() == 1:
        return [value]
    values: list[Value] = [value] * ranks()
    distributed.all_gather_object(values, value)
    return values


def mean(value: Tensor) -> Tensor:
    """The mean of a tensor without a gradient over all ranks, on its own device; nothing waits for the host."""
    if ranks() == 1:
        return value
    value = value.clone()
    distributed.all_reduce(value)
    return value / ranks()


def buffers_of_first(model: nn.Module) -> None:
    """Give every rank the buffers of the first one; weights are equal anyway, statistics of batch norm may not be."""
    if ranks() > 1:
        for buffer in model.buffers():
            distributed.broadcast(buffer, src=0)


def is_peer_loss(error: BaseException) -> bool:
    """Whether an error says no more than that another process of the training has gone."""
    words = str(error)
    return isinstance(error, distributed.DistError) or any(
        word in words for word in ("gloo", "Gloo", "NCCL", "Connection closed by peer", "Connection reset by peer")
    )

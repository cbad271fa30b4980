"""Which stages of a network read which: skip connections, parallel branches and pooling indices, as they are computed.

Nothing is known in advance about an architecture. An empty image runs through the network, and autograd's graph is
followed from the output of each stage back to the nearest outputs of other stages. SegNet's skip connections carry no
feature map but the positions of the pooling maxima; the graph has them as the index that a scatter shares with a pool.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

IMAGE, MASK = -1, -2
"""The image and the output of the network, where a stage has its index."""


class Connection(NamedTuple):
    """One stage reads another."""

    source: int  # index of the stage that is read; IMAGE
    target: int  # index of the stage that reads; MASK
    is_index: bool  # whether positions of maxima are read, not values


def connections(model: nn.Module, stages: Sequence[str], side: int, *, in_channels: int = 3) -> tuple[Connection, ...]:
    """Return the direct connections between the stages (module paths) of a network for a square image.

    The model is in evaluation mode, on the meta device or a private copy. A connection is direct if no other stage lies
    on it.
    """
    ends: dict[Any, int] = {}  # node of the graph → the stage whose output it computes

    def record(index: int, _module: nn.Module, _inputs: object, output: Tensor) -> None:
        ends.setdefault(output.grad_fn, index)

    image = torch.zeros(1, in_channels, side, side, device=next(model.parameters()).device, requires_grad=True)
    with ExitStack() as hooks, torch.enable_grad():
        for index, stage in enumerate(stages):
            hooks.enter_context(model.get_submodule(stage).register_forward_hook(partial(record, index)))
        mask = model(image).logits
    found: dict[Connection, None] = {}  # in the order of the stages
    pools, readers = _pools(mask.grad_fn), [*ends.items()]
    if mask.grad_fn in ends:  # the last stage computes the mask itself
        found[Connection(ends[mask.grad_fn], MASK, is_index=False)] = None
    else:
        readers.append((mask.grad_fn, MASK))
    for node, target in readers:
        values, indices = _nearest(node, ends)
        found |= dict.fromkeys(Connection(source, target, is_index=False) for source in sorted(values))
        for storage in indices & pools.keys():
            sources, _ = _nearest(pools[storage], ends)
            found |= dict.fromkeys(Connection(source, target, is_index=True) for source in sorted(sources))
    return tuple(found)


def _nearest(start: Any, ends: dict[Any, int]) -> tuple[set[int], set[int]]:
    """The stages whose outputs a node is computed from directly, and the storages of the indices on the way."""
    values, indices, seen = set[int](), set[int](), {start}
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "_saved_index"):
            indices.add(_storage(node._saved_index))
        for following, _ in node.next_functions:
            if following is None or following in seen:
                continue
            seen.add(following)
            if following in ends:
                values.add(ends[following])
            elif hasattr(following, "variable"):  # a leaf: only the image has a gradient
                values.add(IMAGE)
            else:
                waiting.append(following)
    return values, indices


def _pools(start: Any) -> dict[int, Any]:
    """Storage of the indices of each pooling → its node."""
    found, seen, waiting = dict[int, Any](), {start}, [start]
    while waiting:
        node = waiting.pop()
        if hasattr(node, "_saved_result1"):
            found[_storage(node._saved_result1)] = node
        following = [each for each, _ in node.next_functions if each is not None and each not in seen]
        seen.update(following)
        waiting += following
    return found


def _storage(values: Tensor) -> int:
    return int(values.untyped_storage()._cdata)

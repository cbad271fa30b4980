"""Private copies of a network, so that hooks and gradients never touch the one that all visitors share."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from torch import Tensor, nn


def private_copy(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode that shares no tensor with the model; its parameters require no gradient.

    Gradients with respect to an input or an activation need none of the parameters'.
    """
    return copy.deepcopy(model).eval().requires_grad_(False)


@contextmanager
def recorded_outputs(model: nn.Module, stages: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """Yield a dict that forward passes inside the ``with`` fill: module path → its output, still part of the graph.

    Raises:
        AttributeError: there is no module of a path.
    """
    outputs: dict[str, Tensor] = {}

    def record(name: str, _module: nn.Module, _inputs: object, output: Tensor) -> None:
        outputs[name] = output

    with ExitStack() as hooks:
        for name in stages:
            hooks.enter_context(model.get_submodule(name).register_forward_hook(partial(record, name)))
        yield outputs

"""Private copies of a network, so that hooks and gradients never touch the one that all visitors share."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle


def private_copy(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode that shares no tensor with the model; its parameters require no gradient.

    Gradients with respect to an input or an activation need none of the parameters'.
    """
    return copy.deepcopy(model).eval().requires_grad_(False)


@contextmanager
def recorded_outputs(model: nn.Module, stages: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """Record the outputs of named modules during the forward passes inside the ``with``.

    Args:
        model: a private copy.
        stages: module paths, such as those of a card.

    Yields:
        A dict that each forward pass fills: module path → its output, still part of the graph.

    Raises:
        AttributeError: there is no module of that path.
    """
    outputs: dict[str, Tensor] = {}

    def record(name: str) -> RemovableHandle:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            outputs[name] = output

        return model.get_submodule(name).register_forward_hook(hook)

    hooks: list[RemovableHandle] = []
    try:
        for name in stages:
            hooks.append(record(name))
        yield outputs
    finally:
        for handle in hooks:
            handle.remove()

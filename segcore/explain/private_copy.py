"""A network of one's own: hooks and gradients never touch the one that all visitors share."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn


def private_copy(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode that shares no tensor with its model, and whose parameters ask for no gradient.

    A gradient with respect to an input or to an activation needs none of the parameters'.
    """
    own = copy.deepcopy(model).eval()
    return own.requires_grad_(False)


@contextmanager
def watching(model: nn.Module, stages: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """Collect what named modules put out while the model runs inside the ``with``.

    Args:
        model: a private copy.
        stages: module paths, such as those of a card.

    Yields:
        A dict that is filled by each forward pass: module path → its output, still part of the graph.

    Raises:
        AttributeError: there is no module of that path.
    """
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> object:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            seen[name] = output

        return model.get_submodule(name).register_forward_hook(hook)

    hooks = []
    try:
        for name in stages:
            hooks.append(keep(name))
        yield seen
    finally:
        for hook in hooks:
            hook.remove()  # type: ignore[attr-defined]

"""The gradient of a loss that must see a whole batch at once, for a batch that does not fit into memory.

Dice, Tversky, Lovász and OHEM divide, sort or count over a batch, so the losses of its parts do not add up to its own.
Accumulated batches are still one batch if every one is computed twice: first without a graph, for the logits of all and
the gradient of their common loss; then again, with the same random numbers, to propagate it into the network.
The price is another forward pass, and memory for the logits of the group. (Gao, Zhang, Han, Callan: "Scaling Deep
Contrastive Learning Batch Size under Memory Limited Setup", 2021, https://arxiv.org/abs/2101.06983.)
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from segcore.models import SegOutput
from segcore.train.parts import Parts


def logit_gradients(
    parts: Parts, group: Sequence[tuple[Tensor, Tensor]], loss_of: Callable[[SegOutput, Tensor], Tensor]
) -> tuple[Tensor, list[SegOutput]]:
    """The loss of a group of batches as one, a scalar, and its gradient for the logits of each batch.

    Args:
        parts: of the training; random numbers and buffers of the model are as before afterwards.
        group: at least one pair of images (N, C, H, W) and target (N, H, W), all of one size.
        loss_of: the loss of logits and a target.
    """
    with _unchanged(parts), torch.no_grad():
        outputs = [parts.model(images) for images, _ in group]
    heads = [head for head in zip(*outputs, strict=True) if head[0] is not None]
    joined = [torch.cat(list(head)).detach().requires_grad_() for head in heads]
    loss = loss_of(SegOutput(*joined), torch.cat([target for _, target in group]))
    gradients = torch.autograd.grad(loss, joined)
    sizes = [len(images) for images, _ in group]
    return loss.detach(), [SegOutput(*heads_of) for heads_of in zip(*(g.split(sizes) for g in gradients), strict=True)]


def propagated(output: SegOutput, gradient: SegOutput) -> Tensor:
    """A scalar whose backward pass gives the logits of an output these gradients."""
    products = [
        (head * slope).sum()
        for head, slope in zip(output, gradient, strict=True)
        if head is not None and slope is not None
    ]
    return torch.stack(products).sum()


@contextmanager
def _unchanged(parts: Parts) -> Iterator[None]:
    """Undo what a forward pass changes: batch-norm statistics and the states of the random number generators."""
    buffers = [(buffer, buffer.clone()) for buffer in parts.net.buffers()]
    device = parts.fabric.device
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        yield
    for buffer, before in buffers:
        buffer.copy_(before)

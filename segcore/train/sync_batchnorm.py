"""Batch normalisation with statistics over all processes.

With the statistics of its share of a batch, a network trains differently on two devices than on one, and poorly if the
shares are small. PyTorch's ``SyncBatchNorm`` works on GPUs only; here is the same for CPUs.
"""

from typing import Any

import torch
from torch import Tensor, distributed, nn


class CpuSyncBatchNorm(nn.BatchNorm2d):
    """BatchNorm2d over the images of all processes; its state has the same names."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x (N, C, H, W), each process with its own N images."""
        if not self.training:
            return super().forward(x)
        values = x.float()  # sums of half precision would overflow
        pixels = values.new_full((1,), values.numel() // values.shape[1])
        pixels, total = over_ranks(torch.cat([pixels, values.sum(dim=(0, 2, 3))])).split([1, self.num_features])
        mean = total / pixels  # (C,)
        # Distances from the mean: the mean of squares minus the square of the mean would suffer from cancellation.
        distance = values - mean[:, None, None]
        variance = over_ranks(distance.square().sum(dim=(0, 2, 3))) / pixels
        self._update_statistics(mean, variance * pixels / (pixels - 1).clamp(min=1))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        normalised: Tensor = distance * scale[:, None, None] + self.bias[:, None, None]
        return normalised.to(x.dtype)

    @torch.no_grad()
    def _update_statistics(self, mean: Tensor, variance: Tensor) -> None:
        """Update the running statistics, which evaluation uses."""
        assert self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


class _OverRanks(torch.autograd.Function):
    """A sum over all processes. Its gradient is the sum of the gradients of all processes."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:  # noqa: ARG004 - backward needs nothing saved
        total = values.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ARG004
        return over_ranks(gradient)


def over_ranks(values: Tensor) -> Tensor:
    """The sum of a tensor over all processes, with its gradient."""
    total: Tensor = _OverRanks.apply(values)
    return total


def synchronise_batchnorm(model: nn.Module, device: str) -> nn.Module:
    """The same network with every BatchNorm2d synchronised over processes; weights and names stay the same."""
    if device != "cpu":
        converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        return converted
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.BatchNorm2d:
                synced = CpuSyncBatchNorm(child.num_features, child.eps, child.momentum)
                synced.load_state_dict(child.state_dict())
                setattr(parent, name, synced)
    return model

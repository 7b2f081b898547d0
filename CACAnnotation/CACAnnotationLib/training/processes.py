"""One process, or several side by side as ``torchrun`` starts them, each with a GPU of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from CACScoringLib.model.prediction.engines import Device, device_named
from torch import Tensor, distributed, nn

T = TypeVar("T")

_PATIENCE = timedelta(days=7)
"""The others wait while one reads all scans; 10 minutes, as PyTorch has it, suffice for a few only."""


@dataclass(frozen=True)
class Processes:
    """This process among all that train together.

    Parameters
    ----------
    rank, ranks
        Its number, and how many there are.
    device
        Where it computes.
    """

    rank: int
    ranks: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes files and talks to the user."""
        return self.rank == 0

    def prepared(self, network: nn.Module) -> nn.Module:
        """Put a network on the device; several processes then share their gradients."""
        network = network.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.ranks == 1:
            return network
        if self.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
            return nn.parallel.DistributedDataParallel(network, device_ids=[self.device])
        return nn.parallel.DistributedDataParallel(network)

    def summed(self, values: Tensor) -> Tensor:
        """Add up values of all processes; every process gets the sum."""
        total = values.to(self.device, copy=True)
        if self.ranks > 1:
            distributed.all_reduce(total)
        return total.cpu()

    def from_leader(self, value: T | None) -> T:
        """Return what the leading process has; what the others give is left aside."""
        box: list[Any] = [value]
        if self.ranks > 1:
            distributed.broadcast_object_list(box)
        return box[0]

    def wait_for_all(self) -> None:
        """Return once every process has come here."""
        if self.ranks > 1:
            distributed.barrier()


@contextmanager
def joined_processes(device: Device) -> Iterator[Processes]:
    """Join the processes that ``torchrun`` started; without it there is only this one.

    Parameters
    ----------
    device
        ``"auto"`` for CUDA where there is any, ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    CACError
        If CUDA is asked for and PyTorch sees none.
    """
    cuda = device_named(device) == "cuda"
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    local = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if ranks == 1:
        yield Processes(0, 1, local)
        return
    if cuda:
        torch.cuda.set_device(local)
    distributed.init_process_group("nccl" if cuda else "gloo", timeout=_PATIENCE)
    try:
        yield Processes(distributed.get_rank(), ranks, local)
    finally:
        distributed.destroy_process_group()

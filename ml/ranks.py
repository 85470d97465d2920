"""The processes of a distributed training, as torchrun or srun started them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist


@dataclass(frozen=True)
class Ranks:
    """One process among its peers.

    Attributes
    ----------
    rank, size
        Number of the calling process, and how many there are.
    device
        Where the calling process computes.
    """

    rank: int
    size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process writes files."""
        return self.rank == 0

    @property
    def backend(self) -> str:
        """What carries messages between the processes."""
        return str(dist.get_backend())

    @property
    def device_name(self) -> str:
        """Model of the GPU, or cpu."""
        on_gpu = self.device.type == "cuda"
        return torch.cuda.get_device_name(self.device) if on_gpu else self.device.type

    def sum(self, value: float) -> float:
        """Sum of a number over all processes, the same bits on each."""
        total = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return float(total)

    def numbers_from_first(self, *numbers: int) -> list[int]:
        """What the first process says, in as many numbers."""
        message = torch.tensor(numbers, dtype=torch.int64, device=self.device)
        dist.broadcast(message, src=0)
        return [int(number) for number in message.tolist()]

    def text_from_first(self, text: str) -> str:
        """What the first process says, in words."""
        (length,) = self.numbers_from_first(len(text.encode()))
        message = torch.zeros(length, dtype=torch.uint8, device=self.device)
        if self.is_first:
            message[:] = torch.tensor(list(text.encode()), dtype=torch.uint8)
        dist.broadcast(message, src=0)
        return bytes(message.tolist()).decode()

    def gather(self, text: str) -> list[str]:
        """One text of each process."""
        parts: list[Any] = [None] * self.size
        dist.all_gather_object(parts, text)
        return [str(part) for part in parts]


@contextmanager
def process_group() -> Iterator[Ranks]:
    """Join the processes of this training: NCCL where every one has a GPU, else gloo."""
    _take_place_in_step()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    on_gpu = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) <= torch.cuda.device_count()
    device = torch.device("cuda", local) if on_gpu else torch.device("cpu")
    if on_gpu:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size(), device)
    finally:
        dist.destroy_process_group()


def _take_place_in_step() -> None:
    """Learn from srun which process this is, unless torchrun has told."""
    for name, of_step in (("RANK", "SLURM_PROCID"), ("LOCAL_RANK", "SLURM_LOCALID")):
        if of_step in os.environ:
            os.environ.setdefault(name, os.environ[of_step])

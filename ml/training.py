"""Training one member of the committee, as each of its processes sees it.

Adam on the mean square error, the learning rate falling after each epoch and the batch size
doubling every few: T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062 (2024), appendix.
A batch is shared by the processes, so that their number changes nothing but rounding.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from .. import PerrinError
from ..engines.durable import FULL_DISK, write_text
from ..engines.provenance import provenance
from .architecture import COMPONENTS
from .checkpoint import Position, furthest, load_checkpoint, save_checkpoint
from .force_functional import ForceFunctional
from .profiles import Profiles
from .ranks import Ranks
from .tensor_file import tensor_digest
from .trained import save_trained
from .training_job import TrainingJob
from .windows import Windows, epoch_batches

STEPS_BETWEEN_POLLS = 20
STOP_FILE = "stop"
PROGRESS_FILE = "progress.json"
DEADLINE_MARGIN_SECONDS = 5.0
FULL_DISK_POLL_SECONDS = 1.0


class TrainingError(PerrinError, RuntimeError):
    """A training that cannot go on."""


class _Order(IntEnum):
    CONTINUE = 0
    CHECKPOINT = 1
    LEAVE = 2


class Training:
    """One process's part in the training of a member."""

    def __init__(self, job: TrainingJob, ranks: Ranks) -> None:
        self._job, self._ranks = job, ranks
        self._settings = job.member.settings
        self._began = self._saved = time.monotonic()
        self._load_data()
        torch.manual_seed(job.member.seed % 2**63 + job.member.number)
        self._functional = ForceFunctional(job.member.architecture).to(ranks.device)
        self._optimiser = torch.optim.Adam(
            self._functional.parameters(), lr=self._settings.learning_rate, fused=True
        )
        self._position = self._resume()
        self._earlier = self._position.seconds
        self._parallel = DistributedDataParallel(self._functional, gradient_as_bucket_view=True)

    def _load_data(self) -> None:
        profiles, member = Profiles.load(Path(self._job.data)), self._job.member
        held = [name in member.validation for name in profiles.names]
        half_window, device = member.architecture.half_window, self._ranks.device
        train = profiles.select([not out for out in held])
        self._windows = Windows(train, half_window, device, augment=True)
        self._validation = Windows(profiles.select(held), half_window, device, augment=False)

    def _resume(self) -> Position:
        """Continue from the furthest checkpoint that the first process can use, if any."""
        paths = [Path(path) for path in self._job.resume]
        found, complaints = (
            furthest(paths, self._job.member) if self._ranks.is_first else (None, [])
        )
        chosen = self._ranks.text_from_first(str(found or ""))
        position = Position()
        if chosen:
            state = (self._job.member, self._functional, self._optimiser)
            position = load_checkpoint(Path(chosen), *state)
        position.runs.append(
            {
                "epoch": position.epoch,
                "batch": position.batch,
                "processes": self._ranks.size,
                "fingerprint": self._job.fingerprint,
                "unusable": complaints,
            }
        )
        return position

    def run(self) -> bool:
        """Train to the end and write the member (True), or as far as allowed (False)."""
        for epoch in range(self._position.epoch, self._settings.epochs):
            if not self._run_epoch(epoch):
                return False
        self._publish()
        return True

    def _run_epoch(self, epoch: int) -> bool:
        settings, member = self._settings, self._job.member
        batches = epoch_batches(len(self._windows), settings, member.seed, member.number, epoch)
        rate = settings.learning_rate * settings.decay**epoch
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        loss = torch.zeros((), dtype=torch.float64, device=self._ranks.device)
        first = self._position.batch
        for number in range(first, len(batches)):
            due = number % STEPS_BETWEEN_POLLS == 0 and number > first
            if due and self._obey(self._order(), epoch, number, loss, len(batches)):
                return False
            loss += self._step(batches[number])
        self._end_epoch(epoch, self._collect(loss), rate, len(batches[0]))
        return not self._obey(self._order(), epoch + 1, 0, torch.zeros_like(loss), len(batches))

    def _step(self, batch: Tensor) -> Tensor:
        """Take one optimiser step; return this process's sum of squared errors."""
        mine = batch[self._ranks.rank :: self._ranks.size].to(self._ranks.device)
        windows, forces = self._windows.at(mine)
        self._optimiser.zero_grad(set_to_none=True)
        errors = (self._parallel(windows) - forces).square().sum()
        # DDP averages gradients over processes: this makes the mean one over the whole batch.
        (errors * (self._ranks.size / (COMPONENTS * len(batch)))).backward()
        self._optimiser.step()
        squares: Tensor = errors.detach().double()
        return squares

    def _collect(self, loss: Tensor) -> float:
        """Sum of squared errors of all processes in this epoch so far."""
        self._position.loss += self._ranks.sum(float(loss))
        if not math.isfinite(self._position.loss):
            epoch = len(self._position.history)
            raise TrainingError(
                f"member {self._job.member.number} diverged in epoch {epoch}: "
                f"its loss is {self._position.loss}; lower learning.training.learning_rate (now "
                f"{self._settings.learning_rate:g}), or look for outliers in the labelled fields"
            )
        loss.zero_()
        return self._position.loss

    def _end_epoch(self, epoch: int, squares: float, rate: float, batch: int) -> None:
        loss = squares / (COMPONENTS * len(self._windows))
        self._position.history.append(
            {
                "epoch": epoch,
                "loss": loss,
                "validation": self._validation_loss(),
                "learning_rate": rate,
                "batch_size": batch,
            }
        )

    @torch.no_grad()
    def _validation_loss(self) -> float | None:
        if not len(self._validation):
            return None
        windows, forces = self._validation.at(torch.arange(len(self._validation)))
        return float((self._functional(windows) - forces).square().mean())

    def _order(self) -> _Order:
        """What all processes do next, as the first of them decides."""
        order = _Order.CONTINUE
        if self._ranks.is_first:
            if self._is_told_to_leave():
                order = _Order.LEAVE
            elif time.monotonic() - self._saved > self._job.checkpoint_seconds:
                order = _Order.CHECKPOINT
        return _Order(self._ranks.from_first(order))

    def _is_told_to_leave(self) -> bool:
        deadline = self._job.deadline
        if deadline is not None and time.time() + DEADLINE_MARGIN_SECONDS > deadline:
            return True
        return (Path(self._job.scratch) / STOP_FILE).exists()

    def _obey(self, order: _Order, epoch: int, batch: int, loss: Tensor, batches: int) -> bool:
        """Write a checkpoint if ordered, and say whether to leave."""
        self._position.epoch, self._position.batch = epoch, batch
        if batch == 0:
            self._position.loss = 0.0
        if order is not _Order.CONTINUE:
            self._collect(loss)
            self._save()
        if self._ranks.is_first and (batch == 0 or order is not _Order.CONTINUE):
            done = epoch * batches + batch
            self._report(done, self._settings.epochs * batches)
        return order is _Order.LEAVE

    def _save(self) -> None:
        self._saved = time.monotonic()
        self._position.seconds = self._earlier + self._saved - self._began
        if self._ranks.is_first:
            path = Path(self._job.checkpoint)
            state = (self._job.member, self._position, self._functional, self._optimiser)
            with _unless_disk_is_full():
                save_checkpoint(path, *state, self._job.token)

    def _report(self, done: int, total: int) -> None:
        text = json.dumps({"steps_done": done, "steps_total": total})
        with _unless_disk_is_full():
            write_text(Path(self._job.scratch) / PROGRESS_FILE, text, self._job.token)

    def _publish(self) -> None:
        weights = self._functional.state_dict()
        digests = self._ranks.gather(tensor_digest(weights))
        if len(set(digests)) != 1:
            raise TrainingError("the processes ended with different parameters")
        while self._ranks.is_first and not Path(self._job.output).exists():
            with _unless_disk_is_full():
                self._write(weights, digests)
                return
            if self._is_told_to_leave():
                self._save()
                return
            time.sleep(FULL_DISK_POLL_SECONDS)

    def _write(self, weights: dict[str, Tensor], digests: list[str]) -> None:
        training = {
            "parameters": digests,
            "processes": self._ranks.size,
            "seconds": self._earlier + time.monotonic() - self._began,
            "runs": self._position.runs,
            "software": provenance(),
        }
        save_trained(
            Path(self._job.output),
            weights,
            member=self._job.member.document(),
            history=self._position.history,
            training=training,
            token=self._job.token,
        )


@contextmanager
def _unless_disk_is_full() -> Iterator[None]:
    """Go on without what could not be written: memory holds it, and there will be another time."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise

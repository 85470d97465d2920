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
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from .. import PerrinError
from ..engines.durable import FULL_DISK, write_text
from ..engines.provenance import provenance
from .architecture import COMPONENTS
from .checkpoint import Position, furthest, load_checkpoint, save_checkpoint
from .force_functional import WINDOWS_AT_ONCE, ForceFunctional
from .orders import Order, Orders
from .profiles import Profiles
from .randomness import weights_seed
from .ranks import Ranks
from .tensor_file import tensor_digest
from .trained import save_trained
from .training_job import PROGRESS_FILE, TrainingJob
from .windows import Windows, epoch_batches

FULL_DISK_POLL_SECONDS = 1.0


class TrainingError(PerrinError, RuntimeError):
    """A training that cannot go on."""


class Training:
    """One process's part in the training of a member."""

    def __init__(self, job: TrainingJob, ranks: Ranks) -> None:
        self._job, self._ranks = job, ranks
        self._settings = job.member.settings
        self._began = time.monotonic()
        self._load_data()
        torch.manual_seed(weights_seed(job.member.seed, job.member.number))
        self._functional = ForceFunctional(job.member.architecture).to(ranks.device)
        self._optimiser = torch.optim.Adam(
            self._functional.parameters(), lr=self._settings.learning_rate, fused=True
        )
        self._position = self._resume()
        self._earlier = self._position.seconds
        self._parallel = DistributedDataParallel(self._functional, gradient_as_bucket_view=True)
        self._warm_up()
        self._orders = Orders(job, ranks)

    def _warm_up(self) -> None:
        """Have DDP order its buckets as it will: it does so once, after the first gradients.

        That order decides in which order processes are summed, and so the last bits: a resumed
        training must not have steps with another one.
        """
        windows, _ = self._windows.at(torch.arange(1))
        self._parallel(windows).sum().backward()
        self._optimiser.zero_grad(set_to_none=True)

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
                "backend": self._ranks.backend,
                "devices": self._ranks.gather(self._ranks.device_name),
                "threads": [int(n) for n in self._ranks.gather(str(torch.get_num_threads()))],
                "fingerprint": self._job.fingerprint,
                "unusable": complaints,
            }
        )
        return position

    def run(self) -> bool:
        """Train to the end and write the member (True), or as far as allowed (False)."""
        self._orders.start()
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
        for number in range(self._position.batch, len(batches)):
            if self._orders.are_due and self._obey(epoch, number, loss, len(batches)):
                return False
            loss += self._step(batches[number])
            self._orders.count_step()
        self._end_epoch(epoch, self._collect(loss), rate, len(batches[0]))
        return not self._obey(epoch + 1, 0, torch.zeros_like(loss), len(batches))

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
        self._expect_finite("loss", self._position.loss)
        loss.zero_()
        return self._position.loss

    def _expect_finite(self, name: str, value: float) -> None:
        if not math.isfinite(value):
            epoch = len(self._position.history)
            raise TrainingError(
                f"member {self._job.member.number} diverged in epoch {epoch}: its {name} is "
                f"{value}; lower learning.training.learning_rate (now "
                f"{self._settings.learning_rate:g}), or look for outliers in the labelled fields"
            )

    def _end_epoch(self, epoch: int, squares: float, rate: float, batch: int) -> None:
        validation = self._validation_loss()
        if validation is not None:
            self._expect_finite("validation loss", validation)
        self._position.history.append(
            {
                "epoch": epoch,
                "loss": squares / (COMPONENTS * len(self._windows)),
                "validation": validation,
                "learning_rate": rate,
                "batch_size": batch,
            }
        )

    @torch.no_grad()
    def _validation_loss(self) -> float | None:
        """Mean square error on what is not trained on; each process takes a share of it."""
        count = len(self._validation)
        if not count:
            return None
        squares = 0.0
        mine = torch.arange(self._ranks.rank, count, self._ranks.size, device=self._ranks.device)
        for numbers in torch.split(mine, WINDOWS_AT_ONCE):
            windows, forces = self._validation.at(numbers)
            squares += float((self._functional(windows) - forces).double().square().sum())
        return self._ranks.sum(squares) / (COMPONENTS * count)

    def _obey(self, epoch: int, batch: int, loss: Tensor, batches: int) -> bool:
        """Look up; write a checkpoint if ordered, and say whether to leave."""
        order = self._orders.next()
        self._position.epoch, self._position.batch = epoch, batch
        if batch == 0:
            self._position.loss = 0.0
        if order is not Order.CONTINUE:
            self._collect(loss)
            self._save()
        if self._ranks.is_first and (batch == 0 or order is not Order.CONTINUE):
            done = epoch * batches + batch
            self._report(done, self._settings.epochs * batches)
        return order is Order.LEAVE

    def _save(self) -> None:
        began = time.monotonic()
        self._position.seconds = self._earlier + began - self._began
        if self._ranks.is_first:
            path = Path(self._job.checkpoint)
            state = (self._job.member, self._position, self._functional, self._optimiser)
            with _unless_disk_is_full():
                save_checkpoint(path, *state, self._job.token)
        self._orders.note_checkpoint(began)

    def _report(self, done: int, total: int) -> None:
        text = json.dumps({"steps_done": done, "steps_total": total})
        with _unless_disk_is_full():
            write_text(Path(self._job.scratch) / PROGRESS_FILE, text, self._job.token)

    def _publish(self) -> None:
        weights = self._functional.state_dict()
        parameters = torch.cat([tensor.flatten() for tensor in weights.values()])
        self._expect_finite("largest parameter", float(parameters.abs().max()))
        digests = self._ranks.gather(tensor_digest(weights))
        if len(set(digests)) != 1:
            raise TrainingError("the processes ended with different parameters")
        while self._ranks.is_first and not Path(self._job.output).exists():
            with _unless_disk_is_full():
                self._write(weights, digests)
                return
            if self._orders.are_to_leave:
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

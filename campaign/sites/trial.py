"""The trial of one pool: a probe in a block of it, answered by the manager, then judged."""

from __future__ import annotations

import datetime
import os
import time
from dataclasses import dataclass
from pathlib import Path

from ...site_configs.site import Site
from ...site_configs.slurm import Pool
from ...site_configs.slurm_queue import QueueError
from .environment import cores, versions
from .evidence import Evidence
from .exchange import Answerer
from .finding import Finding, Verdict, failed
from .judgement import findings_of, slowness_of
from .measured import Measurement
from .network import Echo, addresses
from .order import Order
from .probes import LOG, LocalProbe, Probe, SlurmProbe
from .steps import steps_of

SILENCE_SECONDS = 120.0
SIGHT_SECONDS = 30.0


@dataclass(frozen=True)
class PoolCheck:
    """Findings from a block of one pool.

    Attributes
    ----------
    nodes
        Names of those that reported.
    queue_seconds
        How long the job waited; None if that is not known.
    folder
        What the probe left.
    measurement
        Speeds, if they were measured.
    """

    pool: Pool
    nodes: list[str]
    queue_seconds: float | None
    folder: Path
    findings: list[Finding]
    measurement: Measurement | None = None

    @property
    def is_ok(self) -> bool:
        """Whether nothing failed."""
        return all(finding.verdict is not Verdict.FAILED for finding in self.findings)

    @property
    def has_log(self) -> bool:
        """Whether something failed and left more than its finding."""
        return not self.is_ok and (self.folder / LOG).exists()


class Trial:
    """A probe for one pool of a site; the constructor starts it.

    Parameters
    ----------
    site
        The machine, with the number of nodes to try.
    folder
        An empty directory for it.
    echo
        Where the manager listens.
    """

    def __init__(self, site: Site, pool: Pool, folder: Path, echo: Echo) -> None:
        self._site, self._pool, self._folder = site, pool, folder
        self._shape = site.pools.get(pool)
        self._order = Order(
            steps=steps_of(site, pool, folder),
            addresses=addresses(),
            port=echo.port,
            token=echo.token,
            scratch=site.slurm.scratch if site.slurm else None,
            gpus=self._shape.gpus_per_node if self._shape else 0,
            threads=self._shape.cores_per_node if self._shape else cores(),
        )
        self._order.save(folder)
        self._answerer = Answerer(folder)
        self._heard = time.monotonic()
        self._probe: Probe | None = None
        self._doing: str | None = "starting"
        self._refusal = ""
        try:
            self._probe = self._start()
        except QueueError as error:
            self._refusal, self._doing = str(error), None

    def _start(self) -> Probe:
        if self._site.slurm is None or self._shape is None:
            return LocalProbe(self._site, self._folder, dict(os.environ))
        return SlurmProbe(self._site, self._site.slurm, self._shape, self._folder)

    @property
    def is_over(self) -> bool:
        """Whether the probe has ended."""
        return self._doing is None

    @property
    def title(self) -> str:
        """What it is doing, in words."""
        return f"{self._pool}: {self._doing or 'done'}"

    def answer(self) -> None:
        """Answer the questions of its nodes."""
        self._answerer.answer()

    def look(self) -> None:
        """See what it is doing; Slurm may be silent for a while."""
        if self._probe is None or self.is_over:
            return
        try:
            self._doing = self._probe.look()
            self._heard = time.monotonic()
        except QueueError as error:
            self._doing = f"no news: {error}"
            if time.monotonic() - self._heard > SILENCE_SECONDS:
                raise

    def cancel(self) -> None:
        """End it."""
        if self._probe is not None:
            self._probe.cancel()

    def judged(self, directory: Path, pmi_kinds: str) -> PoolCheck:
        """What came of it, once it is over."""
        refusal = self._refusal or (self._probe.refusal if self._probe else "")
        if refusal:
            return PoolCheck(self._pool, [], None, self._folder, [_refused(refusal)])
        evidence = Evidence(
            self._site, self._pool, self._shape, self._order, self._folder, versions()
        )
        _wait_for_sight(evidence)
        return PoolCheck(
            self._pool,
            [report.node for report in evidence.nodes],
            self._probe.queue_seconds if self._probe else None,
            self._folder,
            list(findings_of(evidence, directory, pmi_kinds)),
            _measurement(evidence),
        )


def _refused(words: str) -> Finding:
    return failed(
        "queue",
        f"Slurm does not take the job: {words}",
        "compare [slurm] of the site with `sinfo` and `sacctmgr show associations`; "
        "try fewer nodes with --nodes",
    )


def _wait_for_sight(evidence: Evidence) -> None:
    """Wait until the last file can be seen here, unless the job says that there is none."""
    log, deadline = evidence.folder / LOG, time.monotonic() + SIGHT_SECONDS
    while not evidence.is_done and time.monotonic() < deadline:
        if log.exists() and log.stat().st_size:
            return
        time.sleep(0.2)


def _measurement(evidence: Evidence) -> Measurement | None:
    slowness = slowness_of(evidence)
    if not slowness:
        return None
    nodes = [report.node for report in evidence.speeds]
    processors = sorted({node.processor for node in evidence.nodes})
    date = datetime.date.today().isoformat()
    return Measurement(date=date, nodes=nodes, processor=", ".join(processors), slowness=slowness)

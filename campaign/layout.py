"""Where things are in a campaign's directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The directory of one campaign; everything perrin writes is below it."""

    root: Path

    @classmethod
    def of(cls, campaign_file: Path) -> Layout:
        """Directory of a campaign file: ``NAME.toml`` keeps its data in ``NAME.perrin``."""
        return cls(campaign_file.resolve().with_suffix(".perrin"))

    @property
    def results(self) -> Path:
        """Published ensemble files, one per task."""
        return self.root / "results"

    @property
    def checkpoints(self) -> Path:
        """One ensemble file per running try, with unfinished replicas."""
        return self.root / "checkpoints"

    @property
    def claims(self) -> Path:
        """One small file per running try: which process works on it, and how far it is."""
        return self.root / "claims"

    @property
    def damaged(self) -> Path:
        """Files that failed a check, kept for inspection."""
        return self.root / "damaged"

    @property
    def journal(self) -> Path:
        """What happened, one file per generation of the manager."""
        return self.root / "journal"

    @property
    def index(self) -> Path:
        """Replica key -> file and row, one file per generation of the manager."""
        return self.root / "index"

    @property
    def lease(self) -> Path:
        """Who manages the campaign, one file per generation."""
        return self.root / "lease"

    @property
    def executor(self) -> Path:
        """Logs and scratch of Parsl or Dask."""
        return self.root / "executor"

    @property
    def groups(self) -> Path:
        """What MPI groups under way are told, and what they answer."""
        return self.executor / "groups"

    @property
    def reduced(self) -> Path:
        """Reductions and their plots."""
        return self.root / "reduced"

    @property
    def learning(self) -> Path:
        """What active learning makes."""
        return self.root / "learning"

    @property
    def data_sets(self) -> Path:
        """Profiles that committees were trained on."""
        return self.learning / "data"

    @property
    def models(self) -> Path:
        """Trained members of committees."""
        return self.learning / "models"

    @property
    def explored(self) -> Path:
        """Candidates with their steady states as committees see them."""
        return self.learning / "explored"

    @property
    def training(self) -> Path:
        """Checkpoints and logs of trainings under way."""
        return self.learning / "training"

    @property
    def report(self) -> Path:
        """The report."""
        return self.root / "report.html"

    @property
    def log(self) -> Path:
        """What managers said, for people."""
        return self.root / "manager.log"

    @property
    def snapshot(self) -> Path:
        """What the manager last knew, for a quick answer."""
        return self.root / "status.json"

    def create(self) -> None:
        """Make every directory that a manager or worker writes to."""
        for path in (
            self.results,
            self.checkpoints,
            self.claims,
            self.damaged,
            self.journal,
            self.index,
            self.lease,
            self.executor,
            self.data_sets,
            self.models,
            self.explored,
            self.training,
        ):
            path.mkdir(parents=True, exist_ok=True)

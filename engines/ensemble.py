"""Ensemble files: the statistics and final states of a task's replicas, in HDF5.

Layout::

    /                       attrs: format, and as JSON physics (engine, version, seed, force,
                            dynamics), sampling, settings (both in words), provenance
    /STATE_POINT_HASH/      attrs: state_point, parameters (in words); data sets with one row
                            per replica
        key, replica, step  identity, index and steps done
        runs                JSON: who computed which steps, where, with which fingerprint
        state/NAME          what the trajectory needs to go on
        statistics/NAME     sums over the steps of each block, (replica, block, ...); attrs: axes,
                            unit, text

Replicas that got further than others may have more blocks: the file has the largest number of them,
and what a replica lacks is zero.

The documents that identify a replica leave out defaults; what is written in words does not. A
replica's seed is the leaf (seed, state point hash, replica index) of the seed tree. A checkpoint is
the same file with replicas that are not finished.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from .arrays import lengthened
from .canonical import canonical_json
from .description import describe
from .engine import Engine, ReplicaState
from .identity import Physics
from .seal import USER_BLOCK, DamagedFileError, read_sealed, seal

FORMAT = "perrin-ensemble-1"


@dataclass
class Run:
    """Consecutive steps of one replica, computed by one try on one machine."""

    token: str
    first_step: int
    last_step: int
    fingerprint: str
    host: str
    wall_seconds: float
    cpu_seconds: float


@dataclass
class ReplicaRecord:
    """A replica with its identity, its state and the history of its computation."""

    physics: Physics
    replica: int
    state: ReplicaState
    runs: list[Run] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Identity of the replica."""
        return self.physics.replica_key(self.replica)


class Row(NamedTuple):
    """Where a replica is inside an ensemble file, and how far it got."""

    key: str
    group: str
    row: int
    step: int


def write_ensemble(
    path: Path,
    records: Iterable[ReplicaRecord],
    *,
    sampling: Mapping[str, Any],
    engines: Mapping[str, Engine],
    provenance: Mapping[str, Any],
) -> tuple[str, list[Row]]:
    """Write `records`, all of one engine, dynamics and seed, to a new sealed file.

    The file is made in memory and sealed there, so that the digest is that of what was meant,
    and a full disk is a plain `OSError`.

    Parameters
    ----------
    path
        File to write; it takes its final name by `durable.publish` or `durable.replace`.
    records
        Replicas to write.
    sampling
        Document of the sampling.
    engines
        The engine of each state point, by its hash.
    provenance
        Which software, on which machine.

    Returns
    -------
    digest
        SHA-256 of the contents, as sealed into the file.
    rows
        Where each replica is.
    """
    groups: dict[str, list[ReplicaRecord]] = {}
    for record in records:
        groups.setdefault(record.physics.state_point_hash, []).append(record)
    rows: list[Row] = []
    image = io.BytesIO()
    with h5py.File(image, "w", libver="latest", userblock_size=USER_BLOCK) as file:
        some_name, some_members = next(iter(groups.items()))
        _write_header(file, some_members[0].physics, engines[some_name], sampling, provenance)
        for name in sorted(groups):
            members = sorted(groups[name], key=lambda record: record.replica)
            _write_group(file.create_group(name), members, engines[name])
            rows += [Row(m.key, name, row, m.state.step) for row, m in enumerate(members)]
    contents = bytearray(image.getbuffer())
    digest = seal(contents)
    path.write_bytes(contents)
    return digest, rows


def _write_header(
    file: h5py.File,
    physics: Physics,
    engine: Engine,
    sampling: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> None:
    header = physics.as_document()
    del header["state_point"]
    file.attrs["format"] = FORMAT
    file.attrs["physics"] = canonical_json(header)
    file.attrs["sampling"] = canonical_json(dict(sampling))
    settings = {"dynamics": describe(engine.dynamics), "sampling": describe(engine.sampling)}
    file.attrs["settings"] = json.dumps(settings)
    file.attrs["provenance"] = json.dumps(provenance, sort_keys=True)


def _write_group(group: h5py.Group, members: list[ReplicaRecord], engine: Engine) -> None:
    group.attrs["state_point"] = canonical_json(members[0].physics.state_point)
    group.attrs["parameters"] = json.dumps(describe(engine.parameters))
    group["key"] = np.array([member.key for member in members], dtype="S32")
    group["replica"] = [member.replica for member in members]
    group["step"] = [member.state.step for member in members]
    runs = [json.dumps([asdict(run) for run in member.runs]) for member in members]
    group.create_dataset("runs", data=runs, dtype=h5py.string_dtype())
    for name in members[0].state.dynamics:
        group[f"state/{name}"] = np.stack([member.state.dynamics[name] for member in members])
    for name in members[0].state.statistics:
        stacked = _stack_blocks([member.state.statistics[name] for member in members])
        data = group.create_dataset(f"statistics/{name}", data=stacked)
        meaning = engine.statistics[name]
        data.attrs["axes"] = ["replica", *meaning.axes]
        data.attrs["unit"] = meaning.unit
        data.attrs["text"] = meaning.text


def _stack_blocks(sums: list[NDArray[Any]]) -> NDArray[Any]:
    """Stack sums of shapes (B, ...), where B may differ, to shape (R, largest B, ...)."""
    blocks = max(map(len, sums))
    return np.stack([lengthened(values, blocks) for values in sums])


class EnsembleFile:
    """A sealed ensemble file, read into memory.

    Using
    -----
    ``with EnsembleFile(path) as file:`` checks the seal and raises `DamagedFileError` for anything
    that is not a whole ensemble file. What the operating system refuses stays an `OSError`.
    """

    def __init__(self, path: Path) -> None:
        image, self.digest = read_sealed(path)
        self.path = path
        self.size = len(image)
        self._file = h5py.File(io.BytesIO(image), "r")
        try:
            self.header: dict[str, Any] = json.loads(self._file.attrs["physics"])
            self.sampling: dict[str, Any] = json.loads(self._file.attrs["sampling"])
            self.settings: dict[str, Any] = json.loads(self._file.attrs["settings"])
            self.provenance: dict[str, Any] = json.loads(self._file.attrs["provenance"])
        except (KeyError, ValueError) as error:
            raise DamagedFileError(path, f"not a perrin ensemble file ({error})") from error

    def __enter__(self) -> EnsembleFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def groups(self) -> list[str]:
        """State-point hashes, sorted."""
        return sorted(self._file)

    def physics(self, group: str) -> Physics:
        """Identity of the ensemble of one state point."""
        state_point = json.loads(self._file[group].attrs["state_point"])
        return Physics(state_point=state_point, **self.header)

    def parameters(self, group: str) -> dict[str, Any]:
        """Parameters of a state point in words, as by `describe`."""
        found: dict[str, Any] = json.loads(self._file[group].attrs["parameters"])
        return found

    def rows(self) -> list[Row]:
        """Every replica of the file."""
        return [
            Row(key.decode(), group, row, int(step))
            for group in self.groups
            for row, (key, step) in enumerate(
                zip(self._file[group]["key"][:], self._file[group]["step"][:], strict=True)
            )
        ]

    def replicas(self, group: str) -> NDArray[np.int64]:
        """Replica indices of one state point, shape (R,)."""
        return np.asarray(self._file[group]["replica"][:])

    def statistic_names(self, group: str, *, of_blocks: bool = False) -> list[str]:
        """Names of the statistics of one state point; of those that are sums over blocks only."""
        statistics = self._file[group]["statistics"]
        return sorted(
            name
            for name, data in statistics.items()
            if not of_blocks or data.attrs["axes"][1] == "block"
        )

    def statistic(self, group: str, name: str) -> NDArray[Any]:
        """One statistic of every replica of a state point, shape (R, B, ...) for B blocks."""
        return np.asarray(self._file[group]["statistics"][name][:])

    def record(self, row: Row) -> ReplicaRecord:
        """Everything about one replica."""
        group = self._file[row.group]
        state = ReplicaState(
            row.step,
            {name: np.asarray(group["state"][name][row.row]) for name in group["state"]},
            {name: np.asarray(group["statistics"][name][row.row]) for name in group["statistics"]},
        )
        runs = [Run(**run) for run in json.loads(group["runs"][row.row])]
        replica = int(group["replica"][row.row])
        return ReplicaRecord(self.physics(row.group), replica, state, runs)

    def records(self) -> Iterator[ReplicaRecord]:
        """Every replica of the file."""
        return map(self.record, self.rows())

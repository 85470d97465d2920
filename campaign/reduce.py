"""Reducing the published replicas of a campaign on its executor."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import xarray as xr

from ..analysis.dataset import history_dataset, one_body_dataset
from ..analysis.one_body import OneBodyAccumulation, OneBodyFields
from ..analysis.one_body_history import OneBodyHistory
from ..engines.ensemble import Row
from ..engines.seal import DamagedFileError
from ..site_configs.slurm import Pool
from . import job_names
from .executors.adaptor import ExecutorAdaptor
from .executors.factory import start_executor
from .executors.purpose import Purpose
from .layout import Layout
from .plan import Plan
from .store import Store

Reduction = TypeVar("Reduction", bound=OneBodyAccumulation)

SMALL_NUMBER_OF_FILES = 64
BATCH_SECONDS = 60.0
POLL_SECONDS = 0.5


def partial_reduction(
    directory: str, rows: dict[str, list[Row]], kind: type[OneBodyAccumulation] = OneBodyFields
) -> Any:
    """Reduce some files; return the reduction and (file, reason) of those that are damaged."""
    fields, damaged = kind(), []
    for name in sorted(rows):
        try:
            fields.merge(kind().compute(Path(directory) / name, rows[name]))
        except DamagedFileError as error:
            damaged.append((name, error.reason))
        except FileNotFoundError:
            damaged.append((name, "gone"))
    return fields, damaged


def reduce_campaign(plan: Plan, layout: Layout, store: Store) -> tuple[xr.Dataset, list[str]]:
    """Reduce what is published so far to steady states, as `reduced` does.

    Returns
    -------
    dataset
        Fields of every state point with at least one replica.
    damaged
        Names of the files left out.
    """
    fields, damaged = reduced(plan, layout, store, OneBodyFields)
    return _described(one_body_dataset(fields), plan), damaged


def reduce_over_time(plan: Plan, layout: Layout, store: Store) -> tuple[xr.Dataset, list[str]]:
    """Reduce what is published so far block by block in time; otherwise like `reduce_campaign`."""
    history, damaged = reduced(plan, layout, store, OneBodyHistory)
    return _described(history_dataset(history), plan), damaged


def _described(dataset: xr.Dataset, plan: Plan) -> xr.Dataset:
    dataset.attrs = {"campaign": plan.campaign.name, "software": "perrin"}
    return dataset


def reduced(
    plan: Plan, layout: Layout, store: Store, kind: type[Reduction]
) -> tuple[Reduction, list[str]]:
    """Accumulate what is published so far, replicas that are still to be extended included.

    Files that fail their digest are set aside and left out: the next run recomputes them.

    Returns
    -------
    reduction
        Sums of every state point with at least one replica.
    damaged
        Names of the files left out.
    """
    batches = list(_batches(_rows_by_file(plan, store)))
    directory = str(layout.results)
    if len(batches) == 1:
        parts = [partial_reduction(directory, batches[0], kind)]
    else:
        with _executor(plan, layout) as executor:
            futures = [
                executor.submit(partial_reduction, directory, batch, kind) for batch in batches
            ]
            parts = list(_results(executor, futures))
    total, damaged = kind(), []
    for fields, failures in parts:
        total.merge(fields)
        for name, reason in failures:
            with contextlib.suppress(FileNotFoundError):
                store.set_aside(layout.results / name, reason)
            damaged.append(name)
    return total, damaged


def _rows_by_file(plan: Plan, store: Store) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for key in plan.wanted:
        location = store.index.find(key, plan.sampling_hash)
        if location is not None:
            rows[location.file].append(location.row)
    return rows


def _batches(rows: dict[str, list[Row]]) -> Iterator[dict[str, list[Row]]]:
    names = sorted(rows)
    for start in range(0, max(1, len(names)), SMALL_NUMBER_OF_FILES):
        yield {name: rows[name] for name in names[start : start + SMALL_NUMBER_OF_FILES]}


def _results(executor: ExecutorAdaptor, futures: list[Future[Any]]) -> Iterator[Any]:
    """Results in order, while the executor is kept going."""
    for number, future in enumerate(futures):
        while not future.done():
            executor.tend({Pool.WORKERS: len(futures) - number})
            wait([future], timeout=POLL_SECONDS)
        yield future.result()


@contextmanager
def _executor(plan: Plan, layout: Layout) -> Iterator[ExecutorAdaptor]:
    purpose = Purpose(
        name=job_names.reduction(layout),
        segment_seconds=BATCH_SECONDS,
    )
    executor = start_executor(plan.site, layout.executor, purpose)
    try:
        yield executor
    finally:
        executor.shutdown()

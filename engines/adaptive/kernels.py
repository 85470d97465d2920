"""Adaptive Brownian dynamics without Python between steps."""

from __future__ import annotations

from typing import Any

from ..compiled import jit
from ..completeness import largest_move
from ..neighbours import refresh, settle
from ..verlet import Neighbourhood
from .noise import Noise, add_up, cover, drop
from .step import (
    correct,
    factor,
    fill_all_forces,
    longest_try,
    move_and_record,
    predict,
    record_configuration,
)
from .workspace import Constants, Scratch, Sums, Trajectory

DONE, OVERFLOW, BLOWN_UP = 0, 1, 2
NONE_SHORT_ENOUGH, STALE_LISTS = 0, -1
SHORTEST_TRY = 1e-30
"""Of the time between samples: forces that ask for shorter tries are no forces."""
MOST_IDLE = 10_000
"""Steps too short to advance the clock; particles that overlap take some hundreds of them."""


def advance(
    potentials: Any,
    constants: Constants,
    hood: Neighbourhood,
    noise: Noise,
    trajectory: Trajectory,
    scratch: Scratch,
    sums: Sums,
    first: int,
    last: int,
    sample_from: int,
) -> tuple[int, int]:
    """Do the steps first, ..., last - 1, sampling those from `sample_from` on; never raises.

    Returns
    -------
    status
        DONE, OVERFLOW (of a neighbour list: grow it and go on) or BLOWN_UP.
    step
        Steps done; the clock of the trajectory says how much of the next one.
    """
    positions, clock, length = trajectory.positions, trajectory.clock, constants.time_step
    step, idle, fresh = first, 0, True
    while step < last:
        if not renew_lists(hood, trajectory, fresh):
            return OVERFLOW, step
        fresh = False
        since = step - sample_from
        time = (step - constants.field_from) * length + clock[0]
        fill_all_forces(potentials, constants, hood, positions, time, scratch.now)
        began = clock[0]
        pieces, rejected = accepted_try(
            potentials, constants, hood, noise, trajectory, scratch, time
        )
        idle = idle + 1 if clock[0] == began else 0
        if pieces == NONE_SHORT_ENOUGH or idle > MOST_IDLE:
            return BLOWN_UP, step
        if since >= 0:
            sums.tries.rejected[()] += rejected
        if pieces == STALE_LISTS:
            spoil_lists(hood, trajectory)
            fresh = True
            continue
        drop(noise, pieces)
        if since >= 0:
            sums.tries.accepted[()] += 1
        if began == 0.0 and since >= 0:
            record_configuration(potentials, constants, hood, trajectory, scratch, sums, since)
        sampled = since >= 0 and since % constants.interval == 0
        move_and_record(constants, hood, trajectory, scratch, sums, sampled)
        if length - clock[0] <= 1e-9 * length:
            clock[0] = 0.0
            step += 1
    return DONE, step


@jit()
def renew_lists(hood: Neighbourhood, trajectory: Trajectory, fresh: bool) -> bool:
    """Build lists anew if they are `fresh` or outdated; false if they do not fit."""
    return refresh(
        hood,
        trajectory.positions,
        trajectory.images,
        trajectory.reference,
        trajectory.labels,
        (trajectory.increments,),
        fresh,
    )


@jit()
def spoil_lists(hood: Neighbourhood, trajectory: Trajectory) -> None:
    """Wrap and sort particles where they are, so that lists have to be built anew."""
    settle(
        hood,
        trajectory.positions,
        trajectory.images,
        trajectory.reference,
        trajectory.labels,
        (trajectory.increments,),
    )


@jit()
def accepted_try(
    potentials: Any,
    constants: Constants,
    hood: Neighbourhood,
    noise: Noise,
    trajectory: Trajectory,
    scratch: Scratch,
    time: float,
) -> tuple[int, int]:
    """Try shorter and shorter steps until one is accepted, and advance the clock by it.

    Returns
    -------
    pieces
        Pieces of noise that the step takes, NONE_SHORT_ENOUGH, or STALE_LISTS if it leads further
        than lists reach, which new ones might allow.
    rejected
        Tries that were no steps.
    """
    rejected, clock, longest = 0, trajectory.clock, constants.time_step - trajectory.clock[0]
    clock[1] = min(clock[1], longest_try(constants, scratch.now.total))
    while clock[1] > SHORTEST_TRY * constants.time_step:
        wanted = min(clock[1], longest)
        pieces, covered = cover(noise, wanted, trajectory.random, scratch.normals, scratch.drawn)
        if pieces == 0:
            return NONE_SHORT_ENOUGH, rejected
        add_up(noise, pieces, scratch.wiener)
        change = 0.5
        if predict(constants, trajectory, scratch, covered) < constants.largest_move:
            after = time + covered
            fill_all_forces(potentials, constants, hood, scratch.predicted, after, scratch.then)
            error = correct(constants, scratch, covered)
            change = factor(error)
            if error <= 0.5:
                clock[0] += covered
                clock[1] = (
                    max(clock[1], change * covered) if wanted < clock[1] else change * covered
                )
                return pieces, rejected
        elif hood.range > 0.0 and largest_move(trajectory.positions, trajectory.reference) > 0.0:
            return STALE_LISTS, rejected
        rejected += 1
        clock[1] = change * covered
    return NONE_SHORT_ENOUGH, rejected

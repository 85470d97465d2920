"""Long runs of Brownian dynamics against the numbers of other programs and exact relations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from perrin.analysis.force_balance import hotelling
from perrin.engines.arrays import Floats
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.engine import ReplicaState

pytestmark = pytest.mark.validate

TIME_STEPS = (1e-4, 5e-5)
TEMPERATURE = 1.5


def run(
    particles: int,
    length: float,
    time_step: float,
    time: float,
    replicas: int,
    modes: int = 0,
    field: dict[str, object] | None = None,
) -> list[ReplicaState]:
    engine = BrownianEngine(
        BrownianEngine.Parameters(
            particles=particles,
            box_length=length,
            temperature=TEMPERATURE,
            potential={"kind": "lennard-jones"},
            field=field,
        ),
        BrownianEngine.Dynamics(time_step=time_step, bulk_time=0.7),
        BrownianEngine.Sampling(
            transient_time=1.0 if field else 0.0, time=time, bin_width=length, modes=modes
        ),
    )

    def one(replica: int) -> ReplicaState:
        # The two time steps get independent noise, so that their errors add in quadrature.
        entropy = [round(1e6 * time_step), replica]
        state = engine.start(np.random.SeedSequence(entropy))
        engine.advance(state, engine.total_steps)
        return state

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(replicas)))


def mean_and_error(samples: Floats) -> tuple[Floats, Floats]:
    return samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(len(samples))


def energy_and_pressure(states: list[ReplicaState], particles: int, length: float) -> Floats:
    """U/N and P of each replica, (replicas, 2)."""
    rows = []
    for state in states:
        sums = state.statistics
        energy, virial = (
            sums[name][0, 0] / sums["energy_samples"][0] for name in ("energy", "virial")
        )
        pressure = (particles * TEMPERATURE + virial / 3) / length**3
        rows.append([energy / particles, pressure])
    return np.array(rows)


@pytest.mark.parametrize(
    ("density", "references", "largest"),
    [
        (0.5, [(-3.0500, 0.0006), (0.6732, 0.0012)], [0.003, 0.006]),
        (0.84, [(-4.8587, 0.0016), (5.036, 0.008)], [0.004, 0.02]),
    ],
)
def test_lennard_jones_energy_and_pressure(
    density: float, references: list[tuple[float, float]], largest: list[float]
) -> None:
    """Against BAOAB at dt=.003 : N=500, T=1.5, rc=2.5, extrapolated in dt."""
    particles = 500
    length = float((particles / density) ** (1 / 3))
    # Times per replica that give the least error of 2 x(dt/2) - x(dt) for their cost.
    coarse, fine = (
        mean_and_error(energy_and_pressure(run(particles, length, dt, time, 16), particles, length))
        for dt, time in zip(TIME_STEPS, (4.5, 6.4), strict=True)
    )
    value = 2 * fine[0] - coarse[0]
    error = np.hypot(2 * fine[1], coarse[1])
    print(f"\nLJ rho={density} T={TEMPERATURE} N={particles}")
    for i, name in enumerate(("U/N", "P")):
        reference, uncertainty = references[i]
        print(
            f"  {name:4} dt=1e-4 {coarse[0][i]:.4f}({coarse[1][i]:.4f})"
            f"  dt=5e-5 {fine[0][i]:.4f}({fine[1][i]:.4f})"
            f"  dt->0 {value[i]:.4f}({error[i]:.4f})  reference {reference}({uncertainty})"
        )
        assert error[i] < largest[i]
        assert abs(value[i] - reference) < 3 * np.hypot(error[i], uncertainty)


def test_force_balance_of_a_driven_fluid(driving: dict[str, object]) -> None:
    """Weak form of the force balance, Hotelling's T^2 over 8 of 24 replicas, extrapolated in dt."""
    replicas = 24
    coarse, fine = (
        np.array(
            [
                state.statistics["balance_modes"][0] / state.statistics["steps"][0]
                for state in run(108, 6.0, dt, 8.0, replicas, modes=4, field=driving)
            ]
        )
        for dt in TIME_STEPS
    )
    print("\ndriven LJ rho=.5 N=108: residual force at wavenumber 2 pi m/L, z component")
    residual = 2 * fine - coarse
    for m in range(4):
        for part, name in enumerate(("Re", "Im")):
            columns = [mean_and_error(x[:, m, 2, part]) for x in (coarse, fine, residual)]
            cells = "  ".join(f"{mean:8.2f}({error:.2f})" for mean, error in columns)
            print(f"  m={m + 1} {name}  dt=1e-4, 5e-5, ->0: {cells}")
    chosen = residual[:, :, 2].reshape(replicas, 8)
    _, error = mean_and_error(chosen)
    p = hotelling(chosen)
    print(f"  Hotelling's T^2: p = {p:.3f}")
    # The external force on the particles sums to some 200 at the modes where it acts.
    assert error.max() < 6.0
    assert p > 0.003

"""Radial distribution functions of fluids: by counting, by forces, and as theory has them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from perrin.analysis.correlations import Correlations
from perrin.analysis.grouped_sums import GroupedSums, jackknife
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.description import describe, values
from perrin.engines.potentials.pair import pair

REPLICAS = 8


def estimates(density, potential, shape, temperature=1.5):
    """Correlations of a bulk fluid with their errors."""
    pairs = {"interval": 40, "bin_width": 0.1, "reach": 3.0}
    simulation = BrownianEngine(
        BrownianEngine.Parameters(
            particles=120,
            box_length=(120 / density) ** (1 / len(shape)),
            box_shape=shape,
            temperature=temperature,
            potential=potential,
        ),
        BrownianEngine.Dynamics(time_step=2e-4, bulk_time=0.6),
        BrownianEngine.Sampling(transient_time=0, time=0.6, modes=0, radial_distribution=pairs),
    )
    sums = GroupedSums()

    def run(replica):
        state = simulation.start(np.random.SeedSequence(3, spawn_key=(replica,)))
        simulation.advance(state, simulation.total_steps)
        return {name: value.sum(axis=0) for name, value in state.statistics.items()}

    with ThreadPoolExecutor(2) as pool:
        for replica, found in enumerate(pool.map(run, range(REPLICAS))):
            sums.add(replica, found)
    correlations = Correlations.of(values(describe(simulation.sampling)), 2e-4)
    box = simulation.parameters.box
    distances = correlations.distances(sums.stacked())
    found = jackknife(sums.stacked(), lambda s: correlations.estimate(s, box, temperature))
    return simulation, distances, found


@pytest.mark.parametrize("shape", [(1.0, 1.0, 1.0), (1.0, 1.0)])
def test_forces_and_counts_give_the_same_function(shape):
    """Bins of .1 differ from their centres by less than .02 beyond the flank of the first shell.

    The potential has no jump, of which the sum of forces would know nothing.
    """
    options = {"kind": "lennard-jones", "shift": "force"}
    _, distances, found = estimates(0.3, options, shape)
    counted, error = found["pair_distribution"]
    forces, other = found["pair_distribution_by_forces"]
    outside = distances > 1.2
    off = np.abs(counted - forces)[outside]
    assert (off < 4 * np.hypot(error, other)[outside] + 0.02).all()
    shell = (distances > 1.1) & (distances < 1.5)
    assert other[shell].mean() < error[shell].mean()
    assert np.abs(forces[distances < 0.7]).max() < 4 * other[distances < 0.7].max()


def test_a_dilute_gas_has_the_boltzmann_factor_of_its_potential():
    """The next order in the density is rho times an integral of some sigma^3: below .02 here."""
    options = {"kind": "gaussian-core", "cutoff": 3.0}
    simulation, distances, found = estimates(0.01, options, (1.0, 1.0, 1.0), temperature=0.5)
    table = simulation.parameters.potential.table(1)[0]
    expected = np.exp([-pair(table, r * r)[1] / 0.5 for r in distances])
    for name in ("pair_distribution", "pair_distribution_by_forces"):
        value, error = found[name]
        inner = slice(3, None)
        assert (np.abs(value - expected)[inner] < 4 * error[inner] + 0.03).all(), name

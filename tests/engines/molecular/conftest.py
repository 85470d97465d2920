import pytest

from perrin.engines.molecular.engine import MolecularEngine


def make_molecular(
    particles=64, box_length=6.0, temperature=1.5, dynamics=None, sampling=None, **parameters
):
    potential = parameters.pop("potential", {"kind": "lennard-jones", "shift": "force"})
    return MolecularEngine(
        MolecularEngine.Parameters(
            particles=particles,
            box_length=box_length,
            temperature=temperature,
            potential=potential,
            **parameters,
        ),
        MolecularEngine.Dynamics(**{"time_step": 0.005, "bulk_time": 0.1, **(dynamics or {})}),
        MolecularEngine.Sampling(
            **{"transient_time": 0.0, "time": 0.1, "bin_width": 1.0, **(sampling or {})}
        ),
    )


@pytest.fixture
def molecular():
    return make_molecular

from perrin.engines.potentials.ideal import Ideal, ideal


def test_particles_do_not_see_one_another() -> None:
    potential = Ideal(kind="ideal")
    assert potential.range == 0
    assert ideal(potential.coefficients(), 0.01) == (0.0, 0.0)

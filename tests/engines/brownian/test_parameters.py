import math

import pytest
from pydantic import ValidationError

from perrin.engines.brownian.parameters import BrownianDynamics, BrownianParameters

GOOD = {
    "particles": 500,
    "box_length": 10.0,
    "temperature": 1.5,
    "potential": {"kind": "lennard-jones"},
}


def test_defaults() -> None:
    parameters = BrownianParameters.model_validate(GOOD)
    assert (parameters.friction, parameters.field, parameters.density) == (1.0, None, 0.5)
    assert (BrownianDynamics().time_step, BrownianDynamics().bulk_time) == (1e-4, 10.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"particles": 0}, "particles"),
        ({"box_length": math.inf}, "box_length"),
        ({"temperature": 0.0}, "temperature"),
        ({"temperature": math.nan}, "temperature"),
        ({"friction": -1.0}, "friction"),
        ({"potential": {"kind": "lenard-jones"}}, "lennard-jones"),
        ({"potential": {"kind": "lennard-jones", "cutoff": 5.5}}, r"5\.5 .* 5\.0"),
        ({"particles": 1400}, r"1400 .* 10\.0 .* 1\.4; lennard-jones allows 1\.3"),
        ({"temprature": 1.0}, "temprature"),
    ],
)
def test_bad_parameters_are_refused_with_the_reason(change: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        BrownianParameters.model_validate({**GOOD, **change})


def test_an_ideal_gas_may_be_as_dense_and_small_as_it_likes() -> None:
    change = {"particles": 10_000, "box_length": 1.0, "potential": {"kind": "ideal"}}
    assert BrownianParameters.model_validate({**GOOD, **change}).density == 10_000


@pytest.mark.parametrize("model", [BrownianParameters, BrownianDynamics])
def test_every_field_is_explained(model: type) -> None:
    assert all(info.description for info in model.model_fields.values())

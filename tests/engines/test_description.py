import json

from perrin.engines.brownian.parameters import BrownianParameters
from perrin.engines.description import describe


def test_defaults_and_units_are_spelt_out():
    parameters = BrownianParameters(
        particles=10,
        box_length=6.0,
        temperature=1.5,
        potential={"kind": "lennard-jones"},
        field={"kind": "planar-fourier", "z": {"constant": 2.0}},
    )
    found = json.loads(json.dumps(describe(parameters)))
    assert found["friction"]["value"] == 1.0
    assert "epsilon" in found["temperature"]["text"]
    assert found["potential"]["value"]["cutoff"]["value"] == 2.5
    assert found["field"]["value"]["z"]["value"]["constant"]["value"] == 2.0

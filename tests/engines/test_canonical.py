import math

import pytest

from perrin.engines.canonical import CanonicalError, canonical_json, digest


def test_equal_numbers_are_one_value():
    assert canonical_json({"b": 1.0, "a": [2, 2.0]}) == '{"a":[2,2],"b":1}'


def test_order_of_keys_does_not_matter():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_tuples_and_lists_are_one_value():
    assert canonical_json((1, 2)) == canonical_json([1, 2])


@pytest.mark.parametrize("value", [math.nan, math.inf, {"a": [-math.inf]}, object(), b"x"])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(CanonicalError):
        canonical_json(value)


def test_digest_is_pinned():
    assert digest({"T": 1.5, "N": 500}) == "3e11c85cfddddc2062f86146acc944a3"

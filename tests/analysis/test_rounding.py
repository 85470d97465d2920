import math

import pytest

from perrin.analysis.rounding import with_error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (-1.67484, 0.00281, "-1.6748(28)"),
        (0.5, 0.1, "0.50(10)"),
        (0.5, 0.0996, "0.50(10)"),
        (123.4, 12.3, "123(12)"),
        (1234.5, 123.4, "1234(123)"),
        (1.5, 1.25, "1.5(12)"),
        (1.5, math.nan, "1.5"),
        (1.5, 0.0, "1.5"),
    ],
)
def test_two_digits_of_the_error(value, error, text):
    assert with_error(value, error) == text

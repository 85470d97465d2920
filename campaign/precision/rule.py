"""When a standard error is small enough, and how many replicas will make it so.

An error estimated from n replicas is itself uncertain, by 1/sqrt(2 (n - 1)) of itself, and whoever
stops as soon as it is small stops where it is small by chance. The mean of n Gaussian replicas with
the estimated standard error s follows Student's t distribution with nu = n - 1 degrees of freedom,
scaled by s; its standard deviation

    s sqrt(nu / (nu - 2))

is what has to meet the target: sqrt(3) s for four replicas, 1.07 s for twenty. (It is the posterior
of the mean without prior knowledge, which no stopping rule biases; for a single decision,
<sigma^2/n> = target^2 follows from <1/chi^2> = 1/(nu - 2).) It costs about two replicas.

What bias is left comes from looking again and again. Over many campaigns of Gaussian replicas the
root mean square deviation of the result from the truth was found to be at most 1.06 of the target
for four initial replicas (where about 25 are needed), 1.02 for eight; with s alone 1.25 for four.
Replicas are added up to a doubling at once, so that a first error that is too large by chance is
not believed; about 10 % more of them are used in the end than a known scatter would take.

The jackknife has at most `GROUPS` groups, which bounds nu. The error of a profile is an average
over bins and better known than that of one number: there the rule is on the safe side.
"""

from __future__ import annotations

import math

from ...analysis.grouped_sums import GROUPS

SMALLEST_NUMBER_OF_REPLICAS = 4
"""Below it the t distribution has no standard deviation."""
LARGEST_GROWTH = 2


def widened(error: float, replicas: int) -> float:
    """Standard deviation of the t distribution of a mean whose standard error is estimated.

    Parameters
    ----------
    error
        Estimated standard error.
    replicas
        Replicas that it is estimated from, at least `SMALLEST_NUMBER_OF_REPLICAS`.
    """
    freedom = min(replicas, GROUPS) - 1
    return error * math.sqrt(freedom / (freedom - 2))


def replicas_needed(error: float, replicas: int, target: float) -> int:
    """Replicas after which the widened error is expected to meet the target.

    With a = replicas (error/target)^2, the smallest n that obeys n (n - 3)/(n - 1) >= a, and
    n >= a (GROUPS - 1)/(GROUPS - 3) where that is more.
    """
    ideal = replicas * (error / target) ** 2
    few = (ideal + 3 + math.sqrt((ideal + 3) ** 2 - 4 * ideal)) / 2
    many = ideal * (GROUPS - 1) / (GROUPS - 3)
    return math.ceil(max(few, many))


def next_replicas(error: float, replicas: int, target: float) -> int:
    """Replicas to have next: as many as needed, one more at least, a doubling at most."""
    needed = replicas_needed(error, replicas, target)
    return min(max(needed, replicas + 1), LARGEST_GROWTH * replicas)

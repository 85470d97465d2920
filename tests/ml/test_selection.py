"""Trust levels, symmetric features, and a choice that spreads out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perrin.ml.exploration import Exploration, Reason
from perrin.ml.selection import (
    SelectionError,
    TrustLevels,
    Verdict,
    choose,
    features,
    sort,
)

BINS = 24
NOTHING = np.empty((0, 20))
PROFILES = arrays(
    np.float32, (3, 4, BINS), elements=st.floats(-50, 50, width=32, allow_subnormal=False)
)


def explored(profiles, deviation, reasons=None):
    count = len(deviation)
    return Exploration(
        profiles=np.asarray(profiles, dtype=np.float32).reshape(count, 4, BINS),
        force=np.zeros((count, 3, BINS), dtype=np.float32),
        spread=np.zeros((count, 3, BINS), dtype=np.float32),
        deviation=np.asarray(deviation, dtype=np.float64),
        current=np.zeros(count),
        iterations=np.ones(count, dtype=np.int64),
        residual=np.zeros(count),
        reasons=tuple(reasons or [None] * count),
    )


def waves(densities, amplitude=0.1):
    """Profiles that differ by their mean density and move along x."""
    z = 2 * np.pi * np.arange(BINS) / BINS
    profiles = np.zeros((len(densities), 4, BINS))
    profiles[:, 0] = np.asarray(densities)[:, None] * (1 + amplitude * np.cos(z))
    profiles[:, 1] = 3.0 + np.sin(z)
    return profiles


def picked(profiles, deviation, count, labelled=NOTHING, reasons=None):
    exploration = explored(profiles, deviation, reasons)
    verdicts = sort(exploration, TrustLevels(0.1, 10.0))
    return choose(exploration, verdicts, count, labelled).tolist()


# --- trust levels ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bounds", [(0.2, 0.1), (0.1, 0.1), (-0.1, 0.1), (0.1, np.inf), (np.nan, 1.0), (0.1, np.nan)]
)
def test_levels_that_are_none(bounds):
    with pytest.raises(SelectionError, match="expected 0 <= low < high"):
        TrustLevels(*bounds)


def test_bounds_belong_to_the_upper_side():
    deviation = [0.05, 0.1, 0.3, 0.5, 2.0]
    verdicts = sort(explored(waves([0.5] * 5), deviation), TrustLevels(0.1, 0.5))
    assert verdicts.verdicts == (
        Verdict.ACCURATE,
        Verdict.CANDIDATE,
        Verdict.CANDIDATE,
        Verdict.FAILED,
        Verdict.FAILED,
    )
    assert verdicts.failures == {Reason.DEVIATION: 2}


def test_a_reason_outweighs_a_small_deviation():
    reasons = [Reason.FAST, None, Reason.NOT_A_NUMBER]
    exploration = explored(waves([0.5] * 3), [0.01, 0.01, np.nan], reasons)
    verdicts = sort(exploration, TrustLevels(0.1, 0.5))
    assert verdicts.verdicts == (Verdict.FAILED, Verdict.ACCURATE, Verdict.FAILED)
    assert verdicts.reasons == (Reason.FAST, None, Reason.NOT_A_NUMBER)


@given(
    st.lists(st.tuples(st.floats(0, 2), st.sampled_from([None, *Reason])), max_size=30),
    st.floats(0, 1),
    st.floats(0.01, 1),
)
def test_verdicts_partition_the_candidates(pairs, low, gap):
    deviation, reasons = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    exploration = explored(waves([0.5] * len(pairs)), deviation, reasons)
    verdicts = sort(exploration, TrustLevels(low, low + gap))
    rows = np.concatenate([verdicts.indices(verdict) for verdict in Verdict])
    assert sorted(rows) == list(range(len(pairs)))
    assert sum(verdicts.counts.values()) == len(pairs)
    assert verdicts.failures.total() == verdicts.counts[Verdict.FAILED]
    for row in verdicts.indices(Verdict.CANDIDATE):
        assert low <= deviation[row] < low + gap


# --- features -------------------------------------------------------------------------------------


@given(PROFILES, st.integers(0, BINS), st.tuples(*[st.sampled_from([-1, 1])] * 2))
def test_features_are_invariant(profiles, shift, signs):
    expected = features(profiles)
    flips = np.array([1, *signs, 1])[:, None]
    images = [
        np.roll(profiles, shift, axis=2),
        profiles * flips,
        profiles[:, :, ::-1] * np.array([1, 1, 1, -1])[:, None],
        profiles[:, [0, 2, 1, 3]],
    ]
    for image in images:
        np.testing.assert_allclose(features(image), expected, atol=1e-4)


def test_features_are_means_and_amplitudes():
    z = 2 * np.pi * np.arange(BINS) / BINS
    profiles = np.zeros((1, 4, BINS))
    profiles[0, 0] = 0.4 + 0.1 * np.cos(2 * z + 1)
    profiles[0, 1] = -3.0
    profiles[0, 2] = 7.0 * np.sin(4 * z) + 2.0
    profiles[0, 3] = -1.0 + 0.5 * np.cos(z) + 9.0 * np.cos(5 * z)
    expected = np.zeros((4, 5))
    expected[0, [0, 2]] = 0.4, 0.1
    expected[1, [0, 4]] = 3.0, 7.0
    expected[2, 0] = 2.0
    expected[3, :2] = 1.0, 0.5
    np.testing.assert_allclose(features(profiles)[0], expected.ravel(), atol=1e-12)


@pytest.mark.parametrize("shape", [(2, 3, 24), (2, 4, 8)])
def test_profiles_of_a_wrong_shape(shape):
    with pytest.raises(SelectionError, match="expected"):
        features(np.zeros(shape))


# --- the choice -----------------------------------------------------------------------------------


def test_the_first_choice_is_the_largest_deviation():
    assert picked(waves([0.3, 0.4, 0.5]), [1.0, 3.0, 2.0], 1) == [1]


def test_the_choice_spreads_over_two_clusters():
    densities = [0.300, 0.301, 0.302, 0.303, 0.600, 0.601]
    deviation = [2.0, 2.1, 2.2, 2.3, 1.0, 1.1]
    first, second = picked(waves(densities), deviation, 2)
    assert first in (0, 1, 2, 3), "the cluster with most deviation comes first"
    assert second in (4, 5), "its near-duplicates gain nothing"


def test_an_outlier_stands_for_itself_only():
    densities = [0.29, 0.30, 0.30, 0.31, 0.30, 0.30, 0.60]
    deviation = [1.0] * 6 + [1.5]
    labelled = features(waves([0.45]))
    first, second = picked(waves(densities), deviation, 2, labelled)
    assert first in (1, 2, 4, 5), "a medoid of the many"
    assert second == 6


def test_what_is_labelled_repels():
    profiles, labelled = waves([0.30, 0.31, 0.60, 0.61]), features(waves([0.605]))
    assert picked(profiles, [1.0, 1.0, 1.1, 1.1], 1, labelled) == [0]


def test_images_of_one_state_are_not_chosen_before_another_state():
    state = waves([0.5])[0]
    images = [state, np.roll(state, 5, axis=1), state[[0, 2, 1, 3]], waves([0.4])[0]]
    chosen = picked(images, [1.0, 1.0, 1.0, 0.2], 2)
    assert chosen == [0, 3]


@pytest.mark.parametrize("speed", [0.03, 60.0])
@pytest.mark.parametrize("contrast", [0.001, 0.3])
def test_velocities_and_densities_weigh_the_same_whatever_their_units(speed, contrast):
    """One differs from what is labelled in density only, the other in velocity only."""
    profiles = waves([0.4 + contrast, 0.4], amplitude=0.0)
    profiles[1, 3] = speed
    labelled = features(waves([0.4], amplitude=0.0))
    assert picked(profiles, [1.1, 1.0], 1, labelled) == [0]
    assert picked(profiles, [1.0, 1.1], 1, labelled) == [1]


def test_what_failed_does_not_set_the_scale():
    """A failed candidate of absurd speed would leave only densities to tell states apart."""
    profiles = waves([0.40, 0.45, 0.40, 0.40], amplitude=0.0)
    profiles[:, 3] = np.array([0.0, 0.0, 9.0, 1e6])[:, None]
    reasons = [None, None, None, Reason.FAST]
    labelled = features(waves([0.40], amplitude=0.0))
    assert picked(profiles, [1.0, 1.0, 1.2, 1.0], 1, labelled, reasons) == [2]


def test_what_is_labelled_sets_the_scale_too():
    """All candidates rest and what is labelled moves: densities still tell them apart."""
    labelled_profile = waves([0.4], amplitude=0.0)
    labelled_profile[0, 3] = 10.0
    profiles = waves([0.4, 0.6], amplitude=0.0)
    assert picked(profiles, [0.9, 1.0], 1, features(labelled_profile)) == [1]


def test_equal_scores_go_to_the_first_whatever_their_last_digit():
    assert picked(waves([0.3, 0.4]), [1.0, np.nextafter(1.0, 2.0)], 1) == [0]


def test_only_candidates_are_chosen():
    deviation = [0.05, 1.0, 1.0, 20.0]
    reasons = [None, None, Reason.DILUTE, None]
    assert picked(waves([0.3, 0.4, 0.5, 0.6]), deviation, 9, reasons=reasons) == [1]


@pytest.mark.parametrize("labelled", [NOTHING, features(waves([0.5]))])
def test_nothing_to_choose_from(labelled):
    assert picked(np.zeros((0, 4, BINS)), [], 5, labelled) == []
    assert picked(waves([0.3]), [0.01], 5, labelled) == []
    assert picked(waves([0.3]), [1.0], 0, labelled) == []


@settings(max_examples=50)
@given(st.lists(st.sampled_from([0.3, 0.4, 0.5, 0.6]), max_size=12), st.integers(0, 15))
def test_choices_are_all_different_and_as_many_as_there_are(densities, count):
    chosen = picked(waves(densities), [1.0] * len(densities), count)
    assert len(chosen) == len(set(chosen)) == min(count, len(densities))
    distinct = len(set(densities))
    first = [densities[row] for row in chosen[:distinct]]
    assert len(set(first)) == len(first)


@settings(max_examples=25)
@given(st.permutations(range(6)), st.integers(0, BINS))
def test_rounding_does_not_change_the_choice(order, shift):
    """Equal states, translated: the features differ by rounding only, the first index wins."""
    state = waves([0.5])[0]
    images = [np.roll(state, shift * step, axis=1) for step in order]
    assert picked([*images, waves([0.3])[0]], [1.0] * 7, 3) == [0, 6, 1]


def test_blocks_of_distances_do_not_change_the_choice(monkeypatch):
    densities = np.random.default_rng(3).uniform(0.2, 0.8, 40)
    whole = picked(waves(densities), [1.0] * 40, 12)
    monkeypatch.setattr("perrin.ml.selection.LARGEST_BLOCK", 7 * 40)
    assert picked(waves(densities), [1.0] * 40, 12) == whole

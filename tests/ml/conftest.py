"""Data sets to train on."""

from __future__ import annotations

import pytest

from perrin.tests.support.profiles import viscous_profiles


@pytest.fixture(scope="session")
def make_profiles():
    return viscous_profiles


@pytest.fixture
def profiles():
    return viscous_profiles(6)

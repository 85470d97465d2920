"""Particle simulations and the ensemble files they write."""

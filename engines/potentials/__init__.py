"""Pair potentials, shared by every engine."""

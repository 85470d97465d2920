"""Molecular dynamics: Newton's equations, alone or with a thermostat."""

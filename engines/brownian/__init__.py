"""Overdamped Brownian dynamics."""

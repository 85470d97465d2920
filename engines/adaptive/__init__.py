"""Overdamped Brownian dynamics whose steps are as long as the forces allow."""

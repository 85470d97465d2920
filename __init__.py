"""perrin: campaigns of colloid simulations, from one file to fields with error bars."""

__version__ = "0.1.0"


class PerrinError(Exception):
    """Base of every error that perrin raises on purpose."""

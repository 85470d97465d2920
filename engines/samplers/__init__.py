"""On-the-fly statistics, shared by every engine."""

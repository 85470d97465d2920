"""External force fields, shared by every engine."""

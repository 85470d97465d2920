"""Models, training, committees, selection."""

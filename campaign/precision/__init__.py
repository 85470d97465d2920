"""Adding replicas until a standard error is small enough."""

"""Plan, run, watch and steer campaigns; the `perrin` command."""

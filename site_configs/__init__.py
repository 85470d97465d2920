"""One TOML file per machine, and the loader that turns it into an executor configuration."""

"""Questions that a physicist, and whoever pays, would ask of a campaign before it runs."""

"""Trying a site out: small probes on its nodes, and what their findings mean."""

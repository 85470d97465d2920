"""Active learning as a campaign: what is explored, selected, simulated and trained, and when."""

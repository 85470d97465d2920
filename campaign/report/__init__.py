"""The report: one self-contained page about a campaign, at any point of its life."""

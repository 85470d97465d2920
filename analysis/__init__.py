"""Reductions: from ensemble files to labelled fields with standard errors."""

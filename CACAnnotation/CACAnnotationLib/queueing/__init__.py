"""Rounds of slices to be labelled, each slice with one reader at a time."""

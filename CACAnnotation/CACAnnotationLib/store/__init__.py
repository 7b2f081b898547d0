"""Keeping labels: every action as an event on the disk, and the labels that the actions lead to."""

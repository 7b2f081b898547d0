"""Rounds of learning: train, compare, promote, rank and queue."""

"""A reader made of truth, and experiments with it: what active learning is worth."""

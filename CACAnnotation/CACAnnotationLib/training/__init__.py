"""Learning from labelled slices: data, losses, and the training loop."""

"""Labelling coronary calcium: lesion labels, and later sessions, store, queue and training."""

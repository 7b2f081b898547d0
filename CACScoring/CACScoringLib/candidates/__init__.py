"""Candidate lesions: what a reader may click."""

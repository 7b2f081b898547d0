"""Scores of a labelled scan: protocol, Agatston, volume, mass, density, risk."""

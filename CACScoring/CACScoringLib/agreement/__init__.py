"""Agreement between two readings: overlap, reliability, Bland-Altman."""

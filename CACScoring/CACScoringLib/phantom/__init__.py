"""The synthetic cohort: anatomy, calcium, a scanner, and the truth."""

"""What the number of a reading, its "round", says: a reader's own, one more, or one that settles."""

OWN, SECOND, ADJUDICATION = 1, 2, 3
"""A reader's labels of a scan, which grow over all rounds of the queue; those of a blind second reading by
the same reader; those that settle where two readings differ."""

PRECEDENCE = (ADJUDICATION, OWN, SECOND)
"""Which of several readings of a slice counts; others, from elsewhere, come last."""

"""One page of a scored scan, as PDF and HTML."""

"""Which slices a reader should look at next."""

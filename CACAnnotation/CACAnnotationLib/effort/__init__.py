"""What labelling costs a reader, and what becomes of proposals: counted from the stored events."""
